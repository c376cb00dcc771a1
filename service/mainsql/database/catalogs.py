"""The system catalogs of the server at hand, and how each of their columns reads.

Nothing here lists columns: the server tells what it has (pg_attribute) and what an OID points to
(pg_get_catalog_foreign_keys), so a column of a new major version joins by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from mainsql.database.catalog_rules import NO_SCHEMA, RULES, Rules
from mainsql.database.session import Session

_NAMES = {
    "pg_class": "regclass",
    "pg_proc": "regprocedure",
    "pg_type": "regtype",
    "pg_namespace": "regnamespace",
    "pg_authid": "regrole",
    "pg_operator": "regoperator",
    "pg_collation": "regcollation",
    "pg_ts_config": "regconfig",
    "pg_ts_dict": "regdictionary",
}
"""The types that write an OID of a catalog as a name, faster than pg_identify_object."""

_ACL_DEFAULTS = {
    "pg_class": "(case c.relkind when 'S' then 's' else 'r' end)::\"char\", c.relowner",
    "pg_proc": "'f', c.proowner",
    "pg_type": "'T', c.typowner",
    "pg_namespace": "'n', c.nspowner",
    "pg_language": "'l', c.lanowner",
    "pg_foreign_data_wrapper": "'F', c.fdwowner",
    "pg_foreign_server": "'S', c.srvowner",
    "pg_database": "'d', c.datdba",
}
"""The arguments of acldefault for an object that has no privileges written down."""

_OIDS = ("oid", "regproc")
_OID_ARRAYS = ("oid[]", "oidvector")
_PLAIN = frozenset(
    "boolean smallint integer bigint real text name".split()
    + ['"char"', "double precision", "text[]", "name[]", "smallint[]", '"char"[]']
)
"""Types whose values are taken as they are."""
_AS_TEXT = frozenset(["xid", "pg_lsn", "anyarray", "bytea", "timestamp with time zone", "int2vector"])


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a catalog.

    ``target`` is the catalog that its OIDs point to, if any; for the numbers of columns, ``relation``
    is the column that has the OID of their relation.
    """

    name: str
    type: str
    readable: bool = True
    target: str | None = None
    relation: str | None = None

    @property
    def raw(self) -> str:
        """SQL for its value as it is, as a type that JSON has."""
        match self.type:
            case "oid":
                return f"c.{self.name}::bigint"
            case "regproc":
                return f"c.{self.name}::oid::bigint"
            case "oid[]" | "oidvector":
                return f"c.{self.name}::oid[]::bigint[]"
            case "int2vector":
                return f"c.{self.name}::int2[]"
            case "aclitem[]":
                return f"c.{self.name}::text[]"
            case "pg_node_tree":
                return f"md5(c.{self.name}::text)"
        return f"c.{self.name}" if self.type in _PLAIN else f"c.{self.name}::text"


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalog of the server with its columns, and what is known of it."""

    name: str
    oid: int
    columns: tuple[Column, ...]
    rules: Rules

    @property
    def readable(self) -> bool:
        """Whether the role may read at least its keys."""
        return self.source != self.name or all(c.readable for c in self.columns if c.name == self.rules.owner)

    @property
    def source(self) -> str:
        """What stands behind FROM: the catalog, or a view of it that everybody may read."""
        barred = not all(column.readable for column in self.columns)
        return self.rules.source if barred and self.rules.source else f"pg_catalog.{self.name}"

    @property
    def is_replaced(self) -> bool:
        """Whether a view is read in its place, which does not tell who wrote a row."""
        return self.source == self.rules.source

    def visible(self) -> list[Column]:
        """Its columns that the role may read."""
        return [column for column in self.columns if column.readable or self.is_replaced]

    def properties(self) -> dict[str, str]:
        """SQL for each property, by its name."""
        found = {
            column.name: _property(self, column)
            for column in self.visible()
            if column.name not in self.rules.without | {"oid"}
        }
        names = {column.name for column in self.columns}
        readable = {column.name for column in self.visible()}
        extra = {
            name: sql
            for name, sql in self.rules.properties.items()
            if name not in names or name in readable and name not in self.rules.without
        }
        return found | extra

    def raw(self) -> dict[str, str]:
        """SQL for each column as it is, by its name."""
        return {column.name: column.raw for column in self.visible() if column.name not in self.rules.unread}

    def notes(self) -> list[str]:
        """What is not understood of it, or may not be read."""
        return [
            f"{self.name}.{column.name}: {note}" for column in self.columns if (note := _note(self, column))
        ]


@dataclass(frozen=True, slots=True)
class Catalogs:
    """All catalogs that objects of a database are in, by name; ``names`` also has the others, by OID."""

    server_version: int
    catalogs: Mapping[str, Catalog]
    names: Mapping[int, str] = field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not understood, or may not be read."""
        return tuple(note for catalog in self.catalogs.values() for note in catalog.notes())


