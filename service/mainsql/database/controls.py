"""The ledger's attempts and controls: what failed, and what operators said."""

from mainsql.database.session import Session
from mainsql.model import Attempt, Control, Said


def read_attempts(session: Session, tree: str) -> tuple[Attempt, ...]:
    """The deployments that failed, the oldest first. Raises DatabaseError."""
    rows = session.query(
        """
        select commit_id, onto_version, attempted_at, attempted_by, error, sqlstate
        from mainsql.attempts where tree = %s order by attempted_at
        """,
        (tree,),
    )
    return tuple(Attempt(*row) for row in rows)


def read_controls(session: Session, tree: str) -> tuple[Control, ...]:
    """What people said about a tree, in order. Raises DatabaseError."""
    rows = session.query(
        "select said, said_at, said_by, why from mainsql.controls where tree = %s order by said_at", (tree,)
    )
    return tuple(Control(Said(row[0]), row[1], row[2], row[3]) for row in rows)


def record_attempt(session: Session, tree: str, attempt: Attempt) -> None:
    """Writes down a deployment that failed. ``attempt.at`` is left to the server's clock."""
    session.query(
        """
        insert into mainsql.attempts (tree, commit_id, onto_version, attempted_by, error, sqlstate)
        values (%s, %s, %s, %s, %s, %s)
        """,
        (tree, attempt.commit_id, attempt.onto_version, attempt.by, attempt.error, attempt.sqlstate),
    )


def record_control(session: Session, tree: str, said: Said, by: str, why: str) -> None:
    """Writes down what a person said about a tree."""
    session.query(
        "insert into mainsql.controls (tree, said, said_by, why) values (%s, %s, %s, %s)",
        (tree, said, by, why),
    )
