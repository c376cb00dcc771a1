"""A version, or a rollback, in several segments: those that are transactions, and statements alone."""

from dataclasses import dataclass
from enum import StrEnum

from mainsql.model.plan import RollbackStep
from mainsql.model.script import Statement


class SegmentKind(StrEnum):
    """How the statements of a segment run."""

    TRANSACTION = "transaction"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Transaction:
    """What runs in one transaction: undo scripts first, then a program.

    ``running`` are the statements of ``program`` that this segment is about; the others set the stage
    for them.
    """

    removals: tuple[RollbackStep, ...]
    program: tuple[Statement, ...]
    running: tuple[Statement, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """The units that do something in it, in order."""
        names = [*(step.unit for step in self.removals), *(statement.unit for statement in self.running)]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Alone:
    """A statement that runs outside any transaction, after ``stage``, which prepares the session for it.

    ``unit`` is the one that it belongs to, also where it is part of an undo script.
    """

    unit: str
    statement: Statement
    stage: tuple[Statement, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """The unit that it is part of."""
        return (self.unit,)


Segment = Transaction | Alone
