"""Names and schemas to give back, in an order in which none is taken."""

from collections.abc import Sequence

from mainsql.undo.steps import Move, Rename


def statements(renames: Sequence[Rename], moves: Sequence[Move] = ()) -> tuple[str, ...]:
    """The statements for all of them; what belongs to a relation comes last.

    Where a name to give back is still that of another one, those that are in each other's way get a
    name in between first. So does what moves, where its name may be taken in the schema that it goes to.
    """
    taken = {(each.kind, each.scope, each.current) for each in renames}
    taken |= {(each.kind, each.scope, each.current) for each in moves}
    early, late = ([rename for rename in renames if rename.late is last] for last in (False, True))
    first: list[str] = []
    moved: list[str] = []
    arrived: list[str] = []
    for move in moves:
        name = move.current
        if move.former != name or (move.kind, move.former_scope, name) in taken:
            name = f"__undo_move_{move.current[:45]}"
            first.append(move.rename(move.scope, move.current, name))
            arrived.append(move.rename(move.former_scope, name, move.former))
        moved.append(move.move(name))
    return (*first, *moved, *_without_clashes(early), *arrived, *_without_clashes(late))


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
