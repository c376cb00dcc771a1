"""What in a database has to do with something, by pg_depend."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from psycopg2.sql import SQL, Composed, Identifier, Literal

from mainsql.database.catalogs import Catalog, Catalogs
from mainsql.database.session import Session
from mainsql.undo.catalog import Key

_HUBS = ("pg_namespace", "pg_extension", "pg_language", "pg_am", "pg_publication")
"""What so much depends on that it says little."""


class Address(NamedTuple):
    """An object as pg_depend has it: the OIDs of catalog and object, and the number of a column, or 0."""

    catalog: int
    id: int
    column: int = 0


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """OIDs by catalog: what is read with all that is in it, and that of which only its own row is."""

    whole: Mapping[str, frozenset[int]]
    single: Mapping[str, frozenset[int]]


def address_of(catalogs: Catalogs, key: Key) -> Address | None:
    """The object that an entry is about; None for what has none of its own."""
    parts = key.id.split(":")
    match key.catalog:
        case "pg_description" | "pg_seclabel":
            return Address(int(parts[0]), int(parts[1]), int(parts[2]))
        case "membership":
            return Address(int(parts[0]), int(parts[1]))
        case "pg_attribute":
            return Address(catalogs.oid("pg_class"), int(parts[0]), int(parts[1]))
        case "system_acl" | "pg_database" | "pg_db_role_setting":
            return None
    return Address(catalogs.oid(catalogs.catalogs[key.catalog].owned_by), int(parts[0]))


def named(session: Session, catalogs: Catalogs, names: Collection[str]) -> set[Address]:
    """The objects that are called by one of these names, in whatever schema."""
    queries = [
        catalogs.pieces.compose(
            """
            select {catalog}::bigint, c.oid::bigint from {source} c
            where c.{name} = any({names}::name[]) and c.oid >= {first_user_oid}
            """,
            catalog=Literal(catalog.oid),
            source=catalog.source,
            name=Identifier(column),
            names=Literal(sorted(names)),
        )
        for catalog in catalogs.catalogs.values()
        if catalog.rules.owner == "oid" and (column := _name_column(catalog))
    ]
    return {Address(*row) for row in session.query(SQL(" union all ").join(queries))}


def _name_column(catalog: Catalog) -> str | None:
    return next((c.name for c in catalog.visible() if c.type == "name" and c.name.endswith("name")), None)


_SEARCH = """
    with recursive dependent (classid, objid, objsubid) as (
        select s.classid, s.objid, s.objsubid
        from unnest({catalogs}::oid[], {oids}::oid[], {columns}::int[]) s (classid, objid, objsubid)
        union
        select d.classid, d.objid, d.objsubid
        from dependent w cross join lateral (
            select d.classid, d.objid, d.objsubid from pg_depend d
            where d.refclassid = w.classid and d.refobjid = w.objid
              and (w.objsubid = 0 or d.refobjsubid = w.objsubid) and d.objid >= {first_user_oid}
              and w.classid <> all ({hubs}::oid[])
            union all
            select d.refclassid, d.refobjid, d.refobjsubid from pg_depend d
            where d.classid = w.classid and d.objid = w.objid and d.objsubid = w.objsubid
              and d.deptype = 'i' and d.refobjid >= {first_user_oid}
            offset 0
        ) d
    ), owner (classid, objid) as (
        select w.classid, w.objid from dependent w
        union
        select d.refclassid, d.refobjid
        from owner w cross join lateral (
            select d.refclassid, d.refobjid from pg_depend d
            where d.classid = w.classid and d.objid = w.objid
              and d.deptype in ('a', 'i', 'P', 'S') and d.refobjid >= {first_user_oid}
            offset 0
        ) d
    )
    select w.classid::bigint, w.objid::bigint, true from owner w
    union all
    select distinct d.refclassid::bigint, d.refobjid::bigint, false
    from owner w cross join lateral (
        select d.refclassid, d.refobjid from pg_depend d
        where d.classid = w.classid and d.objid = w.objid and d.refobjid >= {first_user_oid}
        offset 0
    ) d
"""
"""What depends on the given objects, directly or not; what all of that belongs to; what that needs.

Who drops a part of something whole, as the rule of a view, drops the whole, and what depends on it.

``offset 0`` keeps the server from reading all of pg_depend each time around.
"""


def neighbourhood(session: Session, catalogs: Catalogs, seeds: Collection[Address]) -> Neighbourhood:
    """What has to do with these objects: see concerning in snapshot.py."""
    columns = [list(column) for column in zip(*seeds, strict=True)] or [[], [], []]
    rows = session.query(
        catalogs.pieces.compose(
            _SEARCH,
            catalogs=Literal(columns[0]),
            oids=Literal(columns[1]),
            columns=Literal(columns[2]),
            hubs=Literal([catalogs.oid(name) for name in _HUBS]),
        )
    )
    names = catalogs.names
    return Neighbourhood(
        _grouped((names[catalog], oid) for catalog, oid, whole in rows if whole),
        _grouped((names[catalog], oid) for catalog, oid, whole in rows if not whole),
    )


def _grouped(pairs: Iterable[tuple[str, int]]) -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for catalog, oid in pairs:
        found[catalog].add(oid)
    return {catalog: frozenset(oids) for catalog, oids in found.items()}


def any_of(column: str, oids: Collection[int]) -> Composed:
    """SQL: whether a column of ``c`` is one of these OIDs."""
    return SQL("c.{}::oid = any({}::oid[])").format(Identifier(column), Literal(sorted(oids)))
