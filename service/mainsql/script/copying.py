r"""The arguments of ``\copy``, as ``parse_slash_copy`` in psql's ``copy.c`` divides them."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[().,]|[^\s().,"']+)""")
_TIGHT = re.compile(r" (,)| (\.) ")
_NAME = re.compile(r"\s*(?:'((?:[^']|'')*)'|(\S+))")


@dataclass(frozen=True, slots=True)
class SlashCopy:
    r"""A ``\copy``: the words before FROM or TO, the file, and what stands behind it.

    ``file`` is None for ``stdin``: the rows follow in the script.
    """

    before: tuple[str, ...]
    direction: str
    file: str | None
    after: str

    @property
    def statement(self) -> str:
        """The statement that is sent, as psql puts it together."""
        before = _TIGHT.sub(r"\1\2", " ".join(self.before))
        return f"COPY  {before} FROM STDIN {self.after}"

    @property
    def reach(self) -> str | None:
        """What in it reaches out of the commit; None when nothing does."""
        if self.direction == "to":
            return "to"
        return self.file.lower() if self.file and self.file.lower() in ("program", "pstdin") else None


def parse_slash_copy(arguments: str) -> SlashCopy | None:
    r"""What the rest of the line after ``\copy`` says, or None when it makes no sense."""
    words: list[str] = []
    depth = 0
    position = 0
    while match := _WORD.match(arguments, position):
        word, position = match[1], match.end()
        if depth == 0 and words and word.lower() in ("from", "to"):
            name = _NAME.match(arguments, position)
            return name and _behind(arguments, tuple(words), word.lower(), name)
        depth += (word == "(") - (word == ")")
        words.append(word)
    return None


def _behind(arguments: str, before: tuple[str, ...], direction: str, name: "re.Match[str]") -> SlashCopy:
    after = arguments[name.end() :].lstrip()
    if name[1] is not None:
        return SlashCopy(before, direction, name[1].replace("''", "'"), after)
    # A semicolon right behind it is not meant as part of the name.
    word = name[2].removesuffix(";")
    return SlashCopy(before, direction, None if word.lower() == "stdin" else word, after)
