"""Which of the archives of a tree an undo needs, and which are more than may be kept."""

from collections.abc import Sequence
from datetime import datetime

from mainsql.model import Archived, ArchiveLimits, History, RollbackStep, Version
from mainsql.plan.state import late_undo
from mainsql.undo.archive import table


def needed(history: History, archives: Sequence[Archived]) -> frozenset[Archived]:
    """Those whose rows the undo of a live version puts back."""
    live = {version.version: version for version in history.versions if version.rolled_back is None}
    return frozenset(
        each for each in archives if each.version in live and _needs(history, live[each.version], each)
    )


def _needs(history: History, version: Version, archived: Archived) -> bool:
    name = table(archived.kept.table)
    for step in version.steps:
        # As in a rollback: a script that takes back several units is not replaced by one for one of them.
        late = None if step.undo.together else late_undo(history, version, step)
        if name in ((late or step).undo.script or ""):
            return True
    return False


def beyond(
    archives: Sequence[Archived],
    needed: frozenset[Archived],
    limits: ArchiveLimits,
    now: datetime,
    *,
    force: bool = False,
) -> tuple[Archived, ...]:
    """What is to be pruned, of archives whose rows are still there: the oldest first.

    That is what is older than it may be, and the oldest of what is more than there may be in all; what
    is ``needed`` counts, but is let be, unless with ``force``.
    """
    there = sorted(archives, key=lambda each: (each.at, each.version, each.position))
    total = sum(each.kept.bytes for each in there)
    found = []
    for each in there:
        if each in needed and not force:
            continue
        too_old = limits.age is not None and now - each.at > limits.age
        if too_old or (limits.size is not None and total > limits.size):
            found.append(each)
            total -= each.kept.bytes
    return tuple(found)


def pruned(archives: Sequence[Archived], steps: Sequence[RollbackStep]) -> tuple[str, ...]:
    """What these undo scripts do not put back any more, in words."""
    texts = [statement.text for step in steps for statement in step.statements]
    return tuple(
        f"{each.what}: they were kept, and pruned by {each.dropped.by} at {each.dropped.at:%Y-%m-%d %H:%M} "
        f"({each.dropped.why})"
        for each in archives
        if each.dropped is not None
        and each.dropped.needed
        and any(table(each.kept.table) in text for text in texts)
    )
