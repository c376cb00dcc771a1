"""The character classes and numbers of PostgreSQL's lexers, for use inside regular expressions."""

SPACE = " \t\n\r\f\v"
"""White space. The vertical tab is one since PostgreSQL 16."""

LETTERS = r"A-Za-z_\u0080-\U0010ffff"
"""What an unquoted word begins with."""

_DIGITS = r"[0-9]++(?:_[0-9]++)*+"
_JUNK = rf"(?:[{LETTERS}][{LETTERS}0-9$]*+)?"
NUMBER = rf"{_DIGITS}(?:\.(?!\.)(?:{_DIGITS})?)?(?:[eE][+-](?:{_DIGITS}{_JUNK})?|{_JUNK})"
"""A number with what sticks to it: in ``1e--5`` the first minus does, and so there is no comment."""

PARAMETER = rf"\${_DIGITS}{_JUNK}"
"""``$1``, with what sticks to it."""
