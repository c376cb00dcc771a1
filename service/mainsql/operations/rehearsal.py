"""The rehearsal of one version: it is applied, taken back, compared, applied again, compared again."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial

from mainsql import __version__ as RELEASE
from mainsql.database import executor, ledger
from mainsql.database.contents import Content, read_contents
from mainsql.database.executor import Manner
from mainsql.database.forgetting import forget
from mainsql.database.holding import Held, held_locks
from mainsql.database.limits import Limits
from mainsql.database.observing import FellShort, Foresight
from mainsql.database.session import Session
from mainsql.database.snapshot import read
from mainsql.errors import DatabaseError, Retry, ScriptError, StatementError
from mainsql.model import Foretold, Plan, Proof, Refusal, Undo, UndoPolicy, Version
from mainsql.operations.segmented import deploy_here, roll_back_here
from mainsql.operations.target import whoami
from mainsql.plan.rollback import plan_rollback
from mainsql.plan.segments import rollback_segments, segments
from mainsql.undo.carrying import carried
from mainsql.undo.catalog import Snapshot
from mainsql.undo.comparing import Verdict as Equality
from mainsql.undo.comparing import compare
from mainsql.undo.differences import lines
from mainsql.undo.dump import Definitions

SAME_TRANSACTION = "what the same rehearsal made of it, pg_dump cannot see"


class Verdict(StrEnum):
    """What a rehearsal says of a version."""

    PROVEN = "proven"
    """Its undo leads back to what was there before, and then it can be applied again."""
    ORDER = "proven but for order"
    """So it does, but columns stand in another order."""
    LOSSY = "lossy, as declared"
    """It leads back, but not all rows: which ones it says itself."""
    IMPOSSIBLE = "impossible"
    """There is no undo, for a reason."""
    FAILED = "failed"
    """It does not run, or its undo does not, or that does not lead back."""

    @property
    def passed(self) -> bool:
        """Whether there is an undo that leads back, as far as it says so itself."""
        return self not in (Verdict.IMPOSSIBLE, Verdict.FAILED)

    @property
    def proof(self) -> Proof:
        """What is recorded with the version."""
        return _PROOFS[self]


_PROOFS = {
    Verdict.PROVEN: Proof.PROVEN,
    Verdict.ORDER: Proof.ORDER,
    Verdict.LOSSY: Proof.LOSSY,
    Verdict.IMPOSSIBLE: Proof.UNPROVEN,
    Verdict.FAILED: Proof.FAILED,
}


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of rehearsing a plan. ``why`` is what failed, differs or is impossible, line by line.

    ``undos`` is how each unit was taken back. The durations are those of the first time; None for
    what did not come to its end. ``locks`` are those on what was there before, and ``begun`` is when
    it was applied first, by the monotonic clock. ``keeps`` is what is kept of the target's rows, or not.
    ``known`` is what is known of what makes each object that is there after it, where that is nested.
    """

    plan: Plan
    verdict: Verdict
    why: tuple[str, ...] = ()
    undos: Mapping[str, Undo] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    locks: tuple[Held, ...] = ()
    applied_in: timedelta | None = None
    undone_in: timedelta | None = None
    begun: float = 0.0
    keeps: tuple[Foretold, ...] = ()
    known: Definitions | str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where versions are rehearsed: a session, and what may be done there.

    Each step is a transaction of its own; where it is ``nested``, one in the transaction that is
    open. ``define`` says what makes each object that is there again, or why that is not known;
    ``known`` is what it said already. With ``rows`` the content of all tables is compared, too.
    ``keeps_data`` is as for a target; ``foretell`` says what a plan keeps of the rows that are there.
    ``dsn`` leads to the same database, where it is not ``nested``.
    """

    session: Session
    limits: Limits
    undo: UndoPolicy
    define: Callable[[], Definitions | str]
    nested: bool = False
    known: Definitions | str | None = None
    rows: bool = True
    keeps_data: bool = False
    foretell: Callable[[Plan], Iterable[Foretold]] = lambda _: ()
    dsn: str = field(default="", repr=False)

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """All of it is done, or nothing. Raises DatabaseError."""
        if not self.nested:
            with self.session.transaction():
                yield
            return
        self.session.query("SAVEPOINT mainsql_step")
        try:
            yield
        except BaseException:
            with contextlib.suppress(DatabaseError):
                self.session.query("ROLLBACK TO SAVEPOINT mainsql_step")
            raise
        self.session.query("RELEASE SAVEPOINT mainsql_step")

    def look(self) -> "_Sight":
        """What is there now."""
        return _Sight(read(self.session), read_contents(self.session) if self.rows else {})


@dataclass(frozen=True, slots=True)
class _Sight:
    catalogs: Snapshot
    contents: Mapping[str, Content]


class _Failed(Exception):
    """The rehearsal has come to an end, for these reasons."""

    def __init__(self, heading: str, *why: str) -> None:
        super().__init__(heading)
        self.why = (heading, *why)


def rehearse_plan(ground: Ground, plan: Plan, *, times: int) -> Rehearsed:
    """Applies the plan, and takes it back and applies it again so many times.

    After that it is applied, unless it failed. Raises DatabaseError and what may work later
    (``retry``), Cancelled.
    """
    return _Rehearsal(ground, plan).run(times)


class _Rehearsal:
    def __init__(self, ground: Ground, plan: Plan) -> None:
        self._ground = ground
        self._plan = plan
        self._foresight = Foresight(definitions=ground.known)
        self._result = Rehearsed(plan, Verdict.PROVEN)
        self._reordered = False

    def run(self, times: int) -> Rehearsed:
        try:
            self._rounds(times)
        except _Failed as failed:
            return replace(self._result, verdict=Verdict.FAILED, why=failed.why)
        if self._ground.nested:
            self._result = replace(self._result, known=self._foresight.definitions)
        if self._result.losses and self._result.verdict is Verdict.PROVEN:
            return replace(self._result, verdict=Verdict.LOSSY)
        if self._reordered and self._result.verdict is Verdict.PROVEN:
            return replace(self._result, verdict=Verdict.ORDER)
        return self._result

    def _rounds(self, times: int) -> None:
        before = self._ground.look()
        keeps = tuple(self._ground.foretell(self._plan))
        self._result = replace(self._result, keeps=keeps, begun=time.monotonic())
        version = self._apply("it does not run", before)
        undos = {step.unit: step.undo for step in version.steps}
        losses = tuple(loss for undo in undos.values() for loss in undo.losses)
        self._result = replace(self._result, undos=undos, losses=losses, applied_in=version.duration)
        after = self._ground.look()
        carry = partial(self._carry, self._foresight.definitions, before.catalogs)
        for _ in range(times):
            if not self._taken_back():
                carry(after.catalogs)
                return
            back = self._ground.look()
            self._check_back(before, back)
            carry(back.catalogs)
            with self._ground.step():
                forget(self._ground.session, self._plan.tree.name, self._plan.version)
            self._apply("after its undo it does not run again")
            again = self._ground.look()
            self._check_again(after, again)
            carry(again.catalogs)

    def _carry(self, known: Definitions | str | None, then: Snapshot, now: Snapshot) -> None:
        """Takes of what is ``known`` of what was there what is right for what is there now.

        That is where nobody can ask again.
        """
        if self._ground.nested and isinstance(known, Definitions):
            known = carried(known, then, now, SAME_TRANSACTION)
            self._foresight = replace(self._foresight, definitions=known)

    def _apply(self, failure: str, before: _Sight | None = None) -> Version:
        """Applies the plan, and tells the version; with ``before`` also what it has locked."""
        session, tree = self._ground.session, self._plan.tree.name
        try:
            if segments(self._plan):
                self._apply_segments()
            else:
                self._attempt(lambda manner: self._transact(manner, before))
        except ScriptError as error:
            if error.retry is Retry.LATER:
                raise
            raise _Failed(f"{failure}:", *error.report().splitlines()) from None
        return ledger.read_history(session, tree).versions[-1]

    def _attempt(self, work: Callable[[Manner], None]) -> None:
        """Runs a transaction until what it does can be told."""
        ground, one_by_one = self._ground, False
        if not ground.nested:
            # What has been made again since, or by a segment before it, pg_dump sees when it is asked again.
            self._foresight = replace(self._foresight, definitions=None)
        while True:
            try:
                work(
                    Manner(
                        ground.limits, ground.undo, self._foresight, one_by_one, keeps_data=ground.keeps_data
                    )
                )
            except FellShort as short:
                self._roll_back()
                self._look_further(short)
            except StatementError as error:
                if error.retry is Retry.LATER or not error.vague or one_by_one:
                    raise
                self._roll_back()
                # Which of the statements that were sent together it was, the server did not say.
                one_by_one = True
            else:
                return

    def _roll_back(self) -> None:
        if not self._ground.nested:
            self._ground.session.rollback()

    def _transact(self, manner: Manner, before: _Sight | None) -> None:
        session = self._ground.session
        with self._ground.step():
            session.notes.clear()
            executor.apply(
                session,
                self._plan,
                ledger.upgrade(session, RELEASE),
                by=whoami(),
                manner=manner,
                progress=lambda _: None,
            )
            if before is not None:
                oids = [int(key.id) for key in before.catalogs.keys if key.catalog == "pg_class"]
                self._result = replace(self._result, locks=held_locks(session, oids))

    def _apply_segments(self) -> None:
        ground, session = self._ground, self._ground.session
        if ground.nested:
            raise _Failed(
                "it cannot be rehearsed in place: it has statements that run outside a transaction,",
                "and what those do cannot be rolled back; a scratch database can take them",
            )
        manner = Manner(ground.limits, ground.undo, keeps_data=ground.keeps_data)
        ledger_plan = partial(ledger.upgrade, session, RELEASE)
        deploy_here(session, ground.dsn, self._plan, ledger_plan, manner, self._attempt)

    def _look_further(self, short: FellShort) -> None:
        definitions = self._foresight.definitions
        if short.definitions:
            definitions = self._ground.define()
        found = self._foresight.beside(short, definitions)
        if found == self._foresight:
            raise DatabaseError(
                "what a version does to the catalogs cannot be told",
                hint='set undo = "optional" for this target, and report this',
            )
        self._foresight = found

    def _taken_back(self) -> bool:
        """Takes the version back, if that is possible."""
        session, plan = self._ground.session, self._plan
        history = ledger.read_history(session, plan.tree.name)
        rollback = plan_rollback(history, plan.onto)
        if isinstance(rollback, Refusal):
            why = tuple(objection.reason for objection in rollback.objections)
            self._result = replace(self._result, verdict=Verdict.IMPOSSIBLE, why=why)
            return False
        begun = time.monotonic()
        limits, reason = self._ground.limits, "a rehearsal"
        try:
            if rollback_segments(rollback):
                roll_back_here(session, self._ground.dsn, rollback, limits, reason)
            else:
                with self._ground.step():
                    executor.roll_back(
                        session, rollback, by=whoami(), why=reason, limits=limits, progress=lambda _: None
                    )
        except ScriptError as error:
            if error.retry is Retry.LATER:
                raise
            raise _Failed("its undo does not run:", *error.report().splitlines()) from None
        if self._result.undone_in is None:
            self._result = replace(self._result, undone_in=timedelta(seconds=time.monotonic() - begun))
        return True

    def _check_back(self, before: _Sight, back: _Sight) -> None:
        found = compare(before.catalogs, back.catalogs)
        if found.verdict is Equality.DIFFERENT:
            raise _Failed(
                "its undo does not lead back:",
                *lines(found, ("what was there before", "what its undo leaves")),
            )
        self._reordered = self._reordered or found.verdict is Equality.ORDER
        changed = [name for name, was in before.contents.items() if back.contents.get(name) != was]
        if changed and not self._result.losses:
            raise _Failed("its undo does not bring all rows back, and does not say so:", *changed)

    def _check_again(self, after: _Sight, again: _Sight) -> None:
        found = compare(after.catalogs, again.catalogs)
        if found.verdict is Equality.DIFFERENT:
            raise _Failed(
                "applied again after its undo, it makes something else:",
                *lines(found, ("the first time", "the second time")),
            )
        # Not the rows themselves: the time of day and numbers from sequences are others now.
        counts = [
            f"{name}: {again.contents[name].rows} rows, the first time {was.rows}"
            for name, was in after.contents.items()
            if name in again.contents and again.contents[name].rows != was.rows
        ]
        if counts and not self._result.losses:
            raise _Failed("applied again after its undo, it makes other rows:", *counts)
