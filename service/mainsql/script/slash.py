"""The arguments of meta-commands, as ``src/bin/psql/psqlscanslash.l`` of PostgreSQL reads them."""

import re
from dataclasses import dataclass

from mainsql.script.characters import SPACE
from mainsql.script.variables import REFERENCE, Expand, Quote

_WHITE = re.compile(rf"[{SPACE}]*+")
_NAME = re.compile(rf"[^{SPACE}\\]*+")
_PLAIN = re.compile(rf"[^{SPACE}\\'\"`:]++")
_QUOTED = {
    "'": re.compile(r"(?:[^'\\]++|\\.|'')*+'"),
    "`": re.compile(r"[^`]*+`"),
    '"': re.compile(r'[^"]*+"'),
}
_ESCAPE = re.compile(r"''|\\(?:[0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)")
_CHARACTERS = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f"}


class OpenQuote(Exception):
    """A quote is open at the end of the line; ``position`` is where it opens."""

    def __init__(self, position: int) -> None:
        super().__init__("quoted argument")
        self.position = position


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a meta-command: its value, the last kind of quote in it, and where it stands.

    ``quote`` is ``'``, ``"``, a backtick, ``:`` for an expanded variable, or empty. Escaped bytes that
    are not UTF-8 stand in the value as lone surrogates, as ``surrogateescape`` makes them.
    """

    value: str
    quote: str
    offset: int


def read_name(text: str, position: int, end: int) -> tuple[str, int]:
    """The name of the command at ``position``, and where it ends."""
    match = _NAME.match(text, position, end)
    assert match is not None
    return match.group(), match.end()


def read_argument(
    text: str, position: int, end: int, expand: Expand, *, strip_semicolons: bool
) -> tuple[Argument | None, int]:
    """The next argument before ``end`` (that of the line), or None; and where it ends.

    Raises OpenQuote.
    """
    white = _WHITE.match(text, position, end)
    assert white is not None
    start = position = white.end()
    value, quote, unquoted = "", "", 0
    while position < end and (character := text[position]) not in SPACE and character != "\\":
        if character in _QUOTED:
            match = _QUOTED[character].match(text, position + 1, end)
            if match is None:
                raise OpenQuote(position)
            body = match.group()[:-1]
            if character == "'":
                body = _ESCAPE.sub(_unescape, body)
            value += f'"{body}"' if character == '"' else body
            quote, unquoted, position = character, 0, match.end()
        elif character == ":" and (match := REFERENCE.match(text, position, end)):
            kind = Quote(match.lastgroup)
            expanded = expand(match[kind.value], kind)
            value += match.group() if expanded is None else expanded
            quote, unquoted, position = ":", 0, match.end()
        else:
            match = _PLAIN.match(text, position, end)
            stop = match.end() if match else position + 1
            value += text[position:stop]
            unquoted += stop - position
            position = stop
    if strip_semicolons:
        kept = len(value) - unquoted
        value = value[:kept] + value[kept:].rstrip(";")
    if not value and not quote:
        return None, position
    if not value.isascii():
        # Bytes that were written as escapes may be characters together.
        value = value.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return Argument(value, quote, start), position


def _unescape(match: "re.Match[str]") -> str:
    escape = match.group()
    if escape == "''":
        return "'"
    body = escape[1:]
    if body[0] in "01234567":
        byte = int(body, 8) & 0xFF
    elif body[0] == "x" and len(body) > 1:
        byte = int(body[1:], 16)
    else:
        return _CHARACTERS.get(body, body)
    return bytes([byte]).decode("ascii", "surrogateescape")
