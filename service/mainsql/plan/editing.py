"""What became of a unit that was edited after it was applied."""

import difflib
import shlex
from collections.abc import Iterator, Sequence

from mainsql.model import ASKS, Action, Note, Objection, Plan, Statement, Unit, Version, essential
from mainsql.plan.state import Applied
from mainsql.script.resolver import resolve_flat


def applied_statements(known: Applied) -> list[Statement]:
    """The statements of a unit that ran, as the ledger recorded them, and were not replaced since."""
    return [statement for script in known.scripts for statement in resolve_flat(known.step.unit, script)]


def runs_again(unit: Unit, known: Applied) -> str | None:
    """Why a changed unit cannot simply run again; None if it can.

    It can if all of its code replaces itself, and all that was applied did.
    """
    # The grammar takes a while to import, and is needed only where something has changed.
    from mainsql.script.repeating import once

    if (keeps := once(unit.counted)) is not None:
        return f"its statement {_number(unit.counted, keeps.statement)} {keeps.why}"
    if (kept := once(applied_statements(known))) is not None:
        return f"what was applied cannot be replaced: {_head(kept.statement)} {kept.why}"
    return None


def left_behind(unit: Unit, known: Applied) -> Iterator[Note]:
    """What a unit does not say any more, and what stays all the same when it runs again."""
    from mainsql.script.repeating import effects

    said = {effect for statement in unit.counted for effect in effects(statement)}
    digests = set(unit.digests)
    for statement in applied_statements(known):
        for kind, *name in effects(statement):
            if statement.digest in digests or (kind, *name) in said:
                continue
            if kind == "grant":
                yield Note(
                    unit.place,
                    f"{_head(statement)} is not in {unit.name} any more, but running the rest again does "
                    "not revoke it: write the REVOKE",
                )
            else:
                yield Note(
                    unit.place,
                    f"{kind} {'.'.join(name)} is not in {unit.name} any more, but stays: write the DROP, "
                    "in another file",
                )


def taken_for_once(plan: Plan) -> Iterator[Note]:
    """Which units cannot run again when they change, because the grammar does not know what runs of them.

    That is nothing that a deploy has to know, but somebody who reads the plan will want to.
    """
    from mainsql.script.repeating import unread

    said = {unit.name for unit in plan.tree.units if unit.directive is not None}
    for step in plan.steps:
        if step.action not in (Action.RUN, Action.APPEND) or step.unit in said:
            continue
        if (statement := unread(step.statements)) is not None:
            yield Note(
                statement.place,
                f"{_head(statement)} is not known to the grammar: it runs all the same, but when "
                f"{step.unit} is edited it does not run again, unless it says -- mainsql: repeatable",
            )


def edited(unit: Unit, known: Applied, why: str | None) -> Objection:
    """The refusal of a unit that was edited, with the statement that differs first."""
    statements = [s for s in unit.counted if not s.digest.startswith(ASKS)]
    digests = essential(known.digests)
    index = next(
        (i for i, s in enumerate(statements) if i >= len(digests) or s.digest != digests[i]),
        None,
    )
    if index is None:
        what, place = f"its statement {len(statements) + 1} is gone", unit.place
        index, new = len(statements), ""
    else:
        what, place = f"its statement {index + 1} is not what was applied", statements[index].place
        new = statements[index].text
    old = _recorded(known, index) if index < len(digests) else None
    version = _applied_with(known, index)
    return Objection(
        unit.name,
        f"{unit.name} was edited after it was applied with version {version.version} "
        f"(commit {version.commit.short}, {version.commit.subject}): {what}",
        (f"it does not run again by itself: {why}; " if why else "")
        + "append to what was applied instead, or put the change into a new file; to run all of it again, "
        "say so in its first line: -- mainsql: repeatable; if the database is as the file says already: "
        f"mainsql accept {shlex.quote(unit.name)}; or roll back to before version {version.version}",
        place,
        tuple(_difference(old.text, new)) if old is not None else (),
    )


def _recorded(known: Applied, index: int) -> Statement | None:
    """A statement of a unit as the ledger recorded it; None where that cannot be told any more.

    What was decided only while it ran was recorded with its values, or not at all.
    """
    ran = [s for s in applied_statements(known) if not s.command and not s.digest.startswith(ASKS)]
    digests = essential(known.digests)
    same = [statement for statement in ran if statement.digest == digests[index]]
    if same:
        return same[0]
    return ran[index] if len(ran) == len(digests) else None


def _applied_with(known: Applied, index: int) -> Version:
    """The version that applied a statement of a unit, counted from 0 without those that only ask."""
    found = known.version
    for version, step in reversed(known.story):
        if index >= len(essential(step.digests)):
            break
        found = version
        if step.action is not Action.APPEND:
            break
    return found


def _difference(old: str, new: str) -> Iterator[str]:
    lines = difflib.ndiff(old.strip().splitlines(), new.strip().splitlines())
    return (line.rstrip() for line in lines if not line.startswith("?"))


def _number(statements: Sequence[Statement], wanted: Statement) -> int:
    return next(i for i, statement in enumerate(statements, start=1) if statement is wanted)


def _head(statement: Statement) -> str:
    text = " ".join(statement.text.split()).rstrip("; ")
    return text if len(text) <= 60 else text[:59] + "…"
