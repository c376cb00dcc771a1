"""What the resolver builds up while it reads: open files, units, and the include tree."""

from dataclasses import dataclass, field

from mainsql.errors import Place
from mainsql.model import Inclusion, Statement, Unit
from mainsql.script.conditions import Conditions
from mainsql.script.directives import NO_DIRECTIVES, Directives
from mainsql.script.lexer import Scanner
from mainsql.script.text import Text


@dataclass(slots=True)
class UnitBuilder:
    """A unit that is being read."""

    name: str
    path: str
    place: Place
    says: Directives = NO_DIRECTIVES
    statements: list[Statement] = field(default_factory=list)
    undo: tuple[Statement, ...] | None = None

    def unit(self) -> Unit:
        """The finished unit."""
        return Unit(
            self.name,
            self.path,
            self.place,
            self.says.runs,
            tuple(self.statements),
            self.undo,
            self.says.keeps_data,
            self.says.alone,
        )


@dataclass(slots=True)
class InclusionBuilder:
    """A node of the include tree that may still grow."""

    unit: str
    children: "list[InclusionBuilder]" = field(default_factory=list)

    def freeze(self) -> Inclusion:
        """The finished node, with all below it."""
        return Inclusion(self.unit, tuple(child.freeze() for child in self.children))


@dataclass(slots=True)
class Frame:
    r"""A file that is being read. ``ended`` is set by ``\q``.

    ``asks`` are the late variables in what has been collected of a statement, ``previous`` is the
    statement that was sent last, and ``joined`` says that it is to be sent with what follows. ``left``
    is the variable that tells while the script runs that the file was left by a ``\q``, and ``guards``
    how many conditions on it are open to the end of the file.
    """

    path: str
    place: Place
    text: Text
    scanner: Scanner
    unit: UnitBuilder
    inclusion: InclusionBuilder
    conditions: Conditions = field(default_factory=Conditions)
    ended: bool = False
    asks: set[str] = field(default_factory=set)
    previous: Statement | None = None
    joined: bool = False
    left: str | None = None
    guards: int = 0

    def at(self, offset: int) -> Place:
        """The place of an offset in the file."""
        line, column = self.scanner.position(offset)
        if line == column == 1:
            return self.place
        return Place(self.place.path, line, column, self.place.included_from)
