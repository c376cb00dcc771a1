"""Reads a part of the catalogs: all keys, what a transaction has written, what is around some objects."""

from collections.abc import Set as AbstractSet
from itertools import chain

from psycopg2.sql import SQL, Composable, Composed, Literal

from mainsql.database.catalog_pieces import piece
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

_ALWAYS = ("pg_database", "pg_db_role_setting")
"""Catalogs of a few rows that depend on nothing."""

_NEAR = 2**24
"""Transactions that may be open at once, those within others included."""


def read_keys(session: Session, catalogs: Catalogs) -> Keys:
    """The keys of all entries."""
    return _keys(session, catalogs, None)


def read_touched(session: Session, catalogs: Catalogs) -> AbstractSet[Key]:
    """The keys of the entries that the open transaction has written, or may have, as far as one can tell."""
    [(own, end)] = session.query(
        """
        select pg_current_xact_id_if_assigned()::text::bigint,
               pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        """
    )
    return frozenset(_keys(session, catalogs, _written_by(own, end)) if own is not None else ())


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


def _keys(session: Session, catalogs: Catalogs, written: Composable | None) -> Keys:
    """The keys of all entries, or of those whose rows meet a condition."""
    queries = []
    for catalog in catalogs.catalogs.values():
        if catalog.readable:
            # Where the role may read only some columns, it may not read who wrote a row.
            which = written if catalog.readable_in_full else None
            queries.append(_packed(catalog.name, piece(catalog.rules.key), catalog.rows(which)))
    for name, key, rows in (membership_keys(written), *system_privilege_keys(written)):
        queries.append(_packed(name, key, rows))
    texts: dict[str, str] = {}
    for name, text in session.query(SQL(" union all ").join(queries)):
        if text:
            texts[name] = texts[name] + SEPARATOR + text if name in texts else text
    return Keys(texts)


def _packed(name: str, key: Composable, rows: Composable) -> Composed:
    return SQL("select {}, string_agg({}, {}) from {}").format(Literal(name), key, Literal(SEPARATOR), rows)


def read_part(
    session: Session,
    catalogs: Catalogs,
    around: Neighbourhood,
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
    found += read_memberships(session, members)
    if touched is None or any(key.catalog == SYSTEM_ACL for key in touched):
        found += read_system_privileges(session)
    entries = {entry.key: entry for entry in found}
    return assemble(
        session,
        catalogs,
        entries,
        read_keys(session, catalogs),
        read_dependencies(session, catalogs, members),
        complete=False,
        touched=touched,
    )


def _which(catalog: Catalog, around: Neighbourhood) -> Composable | None:
    """SQL: which rows of a catalog are in the neighbourhood; None where that is none."""
    if catalog.name in _ALWAYS:
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
    """SQL: whether a row ``d`` of pg_depend is about an object that is read as a whole."""
    pairs = [(catalogs.oid(name), oid) for name, oids in around.whole.items() for oid in oids]
    return SQL(
        """(d.classid, d.objid) in (
            select w.classid, w.objid from unnest({}::oid[], {}::oid[]) w (classid, objid)
        )"""
    ).format(Literal([catalog for catalog, _ in pairs]), Literal([oid for _, oid in pairs]))
