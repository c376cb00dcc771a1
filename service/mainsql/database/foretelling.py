"""How much of what a plan takes away is there, as far as the server's statistics tell."""

from collections.abc import Iterator

from mainsql.database.session import Session
from mainsql.model import Foretold, KeptKind
from mainsql.script.locks import Name, Rows, RowsOfSchema

_TABLES = """
with recursive below (oid) as (
    select unnest(%s::oid[])
    union
    select inhrelid from pg_catalog.pg_inherits join below on inhparent = oid
)
select c.oid, pg_catalog.format('%%I.%%I', n.nspname, c.relname), c.reltuples::bigint,
       pg_catalog.pg_table_size(c.oid)
from below join pg_catalog.pg_class c using (oid) join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' order by 2
"""

_COLUMN = """
with wanted (relation, name) as (values (%s::oid, %s::text)), keys as (
    select i.indisprimary, i.indkey::int2[] as numbers
    from pg_catalog.pg_index i join wanted on i.indrelid = relation
    where i.indisunique and i.indisvalid and i.indpred is null
      and not exists (
          select from pg_catalog.unnest(i.indkey::int2[]) with ordinality k (number, place)
          left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
          where k.place <= i.indnkeyatts
            and (k.number <= 0 or not a.attnotnull or a.attname = wanted.name or a.attgenerated <> '')
      )
    order by 1 desc limit 1
)
select pg_catalog.quote_ident(c.attname), (select count(*) from keys) > 0,
       (select sum(s.avg_width) from pg_catalog.pg_stats s
        where s.schemaname = n.nspname and s.tablename = t.relname and not s.inherited
          and (s.attname = c.attname or s.attname in (
              select a.attname from keys, pg_catalog.pg_attribute a
              where a.attrelid = t.oid and a.attnum = any (keys.numbers)))
          and exists (select from pg_catalog.pg_stats o
                      where o.schemaname = n.nspname and o.tablename = t.relname and o.attname = c.attname))
from pg_catalog.pg_attribute c join pg_catalog.pg_class t on t.oid = c.attrelid
join pg_catalog.pg_namespace n on n.oid = t.relnamespace join wanted on wanted.relation = t.oid
where c.attname = wanted.name and not c.attisdropped and c.attgenerated = ''
"""

_ROW_HEADER = 28
"""Bytes of a row beside its values: its header and its pointer (the manual's "Database Page Layout")."""


def foretell(session: Session, rows: Rows | RowsOfSchema, path: tuple[str, ...] | None) -> Iterator[Foretold]:
    """What is there of these rows; nothing where there is no such table yet.

    ``path`` are the schemas to look for names in; None is the session's own. Raises DatabaseError.
    """
    match rows:
        case RowsOfSchema(schema):
            roots = session.query(
                "select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n "
                "on n.oid = c.relnamespace where n.nspname = %s and c.relkind in ('r', 'p')",
                (schema,),
            )
            yield from _of_tables(session, [oid for (oid,) in roots])
        case Rows(table, column, changes):
            oid = _find(session, table, path)
            if oid is None:
                return
            if column is None:
                yield from _of_tables(session, [oid])
                return
            for each, identity, count, size in session.query(_TABLES, ([oid],)):
                yield from _of_column(session, (each, identity, count, size), column, changes=changes)


def _find(session: Session, table: Name, path: tuple[str, ...] | None) -> int | None:
    """The OID of a table that is there."""
    places: list[tuple[str, ...]] = [table]
    if len(table) == 1 and path is not None:
        places = [(schema, *table) for schema in path]
    for place in places:
        [(oid,)] = session.query(
            """
            select pg_catalog.to_regclass(pg_catalog.array_to_string(array(
                select pg_catalog.quote_ident(part)
                from pg_catalog.unnest(%s::text[]) with ordinality p (part, n) order by n), '.'))::oid
            """,
            (list(place[-2:]),),
        )
        if oid is not None:
            return int(oid)
    return None


def _of_tables(session: Session, roots: list[int]) -> Iterator[Foretold]:
    for _, identity, count, size in session.query(_TABLES, (roots,)):
        yield Foretold(KeptKind.TABLE, identity, _known(count), size)


def _of_column(
    session: Session, table: tuple[int, str, int, int], column: str, *, changes: bool
) -> Iterator[Foretold]:
    oid, identity, count, size = table
    for name, has_key, width in session.query(_COLUMN, (oid, column)):
        rows = _known(count)
        bytes_ = size if rows is None or width is None else min(size, rows * (int(width) + _ROW_HEADER))
        whole = f"{identity}.{name}"
        why_not = None if has_key else f"{identity} has no key to find each row by"
        yield Foretold(KeptKind.COLUMN, whole, rows, bytes_, at_most=changes, why_not=why_not)


def _known(count: int) -> int | None:
    """The number of rows; -1 is what the server has of a table that was never analyzed."""
    return None if count < 0 else count
