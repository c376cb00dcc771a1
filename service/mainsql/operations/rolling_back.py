"""Takes a target back to an earlier version, all in one transaction, and marks what was taken back."""

from collections.abc import Callable, Sequence

from mainsql.database import executor, ledger
from mainsql.database.archives import read_archives
from mainsql.database.lost import Lost
from mainsql.database.performance import Progress
from mainsql.database.proving import compared, taken_back
from mainsql.database.records import read_objects
from mainsql.database.session import Interrupt, Session
from mainsql.errors import ConnectionLost, MainsqlError, Refused, StatementError
from mainsql.model import History, Refusal, Rollback
from mainsql.operations.locking import take_lock
from mainsql.operations.planning import refused
from mainsql.operations.settling import settle
from mainsql.operations.target import Target, whoami
from mainsql.plan.rollback import before_current, plan_rollback
from mainsql.undo.comparing import Verdict
from mainsql.undo.differences import lines
from mainsql.undo.recording import Recorded, Records, wanted_after


def preview_rollback(target: Target, to: int | None) -> Rollback:
    """What a rollback to version ``to`` (None: to the one before the current) would run.

    Raises Refused with every reason, DatabaseUnavailable.
    """
    with target.reading() as session:
        return _plan(session, target, to)


def roll_back(
    target: Target,
    expected: Rollback,
    *,
    why: str = "",
    force: bool = False,
    interrupt: Interrupt | None = None,
    progress: Progress = lambda _: None,
    told: Callable[[str], None] = lambda _: None,
) -> None:
    """Carries out a rollback that was shown, and proves it before it is committed.

    ``told`` is told what became of a COMMIT at which the connection was lost.

    Raises Refused when it is not the same any more and, unless ``force``, when somebody has changed
    what the versions made, or when that is not as it was before them in the end.
    """
    with target.connect(interrupt, version=expected.to_version) as session:
        try:
            take_lock(session, target)
            rollback = _plan(session, target, expected.to_version)
            if rollback != expected:
                raise Refused(
                    f"{target.label} has changed since the rollback was shown",
                    hint="look at it again: mainsql rollback --dry-run",
                )
            versions = [made for _, made in read_objects(session, target.tree, rollback.versions)]
            if not force:
                _check_unchanged(session, target, wanted_after(versions))
            executor.roll_back(
                session, rollback, by=whoami(), why=why, limits=target.limits, progress=progress
            )
            if not force:
                _check_taken_back(session, rollback, versions)
            lost = Lost(session.transaction_id(), session.pid)
            try:
                session.commit()
            except ConnectionLost:
                settle(target, lost, session.interrupt, lambda after: _is_marked(after, rollback), told)
        except MainsqlError as error:
            session.rollback()
            if isinstance(error, StatementError) and error.hint is None and expected.pruned:
                error.hint = f"the undo may have needed {'; '.join(expected.pruned)}"
            error.outcome = error.outcome or (
                f"Nothing was changed: {target.label} is still at version {expected.from_version}."
            )
            raise


def _is_marked(history: History, rollback: Rollback) -> bool:
    return all(found.rolled_back for found in history.versions if found.version in rollback.versions)


def _check_unchanged(session: Session, target: Target, records: Records) -> None:
    found = compared(session, records)
    if found.verdict is Verdict.DIFFERENT:
        raise Refused(
            f"somebody has changed by other means what these versions of {target.label} made:",
            reasons=tuple(lines(found, ("as it was deployed", "as it is now"))),
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
            reasons=tuple(lines(found, ("as it was before", "after the undo scripts"))),
            hint="write undo scripts that do, and commit them: the next deploy records them; "
            "or, if the difference is meant: mainsql rollback --force",
        )


def _plan(session: Session, target: Target, to: int | None) -> Rollback:
    history = ledger.read_history(session, target.tree)
    if not history.versions:
        raise Refused(
            f"nothing was deployed to {target.label} yet", hint="see `mainsql status` for what is there"
        )
    archives = read_archives(session, target.tree)
    found = plan_rollback(history, before_current(history) if to is None else to, archives)
    if isinstance(found, Refusal):
        raise refused(found)
    return found
