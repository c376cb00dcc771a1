"""What is in all tables of a database, as a number of rows and a digest for each."""

from collections.abc import Mapping
from typing import NamedTuple

from psycopg2.sql import SQL, Identifier, Literal

from mainsql.database.session import Session

_AT_ONCE = 100
"""Tables that are asked in one query."""


class Content(NamedTuple):
    """How many rows a table has, and a digest of them that does not depend on their order."""

    rows: int
    digest: str


def read_contents(session: Session) -> Mapping[str, Content]:
    """The content of every table, by its name. All rows are read. Raises DatabaseError.

    Rows are compared column by column by name, so that another order of columns is no difference.
    What the role may not read is left out, as are mainsql's own schemas.
    """
    tables = session.query(
        """
        select n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), pg_relation_size(c.oid) = 0
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and c.relpersistence <> 't' and c.oid >= 16384
          and n.nspname not in ('mainsql', 'mainsql_archive') and has_table_privilege(c.oid, 'select')
        order by 1, 2
        """
    )
    # A scratch database has many tables and few rows.
    found = {name: Content(0, "0") for _, _, name, is_empty in tables if is_empty}
    filled = [names for *names, is_empty in tables if not is_empty]
    for start in range(0, len(filled), _AT_ONCE):
        queries = [
            SQL(
                """
                select {}::text, count(*), coalesce(
                    sum(('x' || left(md5(to_jsonb(t)::text), 15))::bit(60)::bigint::numeric), 0)::text
                from only {} t
                """
            ).format(Literal(name), Identifier(schema, table))
            for schema, table, name in filled[start : start + _AT_ONCE]
        ]
        for name, rows, digest in session.query(SQL(" union all ").join(queries)):
            found[name] = Content(rows, digest)
    return found
