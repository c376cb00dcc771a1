"""The ledger's records of archives: which rows versions took away are kept, and where."""

from collections.abc import Sequence

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
    return session.query("select to_regclass('mainsql.archives') is not null")[0][0] is True


def read_archives(session: Session, tree: str) -> tuple[Archived, ...]:
    """All archives of a tree, those that were dropped included, oldest first. Raises DatabaseError.

    None where the ledger is older than archives.
    """
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
            version,
            position,
            Kept(KeptKind(kind), *kept),
            at,
            None if dropped[0] is None else Dropped(*dropped),
        )
        for version, position, kind, *kept, at, a, b, c, d in rows
        if (dropped := (a, b, c, d))
    )


def drop_used(session: Session, rollback: Rollback, by: str) -> None:
    """Drops the archives whose rows a rollback has just put back. Raises DatabaseError."""
    if not is_installed(session):
        return
    texts = [statement.text for step in rollback.steps for statement in step.statements]
    there = session.query(
        """
        select version, position, archive::text from mainsql.archives
        where tree = %s and version = any(%s) and dropped_at is null
        """,
        (rollback.tree, list(rollback.versions)),
    )
    for version, position, name in there:
        if any(archive_table(name) in text for text in texts):
            why = "its version was rolled back, and its rows are where they were"
            drop_archive(session, (rollback.tree, version, position), name, by, why, needed=False)


def drop_archives(session: Session, tree: str, version: int) -> None:
    """Drops all archives of a version. Raises DatabaseError."""
    there = session.query(
        "select archive::text from mainsql.archives where tree = %s and version = %s", (tree, version)
    )
    for (name,) in there:
        session.query(SQL("drop table if exists {}").format(SQL(archive_table(name))))


def drop_archive(
    session: Session, row: tuple[str, int, int], name: str, by: str, why: str, *, needed: bool
) -> None:
    """Drops the archive of this name, and marks its ``row`` (tree, version, position).

    ``needed`` is that the undo of a live version needed it. Raises DatabaseError.
    """
    session.query(SQL("drop table if exists {}").format(SQL(archive_table(name))))
    session.query(
        """
        update mainsql.archives
        set dropped_at = clock_timestamp(), dropped_by = %s, dropped_why = %s, was_needed = %s
        where tree = %s and version = %s and position = %s
        """,
        (by, why, needed, *row),
    )
