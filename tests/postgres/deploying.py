"""A repository, a database and what lies between, for tests."""

from collections.abc import Mapping
from pathlib import Path

from tests.gitrepo import GitRepo

from mainsql.config import Apply, RepositoryConfig, TreeConfig
from mainsql.database.limits import Limits
from mainsql.database.session import Interrupt
from mainsql.model import OnDrift, UndoPolicy
from mainsql.operations.deploying import Watcher, reconcile
from mainsql.operations.loading import Trees
from mainsql.operations.outcome import Outcome
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.target import Deployment, Target
from mainsql.operations.telling import standing
from mainsql.source.open import open_repository


class Shop:
    """A tree in a repository of its own, deployed to a database."""

    def __init__(
        self,
        folder: Path,
        dsn: str,
        *,
        tree: str = "shop",
        apply: Apply = Apply.CHANGES,
        limits: Limits | None = None,
        undo: UndoPolicy = UndoPolicy.DERIVED,
        on_drift: OnDrift = OnDrift.REPORT,
        keeps_data: bool = False,
        **options: object,
    ) -> None:
        self.repo = GitRepo(folder / "shop")
        self.source = open_repository(str(self.repo.path), branch=None, state=folder / "state")
        config = RepositoryConfig("source", str(self.repo.path), None, 5.0)
        self.target = Target(
            "test", tree, dsn, limits or Limits(), undo, on_drift=on_drift, keeps_data=keeps_data
        )
        trees = Trees(self.source, TreeConfig(tree, config, "main.sql", apply=apply, **options))
        self.deployment = Deployment(self.target, trees)

    def close(self) -> None:
        self.source.close()

    def push(self, files: Mapping[str, str | None], message: str = "a change") -> Outcome:
        """Commits the files, and deploys."""
        self.repo.commit(files, message)
        return self.deploy()

    def deploy(
        self,
        *,
        retry_failed: bool = False,
        interrupt: Interrupt | None = None,
        watcher: Watcher | None = None,
    ) -> Outcome:
        return reconcile(
            self.deployment,
            self.source.head(),
            retry_failed=retry_failed,
            interrupt=interrupt,
            watcher=watcher,
        )

    def roll_back(self, to: int | None = None, *, force: bool = False) -> None:
        roll_back(self.target, preview_rollback(self.target, to), why="a test", force=force)

    @property
    def version(self) -> int:
        return standing(self.target).history.number
