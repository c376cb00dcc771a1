"""How amounts of data are written."""

import re

_UNITS = {"": 1, "B": 1, "kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
"""As PostgreSQL has them (its manual, "Parameter Names and Values"): a kB is 1024 bytes."""
_SIZE = re.compile(rf"(\d{{1,15}})\s*({'|'.join(_UNITS)})", re.ASCII)


def size(text: str | int) -> int:
    """The bytes that ``500MB``, ``10GB`` or a number of bytes stand for.

    Raises ValueError, with a message for people, for anything else.
    """
    match text:
        case bool():
            pass
        case int() if text < 0:
            raise ValueError("must not be negative")
        case int():
            return text
        case str() if found := _SIZE.fullmatch(text.strip()):
            return int(found[1]) * _UNITS[found[2]]
    raise ValueError("is not an amount of data: write 500MB, 10GB, 1TB or a number of bytes")
