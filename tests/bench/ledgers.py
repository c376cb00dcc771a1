"""A ledger with a long past, written directly: as if a tree had come about commit by commit."""

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mainsql import __version__ as RELEASE
from mainsql.database import ledger
from mainsql.database.session import Session
from mainsql.model import Action, Tree, Unit
from mainsql.script.render import render

_START = datetime(2020, 1, 1, tzinfo=UTC)
_GROWS = 3
"""How many files grow with each version."""

Step = tuple[Unit, Action, int, int]
"""A unit, what is done, and from which of its statements to which."""


def install(session: Session) -> None:
    """Makes the ledger in a database without one."""
    plan = ledger.upgrade(session, RELEASE)
    assert plan is not None
    for statement in plan.program:
        session.run([statement], plan.tree)
    ledger.record(session, plan, {}, "mainsql@db")


def write_history(session: Session, tree: Tree, commit_id: str, versions: int) -> int:
    """Records that a tree was deployed in so many versions, the last of them from this commit.

    The first has most of its files, each later one brings a file and lets others grow by a
    statement (where they have more than one). How many steps that were.
    """
    rows: list[tuple[object, ...]] = []
    steps: list[tuple[object, ...]] = []
    previous = ""
    for version, done in enumerate(_history(tree, versions), start=1):
        last = version == versions
        name = commit_id if last else f"{version:040x}"
        digest = tree.digest if last else hashlib.sha256(name.encode()).hexdigest()
        undone = "".join(_undo(unit, start) for unit, _, start, _ in reversed(done))
        at = _START + timedelta(hours=version)
        rows.append(
            (tree.name, version, name, "Ada <ada@example.org>", f"Change {version}\n\nAt length.", at, at,
             "mainsql@db", timedelta(seconds=1), digest, str(version + 1000), undone, "written", previous)
        )  # fmt: skip
        previous = digest
        steps += (
            (tree.name, version, position, unit.name, action.value, list(unit.digests[:end]),
             render(unit.counted[start:end]), _undo(unit, start), "written", digest, timedelta(seconds=1))
            for position, (unit, action, start, end) in enumerate(done, start=1)
        )  # fmt: skip
    session.insert_rows(
        "insert into mainsql.versions (tree, version, commit_id, author, message, committed_at, applied_at, "
        "applied_by, duration, digest, transaction_id, undo_script, undo_kind, previous_hash) values %s",
        rows,
    )
    session.insert_rows(
        "insert into mainsql.steps (tree, version, position, unit, action, digests, script, undo_script, "
        "undo_kind, undo_digest, duration) values %s",
        steps,
    )
    session.query("analyze mainsql.versions, mainsql.steps")
    return len(steps)


def _history(tree: Tree, versions: int) -> Iterator[list[Step]]:
    units = [unit for unit in tree.units if unit.digests]
    later = min(versions - 1, len(units) // 2)
    early, new = units[: len(units) - later], iter(units[len(units) - later :])
    growing = [unit for unit in early if len(unit.digests) > 1][: _GROWS * (versions - 1)]
    grown = {unit.name for unit in growing}
    yield [(unit, Action.RUN, 0, 1 if unit.name in grown else len(unit.digests)) for unit in early]
    rest = iter(growing)
    for _ in range(versions - 1):
        yield [
            *((unit, Action.RUN, 0, len(unit.digests)) for unit in itertools.islice(new, 1)),
            *((unit, Action.APPEND, 1, len(unit.digests)) for unit in itertools.islice(rest, _GROWS)),
        ]


def _undo(unit: Unit, start: int) -> str:
    return f"-- {unit.path}:1\ndrop table if exists {unit.name.replace('/', '_')[:-4]}_{start};\n"
