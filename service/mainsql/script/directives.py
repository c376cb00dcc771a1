"""``-- mainsql: …`` comments at the top of a file: what it says about itself."""

import re

from mainsql.errors import Place, ScriptError
from mainsql.model import Directive
from mainsql.script.characters import SPACE

_COMMENT = re.compile(rf"[{SPACE}]*+(--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)")
_DIRECTIVE = re.compile(r"--\s*mainsql:\s*(?P<value>.*?)\s*", re.IGNORECASE)


def find_directive(text: str, place: Place) -> Directive | None:
    """The directive among the comments before the first statement of a file, which ``place`` names.

    Raises ScriptError for one that is not known, and for two that differ.
    """
    found: Directive | None = None
    position = 0
    while comment := _COMMENT.match(text, position):
        position = comment.end()
        match = _DIRECTIVE.fullmatch(comment[1])
        if match is None:
            continue
        line = text.count("\n", 0, comment.start(1)) + 1
        start = comment.start(1) + match.start("value")
        where = Place(place.path, line, start - text.rfind("\n", 0, start), place.included_from)
        directive = _known(match["value"], where)
        if found not in (None, directive):
            raise ScriptError(f'"{directive}" contradicts "{found}" above', place=where, hint="keep one")
        found = directive
    return found


def _known(value: str, place: Place) -> Directive:
    try:
        return Directive(value.lower())
    except ValueError:
        raise ScriptError(
            f'"{value}" is no directive that mainsql knows',
            place=place,
            hint=f"known are: {', '.join(Directive)}",
        ) from None
