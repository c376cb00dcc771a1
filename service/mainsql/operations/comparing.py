"""Compares two databases, or one with what a tree builds."""

from mainsql.database import ledger, snapshot
from mainsql.database.session import Interrupt
from mainsql.database.surroundings import read_surroundings
from mainsql.model import Commit
from mainsql.operations.building import build
from mainsql.operations.planning import check_signed
from mainsql.operations.target import Deployment, Target
from mainsql.undo.catalog import Snapshot
from mainsql.undo.comparing import Comparison, compare


def look(target: Target) -> Snapshot:
    """What is in a target's database now. Raises DatabaseError."""
    with target.connect() as session:
        return snapshot.read(session)


def compare_databases(first: Target, second: Target) -> Comparison:
    """What is not the same in two databases, but for their rows and their ledgers. Raises DatabaseError."""
    return compare(look(first), look(second))


def compare_with_tree(
    deployment: Deployment,
    commit: Commit,
    *,
    tree_first: bool = False,
    on: str | None = None,
    interrupt: Interrupt | None = None,
) -> Comparison:
    """What is not the same in a target and in what the tree of a commit builds in a scratch database.

    It goes from the target to the tree, or with ``tree_first`` the other way. The scratch database
    is on an embedded server, or on that of the connection string ``on``. Raises ScriptError when the
    tree cannot be built, Refused when it is not signed as it should be, SourceError, DatabaseError,
    Cancelled.
    """
    with deployment.target.connect(interrupt) as session:
        check_signed(deployment, ledger.read_versions(session, deployment.target.tree), commit)
        there, around = snapshot.read(session), read_surroundings(session)
    built = build(deployment, commit, around, on=on, interrupt=interrupt).built
    return compare(built, there) if tree_first else compare(there, built)
