"""What a plan does to what is there: what it takes away, and whom it locks out of which table.

It is read from the SQL alone, statement by statement, in the order in which they run. A table that
the plan itself has made is nobody else's yet: what happens to it is not told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mainsql.model import Action, Gexec, Plan, Statement
from mainsql.script.locks import Effects, Name, Rows, RowsOfSchema, Touch
from mainsql.script.stand_ins import STAND_IN, parsable

_USUAL_PATH = ("public",)
_TEMPORARY = "pg_temp"


@dataclass(frozen=True, slots=True)
class Lost:
    """What a statement takes away, as a phrase: ``drops table orders``; and the rows that go with it.

    ``path`` is where its names are looked for; None where no statement of the plan says so.
    """

    statement: Statement
    what: str
    rows: Rows | RowsOfSchema | None = None
    path: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A lock that a statement takes on something that is there before the plan runs."""

    statement: Statement
    touch: Touch


@dataclass(frozen=True, slots=True)
class Untold:
    """A statement whose text does not tell what it does, and why."""

    statement: Statement
    why: str


@dataclass(slots=True)
class Consequences:
    """What one step of a plan does to what is there, each in the order in which it happens."""

    losses: list[Lost] = field(default_factory=list)
    locks: list[Taken] = field(default_factory=list)
    untold: list[Untold] = field(default_factory=list)


def consequences(plan: Plan) -> tuple[Consequences, ...]:
    """What each step of a plan does to what is there, in the order of its steps."""
    # The grammar takes a while to import.
    from mainsql.script.syntax.effects import effects

    found = tuple(Consequences() for _ in plan.steps)
    running = [
        (index, statement, effects(parsable(statement)))
        for index, statement in _running(plan)
        if not statement.command
    ]
    put_back = {each.code: number for number, (_, _, each) in enumerate(running) if each.code}
    names = _Names()
    for number, (index, statement, each) in enumerate(running):
        # An index may belong to a unit that only sets the stage for others.
        told = found[index] if index is not None else Consequences()
        why = "what its rows say, as SQL" if isinstance(statement.then, Gexec) else each.opaque
        if why is not None:
            told.untold.append(Untold(statement, why))
        is_new = index is not None and plan.steps[index].action is Action.RUN
        if is_new and each.replaces is not None:
            names.add(each.replaces)
        told.losses += [
            Lost(statement, harm.what, harm.rows, names.path)
            for harm in each.harms
            if not (harm.relation and names.has(harm.relation))
            and not (harm.code and put_back.get(harm.code, -1) > number)
        ]
        told.locks += [Taken(statement, touch) for touch in each.touches if not names.has(touch.relation)]
        names.learn(each)
    return found


def _running(plan: Plan) -> Iterator[tuple[int | None, Statement]]:
    """All that runs, each with the number of its step; what takes units back comes first."""
    steps: dict[str, int] = {}
    for index, step in enumerate(plan.steps):
        if step.action is Action.REMOVE:
            yield from ((index, statement) for statement in step.statements)
        elif step.statements:
            steps[step.unit] = index
    for statement in plan.program:
        yield steps.get(statement.unit), statement


class _Names:
    """The relations that the plan has made so far."""

    def __init__(self) -> None:
        self._made: set[Name] = set()
        self.path: tuple[str, ...] | None = None

    @property
    def _path(self) -> tuple[str, ...]:
        return _USUAL_PATH if self.path is None else self.path

    def has(self, name: Name) -> bool:
        """Whether a name is that of something that the plan has made."""
        return any(place in self._made for place in self._places(name))

    def add(self, name: Name) -> None:
        """Takes down what was made."""
        if STAND_IN not in name:
            self._made.add(name if len(name) > 1 else (*self._path[:1], *name))

    def learn(self, effects: Effects) -> None:
        """Takes down what a statement makes, drops, and calls otherwise, and where it looks for names."""
        for name in effects.creates:
            self.add(name)
        for name in effects.drops:
            self._made.difference_update(self._places(name))
        for old, new in effects.renames:
            if self.has(old):
                self._made.difference_update(self._places(old))
                self.add(new)
        if effects.search_path is not None:
            self.path = effects.search_path

    def _places(self, name: Name) -> list[Name]:
        if len(name) > 1:
            return [name]
        return [(schema, *name) for schema in (_TEMPORARY, *self._path)]
