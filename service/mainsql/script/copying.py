r"""The arguments of ``\copy``, as ``parse_slash_copy`` in psql's ``copy.c`` divides them."""

from dataclasses import dataclass

_SPACE = " \t\n\r"


@dataclass(frozen=True, slots=True)
class SlashCopy:
    r"""A ``\copy``: what stands before FROM or TO, the file, and what stands behind it.

    ``file`` is None for ``stdin``: the rows follow in the script.
    """

    before: str
    direction: str
    file: str | None
    after: str

    @property
    def statement(self) -> str:
        """The statement that is sent, as psql puts it together."""
        return f"COPY {self.before} FROM STDIN {self.after}"

    @property
    def reach(self) -> str | None:
        """What in it reaches out of the commit; None when nothing does."""
        if self.direction == "to":
            return "to"
        return self.file.lower() if self.file and self.file.lower() in ("program", "pstdin") else None


def parse_slash_copy(arguments: str) -> SlashCopy | None:
    r"""What the rest of the line after ``\copy`` says, or None when it makes no sense."""
    words = _Words(arguments)
    try:
        before = _before(words)
        direction = words.next(".,()", '"').lower()
        name = words.next(";", "'")
    except _NoMore:
        return None
    if direction not in ("from", "to"):
        return None
    if name.startswith("'"):
        file: str | None = name[1:].removesuffix("'").replace("''", "'")
    else:
        file = None if name.lower() in ("stdin", "stdout") else name
    return SlashCopy(before, direction, file, words.rest())


def _before(words: "_Words") -> str:
    """The table with its columns, or the query."""
    said = ""
    word = words.next(".,()", '"')
    if word.lower() == "binary":
        said += word
        word = words.next(".,()", '"')
    if word == "(":
        depth = 1
        while depth:
            said += f" {word}"
            word = words.next("()", "\"'")
            depth += (word == "(") - (word == ")")
    said += f" {word}"
    if words.peek(".,()", '"') == ".":
        said += words.next(".,()", '"') + words.next(".,()", '"')
    if words.peek(".,()", '"') == "(":
        said += " " + words.next(".,()", '"')
        while (word := words.next("()", '"')) != ")":
            said += f" {word}"
        said += " )"
    return said


class _NoMore(Exception):
    """The line ends where a word should be."""


class _Words:
    """Takes a line apart, as psql's ``strtokx`` does."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def next(self, alone: str, quotes: str) -> str:
        """The next word. Those of ``alone`` are words of their own. Raises _NoMore."""
        word, self._position = self._find(alone, quotes)
        return word

    def peek(self, alone: str, quotes: str) -> str:
        """The next word, which stays the next one. Raises _NoMore."""
        return self._find(alone, quotes)[0]

    def rest(self) -> str:
        """All behind the last word and the space after it."""
        return self._text[self._position :]

    def _find(self, alone: str, quotes: str) -> tuple[str, int]:
        text, start = self._text, self._position
        while start < len(text) and text[start] in _SPACE:
            start += 1
        if start == len(text):
            raise _NoMore
        stop = start + 1
        if text[start] in quotes:
            stop = _closed(text, start)
        elif text[start] not in alone:
            while stop < len(text) and text[stop] not in _SPACE + alone + quotes:
                stop += 1
        return text[start:stop], stop + (text[stop : stop + 1] in tuple(_SPACE))


def _closed(text: str, start: int) -> int:
    """Where the quotes end that begin at ``start``; doubled they are part of it."""
    stop = start + 1
    while (stop := text.find(text[start], stop)) >= 0:
        if not text.startswith(text[start], stop + 1):
            return stop + 1
        stop += 2
    return len(text)
