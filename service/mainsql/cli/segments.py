"""How versions in several segments look to people: planned, and in progress."""

from collections.abc import Sequence

from mainsql.cli.output import counted, moment, say
from mainsql.model import Plan, Progress, SegmentKind, SegmentRecord
from mainsql.plan.segments import as_records, lone, segments

_MOST_UNITS = 5
_MOST_CHARACTERS = 100


def divided(count: int) -> str:
    """That it is done in so many segments, and what that means."""
    each = "which" if count == 1 else "each of which"
    return f"in {counted(count, 'segment')}, {each} stays once it is finished"


def show_segments(plan: Plan) -> None:
    """Prints the segments of a plan, where it cannot be one transaction."""
    found = as_records(segments(plan))
    if found:
        say(f"  {divided(len(found))}:")
        for record in found:
            say(f"    {record.position}. {_what(record)}", hanging=7)


def show_progress(label: str, under_way: Progress) -> None:
    """Prints what is in progress, segment by segment, and what goes on with it."""
    what = f"version {under_way.version}"
    if under_way.commit is not None:
        what += f" from {under_way.commit.short} ({under_way.commit.subject[:50]})"
    way_out = "`mainsql deploy` goes on with it, `mainsql rollback --last` takes back what it did"
    if under_way.undoes:
        what = f"the rollback to version {under_way.back_to}"
        way_out = "`mainsql rollback --last` goes on with it"
    say(
        f"\n{label}: {what} is in progress since {moment(under_way.begun_at)}, begun by "
        f"{under_way.begun_by}. Nothing else is deployed until it is complete: {way_out}.",
        "yellow",
    )
    for record in under_way.segments:
        say(f"  {record.position}. {state(record)}, {_what(record)}", hanging=5)


def state(record: SegmentRecord) -> str:
    """How far a segment has come."""
    if record.finished:
        return "finished"
    return "begun" if record.in_doubt else "to come"


def statement(record: SegmentRecord) -> str | None:
    """The statement of a segment that is one."""
    return lone(record).statement.text if record.kind is SegmentKind.ALONE else None


def _what(record: SegmentRecord) -> str:
    if (text := statement(record)) is not None:
        shown = " ".join(text.split())
        if len(shown) > _MOST_CHARACTERS:
            shown = shown[:_MOST_CHARACTERS] + "…"
        return f"alone ({record.units[0]}): {shown}"
    return f"a transaction ({_listed(record.units)})"


def _listed(units: Sequence[str]) -> str:
    more = len(units) - _MOST_UNITS
    return ", ".join(units[:_MOST_UNITS]) + (f" and {more} more" if more > 0 else "")
