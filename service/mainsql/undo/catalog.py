"""A snapshot of the system catalogs as values: what is in a database, object by object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MEMBERSHIP = "membership"
"""The catalog of a key for what only pg_depend knows: members of extensions, owners of sequences."""

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
    ``shop.orders``, ``shop.orders.total``. ``kind`` is what the server calls it: ``table``,
    ``table column`` (the type of pg_identify_object). ``document`` has every property that DDL can
    set, with names instead of OIDs and expressions as SQL: two objects with the same document are
    alike. ``raw`` are the columns as they are, OIDs as numbers. ``definition`` is what the server
    writes to make it again, where it has a function that does (pg_get_functiondef and its like).
    """

    key: Key
    identity: str
    kind: str
    document: Mapping[str, Json]
    raw: Mapping[str, Json] = field(default_factory=dict, repr=False)
    definition: str | None = field(default=None, repr=False)


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


@dataclass(frozen=True)
class Snapshot:
    """What is in a database at one moment, without the system's own objects and mainsql's.

    ``keys`` are those of all entries that there are; ``entries`` holds those that were read: all of
    them where ``complete``. ``roles`` are the names of roles by OID, quoted as SQL needs them.
    """

    server_version: int
    entries: Mapping[Key, Entry]
    keys: frozenset[Key]
    dependencies: tuple[Dependency, ...] = ()
    roles: Mapping[int, str] = field(default_factory=dict)
    complete: bool = True
