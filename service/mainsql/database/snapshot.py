"""Snapshots of a database: of all that is in it, or as quickly as a deploy needs it of what it is about.

What a deploy does with them:

1. ``keys`` before the version runs, and ``concerning`` the words of its scripts, which is a guess
   at what the version will change, as it was before.
2. ``touched`` when it has run: what it has changed, as it is now.
3. Where ``before.lacking(after)`` is not empty the guess was too small: roll back to before the
   version, read ``entries`` of what was lacking, and run it again.
"""

from collections.abc import Collection

from mainsql.database.catalogs import Catalogs, read_catalogs
from mainsql.database.memberships import read_memberships, read_system_privileges
from mainsql.database.neighbours import Address, address_of, named, neighbourhood
from mainsql.database.partial import read_keys, read_part, read_touched
from mainsql.database.reading import assemble, read_catalog, read_dependencies, reading
from mainsql.database.session import Session
from mainsql.undo.catalog import Key, Snapshot
from mainsql.undo.keys import Keys


def read(session: Session) -> Snapshot:
    """All that is in the database. Raises DatabaseError.

    In a transaction or outside of one; it leaves nothing changed behind. Objects that somebody else
    drops meanwhile may make it fail.
    """
    with reading(session):
        catalogs = read_catalogs(session)
        found = [
            entry
            for catalog in catalogs.catalogs.values()
            if catalog.readable
            for entry in read_catalog(session, catalog)
        ]
        found += read_memberships(session, catalogs.pieces)
        found += read_system_privileges(session, catalogs.pieces)
        entries = {entry.key: entry for entry in found}
        dependencies = read_dependencies(session, catalogs)
        return assemble(session, catalogs, entries, frozenset(entries), dependencies, complete=True)


def keys(session: Session) -> Keys:
    """The keys of all that is in the database. Raises DatabaseError."""
    with reading(session):
        return read_keys(session, read_catalogs(session))


def touched(session: Session) -> Snapshot:
    """What the open transaction has written, and what it belongs to, depends on, or is needed by.

    ``touched`` of the snapshot says which entries it has written. Raises DatabaseError.
    """
    with reading(session):
        catalogs = read_catalogs(session)
        keys, written = read_touched(session, catalogs)
        around = neighbourhood(session, catalogs, _addresses(session, catalogs, written))
        return read_part(session, catalogs, around, keys, written)


def concerning(session: Session, names: Collection[str], known: Keys | None = None) -> Snapshot:
    """What is called by one of these names, and what belongs to it, depends on it, or is needed by it.

    The names are as the catalogs have them: without quotes, in lower case where SQL makes it so.
    A schema's name does not stand for all that is in it. ``known`` are the keys, if they were read
    just now. Raises DatabaseError.
    """
    with reading(session):
        catalogs = read_catalogs(session)
        around = neighbourhood(session, catalogs, named(session, catalogs, names))
        return read_part(session, catalogs, around, known or read_keys(session, catalogs))


def entries(session: Session, keys: Collection[Key], known: Keys | None = None) -> Snapshot:
    """What these keys stand for, and what belongs to it, depends on it, or is needed by it.

    Keys of what is not there are not in the snapshot. ``known`` is as for ``concerning``.
    Raises DatabaseError.
    """
    with reading(session):
        catalogs = read_catalogs(session)
        around = neighbourhood(session, catalogs, _addresses(session, catalogs, keys))
        return read_part(session, catalogs, around, known or read_keys(session, catalogs))


def _addresses(session: Session, catalogs: Catalogs, keys: Collection[Key]) -> set[Address]:
    """What entries are about. pg_depend does not know which type a label belongs to."""
    found = {address for key in keys if (address := address_of(catalogs, key))}
    labels = [int(key.id) for key in keys if key.catalog == "pg_enum"]
    if labels:
        types = session.query(
            "select distinct enumtypid::bigint from pg_enum where oid = any(%s::oid[])", [labels]
        )
        found |= {Address(catalogs.oid("pg_type"), oid) for (oid,) in types}
    return found
