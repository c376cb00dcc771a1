"""How lengths of time are written."""

import math
import re

_NUMBER = r"\d+(?:\.\d+)?"
_PARTS = (rf"(?:({_NUMBER})\s*{unit}\s*)?" for unit in ("d", "h", "m", "s", "ms"))
_DURATION = re.compile("".join(_PARTS), re.ASCII)
DAY = 86400.0
_SECONDS = (DAY, 3600.0, 60.0, 1.0, 0.001)
_LONGEST = 2147483.0
"""What fits into a timeout of PostgreSQL, an int of milliseconds."""

LONGEST_AGE = 36525 * DAY
"""How old something may be said to become: a hundred years."""


def duration(text: str | float, *, positive: bool = False, longest: float = _LONGEST) -> float:
    """The seconds that ``500ms``, ``5s``, ``1m30s``, ``2h``, ``90d`` or a number of seconds stand for.

    Raises ValueError, with a message for people, for anything else, for what is shorter than a
    millisecond or longer than ``longest`` seconds (24 days), and for zero if it must be ``positive``.
    """
    match text:
        case bool():
            raise ValueError('must be a duration such as "5s", or a number of seconds')
        case int() | float():
            seconds = float(max(min(text, 2 * longest), -1))
        case str() if re.fullmatch(_NUMBER, text.strip(), re.ASCII):
            seconds = float(text)
        case str() if text.strip() and (found := _DURATION.fullmatch(text.strip())):
            parts = zip(found.groups(default="0"), _SECONDS, strict=True)
            seconds = math.fsum(float(number) * unit for number, unit in parts)
        case str():
            raise ValueError("is not a duration: write 500ms, 5s, 1m30s, 2h or a number of seconds")
        case _:
            raise ValueError('must be a duration such as "5s", or a number of seconds')
    if math.isnan(seconds):
        raise ValueError("is not a number")
    if seconds < 0:
        raise ValueError("must not be negative")
    if seconds > longest:
        raise ValueError(f"must not be longer than {longest // DAY:.0f} days")
    if seconds == 0 and positive:
        raise ValueError("must be longer than zero")
    if 0 < seconds < 0.001:
        raise ValueError("must not be shorter than a millisecond")
    return seconds
