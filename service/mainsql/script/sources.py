"""What a scanner reads from: the file, and the values of the variables in it."""

import re
from dataclasses import dataclass

_LINE_BREAKS = re.compile(r"\n*+")


@dataclass(slots=True)
class Source:
    """A stretch of text that is being read: (part of) the file, or the value of a variable."""

    text: str
    position: int
    end: int
    variable: str | None = None
    stands_at: int = 0

    def in_file(self, position: int) -> int:
        """The offset in the file of a position here: for a variable, where it is asked for."""
        return position if self.variable is None else self.stands_at

    def skip_empty_lines(self) -> None:
        """Passes over the empty lines that are next, if a line begins here: as behind COPY data."""
        if self.position == 0 or self.text[self.position - 1] == "\n":
            self.position = skip(_LINE_BREAKS, self, self.position)

    def line_end(self) -> int:
        """Where the line that is being read ends."""
        found = self.text.find("\n", self.position, self.end)
        return self.end if found < 0 else found


def skip(pattern: "re.Pattern[str]", source: Source, position: int) -> int:
    """Where a match at ``position`` ends; ``position`` itself where there is none."""
    match = pattern.match(source.text, position, source.end)
    return match.end() if match else position
