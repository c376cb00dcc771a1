"""What pg_dump said at one moment, for another moment of the same transaction, which it cannot see."""

from collections.abc import Mapping
from dataclasses import replace

from mainsql.undo.catalog import Key, Snapshot
from mainsql.undo.dump import Definition, Definitions
from mainsql.undo.recording import Document, Name, by_name, called
from mainsql.undo.side import Side


def carried(definitions: Definitions, then: Snapshot, now: Snapshot, lacking: str) -> Definitions:
    """The definitions of ``then`` that are right ``now``, too, by the keys that the objects have now.

    An object that was made again as it was has another OID, and the same definition. ``lacking`` is why
    there is none of one that was not there, or otherwise.
    """
    was, is_now = Side(then), Side(now)
    keys = {name: entry.key for name, entry in by_name(now).items()}

    def key_now(key: Key) -> Key | None:
        found = keys.get(_name(then, key))
        return found if found is not None and _parts(was, key) == _parts(is_now, found) else None

    entries: list[Definition] = []
    for each in definitions.entries:
        if each.key is None or each.key not in then.entries:
            entries.append(each)
        elif (key := key_now(each.key)) is not None:
            entries.append(replace(each, key=key))
    return Definitions(tuple(entries), lacking)


def _name(snapshot: Snapshot, key: Key) -> Name:
    entry = snapshot.entries[key]
    return called(key.catalog, entry.identity, entry.document)


def _parts(side: Side, key: Key) -> Mapping[Name, Document]:
    """All that an object consists of."""
    entries = side.snapshot.entries
    parts = {key, *side.held(key)} & entries.keys()
    return {_name(side.snapshot, each): entries[each].document for each in parts}
