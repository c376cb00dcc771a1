"""How the columns of the system catalogs read: as they are, and as properties that any database may have."""

from dataclasses import dataclass

from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

_NAMES = {
    "pg_am": "(select m.amname::text from pg_am m where m.oid = {oid})",
    "pg_authid": "{oid}::regrole::text",
    "pg_class": "{oid}::regclass::text",
    "pg_collation": "{oid}::regcollation::text",
    "pg_namespace": "{oid}::regnamespace::text",
    "pg_operator": "{oid}::regoperator::text",
    "pg_proc": "{oid}::regprocedure::text",
    "pg_ts_config": "{oid}::regconfig::text",
    "pg_ts_dict": "{oid}::regdictionary::text",
    "pg_type": "{oid}::regtype::text",
}
"""What writes an OID of a catalog as a name, faster than pg_identify_object."""

_ACL_DEFAULTS = {
    "pg_class": "(case c.relkind when 'S' then 's' else 'r' end)::\"char\", c.relowner",
    "pg_database": "'d', c.datdba",
    "pg_foreign_data_wrapper": "'F', c.fdwowner",
    "pg_foreign_server": "'S', c.srvowner",
    "pg_language": "'l', c.lanowner",
    "pg_namespace": "'n', c.nspowner",
    "pg_proc": "'f', c.proowner",
    "pg_type": "'T', c.typowner",
}
"""The arguments of acldefault for an object that has no privileges written down."""

_OIDS = ("oid", "regproc")
_OID_ARRAYS = ("oid[]", "oidvector")

_RAW = {
    **dict.fromkeys("boolean smallint integer bigint real text name".split(), "{value}"),
    **dict.fromkeys(['"char"', "double precision", "text[]", "name[]", "smallint[]", '"char"[]'], "{value}"),
    **dict.fromkeys(_OIDS, "{value}::oid::bigint"),
    **dict.fromkeys(_OID_ARRAYS, "{value}::oid[]::bigint[]"),
    **dict.fromkeys(
        ["xid", "pg_lsn", "anyarray", "bytea", "timestamp with time zone"],
        "{value}::text",
    ),
    "int2vector": "{value}::int2[]",
    "aclitem[]": "{value}::text[]",
    "pg_node_tree": "md5({value}::text)",
}
"""How a value of a type is read, so that it is one of JSON's."""


_SETS = ("options", "config", "tags")
"""How a text[] is called whose order means nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a catalog.

    ``target`` is the catalog that its OIDs point to, if any; for the numbers of columns, ``relation``
    is the column that has the OID of their relation.
    """

    catalog: str
    name: str
    type: str
    readable: bool = True
    target: str | None = None
    relation: str | None = None

    @property
    def _value(self) -> Composable:
        return Identifier("c", self.name)

    @property
    def as_is(self) -> Composed:
        """SQL for its value as it is."""
        return SQL(_RAW.get(self.type, "{value}::text")).format(value=self._value)

    @property
    def by_name(self) -> Composed | None:
        """SQL for its value with names instead of OIDs; None where that is as it is."""
        value = self._value
        if self.type == "aclitem[]":
            arguments = _ACL_DEFAULTS.get(self.catalog)
            acl = "coalesce({value}, acldefault(" + arguments + "))" if arguments else "{value}"
            return _sorted("a::text", SQL("unnest({}) a").format(SQL(acl).format(value=value)))
        if self.relation:
            return self._column_names(value, Identifier("c", self.relation))
        if self.target:
            return self._names(self.target, value)
        if self.type == "text[]" and self.name.endswith(_SETS):
            return _sorted("o", SQL("unnest({}) o").format(value))
        return None

    def _column_names(self, value: Composable, relation: Composable) -> Composed:
        if self.type == "smallint":
            return SQL(
                "(select a.attname::text from pg_attribute a where a.attrelid = {} and a.attnum = {})"
            ).format(relation, value)
        return SQL(
            """(
            select array_agg(a.attname::text order by n.place)
            from unnest({value}::int2[]) with ordinality n (number, place)
            join pg_attribute a on a.attrelid = {relation} and a.attnum = n.number
        )"""
        ).format(value=value, relation=relation)

    def _names(self, target: str, value: Composable) -> Composed:
        if self.type == "regproc":
            return SQL("nullif({}::oid, 0)::regprocedure::text").format(value)
        if self.type not in _OID_ARRAYS:
            return SQL("case when {} <> 0 then {} end").format(value, _name(target, value))
        if target == "pg_authid":  # A set, in which 0 is PUBLIC.
            return _sorted(
                "case o when 0 then 'public' else o::regrole::text end",
                SQL("unnest({}::oid[]) o").format(value),
            )
        return SQL(
            "(select array_agg({name} order by n.place) "
            "from unnest({value}::oid[]) with ordinality n (oid, place))"
        ).format(name=_name(target, Identifier("n", "oid")), value=value)

    @property
    def note(self) -> str | None:
        """What is not understood of it as a property."""
        if self.type == "pg_node_tree":
            return "an unknown kind of expression; only its digest is compared"
        if self.type in _OIDS + _OID_ARRAYS and not self.target:
            return "OIDs of an unknown kind; they are compared as numbers"
        if self.type not in _RAW:
            return f"the unknown type {self.type}; compared as text"
        return None


def _sorted(element: str, elements: Composable) -> Composed:
    """SQL for an array whose order means nothing."""
    return SQL('(select array_agg({element} order by {element} collate "C") from {elements})').format(
        element=SQL(element), elements=elements
    )


def _name(target: str, oid: Composable) -> Composed:
    """SQL for the name of the object of a catalog with an OID."""
    if target in _NAMES:
        return SQL(_NAMES[target]).format(oid=oid)
    return SQL("(pg_identify_object({}::regclass, {}, 0)).identity").format(Literal(target), oid)
