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
    late: bool = False
    decided: bool = False
    left_in: bool = False
    guards: int = 0


@dataclass(slots=True)
class Conditions:
    r"""The open ``\if``\ s of one file, and what had been collected of a statement at each branch.

    A ``truth`` of None is a late one: it is known only while the script runs, so all its branches
    are read.
    """

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

    @property
    def late(self) -> bool:
        r"""Whether the innermost ``\if`` is a late one."""
        return bool(self._open) and self._open[-1].late

    @property
    def decided(self) -> bool:
        r"""Whether a branch of the innermost late ``\if`` is sure to be taken if those before it are not."""
        return bool(self._open) and self._open[-1].decided

    @property
    def within_late(self) -> bool:
        r"""Whether any open ``\if`` of the file is a late one."""
        return any(each.late for each in self._open)

    def wants(self, command: str) -> bool:
        """Whether the expression of this command decides anything, and so must be read."""
        if command == "if":
            return self.active
        if command != "elif" or not self._open:
            return False
        top = self._open[-1]
        return top.branch is _Branch.WANTED or (top.late and not top.decided)

    def begin(self, place: Place, mark: Mark, truth: bool | None) -> None:
        r"""``\if``. The ``truth`` of its expression counts only where it was wanted."""
        if not self.active:
            self._open.append(_If(place, mark, _Branch.DONE))
        else:
            wanted = _Branch.WANTED if truth is False else _Branch.TAKEN
            self._open.append(_If(place, mark, wanted, late=truth is None))

    def switch(self, command: str, mark: Mark, truth: bool | None) -> None:
        r"""``\elif`` or ``\else``. Raises Misplaced."""
        if not self._open:
            raise Misplaced("there is no \\if before it")
        top = self._open[-1]
        if top.after_else:
            raise Misplaced("it cannot come after \\else")
        if command == "else":
            truth = True
        if top.decided or not (top.late or top.branch is _Branch.WANTED):
            top.branch = _Branch.DONE
        else:
            top.branch = _Branch.WANTED if truth is False else _Branch.TAKEN
            top.late = top.late or truth is None
            top.decided = top.late and truth is True
        top.after_else = command == "else"
        top.mark = mark

    def end(self) -> None:
        r"""``\endif``. Raises Misplaced."""
        if not self._open:
            raise Misplaced("there is no \\if before it")
        self._open.pop()

    # Files that are left in the middle of a late branch

    def leave(self) -> None:
        r"""``\q`` in a late branch: the rest of the branch is skipped."""
        for each in reversed(self._open):
            if each.late:
                each.branch, each.left_in = _Branch.WANTED, True
                break
            each.branch = _Branch.DONE

    @property
    def guards(self) -> int:
        r"""How many guards stand open, in all branches."""
        return sum(each.guards for each in self._open)

    def take_guards(self) -> int:
        r"""How many guards stand open in the innermost branch; they count as closed from now on."""
        guards, self._open[-1].guards = self._open[-1].guards, 0
        return guards

    @property
    def left_in(self) -> bool:
        r"""Whether the file was left in a branch of the innermost ``\if``."""
        return self._open[-1].left_in

    def guard(self) -> bool:
        r"""Notes that what follows in this branch is guarded; False where no ``\if`` is open."""
        if not self._open:
            return False
        self._open[-1].guards += 1
        self._open[-1].left_in = True
        return True


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
