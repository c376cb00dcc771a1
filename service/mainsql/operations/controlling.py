"""What operators say about a target: pause, resume, accept a history. A word is a row in its ledger."""

from mainsql.database import ledger
from mainsql.errors import Refused
from mainsql.model import History, Said
from mainsql.operations.target import Target, whoami
from mainsql.plan.state import held_versions


def pause(target: Target, why: str) -> None:
    """Holds everything until ``resume``. Raises Refused when it is paused already, or has no ledger."""
    with target.writing() as session:
        history = _history(target, ledger.read_history(session, target.tree))
        if (word := history.paused) is not None:
            raise Refused(
                f"{target.label} is paused already: by {word.by} at {word.at:%Y-%m-%d %H:%M} ({word.why})",
                hint="mainsql resume releases it",
            )
        ledger.record_control(session, target.tree, Said.PAUSED, whoami(), why)


def resume(target: Target, why: str) -> tuple[bool, int]:
    """Goes on after a pause, and releases what was rolled back, so that it may be applied again.

    Whether it was paused, and how many versions were held. Raises Refused when neither was so.
    """
    with target.writing() as session:
        history = ledger.read_history(session, target.tree)
        held = held_versions(history)
        if not held and history.paused is None:
            raise Refused(f"nothing is held in {target.label}", hint="see `mainsql status`")
        ledger.record_control(session, target.tree, Said.RESUMED, whoami(), why)
    return history.paused is not None, len(held)


def accept_history(target: Target, why: str) -> None:
    """Lets the next deploy go on from a commit that does not come after the applied one.

    Raises Refused when nothing was deployed.
    """
    with target.writing() as session:
        _history(target, ledger.read_history(session, target.tree))
        ledger.record_control(session, target.tree, Said.ACCEPTED_HISTORY, whoami(), why)


def _history(target: Target, history: History) -> History:
    if not history.versions:
        raise Refused(
            f"nothing was deployed to {target.label} yet", hint="its ledger comes with the first version"
        )
    return history
