r"""Which part of a program has to run, when only some of its statements are to: the stage comes along.

Whatever sets the stage runs, with the conditions that it stands under. Of the commands and queries
that only give variables their values, those run whose values are asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mainsql.model import Gset, Plan, Statement


@dataclass(slots=True)
class _Branches:
    r"""One ``\if … \endif``, read from its end: where its commands stand, and whether it is needed."""

    commands: list[int] = field(default_factory=list)
    needed: bool = False


def sent(plan: Plan) -> tuple[Statement, ...]:
    """All that a plan sends, in order: what takes units back, then its program."""
    return (*(statement for step in plan.removals for statement in step.statements), *plan.program)


def reduced(program: Iterable[Statement], running: Iterable[Statement]) -> tuple[Statement, ...]:
    r"""The statements of ``running``, and what they need of the program, in its order.

    A query with a ``\gset`` that is not running itself, since it ran with an earlier version, is
    asked again, only to read.
    """
    return _Reduction(list(program), {id(statement) for statement in running}).statements()


class _Reduction:
    def __init__(self, program: list[Statement], running: set[int]) -> None:
        self._program = program
        self._running = running
        self._units = {statement.unit for statement in program if id(statement) in running}
        self._kept: dict[int, Statement] = {}
        self._asked: set[str] = set()
        self._open: list[_Branches] = []

    def statements(self) -> tuple[Statement, ...]:
        """Goes through the program from its end: what asks stands behind what answers."""
        for index in range(len(self._program) - 1, -1, -1):
            statement = self._program[index]
            if statement.command:
                self._command(index, statement)
            elif id(statement) in self._running or statement.sets_stage:
                self._keep(index, statement)
            elif isinstance(gset := statement.then, Gset) and any(map(gset.may_set, self._asked)):
                self._keep(index, replace(statement, then=replace(gset, again=True)))
        return tuple(self._kept[index] for index in sorted(self._kept))

    def _keep(self, index: int, statement: Statement) -> None:
        self._kept[index] = statement
        self._asked.update(statement.asks)
        if self._open:
            self._open[-1].needed = True

    def _command(self, index: int, statement: Statement) -> None:
        name, *arguments = statement.text.removeprefix("\\").split(None, 2)
        match name:
            case "endif":
                self._open.append(_Branches([index]))
            case "elif" | "else":
                self._open[-1].commands.append(index)
            case "if":
                branches = self._open.pop()
                if branches.needed:
                    for each in (*branches.commands, index):
                        self._keep(each, self._program[each])
            case "set" | "unset":
                if arguments[0] in self._asked:
                    if not self._open:
                        self._asked.discard(arguments[0])
                    self._keep(index, statement)
            case _:
                if statement.unit in self._units:
                    self._keep(index, statement)
