"""Quotes and comments that are open, and what closes them."""

import re
from dataclasses import dataclass
from enum import Enum

_QUOTED = re.compile(r"[^']*+'")
_ESCAPED = re.compile(r"(?:[^'\\]++|\\.|'')*+'", re.DOTALL)
# A string goes on behind white space with a line break in it. psql sees none in a file, which it reads
# line by line, but for the carriage return.
_GOES_ON_IN_FILE = re.compile(r"(?:[ \t\f\v]|--[^\n\r]*+)*+\r(?:[ \t\r\f\v]|--[^\n\r]*+\r)*+'")
_GOES_ON_IN_VARIABLE = re.compile(r"(?:[ \t\f\v]|--[^\n\r]*+)*+[\n\r](?:\s|--[^\n\r]*+[\n\r])*+'", re.ASCII)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


class Kind(Enum):
    """What is open, as a person would call it."""

    QUOTED = "quoted string"
    ESCAPED = "quoted string with escapes"
    IDENTIFIER = "quoted identifier"
    DOLLAR = "dollar-quoted string"
    COMMENT = "comment"


@dataclass(slots=True)
class Quoting:
    """An open quote or comment: where it opens in the file, and for dollar quotes its tag."""

    kind: Kind
    opened_at: int
    tag: str = ""
    comments_within: int = 0

    def find_close(self, text: str, position: int, end: int, *, in_file: bool = True) -> int | None:
        """Where it ends, or None when it is still open at ``end``. A variable is not ``in_file``."""
        match self.kind:
            case Kind.QUOTED:
                found = _QUOTED.match(text, position, end)
                return found.end() if found else None
            case Kind.ESCAPED:
                goes_on = _GOES_ON_IN_FILE if in_file else _GOES_ON_IN_VARIABLE
                while found := _ESCAPED.match(text, position, end):
                    if not (further := goes_on.match(text, found.end(), end)):
                        return found.end()
                    position = further.end()
                return None
            case Kind.COMMENT:
                return self._find_comment_end(text, position, end)
        closing = self.tag or '"'
        at = text.find(closing, position, end)
        return at + len(closing) if at >= 0 else None

    def _find_comment_end(self, text: str, position: int, end: int) -> int | None:
        for match in _COMMENT_EDGE.finditer(text, position, end):
            if match.group() == "/*":
                self.comments_within += 1
            elif self.comments_within == 0:
                return match.end()
            else:
                self.comments_within -= 1
        return None
