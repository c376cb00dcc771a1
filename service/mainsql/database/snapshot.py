"""Reads the catalogs of a database into undo/'s values."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from psycopg2.sql import SQL, Identifier, Literal

from mainsql.database.catalog_rules import FIRST_USER_OID, HIDDEN_RELATIONS, HIDDEN_SCHEMAS
from mainsql.database.catalogs import Catalog, Catalogs, read_catalogs
from mainsql.database.memberships import read_memberships, read_system_privileges
from mainsql.database.session import Session
from mainsql.errors import DatabaseError
from mainsql.undo.catalog import Dependency, Entry, Key, Position, Snapshot

_SETTINGS = {
    "search_path": "",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "quote_all_identifiers": "off",
    "lc_monetary": "C",
    "xmlbinary": "base64",
    "jit": "off",
}
"""What decides how the server writes names and constants, and how fast: the same for every reader."""

_AT_ONCE = 200
"""Sequences that are asked in one query. Each is locked meanwhile, as by any SELECT."""


def read(session: Session) -> Snapshot:
    """All that is in the database. Raises DatabaseError.

    In a transaction or outside of one; it leaves nothing changed behind. Objects that somebody else
    drops meanwhile may make it fail.
    """
    with reading(session):
        catalogs = read_catalogs(session)
        entries = read_entries(session, catalogs)
        dependencies = read_dependencies(session, catalogs)
        return assemble(session, catalogs, entries, frozenset(entries), dependencies, complete=True)


@contextlib.contextmanager
def reading(session: Session) -> Iterator[None]:
    """While it is open, the server writes names and values as a snapshot has them.

    All of that, and the locks that reading takes, ends with it. Raises DatabaseError.
    """
    inside = session.in_transaction
    session.query(
        "SAVEPOINT mainsql_snapshot" if inside else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    )
    try:
        settings = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _SETTINGS.items())
        session.query(f"select {settings}")
        yield
    finally:
        if inside:
            with contextlib.suppress(DatabaseError):
                session.query("ROLLBACK TO SAVEPOINT mainsql_snapshot")
                session.query("RELEASE SAVEPOINT mainsql_snapshot")
        else:
            session.rollback()


def read_entries(
    session: Session, catalogs: Catalogs, owners: Mapping[str, Collection[int]] | None = None
) -> dict[Key, Entry]:
    """The entries of all catalogs; with ``owners``, of those only, and of them what these OIDs own.

    The owner of an entry is the OID that its key begins with.
    """
    found: dict[Key, Entry] = {}
    for catalog in catalogs.catalogs.values():
        if catalog.readable and (owners is None or owners.get(catalog.name)):
            for entry in _read_catalog(session, catalog, owners[catalog.name] if owners else None):
                found[entry.key] = entry
    for entry in (*read_memberships(session, catalogs), *read_system_privileges(session)):
        found[entry.key] = entry
    return found


def _read_catalog(session: Session, catalog: Catalog, owners: Collection[int] | None) -> Iterator[Entry]:
    rules = catalog.rules
    properties, raw = catalog.properties(), catalog.raw()
    # What reads the same both ways is asked for once.
    columns = dict.fromkeys((*properties.values(), *raw.values(), *rules.facts.values()))
    places = {sql: place for place, sql in enumerate(columns, start=4)}
    rows = session.query(*select(catalog, list(columns), owners))
    documents = [(name, places[sql]) for name, sql in properties.items()]
    raws = [(name, places[sql]) for name, sql in raw.items()]
    facts = [(name, places[sql]) for name, sql in rules.facts.items()]
    for row in rows:
        yield Entry(
            Key(catalog.name, row[0]),
            row[1],
            row[2],
            {name: row[place] for name, place in documents if row[place] is not None},
            {name: row[place] for name, place in raws},
            row[3],
            {name: row[place] for name, place in facts},
        )


def select(
    catalog: Catalog, columns: list[str], owners: Collection[int] | None = None
) -> tuple[str, list[Any]]:
    """A query for key, identity, kind, definition and ``columns`` of a catalog's entries; its parameters."""
    rules = catalog.rules
    identified = rules.identity is None or rules.kind is None
    expressions = [
        rules.key,
        rules.identity or "i.identity",
        rules.kind or "i.type",
        rules.definition or "null::text",
        *columns,
    ]
    address = f"pg_identify_object('pg_catalog.{catalog.name}'::regclass, c.oid, 0)"
    joined = f"cross join lateral {address} i" if identified else ""
    sql = f"""
        select {", ".join(expressions)}
        from {catalog.source} c {joined}
        where {" and ".join(conditions(catalog))}
    """
    if owners is None:
        return sql, []
    return f"{sql} and c.{rules.owner}::oid = any(%s::oid[])", [list(owners)]


