"""Entries of servers of two major versions, made comparable."""

import re
from collections.abc import Mapping
from dataclasses import replace

from mainsql.undo.catalog import Entry, Json


def comparable(entry: Entry, major: int, other: int) -> Entry | None:
    """An entry of a server, as one of another version may be compared with it; None if it cannot be.

    NOT NULL is a constraint since 18, and there is a privilege MAINTAIN since 17. Views of one
    relation are written otherwise since 16. Which triggers stand behind those of a partitioned table
    and behind foreign keys is up to the server.
    """
    if major == other:
        return entry
    if entry.document.get("contype") == "n" or _is_behind_another(entry):
        return None
    document = {name: _without_maintain(name, found) for name, found in entry.document.items()}
    if major < 16 <= other and entry.kind in _VIEWS:
        document |= _rewritten(document)
    return replace(entry, document=document)


def _is_behind_another(entry: Entry) -> bool:
    """Whether it is a trigger that the server made for a constraint or for one of the table above."""
    return bool(entry.document.get("tgisinternal") or entry.document.get("tgparentid"))


_VIEWS = ("view", "materialized view")


def _rewritten(document: Mapping[str, Json]) -> dict[str, Json]:
    from mainsql.script.syntax.qualifying import as_since_16  # takes a while, and is seldom needed

    match document.get("definition"):
        case str(query):
            return {"definition": as_since_16(query)}
    return {}


def _without_maintain(name: str, found: Json) -> Json:
    if isinstance(found, list) and name.endswith("acl"):
        return [re.sub(r"(=[^/m]*)m\*?", r"\1", str(item)) for item in found]
    return found
