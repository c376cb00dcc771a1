"""Most statements, found at once: those without anything that needs more than one regular expression.

That is without variables, dollar quotes with a tag, comments, escapes, empty lines, deep parentheses
and ``BEGIN … END``. For them it gives what the scanner would find step by step, many times faster;
anything else it leaves to the scanner.
"""

import re

# Behind a letter or a digit a dollar sign is part of the word.
_BODY = r"(?<![^\x00-#%-/:-@\[-^`{-\x7f])\$\$[^$]*+(?:\$(?!\$)[^$]*+)*+\$\$"
_FLAT = rf"""[^'"$\\:;()\-/]++|(?<![eE])'[^']*+'|"[^"]*+"|-(?!-)|/(?!\*)|::|{_BODY}"""
_NESTED = rf"\((?:{_FLAT})*+\)"
for _ in range(3):
    _NESTED = rf"\((?:{_FLAT}|{_NESTED})*+\)"
_STATEMENT = re.compile(
    r"(?:[ \t\n\r\f\v]++|--[^\n\r]*+)*+"
    rf"((?=[a-zA-Z])(?![bBxXnN]'|[uU]&)((?i:create))?+(?:{_FLAT}|{_NESTED})*+;)"
)
_QUOTED = re.compile(r"""'[^']*+'|"[^"]*+"|\$\$.*?\$\$""", re.DOTALL)


def ordinary_statement(text: str, position: int, end: int) -> tuple[int, int, str] | None:
    """From where to where the statement goes that comes next, and its text, if it is an ordinary one."""
    match = _STATEMENT.match(text, position, end)
    if match is None:
        return None
    found, creates = match.groups()
    statement = _QUOTED.sub(" ", found) if creates and "$" in found else found
    # An empty line is not sent (but for those in quotes), and so needs a closer look.
    if "\n\n" in statement:
        return None
    # So does a routine with a body in SQL.
    if creates and "begin" in statement.lower():
        return None
    return match.start(1), match.end(), found
