"""``-- mainsql: …`` comments at the top of a file: what it says about itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mainsql.errors import Place, ScriptError
from mainsql.model import Directive
from mainsql.script.characters import SPACE

_COMMENT = re.compile(rf"[{SPACE}]*+(--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)")
_DIRECTIVE = re.compile(r"--\s*mainsql:\s*(?P<value>.*?)\s*", re.IGNORECASE)
_KEEP_DATA = "keep-data"
_NO_TRANSACTION = "no-transaction"


@dataclass(frozen=True, slots=True)
class Directives:
    """What a file says about itself: when it ``runs``.

    ``keeps_data`` is that rows that it takes away are kept, ``alone`` that its statements run outside a
    transaction.
    """

    runs: Directive | None = None
    keeps_data: bool = False
    alone: bool = False


NO_DIRECTIVES = Directives()


def find_directives(text: str, place: Place) -> Directives:
    """What the comments before the first statement of a file say, which ``place`` names.

    Raises ScriptError for what is not known, and for two that contradict each other.
    """
    found = NO_DIRECTIVES
    for value, where in _values(text, place):
        if value.lower() == _KEEP_DATA:
            found = replace(found, keeps_data=True)
            continue
        if value.lower() == _NO_TRANSACTION:
            found = replace(found, alone=True)
            continue
        runs = _known(value, where)
        if found.runs not in (None, runs):
            raise ScriptError(f'"{runs}" contradicts "{found.runs}" above', place=where, hint="keep one")
        found = replace(found, runs=runs)
    return found


def _values(text: str, place: Place) -> Iterator[tuple[str, Place]]:
    position = 0
    while comment := _COMMENT.match(text, position):
        position = comment.end()
        if (match := _DIRECTIVE.fullmatch(comment[1])) is not None:
            line = text.count("\n", 0, comment.start(1)) + 1
            start = comment.start(1) + match.start("value")
            yield (
                match["value"],
                Place(place.path, line, start - text.rfind("\n", 0, start), place.included_from),
            )


def _known(value: str, place: Place) -> Directive:
    try:
        return Directive(value.lower())
    except ValueError:
        raise ScriptError(
            f'"{value}" is no directive that mainsql knows',
            place=place,
            hint=f"known are: {', '.join((*Directive, _KEEP_DATA, _NO_TRANSACTION))}",
        ) from None
