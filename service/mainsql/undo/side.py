"""One of two snapshots, to ask it what belongs to what and what needs what."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeVar

from mainsql.undo import fields, spelling
from mainsql.undo.catalog import MEMBERSHIP, Entry, Key, Snapshot
from mainsql.undo.keys import Keys

# The parts of an object that have rows in catalogs of their own under its OID.
_PARTS = {
    "pg_index": "pg_class",
    "pg_sequence": "pg_class",
    "pg_partitioned_table": "pg_class",
    "pg_foreign_table": "pg_class",
    "pg_aggregate": "pg_proc",
    "pg_range": "pg_type",
}
_TAKEN_ALONG = frozenset("aiePS")

K = TypeVar("K")
V = TypeVar("V")


class Missing(Exception):
    """Entries are needed that were not read."""

    def __init__(self, keys: Collection[Key]) -> None:
        super().__init__(keys)
        self.keys = frozenset(keys)


class Edge(NamedTuple):
    """``dependent`` needs ``on``; ``kind`` as in pg_depend."""

    dependent: Key
    on: Key
    kind: str


class Side:
    """A snapshot with its dependencies as a graph.

    In the graph a view and its rule, a table and its row type, a type and its arrays are one. Raises
    Missing for an entry that there is but that was not read.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def __contains__(self, key: Key) -> bool:
        return key in self.snapshot.keys

    def __getitem__(self, key: Key) -> Entry:
        try:
            return self.snapshot.entries[key]
        except KeyError:
            raise Missing({key}) from None

    def find(self, key: Key) -> Entry | None:
        """The entry, or None where there is none."""
        return self[key] if key in self.snapshot.keys else None

    def relation(self, oid: int | str) -> Entry:
        """A table, view, index … by its OID."""
        return self[Key("pg_class", str(oid))]

    def schema(self, oid: int) -> Entry:
        """A schema by its OID."""
        return self[Key("pg_namespace", str(oid))]

    def relation_kind(self, key: Key) -> str:
        """The relkind of what a key names; empty where it is no relation."""
        return fields.text(self[key], "relkind") if key.catalog == "pg_class" and key in self else ""

    def of(self, catalog: str) -> tuple[Key, ...]:
        """All keys of a catalog."""
        keys = self.snapshot.keys
        if isinstance(keys, Keys):
            return tuple(Key(catalog, id) for id in keys.of(catalog))
        return self._of.get(catalog, ())

    @cached_property
    def _of(self) -> Mapping[str, tuple[Key, ...]]:
        return _grouped((key.catalog, key) for key in self.snapshot.keys)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The dependencies between entries."""
        return tuple(self._edges())

    @cached_property
    def needs(self) -> Mapping[Key, tuple[Edge, ...]]:
        """What each entry needs."""
        return _grouped((edge.dependent, edge) for edge in self.edges)

    @cached_property
    def needed_by(self) -> Mapping[Key, tuple[Edge, ...]]:
        """What needs each entry."""
        return _grouped((edge.on, edge) for edge in self.edges)

    @cached_property
    def _internal(self) -> Mapping[Key, Key]:
        """What is an internal part of something else, and of what."""
        return {
            _key(row.catalog, row.id, row.column): _key(row.on_catalog, row.on_id, row.on_column)
            for row in self.snapshot.dependencies
            if row.kind == "i"
        }

    def is_internal(self, key: Key) -> bool:
        """Whether the server makes and drops it with something else."""
        return key in self._internal

    def part_of(self, key: Key) -> Key | None:
        """What it is an internal part of: the constraint of an index, the column of an identity sequence."""
        return self._internal.get(key)

    def internal_parts(self, key: Key) -> tuple[Key, ...]:
        """What is an internal part of it."""
        return self._parts.get(key, ())

    @cached_property
    def _parts(self) -> Mapping[Key, tuple[Key, ...]]:
        return _grouped((whole, part) for part, whole in self._internal.items())

    def is_return_rule(self, key: Key) -> bool:
        """Whether it is the rule that makes a view one."""
        return key.catalog == "pg_rewrite" and key in self._internal

    def fold(self, key: Key) -> Key:
        """The entry that stands for it in the graph."""
        while (whole := self._internal.get(key)) is not None:
            if key in self and not self.is_return_rule(key):
                break
            key = whole
        return key

    def _edges(self) -> Iterator[Edge]:
        for row in self.snapshot.dependencies:
            dependent = self.fold(_key(row.catalog, row.id, row.column))
            on = self.fold(_key(row.on_catalog, row.on_id, row.on_column))
            if dependent != on and self.table_of(on) != dependent:
                yield Edge(dependent, on, row.kind)

    @staticmethod
    def table_of(column: Key) -> Key | None:
        """The relation of a column; None for what is no column."""
        return Key("pg_class", fields.ids(column)[0]) if column.catalog == "pg_attribute" else None

    def holders(self, key: Key) -> tuple[Key, ...]:
        """What takes it along when it is dropped."""
        along = [edge.on for edge in self.needs.get(key, ()) if edge.kind in _TAKEN_ALONG]
        return (*self._structural(key), *along)

    def _structural(self, key: Key) -> tuple[Key, ...]:
        """Those of ``holders`` that pg_depend does not know."""
        if key.catalog in _PARTS:
            return (Key(_PARTS[key.catalog], key.id),)
        match key.catalog:
            case "pg_attribute" | "pg_inherits":
                return (Key("pg_class", fields.ids(key)[0]),)
            case "pg_attrdef" if (column := self.column_of_default(key)) is not None:
                return (column, Key("pg_class", fields.ids(column)[0]))
            case "pg_enum":
                return (Key("pg_type", fields.text(self[key], "enumtypid")),)
            case "pg_description" | "pg_seclabel":
                return self.holders_said(key)
            case "pg_ts_config_map":
                return (Key("pg_ts_config", fields.ids(key)[0]),)
            case _ if key.catalog == MEMBERSHIP:
                return tuple(map(self.fold, self.holders_said(key)))
            case "pg_rewrite" if self.is_return_rule(key):
                return (self.fold(key),)
            case "pg_class" if self.relation_kind(key) == "c":
                return (Key("pg_type", fields.text(self[key], "reltype")),)
            case "pg_amop":
                return (Key("pg_opfamily", fields.text(self[key], "amopfamily")),)
            case "pg_amproc":
                return (Key("pg_opfamily", fields.text(self[key], "amprocfamily")),)
        return ()

    @staticmethod
    def holders_said(key: Key) -> tuple[Key, ...]:
        """What a comment, label or membership is about: the column, if it is one, and the whole object."""
        catalog, oid, column, *_ = fields.ids(key)
        whole = Key(spelling.CATALOGS.get(int(catalog), catalog), oid)
        if key.catalog != MEMBERSHIP and whole.catalog == "pg_class" and column != "0":
            return (Key("pg_attribute", f"{oid}:{column}"), whole)
        return (whole,)

    def column_of_default(self, key: Key) -> Key | None:
        """The column that a default is for."""
        column = self.snapshot.defaults.get(int(key.id))
        return Key("pg_attribute", f"{column[0]}:{column[1]}") if column is not None else None

    @cached_property
    def defaults(self) -> Mapping[Key, Key]:
        """The key of the default, or the expression, of each column that has one."""
        return {
            Key("pg_attribute", f"{relation}:{number}"): Key("pg_attrdef", str(default))
            for default, (relation, number) in self.snapshot.defaults.items()
        }

    def default_of(self, column: Key) -> Entry | None:
        """The default or the expression of a column."""
        key = self.defaults.get(column)
        return self.find(key) if key is not None else None

    def identity_sequence(self, column: Key) -> Entry | None:
        """The sequence of an identity column."""
        for part in self.internal_parts(column):
            if self.relation_kind(part) == "S":
                return self[part]
        return None

    @cached_property
    def _rows_of(self) -> Mapping[tuple[str, str], tuple[Key, ...]]:
        """Rows whose key begins with the OID of what they belong to, by their catalog and that."""
        return _grouped(
            ((key.catalog, fields.ids(key)[0]), key)
            for catalog in ("pg_attribute", "pg_inherits", "pg_ts_config_map")
            for key in self.of(catalog)
        )

    @cached_property
    def _said_about(self) -> Mapping[Key, tuple[Key, ...]]:
        """Comments, security labels and memberships, by the object as a whole."""
        return _grouped(
            (self.fold(self.holders_said(key)[-1]), key)
            for catalog in ("pg_description", "pg_seclabel", MEMBERSHIP)
            for key in self.of(catalog)
        )

    @cached_property
    def _labels(self) -> Mapping[Key, tuple[Key, ...]]:
        """The labels of the enums that were read; with an enum all of its labels are."""
        return _grouped(
            (Key("pg_type", fields.text(entry, "enumtypid")), key)
            for key, entry in self.snapshot.entries.items()
            if key.catalog == "pg_enum"
        )

    def columns(self, relation: Key) -> tuple[Key, ...]:
        """The columns of a relation, in order."""
        found = self._rows_of.get(("pg_attribute", relation.id), ())
        return tuple(sorted(found, key=lambda key: int(fields.ids(key)[1])))

    def mappings(self, configuration: Key) -> tuple[Key, ...]:
        """The mappings of a text search configuration."""
        return self._rows_of.get(("pg_ts_config_map", configuration.id), ())

    def parents(self, relation: Key) -> tuple[Key, ...]:
        """The pg_inherits entries of a relation: its parents or what it is a partition of."""
        return self._rows_of.get(("pg_inherits", relation.id), ())

    @cached_property
    def _below(self) -> Mapping[str, tuple[Key, ...]]:
        found = (fields.ids(key) for key in self.snapshot.keys if key.catalog == "pg_inherits")
        return _grouped((parent, Key("pg_class", child)) for child, parent, *_ in found)

    def children(self, relation: Key) -> tuple[Key, ...]:
        """The tables that inherit from a table, or are partitions of it; not those below them."""
        return self._below.get(relation.id, ())

    def comments(self, key: Key) -> tuple[Entry, ...]:
        """The comments on an object and its columns."""
        return tuple(self[each] for each in self._said_about.get(key, ()) if each.catalog == "pg_description")

    @cached_property
    def memberships(self) -> tuple[Key, ...]:
        """All that is a membership."""
        return self.of(MEMBERSHIP)

    @cached_property
    def default_privileges(self) -> tuple[Entry, ...]:
        """All default privileges."""
        keys = self.of("pg_default_acl")
        if missing := set(keys) - self.snapshot.entries.keys():
            raise Missing(missing)
        return tuple(self[key] for key in sorted(keys))

    def held(self, key: Key) -> frozenset[Key]:
        """All that goes when it is dropped, with what goes when that is dropped."""
        found: set[Key] = set()
        todo = [key]
        while todo:
            for each in self._held(todo.pop()):
                if each not in found and each in self:
                    found.add(each)
                    todo.append(each)
        return frozenset(found - {key})

    def _held(self, key: Key) -> Iterator[Key]:
        yield from (edge.dependent for edge in self.needed_by.get(key, ()) if edge.kind in _TAKEN_ALONG)
        yield from self.internal_parts(key)
        yield from self._said_about.get(key, ())
        yield from (Key(part, key.id) for part, whole in _PARTS.items() if whole == key.catalog)
        match key.catalog:
            case "pg_class":
                yield from self.columns(key)
                yield from self.parents(key)
            case "pg_attribute" if key in self.defaults:
                yield self.defaults[key]
            case "pg_type":
                yield from self._labels.get(key, ())
            case "pg_ts_config":
                yield from self.mappings(key)

    def indexes(self, relation: Key) -> frozenset[Key]:
        """The indexes of a table."""
        found = {
            edge.dependent
            for each in (relation, *self.columns(relation))
            for edge in self.needed_by.get(each, ())
        }
        constraints = {key for key in found if key.catalog == "pg_constraint"}
        inner = {part for key in constraints for part in self.internal_parts(key)}
        return frozenset(key for key in found | inner if self.relation_kind(key) in {"i", "I"})

    def attached_constraint(self, index: Key) -> Entry | None:
        """The constraint that an index is the index of."""
        whole = self.part_of(index)
        return self.find(whole) if whole is not None and whole.catalog == "pg_constraint" else None

    def constraints_on(self, column: Key, kind: str) -> tuple[Entry, ...]:
        """The constraints of a contype that are on just this column of a table."""
        relation, number = fields.ids(column)
        found = []
        for edge in self.needed_by.get(column, ()):
            if edge.dependent.catalog == "pg_constraint" and edge.kind == "a":
                entry = self[edge.dependent]
                if (
                    fields.text(entry, "contype") == kind
                    and fields.text(entry, "conrelid") == relation
                    and fields.numbers(entry, "conkey") == (int(number),)
                ):
                    found.append(entry)
        return tuple(found)


def _key(catalog: str, oid: int, column: int) -> Key:
    if catalog == "pg_class" and column:
        return Key("pg_attribute", f"{oid}:{column}")
    return Key(catalog, str(oid))


def _grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, tuple[V, ...]]:
    found: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {key: tuple(values) for key, values in found.items()}
