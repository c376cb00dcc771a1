"""What is planned from a part of the ledger is what is planned from all of it."""

from dataclasses import replace

from hypothesis import given
from tests.unit.histories import START, Target
from tests.unit.resolving import tree
from tests.unit.test_planner_properties import CHANGES, World, changed

from mainsql.model import Commit, History, Refusal, Tree
from mainsql.plan.planner import plan
from mainsql.plan.settled import Mark, settled_units

FILES = {
    "main.sql": "\\i a.sql\n\\i b.sql\n",
    "a.sql": "create table a ();",
    "b.sql": "create table b ();",
    "b.undo.sql": "drop table b;",
}


def marks(history: History) -> list[Mark]:
    """What is read of all steps, to tell which of them are needed."""
    return [
        (
            step.unit,
            version.rolled_back is None,
            step.action.value,
            " ".join(step.digests),
            step.undo_digest,
            step.moved_from,
        )
        for version in history.versions
        for step in version.steps
    ]


def without_settled(history: History, planned: Tree) -> History:
    """The history as it is read to plan this tree."""
    settled = settled_units(marks(history), planned)
    versions = (
        replace(version, steps=tuple(step for step in version.steps if step.unit not in settled))
        for version in history.versions
    )
    return replace(history, versions=tuple(versions), settled=settled)


def settled(target: Target, files: dict[str, str]) -> set[str]:
    return set(settled_units(marks(target.history), tree(files)))


def test_what_is_applied_as_it_is_is_settled() -> None:
    target = Target().deploy(FILES)
    assert settled(target, FILES) == {"a.sql", "b.sql"}
    assert settled(target, {**FILES, "a.sql": "create table a ();\nselect 1;"}) == {"b.sql"}
    assert settled(target, {**FILES, "b.undo.sql": "drop table if exists b;"}) == {"a.sql"}
    always = {**FILES, "a.sql": f"-- mainsql: always\n{FILES['a.sql']}"}
    assert settled(target, always) == {"b.sql"}
    assert settled(target.roll_back(1), FILES) == set()


def test_what_has_a_story_of_its_own_is_for_the_planner() -> None:
    later = {**FILES, "a.undo.sql": "drop table a;"}
    assert settled(Target().deploy(FILES, later), later) == {"b.sql"}
    moved = {**FILES, "main.sql": "\\i c.sql\n\\i b.sql\n", "c.sql": FILES["a.sql"]}
    assert settled(Target().deploy(FILES, moved), moved) == {"b.sql"}


@given(CHANGES)
def test_the_plan_is_the_same(changes: list[tuple[str, int]]) -> None:
    world = World()
    world.deploy()
    for change, pick in changes:
        history = world.target.history
        live = [version.version for version in history.versions if version.rolled_back is None]
        kept = dict(world.units), dict(world.undos)
        if change == "roll back":
            to = [0, *live][pick % (len(live) + 1)]
            if to == (live[-1] if live else 0):
                continue
            world.roll_back(to)
        elif not changed(world, change, pick):
            continue
        history, now = world.target.history, tree(world.files())
        options = {"on_removed": world.target.on_removed}
        commit = Commit("c", "Ada", "a change", START)
        part = without_settled(history, now)
        assert plan(now, commit, part, **options) == plan(now, commit, history, **options)
        if isinstance(world.deploy(), Refusal):
            world.units, world.undos = kept
