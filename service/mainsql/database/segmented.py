"""Carries out what cannot be one transaction, segment by segment, so that it can go on after a crash.

What a transaction does is written down in it. A statement that runs alone is written down before it
begins and when it has ended; where it was begun and nothing says that it ended, the catalogs tell what
is left of it (``leftovers``).
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from mainsql.database import executor, guarding
from mainsql.database import progress as records
from mainsql.database.executor import Manner
from mainsql.database.limits import Limits
from mainsql.database.lone import Lone
from mainsql.database.lost import Lost, in_case
from mainsql.database.performance import Progress
from mainsql.database.session import Session
from mainsql.errors import ConnectionLost, Retry, StatementError
from mainsql.model import Alone, Plan, Segment, SegmentRecord, Trace, Transaction, UndoKind, UndoPolicy
from mainsql.plan.segments import portion, traces, undo_alone, untried
from mainsql.plan.undoing import lacking
from mainsql.script.outside import is_server_wide
from mainsql.script.render import render
from mainsql.undo.recording import Effect, Recorded

Attempt = Callable[[Callable[[Manner], None]], None]
"""Runs a transaction until it goes through, or fails for a reason that it can tell."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a transaction writes down: that the segment at this position is begun, or ``finished``.

    ``closes`` is that all is, then.
    """

    position: int
    finished: bool
    closes: bool


Settle = Callable[[Lost, Ending], None]
"""Returns where a transaction that closes all went through although the connection was lost, else raises."""


@dataclass(frozen=True, slots=True)
class Course:
    """How segments are carried out.

    ``plan`` is what is deployed, None for a rollback. ``begin`` begins a transaction, and makes sure
    that nobody else is at work; ``open`` does so for the first one of all, and writes down in it what
    begins; ``close`` writes down in the last one what came of it. ``settle`` finds out about a COMMIT at
    which the connection was lost. ``dsn`` leads to the same database.
    """

    session: Session
    dsn: str = field(repr=False)
    tree: str
    segments: Sequence[Segment]
    plan: Plan | None
    by: str
    limits: Limits
    undo: UndoPolicy
    tell: Progress
    begin: Callable[[], None]
    open: Callable[[], None]
    close: Callable[[], None]
    attempt: Attempt
    settle: Settle | None = None
    spares_server: bool = False
    """Whether what is about the whole server is passed over, as in a scratch database."""


@dataclass(slots=True)
class Carried:
    """What was carried out this time: how many statements ran, how long that took, what ``lacks`` an undo."""

    statements: int = 0
    duration: timedelta = timedelta(0)
    lacks: tuple[str, ...] = ()


def carry_out(course: Course, known: Sequence[SegmentRecord]) -> Carried:
    """Carries out the segments that are not finished; ``known`` is what is written down of them, if it is.

    Raises Refused where a person has to say what became of a statement, StatementError, DatabaseError,
    Cancelled. What is finished stays; where nothing is, nothing is under way any more.
    """
    return _Carrier(course, known).run()


class _Carrier:
    def __init__(self, course: Course, known: Sequence[SegmentRecord]) -> None:
        self._course = course
        self._session = course.session
        self._known = known
        self._opened = bool(known)
        self._closed = False
        self._watches = course.plan is not None and course.undo is not UndoPolicy.OPTIONAL
        self._finished = sum(record.finished for record in known)
        self._carried = Carried()

    def run(self) -> Carried:
        for position, segment in enumerate(self._course.segments, start=1):
            record = self._known[position - 1] if self._known else None
            if record is not None and record.finished:
                continue
            begun = time.monotonic()
            match segment:
                case Transaction():
                    self._transaction(position, segment)
                case Alone():
                    self._alone(position, segment, record)
            self._finished += 1
            self._carried.duration += timedelta(seconds=time.monotonic() - begun)
        if not self._closed:  # a person has said of the last one that it is done
            self._begin()
            self._commit(len(self._course.segments))
        return self._carried

    def _begin(self) -> None:
        if self._opened:
            self._course.begin()
        else:
            self._course.open()

    def _commit(self, position: int, *, finished: bool = True) -> None:
        """Commits, and with that the segment at this position is begun or ``finished``."""
        closes = finished and position == len(self._course.segments)
        if closes:
            self._course.close()
        lost = in_case(self._session)
        try:
            self._session.commit()
        except ConnectionLost:
            if self._course.settle is None:
                raise
            self._course.settle(lost, Ending(position, finished, closes))
        self._opened = True
        self._closed = closes
        if not closes:
            self._session.reset_stage()  # for the statements and the pauses between transactions

    def _transaction(self, position: int, segment: Transaction) -> None:
        course, session = self._course, self._session

        def attempt(manner: Manner) -> None:
            self._begin()
            session.set_timeouts(lock=course.limits.lock_timeout, statement=0)
            number = session.transaction_id()
            if course.plan is None:
                executor.take_back(
                    session, course.tree, segment.removals, limits=course.limits, progress=course.tell
                )
                records.finish_segment(session, course.tree, position, course.by, transaction_id=number)
            else:
                part = portion(course.plan, segment)
                # A rollback comes here when all that follows is taken back: as it is now.
                tries = untried(course.plan).isdisjoint(segment.units)
                undo = course.undo if tries or course.undo is not UndoPolicy.REQUIRED else UndoPolicy.DERIVED
                manner = replace(manner, undo=undo, segment=position)
                done = executor.perform(session, part, manner=manner, progress=course.tell)
                if course.undo is UndoPolicy.REQUIRED:
                    executor.check_undo(done.plan)
                self._carried.lacks += lacking(done.plan)
                made = traces(done.plan, done.performance.durations)
                records.finish_segment(
                    session, course.tree, position, course.by, made, done.objects, done.kept, number
                )
            self._commit(position)

        course.attempt(attempt)
        self._carried.statements += len(segment.program) + sum(len(s.statements) for s in segment.removals)

    def _alone(self, position: int, segment: Alone, record: SegmentRecord | None) -> None:
        course, session, begun = self._course, self._session, time.monotonic()
        lone = self._lone(segment)
        subject = record.subject if record is not None and record.in_doubt else lone.subject()
        try:
            if record is not None and record.in_doubt:
                foreseen = records.read_foreseen(session, course.tree, position)
                with self._guarded(segment):
                    lone.run_rest(course.tell, subject)
            else:
                foreseen = lone.foreseen(course.dsn, subject) if self._watches else None
                self._begin()
                records.start_segment(session, course.tree, position, course.by, foreseen, subject)
                self._commit(position, finished=False)
                if not (course.spares_server and is_server_wide(lone.about)):
                    with self._guarded(segment):
                        lone.run(course.tell)
        except StatementError as error:
            if error.retry is not Retry.LATER and not session.lost and lone.leaves_nothing(error):
                self._forget(position)
            raise
        self._finish_alone(position, segment, lone, foreseen, begun)

    @contextlib.contextmanager
    def _guarded(self, segment: Alone) -> Iterator[None]:
        """What runs while it is open keeps its hands off the ledger, or DatabaseError is raised."""
        session, tree, patience = self._session, self._course.tree, self._course.limits.lock_timeout
        untouched = guarding.look_outside(session, tree, patience)
        yield
        guarding.check_outside(session, tree, untouched, segment.statement, patience)

    def _lone(self, segment: Alone) -> Lone:
        session, plan = self._session, self._course.plan
        if plan is None:
            return Lone(session, segment, self._course.limits)
        values = executor.late_values(session, plan)
        return Lone(session, segment, self._course.limits, plan.tree, values)

    def _finish_alone(
        self, position: int, segment: Alone, lone: Lone, foreseen: Effect | None, begun: float
    ) -> None:
        course = self._course
        made: tuple[Trace, ...] = ()
        objects: tuple[Recorded, ...] | None = None
        if course.plan is not None:
            effect = (foreseen or lone.seen()) if self._watches else None
            undo = undo_alone(course.plan, segment, lone.about, effect.undo if effect else None)
            if undo.kind is UndoKind.MISSING:
                self._carried.lacks += (f"{segment.unit}: {undo.reason}",)
            took = timedelta(seconds=time.monotonic() - begun)
            made = (Trace(segment.unit, render([segment.statement]), undo, took),)
            if self._watches:
                objects = effect.objects if effect else ()
        self._begin()
        records.finish_segment(self._session, course.tree, position, course.by, made, objects)
        self._commit(position)
        self._carried.statements += 1

    def _forget(self, position: int) -> None:
        """The statement has failed and left nothing: as if it had not begun, nor the version."""
        with self._session.transaction():
            if self._finished:
                records.forget_start(self._session, self._course.tree, position)
            else:
                records.withdraw_progress(self._session, self._course.tree)
