"""psql's variables: how they are named, asked for and quoted."""

import re
from collections.abc import Callable
from enum import Enum

from mainsql.script.characters import LETTER_OR_DIGIT

_NAME = rf"{LETTER_OR_DIGIT}+"

NAME = re.compile(rf"{_NAME}\Z")
REFERENCE = re.compile(
    rf":(?:(?P<plain>{_NAME})|'(?P<literal>{_NAME})'"
    rf'|"(?P<identifier>{_NAME})"|\{{\?(?P<test>{_NAME})\}})'
)


class Quote(Enum):
    """How the value of a variable is asked for: ``:v``, ``:'v'``, ``:"v"`` or ``:{?v}``."""

    PLAIN = "plain"
    LITERAL = "literal"
    IDENTIFIER = "identifier"
    TEST = "test"


Expand = Callable[[str, Quote], str | None]
"""The value of a variable in the given quoting, or None to leave the text as it stands."""


def quoted(value: str, quote: Quote) -> str:
    """A value as SQL text, as libpq's PQescapeLiteral and PQescapeIdentifier give it."""
    match quote:
        case Quote.LITERAL:
            body = value.replace("'", "''")
            # So it holds whatever standard_conforming_strings is, as PQescapeLiteral does it.
            return " E'" + body.replace("\\", "\\\\") + "'" if "\\" in value else f"'{body}'"
        case Quote.IDENTIFIER:
            return '"' + value.replace('"', '""') + '"'
        case _:
            return value


def quoted_argument(value: str) -> str:
    """A text as one argument of a command, which ``slash`` reads back."""
    for character, escape in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(character, escape)
    return f"'{value}'"
