"""Names to give back, in an order in which none is taken."""

from collections.abc import Sequence

from mainsql.undo.steps import Rename


def statements(renames: Sequence[Rename]) -> tuple[str, ...]:
    """The statements for all of them; what belongs to a relation comes last.

    Where a name to give back is still that of another one, those that are in each other's way get a
    name in between first.
    """
    early, late = ([rename for rename in renames if rename.late is last] for last in (False, True))
    return (*_without_clashes(early), *_without_clashes(late))


def _without_clashes(renames: Sequence[Rename]) -> list[str]:
    wanted = {(rename.kind, rename.scope, rename.former) for rename in renames}
    taken = {(rename.kind, rename.scope, rename.current) for rename in renames}
    first: list[str] = []
    then: list[str] = []
    for rename in renames:
        ends = {(rename.kind, rename.scope, name) for name in (rename.current, rename.former)}
        if ends & wanted & taken:
            between = f"__undo_{rename.current[:50]}"
            first.append(rename.statement(rename.current, between))
            then.append(rename.statement(between, rename.former))
        else:
            then.append(rename.statement(rename.current, rename.former))
    return first + then
