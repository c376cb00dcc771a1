"""Random histories of commits: the database always has what the tree says, each statement once.

The database is a set of numbers: a statement puts one in, and an undo script takes out what its
commit had put in.
"""

import re
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.histories import START, Target

from mainsql.model import OnRemoved, Plan, Refusal, Rollback, RolledBack, Statement, UpToDate
from mainsql.plan.planner import applied
from mainsql.plan.rollback import plan_rollback

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(
            ["add", "append", "append", "move", "remove", "revert", "edit", "reformat", "roll back"]
        ),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=14,
)


@dataclass
class World:
    """A repository, a database, and what the model says of both. ``units`` are numbers by path."""

    target: Target = field(default_factory=lambda: Target(on_removed=OnRemoved.UNDO))
    units: dict[str, list[int]] = field(default_factory=dict)
    undos: dict[str, list[int]] = field(default_factory=dict)
    spaces: dict[str, int] = field(default_factory=dict)
    commits: list[tuple[dict[str, list[int]], dict[str, list[int]]]] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)
    snapshots: dict[int, frozenset[int]] = field(default_factory=lambda: {0: frozenset()})
    counter: int = 0

    def new(self) -> int:
        self.counter += 1
        return self.counter

    def files(self) -> dict[str, str]:
        files = {"main.sql": "select 'main';\n" + "".join(f"\\i {path}\n" for path in self.units)}
        files["main.undo.sql"] = "-- nothing to take back"
        for path, numbers in self.units.items():
            gap = " " * self.spaces.get(path, 1)
            files[path] = "".join(f"insert{gap}{number};\n" for number in numbers)
            undone = "".join(f"delete {number};\n" for number in reversed(self.undos[path]))
            files[path.replace(".sql", ".undo.sql")] = undone
        return files

    def run(self, statements: tuple[Statement, ...]) -> None:
        for statement in statements:
            match re.findall(r"insert|delete|\d+", statement.text):
                case ["insert", number]:
                    assert int(number) not in self.numbers, "ran twice"
                    self.numbers.add(int(number))
                case ["delete", number]:
                    assert int(number) in self.numbers, "taken back twice"
                    self.numbers.remove(int(number))

    def deploy(self) -> Plan | UpToDate | Refusal:
        commit = f"c{len(self.target.history.versions)}"
        found = self.target.plan(self.files(), commit)
        if isinstance(found, Plan):
            for removal in found.removals:
                self.run(removal.statements)
            self.run(found.program)
            self.target.history = applied(self.target.history, found, START)
            self.snapshots[found.version] = frozenset(self.numbers)
        return found

    def roll_back(self, to: int) -> None:
        found = plan_rollback(self.target.history, to)
        assert isinstance(found, Rollback), found
        for step in found.steps:
            self.run(step.statements)
        mark = RolledBack(START, "eve", "")
        history = self.target.history
        self.target.history = replace(
            history,
            versions=tuple(
                replace(v, rolled_back=mark) if v.version in found.versions else v for v in history.versions
            ),
        )


def changed(world: World, change: str, pick: int) -> bool:
    """Makes the change in the repository, if it can be made there now."""
    paths = list(world.units)
    path = paths[pick % len(paths)] if paths else ""
    match change:
        case "add":
            world.units[f"u{world.new()}.sql"] = numbers = [world.new(), world.new()]
            world.undos[list(world.units)[-1]] = numbers
        case "append" if path:
            number = world.new()
            world.units[path] = [*world.units[path], number]
            world.undos[path] = [number]
        case "move" if path:
            moved = f"m{world.new()}.sql"
            world.units = {moved if p == path else p: n for p, n in world.units.items()}
            world.undos[moved] = world.undos.pop(path)
        case "remove" if path:
            del world.units[path], world.undos[path]
        case "revert" if world.commits:
            units, undos = world.commits[pick % len(world.commits)]
            # What comes back is new, and so its undo script has to take back all of it.
            undos |= {path: numbers for path, numbers in units.items() if path not in world.units}
            world.units, world.undos = dict(units), dict(undos)
        case "edit" if path:
            world.units[path] = [world.new(), *world.units[path][1:]]
        case "reformat" if path:
            world.spaces[path] = world.spaces.get(path, 1) + 1
        case _:
            return False
    return True


def wanted(world: World) -> set[int]:
    return {number for numbers in world.units.values() for number in numbers}


@given(CHANGES)
def test_the_database_has_what_the_tree_says(changes):
    world = World()
    world.deploy()
    for change, pick in changes:
        live = [v.version for v in world.target.history.versions if v.rolled_back is None]
        if change == "roll back":
            to = [0, *live][pick % (len(live) + 1)]
            if to == (live[-1] if live else 0):
                continue
            world.roll_back(to)
            assert world.numbers == world.snapshots[to]
            # What was rolled back does not come back by itself.
            before = set(world.numbers)
            world.deploy()
            assert world.numbers == before
            return
        kept = dict(world.units), dict(world.undos)
        if not changed(world, change, pick):
            continue
        before = set(world.numbers)
        if isinstance(world.deploy(), Refusal):
            assert world.numbers == before
            world.units, world.undos = kept
            continue
        assert world.numbers == wanted(world)
        world.commits.append((dict(world.units), dict(world.undos)))
        assert isinstance(world.deploy(), UpToDate)


@given(CHANGES)
def test_growing_is_the_same_as_building_from_nothing(changes):
    world = World()
    for change, pick in changes:
        if change in ("add", "append", "move", "reformat") and changed(world, change, pick):
            assert not isinstance(world.deploy(), Refusal)
    fresh = World(units=world.units, undos=world.undos)
    fresh.deploy()
    assert world.numbers == fresh.numbers == wanted(world)
