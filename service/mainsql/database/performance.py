"""One run of a program on a session: batches, conditions, late variables, and what came of it."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from mainsql.database.batches import batches
from mainsql.database.session import Session
from mainsql.errors import ScriptError, StatementError
from mainsql.model import Gexec, Gset, Statement, Tree
from mainsql.plan.settling import Ran
from mainsql.script.running import Run

Progress = Callable[[Statement], None]
"""Is told of each statement before it runs."""


class Performance:
    """Runs a program once, and remembers what ran. ``tree`` gives the lines for reports."""

    def __init__(
        self,
        session: Session,
        values: Mapping[str, str],
        tree: Tree | None = None,
        remembering: Collection[str] = (),
    ) -> None:
        """``values`` are the late variables known so far; those of ``remembering``'s units are kept."""
        self._session = session
        self._run = Run(values)
        self._tree = tree
        self._remembering = remembering
        self._seconds: dict[str, float] = defaultdict(float)
        self._ran: list[Statement] = []
        self._values: dict[str, Mapping[str, str]] = {unit: dict(values) for unit in remembering}

    @property
    def ran(self) -> Ran:
        """The statements that ran, and the variables at the end of the units that were to be remembered."""
        return Ran(tuple(self._ran), self._values)

    @property
    def durations(self) -> Mapping[str, timedelta]:
        """How long the statements of each unit took; shared evenly where they were sent together."""
        return {unit: timedelta(seconds=seconds) for unit, seconds in self._seconds.items()}

    @property
    def duration(self) -> timedelta:
        """How long all of them took."""
        return timedelta(seconds=sum(self._seconds.values()))

    def run(self, program: Iterable[Statement], progress: Progress, *, one_by_one: bool = False) -> None:
        """Runs the statements. Raises StatementError, ScriptError, Cancelled, ConnectionLost."""
        for batch in _portions(program, one_by_one=one_by_one):
            for statement in batch:
                progress(statement)
            begun = time.monotonic()
            first = batch[0]
            if first.late:
                self._reporting(first)
            elif self._run.active:
                self._send(batch)
            self._took(batch, time.monotonic() - begun)

    def _took(self, batch: Sequence[Statement], seconds: float) -> None:
        """Shares the time among the units of a batch, as the server does not tell what took it."""
        for unit, group in groupby(batch, key=lambda statement: statement.unit):
            self._seconds[unit] += seconds * sum(1 for _ in group) / len(batch)
            if unit in self._remembering:
                self._values[unit] = dict(self._run.values)

    def _send(self, batch: Sequence[Statement]) -> None:
        self._run.counted(self._session.run(batch, self._tree))
        self._ran += batch

    def _reporting(self, statement: Statement) -> None:
        """Runs a late statement; an error that is not the server's gets its line, too."""
        try:
            self._late(statement)
        except ScriptError as error:
            if error.line is None and error.place is not None and self._tree is not None:
                error.line = self._tree.source_line(error.place)
            raise

    def _late(self, statement: Statement) -> None:
        if statement.command:
            if (note := self._run.command(statement)) is not None:
                self._session.notes.append(note)
        elif self._run.active:
            *before, last = self._run.settled(statement)
            for each in before:
                self._send([replace(each, then=None)])
            match statement.then:
                case Gset() as gset:
                    self._gset(last, gset)
                case Gexec():
                    self._gexec(last)
                case None:
                    self._send([last])

    def _gset(self, statement: Statement, gset: Gset) -> None:
        if gset.again:
            try:
                with self._session.reading_only():
                    rows = self._session.fetch(statement, self._tree)
            except StatementError as error:
                if error.sqlstate == "25006":
                    error.hint = (
                        "what runs now asks for its variables; it ran with an earlier version, and writes, "
                        "so it cannot be asked again: set the variables by a query that only reads"
                    )
                raise
        else:
            rows = self._session.fetch(statement, self._tree)
            self._ran.append(replace(statement, then=None))
        if rows is not None:
            self._run.counted(len(rows.values))
            self._session.notes += self._run.store(statement, gset, rows)

    def _gexec(self, statement: Statement) -> None:
        rows = self._session.fetch(statement, self._tree)
        self._ran.append(replace(statement, then=None))
        for generated in self._run.generated(statement, rows) if rows is not None else ():
            try:
                self._send([generated])
            except StatementError as error:
                text = " ".join(generated.text.split())
                said = f"generated statement: {text[:500]}"
                error.context = f"{error.context}\n{said}" if error.context else said
                raise


def _portions(program: Iterable[Statement], *, one_by_one: bool) -> Iterator[Sequence[Statement]]:
    for late, group in groupby(program, key=lambda statement: statement.late):
        if late or one_by_one:
            yield from ([statement] for statement in group)
        else:
            yield from batches(group)
