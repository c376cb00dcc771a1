"""A snapshot of the system catalogs as values: what is in a database, object by object."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import NamedTuple

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MEMBERSHIP = "membership"
"""The catalog of a key for what only pg_depend knows: members of extensions, sequences that a column owns."""

SYSTEM_ACL = "system_acl"
"""The catalog of a key for the privileges on an object of the server's own, where somebody changed them."""


class Key(NamedTuple):
    """An entry by its OID: the same one before and after, whatever it is called.

    ``catalog`` is the name of a system catalog, as ``pg_class``, or one of those above. ``id`` is the
    OID, or what stands for it: ``attrelid:attnum``, ``classid:objid:objsubid``, and so on.
    """

    catalog: str
    id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a system catalog.

    ``identity`` is its name as SQL has it under an empty search_path, and the same in any database:
    ``shop.orders``, ``shop.orders.total``, ``price_check on shop.orders``. ``kind`` is what the
    server calls it: ``table``, ``table column`` (the type of pg_identify_object, but ``domain`` for
    a domain; for a catalog whose rows have no address, words of ours: ``index definition``,
    ``comment``). ``document`` has every property that DDL can set, by the name of its column, with
    names instead of OIDs and expressions as SQL; two objects with the same document are alike. What
    only a function tells stands in it as ``definition`` (of a view, index, constraint, trigger,
    rule, statistics object, partition key), ``type`` and ``position`` (of a column), ``rank`` (of an
    enum's label), ``toast`` (options of a table's TOAST table).

    ``raw`` are the columns as they are: OIDs as numbers, privileges as written or None, an
    expression tree as its MD5. What VACUUM, ANALYZE and the like write is not in it.
    ``definition`` is what the server writes to make it again, where it has a function that does
    (pg_get_functiondef and its like; the query of a view; the type of a column).

    ``facts`` is what an undo needs to know, and is no property of it:

    - pg_class: ``relfilenode`` (changes when it is truncated or written anew);
    - pg_attribute: ``storage``, the default of its type;
    - pg_default_acl: ``builtin``, the privileges that there are without it;
    - SYSTEM_ACL: ``initial``, the privileges that the server came with, and ``object_kind``;
    - pg_description, pg_seclabel, MEMBERSHIP: ``object_kind`` and ``object_identity``, as
      pg_identify_object has them; MEMBERSHIP also ``of_kind`` and ``of_identity``.
    """

    key: Key
    identity: str
    kind: str
    document: Mapping[str, Json]
    raw: Mapping[str, Json] = field(default_factory=dict, repr=False)
    definition: str | None = field(default=None, repr=False)
    facts: Mapping[str, Json] = field(default_factory=dict, repr=False)


class Dependency(NamedTuple):
    """A row of pg_depend: ``dependent`` needs ``on``; ``kind`` is its deptype (PostgreSQL manual, pg_depend).

    The numbers are OIDs, and those of columns (0: the object itself). The catalogs are given by name.
    """

    catalog: str
    id: int
    column: int
    on_catalog: str
    on_id: int
    on_column: int
    kind: str


class Position(NamedTuple):
    """How far a sequence is: what ``SELECT last_value, is_called`` gives."""

    last_value: int
    is_called: bool


@dataclass(frozen=True)
class Snapshot:
    """What is in a database at one moment, without the system's own objects and mainsql's.

    ``keys`` are those of all entries that there are; ``entries`` holds those that were read: all of
    them where ``complete``. ``roles`` are the names of roles by OID, quoted as SQL needs them, and
    ``database`` is that of the database, quoted likewise. ``notes`` say what could not be read or
    was not understood. ``touched`` are the keys of what the reading transaction itself had written
    (or may have: where the role cannot tell), None where nobody asked.

    The rest is what pg_depend and raw columns refer to without an entry of its own:

    - ``row_types``: the relation of a row type, both OIDs;
    - ``array_types``: the type of an array type's elements, both OIDs;
    - ``view_rules``: the view of a rule that is its query (_RETURN), both OIDs;
    - ``defaults``: the column (OID of the relation, number) that a default belongs to, by its OID;
    - ``positions``: how far sequences are, by OID, as far as the role may read them.

    ``server_wide`` is what DDL can change that is of the whole server, and no part of a database: roles,
    tablespaces, privileges on settings. By name (``role ann``) a text that is another one when it changed.
    """

    server_version: int
    entries: Mapping[Key, Entry]
    keys: AbstractSet[Key]
    dependencies: tuple[Dependency, ...] = ()
    roles: Mapping[int, str] = field(default_factory=dict)
    complete: bool = True
    database: str = ""
    notes: tuple[str, ...] = ()
    row_types: Mapping[int, int] = field(default_factory=dict)
    array_types: Mapping[int, int] = field(default_factory=dict)
    view_rules: Mapping[int, int] = field(default_factory=dict)
    defaults: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    positions: Mapping[int, Position] = field(default_factory=dict)
    touched: AbstractSet[Key] | None = None
    server_wide: Mapping[str, str] = field(default_factory=dict)

    def vanished(self, after: "Snapshot") -> AbstractSet[Key]:
        """The keys that there were, and are no longer in ``after``.

        Nothing tells who took them away. Where this transaction did, they are still there for others.
        """
        return self.keys - after.keys

    def lacking(self, after: "Snapshot") -> frozenset[Key]:
        """What a derivation from this snapshot to ``after`` needs and this one has not read.

        That is what the transaction wrote or took away, and was there before.
        """
        touched = after.keys if after.touched is None else after.touched
        needed = {key for key in touched if key in self.keys} | self.vanished(after)
        return frozenset(key for key in needed if key not in self.entries)

    def joined(self, other: "Snapshot") -> "Snapshot":
        """This one with what another one of the same moment has read, too."""
        return replace(
            self,
            entries={**self.entries, **other.entries},
            dependencies=tuple(dict.fromkeys((*self.dependencies, *other.dependencies))),
            complete=self.complete or other.complete,
            row_types={**self.row_types, **other.row_types},
            array_types={**self.array_types, **other.array_types},
            view_rules={**self.view_rules, **other.view_rules},
            defaults={**self.defaults, **other.defaults},
            positions={**self.positions, **other.positions},
        )
