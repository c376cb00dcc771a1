"""Statements whose variables have no values yet, made readable for the grammar."""

from mainsql.model import Statement
from mainsql.script.variables import REFERENCE, Quote

STAND_IN = "a_variable"
"""What stands in the text where a name will be."""

_TEXTS = {
    Quote.PLAIN: STAND_IN,
    Quote.LITERAL: f"'{STAND_IN}'",
    Quote.IDENTIFIER: f'"{STAND_IN}"',
    Quote.TEST: "true",
}


def parsable(statement: Statement) -> str:
    """The text with something in place of each variable that gets its value only while it runs."""
    return with_stand_ins(statement.text) if statement.asks else statement.text


def with_stand_ins(text: str) -> str:
    """The text with something in place of whatever looks like a variable."""
    return REFERENCE.sub(lambda match: _TEXTS[Quote(match.lastgroup)], text)
