"""Takes a version out of a ledger, where nothing of it is to stay: in a rehearsal."""

from psycopg2.sql import SQL, Identifier

from mainsql.database.archives import drop_archives
from mainsql.database.session import Session


def forget(session: Session, tree: str, version: int) -> None:
    """Deletes a version and all that is recorded of it, as if it had never been. Raises DatabaseError."""
    drop_archives(session, tree, version)
    tables = session.query(
        """
        select c.relname from pg_constraint k join pg_class c on c.oid = k.conrelid
        where k.contype = 'f' and k.confrelid = 'mainsql.versions'::regclass order by 1
        """
    )
    for (table,) in (*tables, ("segments",), ("versions",)):
        session.query(
            SQL("delete from {} where tree = %s and version = %s").format(Identifier("mainsql", table)),
            (tree, version),
        )
