"""Quotes and comments that are open, and what closes them."""

import re
from dataclasses import dataclass
from enum import Enum

_QUOTED = re.compile(r"[^']*+'")
_ESCAPED = re.compile(r"(?:[^'\\]++|\\.|'')*+'", re.DOTALL)
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

    def find_close(self, text: str, position: int, end: int) -> int | None:
        """Where it ends, or None when it is still open at ``end``."""
        match self.kind:
            case Kind.QUOTED | Kind.ESCAPED:
                pattern = _QUOTED if self.kind is Kind.QUOTED else _ESCAPED
                found = pattern.match(text, position, end)
                return found.end() if found else None
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
