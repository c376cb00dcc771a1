"""Takes a target back to an earlier version, and marks what was taken back.

All of it is one transaction, unless an undo script says no-transaction: then it goes segment by
segment, and called again it goes on where it stopped. A version in progress is taken back, too.
"""

from collections.abc import Callable, Sequence
from functools import partial

from mainsql.database import executor, ledger
from mainsql.database import progress as records
from mainsql.database.archives import drop_used, read_archives
from mainsql.database.executor import Manner
from mainsql.database.listening import Wake, Word, say
from mainsql.database.lone import Lone
from mainsql.database.lost import Lost
from mainsql.database.performance import Progress as Tell
from mainsql.database.proving import compared, taken_back
from mainsql.database.records import read_objects
from mainsql.database.segmented import Course, Ending, carry_out
from mainsql.database.session import Interrupt, Session
from mainsql.errors import ConnectionLost, DatabaseError, MainsqlError, Refused, StatementError
from mainsql.model import Archived, History, Progress, Refusal, Rollback, UndoPolicy
from mainsql.operations.locking import take_lock
from mainsql.operations.planning import refused
from mainsql.operations.segmented import (
    begin_next,
    holding,
    record_version,
    rollback_progress,
    settle_segments,
)
from mainsql.operations.settling import settle
from mainsql.operations.target import Target, whoami
from mainsql.operations.under_way import rollback_in_progress, still
from mainsql.plan.rollback import before_current, plan_rollback
from mainsql.plan.segments import as_records, lone, rollback_segments, with_part
from mainsql.undo.comparing import Verdict
from mainsql.undo.differences import lines
from mainsql.undo.recording import Recorded, Records, wanted_after


def preview_rollback(target: Target, to: int | None) -> Rollback:
    """What a rollback to version ``to`` (None: to the one before the current) would run.

    While one is in progress, all of that one, whatever of it has run. Raises Refused with every
    reason, DatabaseUnavailable.
    """
    with target.reading() as session:
        history = ledger.read_history(session, target.tree)
        return _plan(target, history, to, read_archives(session, target.tree))


