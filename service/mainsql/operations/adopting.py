"""Takes over a database that has by other means what a tree builds: compares, records, runs nothing."""

from dataclasses import dataclass

from mainsql.database import ledger
from mainsql.database.session import Interrupt
from mainsql.database.snapshot import read
from mainsql.database.surroundings import Surroundings, read_surroundings
from mainsql.errors import Refused, ScriptError
from mainsql.model import Commit
from mainsql.operations.building import build
from mainsql.operations.deploying import accept
from mainsql.operations.outcome import Deployed
from mainsql.operations.planning import (
    check_not_paused,
    check_signed,
    check_tree_name,
    check_without_versions,
)
from mainsql.operations.target import Deployment
from mainsql.undo.catalog import Snapshot
from mainsql.undo.coverage import Coverage, covered


@dataclass(frozen=True, slots=True)
class Examination:
    """Whether a target has what a commit's tree builds, and the ``units`` to record as applied.

    ``failure`` is why the tree could not be built in the scratch database; then ``coverage`` is
    None. The majors are those of the target's server and of the scratch database's (None: it was not built).
    """

    commit: Commit
    units: tuple[str, ...]
    coverage: Coverage | None
    failure: str | None
    major: int
    scratch_major: int | None

    @property
    def complete(self) -> bool:
        """Whether the target has all that the tree builds, as it builds it."""
        return self.coverage is not None and self.coverage.complete


def examine(
    deployment: Deployment, commit: Commit, *, on: str | None = None, interrupt: Interrupt | None = None
) -> Examination:
    """Builds the tree in a scratch database, and compares. The target is only read.

    Raises Refused when the target has versions already or the tree has nothing in it, ScriptError
    when the tree cannot be read, SourceError, DatabaseError, Cancelled.
    """
    interrupt = interrupt or Interrupt()
    tree = deployment.trees.at(commit.id)
    units = tuple(unit.name for unit in tree.units if unit.digests)
    if not units:
        raise Refused(
            f"there is nothing to adopt: {tree.main} in {commit.short} has no statements",
            hint="name the commit that the database was built from: --revision",
        )
    there, around = _look(deployment, commit, interrupt)
    try:
        built = build(deployment, commit, around, on=on, interrupt=interrupt)
    except ScriptError as error:
        return Examination(commit, units, None, error.report(), around.major, None)
    coverage = covered(built.empty, built.built, there)
    return Examination(commit, units, coverage, None, around.major, built.major)


def adopt(deployment: Deployment, examined: Examination) -> Deployed:
    """Records all units of what was examined as applied, as version 1. Nothing runs but the ledger's own.

    Raises Refused when the target has a version meanwhile, MainsqlError.
    """
    return accept(deployment, examined.commit, examined.units, first=True)


def _look(deployment: Deployment, commit: Commit, interrupt: Interrupt) -> tuple[Snapshot, Surroundings]:
    with deployment.target.connect(interrupt) as session:
        check_tree_name(deployment, ledger.tree_names(session))
        history = ledger.read_history(session, deployment.target.tree)
        check_without_versions(deployment, history)
        check_not_paused(deployment, history)
        check_signed(deployment, history, commit)
        return read(session), read_surroundings(session)
