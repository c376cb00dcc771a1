"""Which units are applied as a tree has them, told from little: a large ledger is not read for them."""

from collections.abc import Sequence

from mainsql.model import Action, Directive, Tree

Mark = tuple[str, bool, str, str, str | None, str | None]
"""Of a step: unit, whether it was not rolled back, action, its digests with spaces between them,
undo_digest, moved_from."""


def settled_units(marks: Sequence[Mark], tree: Tree) -> frozenset[str]:
    """The units for which a plan for this tree does nothing, whatever else their steps say.

    ``marks`` are those of all steps in order. A unit that moved, or whose undo script came later, is
    for the planner.
    """
    latest: dict[str, tuple[str, str | None]] = {}
    intricate: set[str | None] = set()
    for unit, live, action, digests, undo_digest, moved_from in marks:
        if action == Action.UNDO or moved_from is not None:
            intricate.update((unit, moved_from))
        elif not live:
            continue
        elif action == Action.REMOVE:
            latest.pop(unit, None)
        else:
            latest[unit] = digests, undo_digest
    return frozenset(
        unit.name
        for unit in tree.units
        if (known := latest.get(unit.name)) is not None
        and known[0] == " ".join(unit.digests)
        and unit.undo_digest in (None, known[1])
        and unit.directive is not Directive.ALWAYS
        and unit.name not in intricate
    )