def read_catalogs(session: Session) -> Catalogs:
    """What the server has, and what the session's role may read of it. Raises DatabaseError.

    Needs an empty search_path.
    """
    targets = _targets(session)
    rows = session.query(
        """
        select current_setting('server_version_num')::int, r.oid::bigint, r.relname, a.attname,
               format_type(a.atttypid, null), has_column_privilege(r.oid, a.attnum, 'select')
        from pg_class r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
        where r.relnamespace = 'pg_catalog'::regnamespace and r.relkind = 'r'
        order by r.relname, a.attnum
        """
    )
    catalogs = {}
    for (_, oid, name), group in groupby(rows, key=lambda row: row[:3]):
        if name not in NO_SCHEMA:
            columns = tuple(_column(name, row, targets) for row in group)
            catalogs[name] = Catalog(name, oid, columns, RULES.get(name, Rules()))
    return Catalogs(rows[0][0], catalogs, {row[1]: row[2] for row in rows})


_Targets = Mapping[tuple[str, str], tuple[str, str | None]]


def _targets(session: Session) -> _Targets:
    """By catalog and column: what it points to, and the column with the relation of a column number."""
    rows = session.query(
        "select fktable::text, fkcols, pktable::text from pg_catalog.pg_get_catalog_foreign_keys()"
    )
    found: dict[tuple[str, str], tuple[str, str | None]] = {}
    for catalog, columns, target in rows:
        match columns:
            case [column]:
                found[catalog, column] = (target, None)
            case [relation, number]:
                found[catalog, number] = (target, relation)
    return found


def _column(catalog: str, row: Iterable[object], targets: _Targets) -> Column:
    _, _, _, name, kind, readable = row
    target, relation = targets.get((catalog, str(name)), (None, None))
    return Column(str(name), str(kind), bool(readable), target, relation)


def _property(catalog: Catalog, column: Column) -> str:
    """SQL for a column as a property: names instead of OIDs, and the same in any database."""
    own = catalog.rules.properties.get(column.name)
    value = f"c.{column.name}"
    if own is not None:
        return own
    if column.type == "aclitem[]":
        return _privileges(catalog.name, value)
    if column.relation:
        return _numbered(column, value)
    if column.target:
        return _named(column.target, column.type, value)
    if column.type == "text[]" and (column.name.endswith("options") or column.name in catalog.rules.sets):
        return f'(select array_agg(o order by o collate "C") from unnest({value}) o)'
    return column.raw


def _privileges(catalog: str, value: str) -> str:
    if catalog in _ACL_DEFAULTS:
        value = f"coalesce({value}, acldefault({_ACL_DEFAULTS[catalog]}))"
    return f'(select array_agg(a::text order by a::text collate "C") from unnest({value}) a)'


def _numbered(column: Column, value: str) -> str:
    """The names of columns that are given by their numbers."""
    if column.type == "smallint":
        return f"""(
            select a.attname::text from pg_attribute a
            where a.attrelid = c.{column.relation} and a.attnum = {value}
        )"""
    return f"""(
        select array_agg(a.attname::text order by n.place)
        from unnest({value}::int2[]) with ordinality n (number, place)
        join pg_attribute a on a.attrelid = c.{column.relation} and a.attnum = n.number
    )"""


def _named(target: str, kind: str, value: str) -> str:
    if kind in _OID_ARRAYS:
        if target == "pg_authid":  # A set, in which 0 is PUBLIC.
            name = "case o when 0 then 'public' else o::regrole::text end"
            return f'(select array_agg({name} order by {name} collate "C") from unnest({value}::oid[]) o)'
        name = _name(target, "n.oid")
        return f"""(
            select array_agg({name} order by n.place)
            from unnest({value}::oid[]) with ordinality n (oid, place)
        )"""
    if kind == "regproc":
        return f"nullif({value}::oid, 0)::regprocedure::text"
    return f"case when {value} <> 0 then {_name(target, value)} end"


def _name(target: str, oid: str) -> str:
    if target == "pg_am":
        return f"(select m.amname::text from pg_am m where m.oid = {oid})"
    if target in _NAMES:
        return f"{oid}::{_NAMES[target]}::text"
    return f"(pg_identify_object('pg_catalog.{target}'::regclass, {oid}, 0)).identity"


def _note(catalog: Catalog, column: Column) -> str | None:
    rules = catalog.rules
    if not column.readable:
        return "not readable for this role" if not catalog.is_replaced else None
    if column.name in rules.without or column.name in rules.properties or column.name == "oid":
        return None
    if column.type == "pg_node_tree":
        return "an unknown kind of expression; only its digest is compared"
    if column.type in _OIDS + _OID_ARRAYS and not column.target:
        return "OIDs of an unknown kind; they are compared as numbers"
    if column.type not in _PLAIN | _AS_TEXT | {"aclitem[]", *_OIDS, *_OID_ARRAYS}:
        return f"the unknown type {column.type}; compared as text"
    return None