def conditions(catalog: Catalog) -> list[str]:
    """SQL for which rows of a catalog are entries."""
    rules = catalog.rules
    found = [f"({rules.where})"]
    if rules.schema:
        found.append(f"c.{rules.schema} not in ({HIDDEN_SCHEMAS})")
    if rules.relation:
        found.append(f"c.{rules.relation} not in ({HIDDEN_RELATIONS})")
    if rules.type:
        found.append(
            f"c.{rules.type} not in (select t.oid from pg_type t where t.typnamespace in ({HIDDEN_SCHEMAS}))"
        )
    return found


def read_dependencies(session: Session, catalogs: Catalogs) -> list[Dependency]:
    """All rows of pg_depend that are about objects of users."""
    rows = session.query(
        f"""
        select classid::bigint, objid::bigint, objsubid, refclassid::bigint, refobjid::bigint, refobjsubid,
               deptype
        from pg_depend where objid >= {FIRST_USER_OID}
        """
    )
    return dependencies(catalogs, rows)


def dependencies(catalogs: Catalogs, rows: Collection[tuple[Any, ...]]) -> list[Dependency]:
    """Rows of pg_depend, with the names of catalogs."""
    names = catalogs.names
    return [
        Dependency(names[catalog], oid, column, names[on], on_oid, on_column, kind)
        for catalog, oid, column, on, on_oid, on_column, kind in rows
    ]


def assemble(
    session: Session,
    catalogs: Catalogs,
    entries: Mapping[Key, Entry],
    keys: Collection[Key],
    dependencies: Collection[Dependency],
    *,
    complete: bool,
) -> Snapshot:
    """A snapshot of these entries, with all that is to be known beside them."""
    return Snapshot(
        catalogs.server_version,
        entries,
        frozenset(keys),
        tuple(dependencies),
        dict(session.query("select oid::bigint, quote_ident(rolname) from pg_roles")),
        complete,
        str(session.query("select quote_ident(current_database())")[0][0]),
        catalogs.notes,
        dict(
            session.query(
                "select oid::bigint, typrelid::bigint from pg_type where typrelid <> 0 "
                f"and oid >= {FIRST_USER_OID}"
            )
        ),
        dict(
            session.query(
                "select oid::bigint, typelem::bigint from pg_type where typelem <> 0 and typlen = -1 "
                f"and oid >= {FIRST_USER_OID}"
            )
        ),
        dict(
            session.query(
                "select oid::bigint, ev_class::bigint from pg_rewrite where rulename = '_RETURN' "
                f"and oid >= {FIRST_USER_OID}"
            )
        ),
        {
            oid: (relation, number)
            for oid, relation, number in session.query(
                "select oid::bigint, adrelid::bigint, adnum from pg_attrdef"
            )
        },
        read_positions(session, entries),
    )


def read_positions(session: Session, entries: Mapping[Key, Entry]) -> dict[int, Position]:
    """How far the sequences among these entries are, by OID, as far as the role may read them."""
    oids = [int(key.id) for key in entries if key.catalog == "pg_sequence"]
    rows = session.query(
        """
        select c.oid::bigint, n.nspname, c.relname
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.oid = any(%s::oid[])
          and case c.relkind when 'S' then has_sequence_privilege(c.oid, 'select') else false end
        """,
        [oids],
    )
    found: dict[int, Position] = {}
    for start in range(0, len(rows), _AT_ONCE):
        queries = [
            SQL("select {}::bigint, last_value, is_called from {}").format(Literal(oid), Identifier(*name))
            for oid, *name in rows[start : start + _AT_ONCE]
        ]
        for oid, last_value, is_called in session.query(SQL(" union all ").join(queries)):
            found[oid] = Position(last_value, is_called)
    return found
