"""How people see what a plan does to what is there: losses, locks, and what is not known."""

from collections.abc import Iterable, Sequence

from mainsql.cli.output import counted, say, sized
from mainsql.model import Foretold, Statement
from mainsql.plan.consequences import Consequences, Taken
from mainsql.script.locks import Lock, Work

_MOST_LINES = 6
"""How many losses, and how many locks, are shown of one unit."""
_MOST_PLACES = 5
"""How many line numbers, and how many tables, are named in one line."""


def weight(found: Consequences) -> int:
    """How much a reader wants to see of it; 0 where there is nothing."""
    if found.losses:
        return 100
    if found.locks:
        return max(10 * taken.touch.lock + taken.touch.work for taken in found.locks)
    return 1 if found.untold else 0


def show_consequences(found: Consequences, keeps: Sequence[Foretold], *, everything: bool) -> None:
    """Prints what one step does to what is there, and which of the rows that it takes away are kept.

    With ``everything`` however much that is.
    """
    losses = found.losses if everything else found.losses[:_MOST_LINES]
    for loss in losses:
        place = loss.statement.place
        where = f"{place.path}:{place.line}:{place.column}"
        say(f"    destructive: {loss.what}{_conditional([loss.statement])} ({where})", "bold red", hanging=6)
    _show_more(len(found.losses) - len(losses), "destructive: ", "bold red")
    show_kept(keeps, everything=everything)
    locks = _grouped(found.locks, Lock.ACCESS_SHARE if everything else Lock.ROW_SHARE)
    shown = locks if everything else locks[:_MOST_LINES]
    for lock, text in shown:
        say(f"    {text}", "yellow" if lock.blocks else "dim", hanging=6)
    _show_more(len(locks) - len(shown), "locks: ", "dim")
    untold: dict[str, list[Statement]] = {}
    for each in found.untold:
        untold.setdefault(each.why, []).append(each.statement)
    for why, statements in untold.items():
        say(f"    not known what it does: {why} ({_lines(statements)})", "yellow", hanging=6)


def show_kept(found: Sequence[Foretold], *, indent: str = "    ", everything: bool) -> None:
    """Prints what is kept of the rows that are taken away, and what cannot be."""
    lost = [each for each in found if each.why_not is not None]
    kept = [each for each in found if each.why_not is None]
    for each in lost:
        say(f"{indent}not kept: {each.what}: {each.why_not}", "bold red", hanging=6)
    shown = kept if everything else kept[:_MOST_LINES]
    for each in shown:
        rows = "" if each.rows is None else f"about {counted(each.rows, 'row')}, "
        size = f"{'at most ' if each.at_most or each.rows is None else ''}{sized(each.bytes)}"
        by_hand = "; the undo script is written, and has to put them back itself" if each.written else ""
        say(f"{indent}kept: {each.what} ({rows}{size}){by_hand}", "green", hanging=6)
    _show_more(len(kept) - len(shown), "kept: ", "green")


def _show_more(number: int, what: str, style: str) -> None:
    if number:
        say(f"    {what}and {number} more: --all shows them", style)


def _grouped(locks: Iterable[Taken], least: Lock) -> list[tuple[Lock, str]]:
    """The locks as lines, each with its mode, the strongest first."""
    groups: dict[tuple[Lock, Work, str], list[Statement]] = {}
    for taken in locks:
        touch = taken.touch
        if touch.lock >= least:
            what = touch.label + (f" and {touch.along}" if touch.along else "")
            groups.setdefault((touch.lock, touch.work, what), []).append(taken.statement)
    lines: list[tuple[Lock, str]] = []
    for (lock, work, what), statements in sorted(groups.items(), key=lambda item: item[0][:2], reverse=True):
        effects = ["no " + " or ".join(lock.blocks)] if lock.blocks else []
        effects += [f"{work} it"] if work else []
        told = ": " + ", ".join(effects) if effects else ""
        lines.append((lock, f"{lock} on {what}{told}{_conditional(statements)} ({_lines(statements)})"))
    return lines


def _conditional(statements: Sequence[Statement]) -> str:
    return ", if its condition holds" if all(each.conditional for each in statements) else ""


def _lines(statements: Sequence[Statement]) -> str:
    numbers = [str(line) for line in dict.fromkeys(statement.place.line for statement in statements)]
    listed = _listed(numbers)
    return f"line {listed}" if len(numbers) == 1 else f"lines {listed}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_PLACES
    return ", ".join(names[:_MOST_PLACES]) + (f" and {more} more" if more > 0 else "")


def show_together(found: Sequence[Consequences], keeps: Iterable[Sequence[Foretold]] = ()) -> None:
    """Prints what the steps of a plan come to, where that is more than one of them says."""
    kept = [each for of_unit in keeps for each in of_unit if each.why_not is None]
    if len(kept) > 1:
        say(f"  together: about {sized(sum(each.bytes for each in kept))} is kept", "green")
    if sum(1 for each in found if weight(each) >= 10 * Lock.SHARE) < 2:
        return
    losses = sum(len(each.losses) for each in found)
    if losses:
        say(f"  together: {counted(losses, 'destructive change')}", "bold red")
    touches = [taken.touch for each in found for taken in each.locks]
    shut = _named(touch.label for touch in touches if touch.lock is Lock.ACCESS_EXCLUSIVE)
    closed = _named(touch.label for touch in touches if touch.lock.blocks == ("writes",))
    _tell("no reads or writes until it is committed: ", shut)
    _tell("no writes until it is committed: ", [label for label in closed if label not in shut])
    for work in (Work.REWRITES, Work.MAY_REWRITE):
        _tell(f"{work}: ", _named(touch.label for touch in touches if touch.work is work))


def _tell(what: str, labels: Sequence[str]) -> None:
    if labels:
        say(f"  together: {what}{_listed(labels)}", "yellow", hanging=4)


def _named(labels: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(labels))