def roll_back(
    target: Target,
    expected: Rollback,
    *,
    why: str = "",
    force: bool = False,
    interrupt: Interrupt | None = None,
    progress: Tell = lambda _: None,
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Carries out a rollback that was shown, and proves it before it is committed.

    ``told`` is told what became of a COMMIT at which the connection was lost.

    Raises Refused when it is not the same any more and, unless ``force``, when somebody has changed
    what the versions made, or when that is not as it was before them in the end.
    """
    with target.connect(interrupt, version=expected.to_version) as session:
        taking = _TakingBack(target, session, expected, why, force=force, progress=progress, told=told)
        try:
            if rollback_segments(expected) or ledger.read_versions(session, target.tree).progress:
                with holding(session, target):
                    taking.in_segments()
            else:
                taking.in_one()
            say(session, Word(Wake.LOOK, target.tree))
        except MainsqlError as error:
            session.rollback()
            if isinstance(error, StatementError) and error.hint is None and expected.pruned:
                error.hint = f"the undo may have needed {'; '.join(expected.pruned)}"
            error.outcome = error.outcome or taking.outcome()
            raise


class _TakingBack:
    """One rollback."""

    def __init__(
        self,
        target: Target,
        session: Session,
        expected: Rollback,
        why: str,
        *,
        force: bool,
        progress: Tell,
        told: Callable[[str], None],
    ) -> None:
        self._target = target
        self._session = session
        self._expected = expected
        self._why = why
        self._force = force
        self._progress = progress
        self._told = told

    def in_one(self) -> None:
        """All in one transaction."""
        session, rollback = self._session, self._expected
        made = self._begin()
        executor.take_back(
            session, rollback.tree, rollback.steps, limits=self._target.limits, progress=self._progress
        )
        self._end(made)
        lost = Lost(session.transaction_id(), session.pid)
        try:
            session.commit()
        except ConnectionLost:
            settle(self._target, lost, session.interrupt, partial(_is_marked, rollback=rollback), self._told)

    def in_segments(self) -> None:
        """Takes back what is in progress, or goes on with that; the session holds the lock meanwhile."""
        session, target, rollback = self._session, self._target, self._expected
        under_way = ledger.read_versions(session, target.tree).progress
        known = under_way.segments if under_way is not None and under_way.undoes else ()
        if under_way is not None and not known:
            self._abandon(under_way)
        found = rollback_segments(rollback)
        if known and [each.digest for each in as_records(found)] != [each.digest for each in known]:
            raise Refused(
                f"the rollback of {target.label} that is in progress would do something else now than when "
                "it began",
                hint="somebody has changed its undo scripts in mainsql.steps: see mainsql.segments for what "
                "it began with",
            )
        if not found:
            self.in_one()
            return
        by = whoami()
        made: list[Sequence[Recorded]] = list(self._made()) if known else []

        def begin_all() -> None:
            made.extend(self._begin())
            self._write_down(by)

        def settled(lost: Lost, ending: Ending) -> None:
            is_complete = partial(_is_marked, rollback=rollback)
            settle_segments(target, session, lost, ending, is_complete, self._told)

        carry_out(
            Course(
                session,
                target.dsn,
                target.tree,
                found,
                None,
                by,
                target.limits,
                UndoPolicy.OPTIONAL,
                self._progress,
                begin=lambda: begin_next(session, target),
                open=begin_all,
                close=lambda: self._end(made),
                attempt=lambda work: work(Manner(target.limits)),
                settle=settled,
            ),
            known,
        )

    def outcome(self) -> str:
        """What state the target is in after a failure, for people."""
        number = self._expected.from_version
        try:
            history = ledger.read_versions(self._session, self._target.tree)
        except DatabaseError:
            if not rollback_segments(self._expected):
                return still(self._target, number)
            return (
                f"A rollback of {self._target.label} may be in progress: mainsql rollback --last goes on "
                "with it. See `mainsql status`."
            )
        return still(self._target, history.number, history.progress)

    def _begin(self) -> list[Sequence[Recorded]]:
        """Begins the transaction, if all is as it was shown; what the versions have made."""
        session, target = self._session, self._target
        take_lock(session, target)
        history = ledger.read_history(session, target.tree)
        archives = read_archives(session, target.tree)
        if _plan(target, history, self._expected.to_version, archives) != self._expected:
            raise Refused(
                f"{target.label} has changed since the rollback was shown",
                hint="look at it again: mainsql rollback --dry-run",
            )
        made = self._made()
        if not self._force:
            _check_unchanged(session, target, wanted_after(made))
        return made

    def _made(self) -> list[Sequence[Recorded]]:
        """What each version that is taken back has made, the oldest first."""
        session, tree = self._session, self._target.tree
        found = [objects for _, objects in read_objects(session, tree, self._expected.versions)]
        under_way = ledger.read_versions(session, tree).progress
        if under_way is not None and under_way.commit is not None:
            found.append(records.read_segment_objects(session, tree, under_way.version) or ())
        return found

    def _end(self, made: Sequence[Sequence[Recorded]]) -> None:
        """Records what was in progress, marks what is taken back, and proves that it is."""
        session, rollback, by = self._session, self._expected, whoami()
        under_way = ledger.read_versions(session, rollback.tree).progress
        if under_way is not None and under_way.commit is not None:
            record_version(session, under_way, by, complete=False)
        ledger.mark_rolled_back(session, rollback, by, self._why or (under_way.why if under_way else ""))
        drop_used(session, rollback, by)
        if under_way is not None:
            records.end_progress(session, rollback.tree)
        if not self._force:
            _check_taken_back(session, rollback, made)

    def _write_down(self, by: str) -> None:
        """Writes down that it begins, in segments."""
        under_way = ledger.read_versions(self._session, self._target.tree).progress
        begun = rollback_progress(self._expected, under_way.commit if under_way else None, by, self._why)
        records.begin_rollback(self._session, begun)

    def _abandon(self, under_way: Progress) -> None:
        """Takes away what there is of a statement that was begun, and of which nobody knows how it ended."""
        record = under_way.next
        if record is None or not record.in_doubt:
            return
        statement = lone(record)
        if not Lone(self._session, statement, self._target.limits).abandon(record.subject):
            text = " ".join(statement.statement.text.split())[:200]
            raise Refused(
                f"{record.units[0]}: this was begun, and may be done by now: {text}",
                hint="complete the version (mainsql deploy), and roll it back then; or look whether it is "
                "done, and say so: mainsql resume --statement-done, or --statement-again",
            )
        with self._session.transaction():
            records.forget_start(self._session, under_way.tree, record.position)


def _is_marked(history: History, rollback: Rollback) -> bool:
    # What is in progress is a version only once it is taken back.
    return history.progress is None and all(
        found.rolled_back for found in history.versions if found.version in rollback.versions
    )


def _check_unchanged(session: Session, target: Target, wanted: Records) -> None:
    found = compared(session, wanted)
    if found.verdict is Verdict.DIFFERENT:
        raise Refused(
            f"somebody has changed by other means what these versions of {target.label} made:",
            reasons=tuple(lines(found, ("what was deployed", "what is there now"))),
            hint="change it back; or, if the undo scripts fit it as it is: mainsql rollback --force",
        )


def _check_taken_back(session: Session, rollback: Rollback, versions: Sequence[Sequence[Recorded]]) -> None:
    history = ledger.read_history(session, rollback.tree)
    steps = [
        step for version in history.versions if version.version in rollback.versions for step in version.steps
    ]
    found = taken_back(session, versions, [step.undo for step in steps])
    if found.verdict is Verdict.DIFFERENT:
        raise Refused(
            f"the undo scripts do not lead back to what was there before version {rollback.versions[-1]}:",
            reasons=tuple(lines(found, ("what was there before", "what the undo scripts leave"))),
            hint="write undo scripts that do, and commit them: the next deploy records them; "
            "or, if the difference is meant: mainsql rollback --force",
        )


def _plan(target: Target, history: History, to: int | None, archives: Sequence[Archived]) -> Rollback:
    under_way = history.progress
    if not history.versions and under_way is None:
        raise Refused(
            f"nothing was deployed to {target.label} yet", hint="see `mainsql status` for what is there"
        )
    history = with_part(history)
    if under_way is not None and under_way.undoes:
        if to not in (None, under_way.back_to):
            raise Refused(
                rollback_in_progress(target, under_way),
                hint=f"complete it first: mainsql rollback --to {under_way.back_to}",
            )
        to = under_way.back_to
    found = plan_rollback(history, before_current(history) if to is None else to, archives)
    if isinstance(found, Refusal):
        raise refused(found)
    return found
