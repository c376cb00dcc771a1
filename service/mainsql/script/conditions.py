r"""``\if``, ``\elif``, ``\else`` and ``\endif``, as psql's ``conditional.c`` nests them."""

from dataclasses import dataclass, field
from enum import Enum, auto

from mainsql.errors import Place
from mainsql.script.lexer import Mark

COMMANDS = frozenset(["if", "elif", "else", "endif"])

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


class Misplaced(Exception):
    """The command does not fit where it stands; the text says why."""


class _Branch(Enum):
    TAKEN = auto()
    """This branch is the one."""
    WANTED = auto()
    """None was taken so far, and the next condition decides."""
    DONE = auto()
    """One was taken already, or the whole of it stands in a branch that is not taken."""


@dataclass(slots=True)
class _If:
    place: Place
    mark: Mark
    branch: _Branch
    after_else: bool = False


@dataclass(slots=True)
class Conditions:
    r"""The open ``\if``\ s of one file, and what had been collected of a statement at each branch."""

    _open: list[_If] = field(default_factory=list)

    @property
    def active(self) -> bool:
        """Whether what comes next is to be read, and not skipped."""
        return not self._open or self._open[-1].branch is _Branch.TAKEN

    @property
    def mark(self) -> Mark:
        """What had been collected when the branch began that is skipped now."""
        return self._open[-1].mark

    @property
    def unclosed(self) -> Place | None:
        r"""The innermost ``\if`` that is still open."""
        return self._open[-1].place if self._open else None

    def wants(self, command: str) -> bool:
        """Whether the expression of this command decides anything, and so must be read."""
        if command == "if":
            return self.active
        return command == "elif" and bool(self._open) and self._open[-1].branch is _Branch.WANTED

    def begin(self, place: Place, mark: Mark, *, truth: bool) -> None:
        r"""``\if``. The ``truth`` of its expression counts only where it was wanted."""
        wanted = _Branch.TAKEN if truth else _Branch.WANTED
        self._open.append(_If(place, mark, wanted if self.active else _Branch.DONE))

    def switch(self, command: str, mark: Mark, *, truth: bool) -> None:
        r"""``\elif`` or ``\else``. Raises Misplaced."""
        if not self._open:
            raise Misplaced("there is no \\if before it")
        top = self._open[-1]
        if top.after_else:
            raise Misplaced("it cannot come after \\else")
        if top.branch is not _Branch.WANTED:
            top.branch = _Branch.DONE
        elif truth or command == "else":
            top.branch = _Branch.TAKEN
        top.after_else = command == "else"
        top.mark = mark

    def end(self) -> None:
        r"""``\endif``. Raises Misplaced."""
        if not self._open:
            raise Misplaced("there is no \\if before it")
        self._open.pop()


def truth(text: str) -> bool | None:
    """What a text means as a condition, or None when it is none.

    As psql's ParseVariableBool: any beginning of true, false, yes, no (two letters of on and off),
    and 1 and 0, in any case.
    """
    value = text.strip().lower()
    if not value or value == "o":
        return None
    if any(word.startswith(value) for word in _TRUE):
        return True
    return False if any(word.startswith(value) for word in _FALSE) else None
