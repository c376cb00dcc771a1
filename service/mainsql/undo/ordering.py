"""In which order to drop, and how to put alterations between definitions."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from mainsql.undo import fields
from mainsql.undo.catalog import MEMBERSHIP, Key
from mainsql.undo.side import Side
from mainsql.undo.steps import Step


def age(key: Key) -> tuple[int, str]:
    """By OID: in the order in which things were made."""
    return int(key.id.partition(":")[0] or 0) if key.id[:1].isdigit() else 0, f"{key.catalog} {key.id}"


def to_drop(side: Side, keys: Collection[Key], without: Collection[Key] = ()) -> list[Key]:
    """These, each before what it needs; what is part of one counts as that.

    ``without`` is what has been dropped by then. Raises CycleError.
    """
    graph: TopologicalSorter[Key] = TopologicalSorter()
    for key in sorted(keys, key=age):
        graph.add(key)
    lift = _lifting(side, keys)
    for edge in side.edges:
        if edge.dependent not in without:
            upper, lower = lift(edge.dependent), lift(edge.on)
            if upper is not None and lower is not None and upper != lower:
                graph.add(upper, lower)
    return list(graph.static_order())[::-1]


def _lifting(side: Side, keys: Collection[Key]) -> Callable[[Key], Key | None]:
    """Which of ``keys`` something is, or is a part of."""
    known: dict[Key, Key | None] = {}

    def lift(key: Key) -> Key | None:
        if key in keys:
            return key
        if key not in known:
            known[key] = None  # What holds each other ends here.
            holders = side.holders(key) if key in side else ()
            known[key] = next((found for each in holders if (found := lift(each)) is not None), None)
        return known[key]

    return lift


def in_the_way(side: Side, keys: Collection[Key], held: Iterable[Key]) -> list[Key]:
    """Constraints and defaults among ``held`` that need another of ``keys`` than the one they are part of.

    When they are dropped first, there is no circle any more.
    """
    lift = _lifting(side, keys)
    return sorted(
        key
        for key in held
        if key.catalog in {"pg_constraint", "pg_attrdef"}
        and any(lift(edge.on) not in {None, lift(key)} for edge in side.needs.get(key, ()))
    )


def interleaved(side: Side, made: Sequence[Key | None], steps: Sequence[Step]) -> "list[int | Step]":
    """Definitions (by their place, in which order they stay) and steps, each after what it needs.

    An alteration comes before the first definition that needs what it changes, by the dependencies that
    there were.
    """
    needed = _needs(side)
    nodes: list[tuple[int, int]] = [(1, place) for place in range(len(made))]
    nodes += [(0, place) for place in range(len(steps))]
    of: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for place, key in enumerate(made):
        if key is not None:
            of[key].append((1, place))
    for place, step in enumerate(steps):
        of[step.key].append((0, place))
    before: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    for place in range(1, len(made)):
        before[1, place].add((1, place - 1))
    for key, own in of.items():
        for on in _closure(side, key, needed):
            for node in own:
                before[node].update(other for other in of.get(on, ()) if other[0] != node[0] or not node[0])
        alterations = [node for node in own if node[0] == 0]
        for table in _owners(side, key):
            for node in alterations:
                before[node].update(of.get(table, ()))
        for earlier, later in pairwise(alterations):
            before[later].add(earlier)
    return [place if definition else steps[place] for definition, place in _sorted(nodes, before)]


def _owners(side: Side, key: Key) -> Iterator[Key]:
    """The table that owns a sequence, whose owner and schema it follows."""
    if side.relation_kind(key) == "S":
        for edge in side.needs.get(key, ()):
            if edge.kind in {"a", "i"} and (table := side.table_of(edge.on)) is not None:
                yield table


def _needs(side: Side) -> Mapping[Key, set[Key]]:
    """What each key needs, as far as the kind of dependency counts here."""
    found: dict[Key, set[Key]] = defaultdict(set)
    for edge in side.edges:
        owned = (
            edge.kind == "a" and edge.on.catalog == "pg_attribute" and edge.dependent.catalog == "pg_class"
        )
        if owned and side.relation_kind(edge.dependent) == "S":
            continue  # A sequence can be there before the column that owns it.
        if edge.kind in {"n", "a", "i", "e"}:
            found[edge.dependent].add(edge.on)
    return found


def _closure(side: Side, start: Key, needed: Mapping[Key, set[Key]]) -> set[Key]:
    """All that a key needs, directly or not."""
    todo = [start, *_first(side, start)]
    found = set(todo)
    while todo:
        for key in needed.get(todo.pop(), ()):
            if key not in found:
                found.add(key)
                todo.append(key)
    return found - {start}


def _first(side: Side, key: Key) -> Iterator[Key]:
    """What has to be as it was before a statement about a key, beside what pg_depend knows."""
    match key.catalog:
        case "pg_attribute" | "pg_description" | "pg_seclabel":
            yield from side.holders(key)
            if key in side.defaults:
                yield side.defaults[key]
        case catalog if catalog == MEMBERSHIP:
            yield from side.holders(key)
            _, _, relation, column, _ = fields.ids(key)
            yield from (Key("pg_attribute", f"{relation}:{column}"), Key("pg_class", relation))
        case "pg_inherits":
            # Both have to have the same columns and constraints.
            for end in (Key("pg_class", oid) for oid in fields.ids(key)):
                parts = (end, *side.columns(end))
                yield from parts
                for part in parts:
                    for edge in side.needed_by.get(part, ()):
                        if edge.dependent.catalog == "pg_constraint" and edge.kind == "a":
                            yield edge.dependent


def _sorted(
    nodes: Sequence[tuple[int, int]], needed: Mapping[tuple[int, int], set[tuple[int, int]]]
) -> list[tuple[int, int]]:
    """Each after what it needs; of those that can come now, the lowest. Circles are left as they are."""
    graph = TopologicalSorter({node: needed.get(node, ()) for node in nodes})
    try:
        graph.prepare()
    except CycleError:
        return sorted(nodes)
    ordered: list[tuple[int, int]] = []
    while graph.is_active():
        for node in sorted(graph.get_ready()):
            ordered.append(node)
            graph.done(node)
    return ordered
