"""pg_ts_config_map: which dictionaries a text search configuration asks for which kind of word."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mainsql.undo import fields
from mainsql.undo.catalog import Key
from mainsql.undo.changes import Changes
from mainsql.undo.side import Side
from mainsql.undo.steps import Part, Step


def alterations(changes: Changes) -> Iterator[Part]:
    """Back to the mappings of the configurations that are on both sides."""
    touched = {
        Key("pg_ts_config", fields.ids(key)[0])
        for key in (*changes.created, *changes.vanished, *changes.changed)
        if key.catalog == "pg_ts_config_map"
    }
    for configuration in sorted(touched):
        if changes.survives(configuration):
            yield from _mappings(changes, configuration)


def _mappings(changes: Changes, configuration: Key) -> Iterator[Part]:
    were, are = (_dictionaries(side, configuration) for side in (changes.before, changes.after))
    stem = f"ALTER TEXT SEARCH CONFIGURATION {changes.before[configuration].identity}"
    for token in sorted(were.keys() | are.keys()):
        if token not in were:
            yield Step(configuration, (f"{stem} DROP MAPPING FOR {token}",))
        elif token not in are:
            yield Step(configuration, (f"{stem} ADD MAPPING FOR {token} WITH {', '.join(were[token])}",))
        elif were[token] != are[token]:
            yield Step(configuration, (f"{stem} ALTER MAPPING FOR {token} WITH {', '.join(were[token])}",))


def _dictionaries(side: Side, configuration: Key) -> Mapping[str, list[str]]:
    """The dictionaries for each kind of token, in the order in which they are asked."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for key in side.mappings(configuration):
        entry = side[key]
        _, token, number = entry.identity.rsplit(" ", 2)
        found[token].append((int(number), fields.said(entry, "mapdict")))
    return {token: [name for _, name in sorted(entries)] for token, entries in found.items()}
