"""A comparison as text for people, and as values for programs."""

import difflib
from collections.abc import Iterator

from mainsql.undo.catalog import Json
from mainsql.undo.comparing import Change, Comparison, Difference
from mainsql.undo.wording import value


def lines(comparison: Comparison, names: tuple[str, str] = ("before", "after")) -> list[str]:
    """The differences for people, an object a line and more; ``names`` are what the two are called.

    A property shows what it is on the second side, and what it was on the first.
    """
    return [line for each in comparison.differences for line in _lines(each, names)]


def _lines(difference: Difference, names: tuple[str, str]) -> Iterator[str]:
    title = f"{difference.kind} {difference.identity}"
    match difference.there:
        case (True, False):
            yield f"{title}: only in {names[0]}"
        case (False, True):
            yield f"{title}: only in {names[1]}"
    for change in difference.changes:
        if _is_text(change.before) or _is_text(change.after):
            yield f"{title}: {change.word}:"
            yield from _text_difference(str(change.before or ""), str(change.after or ""))
        else:
            yield f"{title}: {change.word} {_what_became(change)}"


def _is_text(found: Json) -> bool:
    return isinstance(found, str) and "\n" in found


def _text_difference(before: str, after: str) -> Iterator[str]:
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return (f"    {line}" for line in found if not line.startswith(("---", "+++", "@@")))


def _what_became(change: Change) -> str:
    before, after = change.before, change.after
    if isinstance(before, list) and isinstance(after, list) and not change.is_order:
        # Of two long lists only what is not in both.
        gone = [item for item in before if item not in after]
        new = [item for item in after if item not in before]
        if not gone and new:
            return f"{value(change.name, new)} too"
        if gone and not new:
            return f"no longer {value(change.name, gone)}"
        before, after = (gone, new) if gone else (before, after)
    return f"{value(change.name, after)}, was {value(change.name, before)}"


def plain(comparison: Comparison) -> dict[str, Json]:
    """The comparison as values that JSON has."""
    return {
        "verdict": comparison.verdict.value,
        "differences": [
            {
                "kind": each.kind,
                "identity": each.identity,
                "before": each.there[0],
                "after": each.there[1],
                "changes": [
                    {
                        "property": change.word,
                        "column": f"{change.catalog}.{change.name}",
                        "before": change.before,
                        "after": change.after,
                    }
                    for change in each.changes
                ],
            }
            for each in comparison.differences
        ],
        "notes": list(comparison.notes),
    }
