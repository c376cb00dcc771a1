"""What there is to say, and to refuse, while a version or a rollback is in progress."""

from mainsql.database import ledger
from mainsql.database.session import Session
from mainsql.errors import DatabaseError, Refused
from mainsql.model import History, Plan, Progress
from mainsql.operations.target import Target
from mainsql.plan.segments import segments

ROLLBACK_HINT = "mainsql rollback --last goes on with it"


def not_the_same(target: Target, under_way: Progress) -> Refused:
    """The error that says that a commit would not do any more what was begun."""
    return Refused(
        f"version {under_way.version} of {target.label} is in progress, and its commit would do "
        "something else now than when it began: was the configuration changed?",
        hint="change it back; or take back what it did: mainsql rollback --last",
    )


def check_nothing_in_progress(target: Target, history: History) -> None:
    """Raises Refused while a version or a rollback is in progress."""
    if (under_way := history.progress) is None:
        return
    check_no_rollback_in_progress(target, under_way)
    raise Refused(
        f"version {under_way.version} of {target.label} is in progress "
        f"since {under_way.begun_at:%Y-%m-%d %H:%M}",
        hint="mainsql deploy goes on with it; mainsql rollback --last takes back what it did",
    )


def check_no_rollback_in_progress(target: Target, under_way: Progress | None) -> None:
    """Raises Refused while a rollback is in progress."""
    if under_way is not None and under_way.undoes:
        raise Refused(rollback_in_progress(target, under_way), hint=ROLLBACK_HINT)


def rollback_in_progress(target: Target, under_way: Progress) -> str:
    """What there is to say while a rollback is in progress."""
    return (
        f"a rollback of {target.label} to version {under_way.back_to} is in progress: "
        f"{under_way.done} of {len(under_way.segments)} segments are finished. "
        f"It was begun by {under_way.begun_by} at {under_way.begun_at:%Y-%m-%d %H:%M}. "
        "Nothing is deployed until it is complete."
    )


def standing_after(target: Target, session: Session, plan: Plan) -> str:
    """What state a target is in after a plan has failed, for people."""
    if not segments(plan):
        return still(target, plan.onto)
    try:
        return still(target, plan.onto, _progress(target, session))
    except DatabaseError:
        return (
            f"{target.label}: version {plan.version} may be in progress; the next deploy goes on with it. "
            "See `mainsql status`."
        )


def _progress(target: Target, session: Session) -> Progress | None:
    if not session.lost:
        return ledger.read_versions(session, target.tree).progress
    with target.reading() as another:
        return ledger.read_versions(another, target.tree).progress


def still(target: Target, number: int, under_way: Progress | None = None) -> str:
    """What state a target is in, for people: unchanged, or in the middle of something."""
    if under_way is None:
        at = f"still at version {number}" if number else "still without a version"
        return f"Nothing was changed: {target.label} is {at}."
    if under_way.undoes:
        return rollback_in_progress(target, under_way)
    finished = f"{under_way.done} of {len(under_way.segments)} segments are finished"
    return (
        f"{target.label}: version {under_way.version} is in progress: {finished}"
        f"{', and stay' if under_way.done else ''}. Nothing else is deployed until it is complete (mainsql "
        "deploy goes on with it) or taken back (mainsql rollback --last)."
    )
