"""Compares two databases."""

from mainsql.database import snapshot
from mainsql.operations.target import Target
from mainsql.undo.catalog import Snapshot
from mainsql.undo.comparing import Comparison, compare


def look(target: Target) -> Snapshot:
    """What is in a target's database now. Raises DatabaseError."""
    with target.connect() as session:
        return snapshot.read(session)


def compare_databases(first: Target, second: Target) -> Comparison:
    """What is not the same in two databases, but for their rows and their ledgers. Raises DatabaseError."""
    return compare(look(first), look(second))
