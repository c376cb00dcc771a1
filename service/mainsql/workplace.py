"""From what was asked for to what can be worked on: opens repositories, starts embedded servers."""

import hashlib
import os
import posixpath
import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from mainsql.config import (
    Config,
    RepositoryConfig,
    TargetConfig,
    TreeConfig,
    find_config,
    load_config,
    state_folder,
)
from mainsql.database.connecting import database_name
from mainsql.database.limits import Limits
from mainsql.errors import ConfigurationError, MainsqlError, Refused, SourceUnavailable
from mainsql.model import Vcs
from mainsql.operations.loading import Trees, find_main
from mainsql.operations.target import Deployment, Target
from mainsql.operations.telling import trees_in
from mainsql.source.open import open_repository
from mainsql.source.repository import Repository
from mainsql.source.undecided import Undecided

if TYPE_CHECKING:
    from mainsql.database.embedded import EmbeddedServer

Item = TypeVar("Item")

DATABASE_VARIABLE = "MAINSQL_DATABASE"

_EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line says about where to work; None where it says nothing."""

    source: str | None = None
    vcs: Vcs | None = None
    main: str | None = None
    tree: str | None = None
    database: str | None = field(default=None, repr=False)
    config: Path | None = None
    interval: float | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def describes_a_tree(self) -> bool:
        """Whether it is the command line that says what to deploy, and not a configuration file."""
        return bool(self.source or self.vcs or self.main or self.tree)


class Workplace(ExitStack):
    """What a command works on. A context manager: at its end all that it opened is closed again."""

    def __init__(self, request: Request) -> None:
        """Raises ConfigurationError for a request or a configuration file that is not valid."""
        super().__init__()
        self._request = request
        self._repositories: dict[str, tuple[RepositoryConfig, Repository]] = {}
        self.servers: dict[str, EmbeddedServer] = {}
        path = None if request.describes_a_tree and not request.config else find_config(request.config)
        if path is not None and request.describes_a_tree:
            raise ConfigurationError(
                "--config and a tree on the command line exclude each other",
                hint="leave out SOURCE, --vcs, --main and --tree, or leave out --config",
            )
        self.file = path
        self._config = load_config(path) if path else None

    @property
    def stop_timeout(self) -> float:
        """How many seconds a transaction in hand gets when the daemon is stopped."""
        return self._config.stop_timeout if self._config else 30.0

    def reread(self) -> list[Deployment]:
        """What ``deployments`` gives once the configuration file was read again.

        What it says about a repository that it said before stands for the same one. Raises
        ConfigurationError, SourceError, DatabaseError, and then the configuration is as it was.
        """
        if self.file is None:
            raise ConfigurationError(
                "there is no configuration file to read again: the command line says what is watched",
                hint="start it anew to watch something else",
            )
        before, self._config = self._config, load_config(self.file)
        try:
            return self.deployments()
        except MainsqlError:
            self._config = before
            raise

    # The source side

    def repository(self, config: RepositoryConfig) -> Repository:
        """The repository, opened once for as long as it is configured so. Raises SourceError."""
        wanted = replace(config, interval=0.0)  # how often it is looked at makes it no other one
        known, opened = self._repositories.get(config.name, (None, None))
        if opened is None or known != wanted:
            opened = open_repository(
                config.url,
                branch=config.branch,
                vcs=config.vcs,
                tags=config.tags,
                access=config.access,
                partial=config.partial,
                state=state_folder() / "mirrors",
            )
            self.callback(opened.close)
            self._repositories[config.name] = wanted, opened
        return opened

    def trees(self, name: str | None = None) -> list[TreeConfig]:
        """The trees that the request is about, or the one of that name. Raises ConfigurationError."""
        if self._config is not None:
            return [
                self._for_target(self._told(tree), self._only_target(self._config, tree))
                for tree in _chosen(self._config.trees, name, "tree")
            ]
        tree = self._described_tree()
        dsn = self._request.database or os.environ.get(DATABASE_VARIABLE)
        tree = self._for_target(tree, database_name(dsn) if dsn else _EMBEDDED)
        return _chosen({tree.name: tree}, name, "tree")

    def deployments(self, name: str | None = None) -> list[Deployment]:
        """The targets that the request is about, or the one of that name, with their sources.

        Raises ConfigurationError, SourceError, DatabaseError.
        """
        if self._config is None:
            tree = self._described_tree()
            target = self._described_target(tree)
            if name not in (None, target.tree, target.label):
                _chosen({target.name: target}, name, "target")
            derived = self._request.tree is None
            tree = self._for_target(tree, target.name)
            return [Deployment(target, Trees(self.repository(tree.repository), tree), derived)]
        configured = _chosen(self._targets(self._config), name, "target")
        deployments = []
        for each in configured:
            tree = self._for_target(self._told(each.tree), each.name)
            trees = Trees(self.repository(tree.repository), tree)
            deployments.append(Deployment(self._target(each), trees))
        return deployments

    def undeployed(self, name: str | None = None) -> list[tuple[str | None, Trees]]:
        """What each target of the request gets, or the one of that name, with the target's name.

        No database is needed for it. Where the configuration has no target, it is what each tree says.
        Raises ConfigurationError, SourceError.
        """
        if self._config is not None and self._config.targets:
            chosen = _chosen(self._config.targets, name, "target")
            found = [(each.name, self._for_target(self._told(each.tree), each.name)) for each in chosen]
            return [(each, Trees(self.repository(tree.repository), tree)) for each, tree in found]
        trees = self.trees(name)
        return [(None, Trees(self.repository(tree.repository), tree)) for tree in trees]

    def _told(self, tree: TreeConfig) -> TreeConfig:
        """A configured tree, with the variables of the command line."""
        return replace(tree, variables=MappingProxyType({**tree.variables, **self._request.variables}))

    def _for_target(self, tree: TreeConfig, target: str | None) -> TreeConfig:
        """The tree as it is for one target: its scripts know which one."""
        if target is None:
            return tree
        return replace(tree, variables=MappingProxyType({"mainsql_target": target, **tree.variables}))

    def _only_target(self, config: Config, tree: TreeConfig) -> str | None:
        names = [target.name for target in config.targets.values() if target.tree.name == tree.name]
        return names[0] if len(names) == 1 else None

    # The operators' side: it needs only a database

    def targets(self, name: str | None = None) -> list[Target]:
        """The targets to look at, or the one of that name; the source is not needed.

        Raises ConfigurationError, Refused when it cannot be told which is meant, DatabaseError.
        """
        if self._config is not None:
            return [self._target(t) for t in _chosen(self._targets(self._config), name, "target")]
        target = self._described_target(None)
        present = trees_in(target)
        wanted = self._request.tree or (name.partition("@")[0] if name else None)
        if wanted is not None:
            if wanted not in present:
                raise Refused(
                    f"database {target.name} has no tree {wanted}",
                    hint="it has " + (", ".join(present) or "none: nothing was deployed to it yet"),
                )
            present = [wanted]
        return [Target(target.name, tree, target.dsn) for tree in present]

    def fed_by(self, repository: str | None = None) -> list[Target]:
        """The targets of all repositories, or of the one of that name; the source is not needed.

        Without a configuration it is the database, with all the trees in it. Raises
        ConfigurationError, DatabaseError.
        """
        if self._config is None:
            if repository is not None:
                raise ConfigurationError(
                    "repositories have names only in a configuration file",
                    hint="leave out REPOSITORY, or name the file: --config",
                )
            return [self._described_target(None)]
        names = {each.name for each in _chosen(self._config.repositories, repository, "repository")}
        targets = self._targets(self._config).values()
        return [self._target(each) for each in targets if each.tree.repository.name in names]

    def database(self, named: str) -> Target:
        """The database of a connection string, or of the target of that name.

        Raises ConfigurationError, DatabaseError.
        """
        if "://" in named or "=" in named:
            return Target(database_name(named), "", named)
        if self._config is not None:
            return self._target(_chosen(self._config.targets, named, "target")[0])
        raise ConfigurationError(
            f"{named} is no connection string, and without a configuration file there are no targets",
            hint="write postgresql://user@host/name or libpq's host=… dbname=…, or name the file: --config",
        )

    # How it is put together

    def _targets(self, config: Config) -> Mapping[str, TargetConfig]:
        """The configured targets; a database on the command line stands in for the only one's."""
        if self._request.database is None:
            return config.targets
        match list(config.targets.values()), list(config.trees.values()):
            case [only], _:
                return {only.name: only}
            case [], [tree]:
                return {"database": TargetConfig("database", tree, None, undo=tree.undo)}
        raise ConfigurationError(
            f"--database names one database, but {self.file} describes {len(config.targets)} targets",
            hint="leave it out and name the target: " + ", ".join(config.targets),
        )

    def _target(self, config: TargetConfig) -> Target:
        limits = Limits(config.lock_timeout, config.statement_timeout, config.retry_for)
        dsn = self._request.database or config.database or os.environ.get(DATABASE_VARIABLE)
        if dsn is None:
            dsn = self._embedded(config.tree.repository).dsn()
        return Target(
            config.name,
            config.tree.name,
            dsn,
            limits,
            config.undo.policy,
            config.drift_interval,
            config.on_drift,
            config.rehearse,
            config.undo.keeps_data,
            config.archives,
        )

    def _described_target(self, tree: TreeConfig | None) -> Target:
        dsn = self._request.database or os.environ.get(DATABASE_VARIABLE)
        if dsn is not None:
            return Target(database_name(dsn), tree.name if tree else "", dsn)
        repository = tree.repository if tree else self._described_repository()
        return Target(_EMBEDDED, tree.name if tree else "", self._embedded(repository).dsn())

    def _described_repository(self) -> RepositoryConfig:
        interval = self._request.interval or 5.0
        return RepositoryConfig("", self._request.source or ".", None, interval, self._request.vcs)

    def _described_tree(self) -> TreeConfig:
        config = self._described_repository()
        repository = self.repository(config)
        main = self._request.main and posixpath.normpath(self._request.main)
        unnamed = TreeConfig("tree", config, main)
        try:
            repository.fetch()
            main = find_main(repository.files(repository.head().id), unnamed)
        except SourceUnavailable:
            if main is None:
                raise
        name = self._request.tree or _tree_name(main, repository.name)
        return TreeConfig(name, config, main, variables=self._request.variables)

    def _embedded(self, config: RepositoryConfig) -> "EmbeddedServer":
        repository = self.repository(config)
        if isinstance(repository, Undecided):
            repository = repository.decide()  # before that it is not known for good how it is called
        location = repository.location
        if location not in self.servers:
            # Where the database is another one, nothing of it is needed.
            from mainsql.database.embedded import embedded_server

            server = self.enter_context(embedded_server(embedded_folder(location)))
            self.servers[location] = server
        return self.servers[location]


def embedded_folder(location: str) -> Path:
    """Where the embedded server of a repository keeps its data."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", location.removesuffix("/.git")).strip("-")[-40:]
    digest = hashlib.sha256(location.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return state_folder() / "embedded" / f"{readable}-{digest}"


def _chosen(configured: Mapping[str, Item], name: str | None, kind: str) -> list[Item]:
    if name is None:
        return list(configured.values())
    # A target may also be named as reports name it: tree@target.
    if (item := configured.get(name) or configured.get(name.rpartition("@")[2])) is not None:
        return [item]
    raise ConfigurationError(
        f"there is no {kind} {name}", hint=f"there is: {', '.join(configured) or 'none'}"
    )


def _tree_name(main: str, repository: str) -> str:
    """A name for the tree of a main script: its folder's, or its own, or the repository's."""
    folder, file = posixpath.split(main)
    stem = file.removesuffix(".sql")
    name = stem if stem != "main" else posixpath.basename(folder) or repository
    name = re.sub(r"[^\w.-]+", "-", name).strip("-") or "tree"
    return f"{name}-tree" if name == "mainsql" else name
