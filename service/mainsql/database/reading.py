"""Reads entries of the catalogs, and what belongs to a snapshot of them."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from psycopg2.sql import SQL, Composable, Identifier, Literal

from mainsql.database.catalogs import Catalog, Catalogs
from mainsql.database.session import Session
from mainsql.errors import DatabaseError
from mainsql.undo.catalog import Dependency, Entry, Key, Position, Snapshot

_SETTINGS = {
    "search_path": "pg_catalog, pg_temp",  # Where it is not named, what is temporary comes first.
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

_SERVER_WIDE = """
    select 'role ' || quote_ident(r.rolname), md5(concat_ws(' ', to_jsonb(r) - 'rolpassword', (
        select string_agg((to_jsonb(m) - 'oid')::text, ' ' order by m.roleid, m.grantor)
        from pg_auth_members m where m.member = r.oid
    ), shobj_description(r.oid, 'pg_authid')))
    from (select * from pg_roles) r where r.oid >= 16384
    union all
    select 'tablespace ' || quote_ident(t.spcname),
           md5(concat_ws(' ', to_jsonb(t), shobj_description(t.oid, 'pg_tablespace')))
    from pg_tablespace t
    union all
    select 'comment on this database', md5(shobj_description(d.oid, 'pg_database'))
    from pg_database d
    where d.datname = current_database() and shobj_description(d.oid, 'pg_database') is not null
"""
"""What anybody may read of what is not in one database."""

_SERVER_WIDE_SINCE_15 = """
    union all
    select 'setting ' || p.parname, md5(p.paracl::text) from pg_parameter_acl p
"""

_AT_ONCE = 200
"""Sequences that are asked in one query. Each is locked meanwhile, as by any SELECT."""


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
        for name, value in _SETTINGS.items():
            session.query("select pg_catalog.set_config(%s, %s, true)", (name, value))
        yield
    finally:
        if inside:
            with contextlib.suppress(DatabaseError):
                session.query("ROLLBACK TO SAVEPOINT mainsql_snapshot")
                session.query("RELEASE SAVEPOINT mainsql_snapshot")
        else:
            session.rollback()


def read_catalog(session: Session, catalog: Catalog, which: Composable | None = None) -> Iterator[Entry]:
    """The entries of a catalog; with ``which``, those of its rows ``c`` of which this SQL is true."""
    properties, raw = catalog.properties(), catalog.raw()
    own = {name: sql for name, sql in properties.items() if sql is not None}
    facts = {name: catalog.pieces.compose(template) for name, template in catalog.rules.facts.items()}
    query = catalog.select([*catalog.heading, *raw.values(), *own.values(), *facts.values()], which)
    # Where each value is in a row. A property that reads as its column does is asked for once.
    places = {("raw", name): place for place, name in enumerate(raw, start=4)}
    places |= {("own", name): place for place, name in enumerate(own, start=4 + len(raw))}
    document = [(name, places["own" if name in own else "raw", name]) for name in properties]
    columns = [(name, places["raw", name]) for name in raw if name not in catalog.rules.unread]
    asides = list(enumerate(facts, start=4 + len(raw) + len(own)))
    for row in session.query(query):
        if row[1] is None:  # Somebody dropped it just now.
            continue
        yield Entry(
            Key(catalog.name, row[0]),
            row[1],
            row[2],
            {name: row[place] for name, place in document if row[place] is not None},
            {name: row[place] for name, place in columns},
            row[3],
            {name: row[place] for place, name in asides},
        )


def read_dependencies(
    session: Session, catalogs: Catalogs, which: Composable | None = None
) -> list[Dependency]:
    """The rows ``c`` of pg_depend that are about objects of users, and of which this SQL is true."""
    rows = session.query(
        catalogs.pieces.compose(
            """
            select c.classid::bigint, c.objid::bigint, c.objsubid,
                   c.refclassid::bigint, c.refobjid::bigint, c.refobjsubid, c.deptype
            from pg_depend c where c.objid >= {first_user_oid} and {which}
            """,
            which=which or SQL("true"),
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
    touched: AbstractSet[Key] | None = None,
) -> Snapshot:
    """A snapshot of these entries, with all that is to be known beside them."""
    [(database,)] = session.query("select quote_ident(current_database())")
    types = _among(dependencies, "pg_type", complete)
    rules = _among(dependencies, "pg_rewrite", complete)
    defaults = _among(dependencies, "pg_attrdef", complete)
    return Snapshot(
        catalogs.server_version,
        entries,
        keys,
        tuple(dependencies),
        _pairs(session, "select oid::bigint, quote_ident(rolname) from pg_roles"),
        complete,
        database,
        catalogs.notes({key.catalog for key in entries}),
        _pairs(session, "select oid::bigint, typrelid::bigint from pg_type where typrelid <> 0 and", types),
        _pairs(
            session,
            "select oid::bigint, typelem::bigint from pg_type where typelem <> 0 and typlen = -1 and",
            types,
        ),
        _pairs(
            session,
            "select oid::bigint, ev_class::bigint from pg_rewrite where rulename = '_RETURN' and",
            rules,
        ),
        {
            oid: (relation, number)
            for oid, relation, number in session.query(
                SQL("select oid::bigint, adrelid::bigint, adnum from pg_attrdef where {}").format(defaults)
            )
        },
        _positions(session, entries),
        touched,
        dict(session.query(_SERVER_WIDE + (_SERVER_WIDE_SINCE_15 if session.server_major >= 15 else ""))),
    )


def _among(dependencies: Collection[Dependency], catalog: str, complete: bool) -> Composable:
    """SQL: whether a row of a catalog is one that these dependencies are about."""
    if complete:
        return SQL("true")
    oids = {each.id for each in dependencies if each.catalog == catalog}
    oids |= {each.on_id for each in dependencies if each.on_catalog == catalog}
    return SQL("oid = any({}::oid[])").format(Literal(list(oids)))


def _pairs(session: Session, query: str, which: Composable | None = None) -> dict[int, Any]:
    return dict(session.query(SQL("{} {}").format(SQL(query), which or SQL(""))))


def _positions(session: Session, entries: Mapping[Key, Entry]) -> dict[int, Position]:
    """How far the sequences among these entries are, by OID, as far as the role may read them."""
    oids = [int(key.id) for key in entries if key.catalog == "pg_sequence"]
    rows = session.query(
        """
        select c.oid::bigint, n.nspname, c.relname
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.oid = any(%s::oid[])
          and case c.relkind when 'S' then has_sequence_privilege(c.oid, 'select') else false end
          and has_schema_privilege(n.oid, 'usage')
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
