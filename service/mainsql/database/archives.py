"""The ledger's records of archives: which rows versions took away are kept, and where."""

from collections.abc import Sequence
from datetime import datetime

from psycopg2.sql import SQL

from mainsql.database.session import Session
from mainsql.model import Archived, Dropped, Kept, KeptKind, Rollback
from mainsql.undo.archive import table as archive_table


def record_archives(session: Session, tree: str, version: int, kept: Sequence[Kept]) -> None:
    """Writes down what was kept of a version. Raises DatabaseError."""
    if not kept:
        return
    session.insert_rows(
        """
        insert into mainsql.archives (tree, version, position, kind, identity, archive, row_count, bytes)
        values %s
        """,
        [
            (tree, version, position, each.kind, each.identity, each.table, each.rows, each.bytes)
            for position, each in enumerate(kept, start=1)
        ],
    )


def is_installed(session: Session) -> bool:
    """Whether the database has a ledger that knows of archives."""
    return session.query("select pg_catalog.to_regclass('mainsql.archives') is not null")[0][0] is True


def read_archives(session: Session, tree: str) -> tuple[Archived, ...]:
    """All archives of a tree, those that were dropped included, oldest first. Raises DatabaseError."""
    if not is_installed(session):
        return ()
    rows = session.query(
        """
        select version, position, kind, identity, archive::text, row_count, bytes, kept_at,
               dropped_at, dropped_by, dropped_why, was_needed
        from mainsql.archives where tree = %s order by version, position
        """,
        (tree,),
    )
    return tuple(
        Archived(
            tree,
            row[0],
            row[1],
            Kept(KeptKind(row[2]), *row[3:7]),
            row[7],
            None if row[8] is None else Dropped(*row[8:12]),
        )
        for row in rows
    )


def now(session: Session) -> datetime:
    """The time by the clock that says when archives were made."""
    at: datetime = session.query("select clock_timestamp()")[0][0]
    return at


def drop_used(session: Session, rollback: Rollback, by: str) -> None:
    """Drops the archives whose rows a rollback has just put back. Raises DatabaseError."""
    texts = [statement.text for step in rollback.steps for statement in step.statements]
    for each in read_archives(session, rollback.tree):
        name = archive_table(each.kept.table)
        if each.version in rollback.versions and any(name in text for text in texts):
            _drop(session, name)
            if each.dropped is None:
                why = "its version was rolled back, and its rows are where they were"
                _mark(session, each, by, why, needed=False)


def prune(session: Session, archived: Archived, by: str, why: str, *, needed: bool) -> None:
    """Drops an archive. One that an undo needs stays without its rows, so that the undo still runs.

    Raises DatabaseError.
    """
    name = archive_table(archived.kept.table)
    if needed:
        session.query(SQL("truncate {}").format(SQL(name)))
    else:
        _drop(session, name)
    _mark(session, archived, by, why, needed=needed)


def drop_archives(session: Session, tree: str, version: int) -> None:
    """Drops all archives of a version. Raises DatabaseError."""
    for each in read_archives(session, tree):
        if each.version == version:
            _drop(session, archive_table(each.kept.table))


def _drop(session: Session, name: str) -> None:
    session.query(SQL("drop table if exists {}").format(SQL(name)))


def _mark(session: Session, archived: Archived, by: str, why: str, *, needed: bool) -> None:
    session.query(
        """
        update mainsql.archives
        set dropped_at = clock_timestamp(), dropped_by = %s, dropped_why = %s, was_needed = %s
        where tree = %s and version = %s and position = %s
        """,
        (by, why, needed, archived.tree, archived.version, archived.position),
    )
