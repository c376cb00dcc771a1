"""Reads the catalogs of a database into undo/'s values."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet

from psycopg2.sql import SQL, Identifier, Literal

from mainsql.database.catalog_pieces import piece
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
    properties, raw = catalog.properties(), catalog.raw()
    own = {name: sql for name, sql in properties.items() if sql is not None}
    facts = {name: piece(template) for name, template in catalog.rules.facts.items()}
    query = catalog.select([*catalog.heading, *raw.values(), *own.values(), *facts.values()])
    if owners is not None:
        query = SQL("{} and {} = any({}::oid[])").format(query, catalog.owner, Literal(list(owners)))
    # Where each value is in a row. A property that reads as its column does is asked for once.
    places = {("raw", name): place for place, name in enumerate(raw, start=4)}
    places |= {("own", name): place for place, name in enumerate(own, start=4 + len(raw))}
    document = [(name, places["own" if name in own else "raw", name]) for name in properties]
    columns = [(name, places["raw", name]) for name in raw if name not in catalog.rules.unread]
    asides = list(enumerate(facts, start=4 + len(raw) + len(own)))
    for row in session.query(query):
        yield Entry(
            Key(catalog.name, row[0]),
            row[1],
            row[2],
            {name: row[place] for name, place in document if row[place] is not None},
            {name: row[place] for name, place in columns},
            row[3],
            {name: row[place] for place, name in asides},
        )


def read_dependencies(session: Session, catalogs: Catalogs, which: str = "true") -> list[Dependency]:
    """The rows ``d`` of pg_depend that are about objects of users, and are so (SQL)."""
    rows = session.query(
        piece(
            """
            select d.classid::bigint, d.objid::bigint, d.objsubid,
                   d.refclassid::bigint, d.refobjid::bigint, d.refobjsubid, d.deptype
            from pg_depend d where d.objid >= {first_user_oid} and {which}
            """,
            which=SQL(which),
        )
    )
    names = catalogs.names
    return [
        Dependency(names[catalog], oid, column, names[on], on_oid, on_column, kind)
        for catalog, oid, column, on, on_oid, on_column, kind in rows
    ]


def assemble(
    session: Session,
    catalogs: Catalogs,
    entries: Mapping[Key, Entry],
    keys: AbstractSet[Key],
    dependencies: Collection[Dependency],
    *,
    complete: bool,
) -> Snapshot:
    """A snapshot of these entries, with all that is to be known beside them."""
    pairs = {
        "row_types": "select oid::bigint, typrelid::bigint from pg_type where typrelid <> 0",
        "array_types": """
            select oid::bigint, typelem::bigint from pg_type where typelem <> 0 and typlen = -1
        """,
        "view_rules": "select oid::bigint, ev_class::bigint from pg_rewrite where rulename = '_RETURN'",
        "roles": "select oid::bigint, quote_ident(rolname) from pg_roles",
    }
    defaults = session.query("select oid::bigint, adrelid::bigint, adnum from pg_attrdef")
    return Snapshot(
        catalogs.server_version,
        entries,
        keys,
        tuple(dependencies),
        complete=complete,
        database=str(session.query("select quote_ident(current_database())")[0][0]),
        notes=catalogs.notes,
        defaults={oid: (relation, number) for oid, relation, number in defaults},
        positions=read_positions(session, entries),
        **{name: dict(session.query(query)) for name, query in pairs.items()},
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
        with _letting_go(session):
            for oid, last_value, is_called in session.query(SQL(" union all ").join(queries)):
                found[oid] = Position(last_value, is_called)
    return found


@contextlib.contextmanager
def _letting_go(session: Session) -> Iterator[None]:
    """Gives locks back at the end: the server has room for a limited number of them."""
    session.query("SAVEPOINT mainsql_locks")
    yield
    session.query("ROLLBACK TO SAVEPOINT mainsql_locks")
    session.query("RELEASE SAVEPOINT mainsql_locks")
