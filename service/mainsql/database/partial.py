"""Reads a part of the catalogs: all keys, what a transaction has written, what is around some objects."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import chain

from psycopg2.sql import SQL, Composable, Composed, Literal

from mainsql.database.catalogs import Catalog, Catalogs
from mainsql.database.memberships import (
    membership_keys,
    read_memberships,
    read_system_privileges,
    system_privilege_keys,
)
from mainsql.database.neighbours import Neighbourhood, any_of
from mainsql.database.reading import assemble, read_catalog, read_dependencies
from mainsql.database.session import Session
from mainsql.undo.catalog import SYSTEM_ACL, Entry, Key, Snapshot
from mainsql.undo.keys import SEPARATOR, Keys

_ALWAYS = ("pg_database", "pg_db_role_setting", "pg_default_acl", "pg_namespace")
"""Catalogs of a few rows that depend on nothing, or say something of what is yet to be made.

So are those of which the role may not read who wrote a row: each may have been written.
"""

_NEAR = 2**24
"""Transactions that may be open at once, those within others included."""


def read_keys(session: Session, catalogs: Catalogs) -> Keys:
    """The keys of all entries."""
    return _keys(session, catalogs, SQL("false"))[0]


def read_touched(session: Session, catalogs: Catalogs) -> tuple[Keys, Keys]:
    """The keys of all entries, and those that the open transaction wrote, or may have.

    Where the role may read only some columns of a catalog, it may not read who wrote a row.
    """
    [(own, end)] = session.query(
        """
        select pg_current_xact_id_if_assigned()::text::bigint,
               pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        """
    )
    return (
        _keys(session, catalogs, _written_by(own, end)) if own else (read_keys(session, catalogs), Keys({}))
    )


def _written_by(own: int, end: int) -> Composed:
    """SQL: whether a visible row of ``c`` was written by the transaction ``own``.

    Its subtransactions have ids of their own, all of them later. In between are those of other
    transactions: what can be seen of them is committed, and before ``end``, where the snapshot ends.
    From there on it is ours, unless it is so old that ids have come around since; such a row counts
    for ours only where it is near, which costs a little time.
    """
    return SQL(
        """
        age(c.xmin) <= 0 and case
            when (c.xmin::text::bigint - {own} & 4294967295) < {span}
            then pg_xact_status(({own} + (c.xmin::text::bigint - {own} & 4294967295))::text::xid8)
                = 'in progress'
            else (c.xmin::text::bigint - {own} & 4294967295) < {span} + {near}
        end
        """
    ).format(own=Literal(own), span=Literal(max(0, end - own)), near=Literal(_NEAR))


def _keys(session: Session, catalogs: Catalogs, written: Composable) -> tuple[Keys, Keys]:
    """The keys of all entries, and of those whose rows meet a condition, all in one query."""
    queries = [
        _packed(
            catalog.name,
            catalogs.pieces.compose(catalog.rules.key),
            catalog.rows(),
            written if catalog.readable_in_full else SQL("true"),
        )
        for catalog in catalogs.catalogs.values()
        if catalog.readable
    ]
    pieces = catalogs.pieces
    for name, key, rows in (membership_keys(pieces), *system_privilege_keys(pieces)):
        queries.append(_packed(name, key, rows, written))
    every: dict[str, list[str]] = defaultdict(list)
    some: dict[str, list[str]] = defaultdict(list)
    for name, text, written_text in session.query(SQL(" union all ").join(queries)):
        every[name] += [text] if text else []
        some[name] += [written_text] if written_text else []
    return Keys(_joined(every)), Keys(_joined(some))


def _packed(name: str, key: Composable, rows: Composable, written: Composable) -> Composed:
    return SQL(
        "select {name}, string_agg({key}, {separator}), "
        "string_agg({key}, {separator}) filter (where {written}) from {rows}"
    ).format(name=Literal(name), key=key, separator=Literal(SEPARATOR), written=written, rows=rows)


def _joined(texts: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: SEPARATOR.join(parts) for name, parts in texts.items() if parts}


def read_part(
    session: Session,
    catalogs: Catalogs,
    around: Neighbourhood,
    keys: AbstractSet[Key],
    touched: AbstractSet[Key] | None = None,
) -> Snapshot:
    """The entries of a neighbourhood, and the dependencies of what is read as a whole."""
    members = _members(catalogs, around)
    found: list[Entry] = []
    for catalog in catalogs.catalogs.values():
        if catalog.readable:
            which = _which(catalog, around)
            if which is not None:
                found += read_catalog(session, catalog, which)
    found += read_memberships(session, catalogs.pieces, members)
    if touched is None or any(key.catalog == SYSTEM_ACL for key in touched):
        found += read_system_privileges(session, catalogs.pieces)
    entries = {entry.key: entry for entry in found}
    return assemble(
        session,
        catalogs,
        entries,
        keys,
        read_dependencies(session, catalogs, members),
        complete=False,
        touched=touched,
    )


def _which(catalog: Catalog, around: Neighbourhood) -> Composable | None:
    """SQL: which rows of a catalog are in the neighbourhood; None where that is none."""
    if catalog.name in _ALWAYS or not catalog.readable_in_full:
        return SQL("true")
    rules = catalog.rules
    if rules.owner == "objoid":
        owners = frozenset(chain.from_iterable(around.whole.values()))
    else:
        owners = around.whole.get(catalog.owned_by, frozenset())
    if catalog.owned_by == catalog.name:
        owners = owners | around.single.get(catalog.name, frozenset())
    wanted = {
        rules.owner: owners,
        rules.relation: around.whole.get("pg_class", ()),
        rules.type: around.whole.get("pg_type", ()),
    }
    conditions = [any_of(column, oids) for column, oids in wanted.items() if column and oids]
    return SQL(" or ").join(conditions) if conditions else None


def _members(catalogs: Catalogs, around: Neighbourhood) -> Composed:
    """SQL: whether a row ``c`` of pg_depend is about an object that is read as a whole."""
    pairs = [(catalogs.oid(name), oid) for name, oids in around.whole.items() for oid in oids]
    return SQL(
        """(c.classid, c.objid) in (
            select w.classid, w.objid from unnest({}::oid[], {}::oid[]) w (classid, objid)
        )"""
    ).format(Literal([catalog for catalog, _ in pairs]), Literal([oid for _, oid in pairs]))
