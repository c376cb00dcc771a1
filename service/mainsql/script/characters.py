"""The character classes and numbers of PostgreSQL's lexers, for use inside regular expressions."""

SPACE = " \t\n\r\f\v"
"""White space. The vertical tab is one since PostgreSQL 16."""

LETTERS = r"A-Za-z_\u0080-\U0010ffff"
"""What an unquoted word begins with."""

# The same, said by what it is not: a class with a range as long as that takes Python milliseconds to
# compile, each time that the program starts.
LETTER = r"[^\x00-@\[-^`{-\x7f]"
"""A class of its own: one of LETTERS."""
LETTER_OR_DIGIT = r"[^\x00-/:-@\[-^`{-\x7f]"
"""What the name of a variable is made of, and a dollar quote's tag from its second character on."""
WORD = rf"{LETTER}[^\x00-#%-/:-@\[-^`{{-\x7f]*+"
"""An unquoted word."""

_DIGITS = r"[0-9]++(?:_[0-9]++)*+"
_JUNK = rf"(?:{WORD})?"
NUMBER = rf"{_DIGITS}(?:\.(?!\.)(?:{_DIGITS})?)?(?:[eE][+-](?:{_DIGITS}{_JUNK})?|{_JUNK})"
"""A number with what sticks to it: in ``1e--5`` the first minus does, and so there is no comment."""

PARAMETER = rf"\${_DIGITS}{_JUNK}"
"""``$1``, with what sticks to it."""

PREFIXES = dict.fromkeys("bBxXnN", "'") | dict.fromkeys("uU", "&")
"""By letter: what behind it makes it no word, but part of a string."""
