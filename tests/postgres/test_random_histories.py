"""Random histories of commits, deployed one after the other: a database has what the model says.

A longer search than the suite's, with other histories each time, is::

    MAINSQL_TESTS_RANDOM=1 MAINSQL_TESTS_EXAMPLES=1000 pytest tests/postgres/test_random_histories.py

(tests/unit/test_planner_properties.py has the same without a database, and thousands of them.)
"""

import contextlib
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.parity.dumping import dump
from tests.postgres.deploying import Shop
from tests.postgres.worlds import World, found

from mainsql.model import OnRemoved
from mainsql.operations.outcome import State

EXAMPLES = int(os.environ.get("MAINSQL_TESTS_EXAMPLES", "4"))

GROWING = ["add", "add code", "append", "append", "edit", "move", "reformat"]
ANY = ["append", "revert", "edit", "move", "remove", "append", "revert", "add", "add code", "reformat"]

several = settings(
    max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.explain}
)


def changes(*kinds):
    return st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 9)), min_size=5, max_size=10)


@contextlib.contextmanager
def shop(database, **options):
    """A repository of its own, deployed to the database, which is emptied before."""
    database.execute("drop schema if exists mainsql, public cascade; create schema public")
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(Shop(Path(folder), database.dsn, **options)) as shop,
    ):
        yield shop


@pytest.mark.parametrize("on_removed", [OnRemoved.KEEP, OnRemoved.UNDO])
def test_a_database_has_what_the_model_says(database, on_removed):
    @several
    @given(changes(*ANY), st.integers(0, 9))
    def check(history, to):
        with shop(database, on_removed=on_removed) as target:
            world = World(target, on_removed)
            for what in ("add", "add code", "append"):
                world.change(what, 0)
                world.push()
            for what, pick in history:
                if not world.change(what, pick):
                    continue
                outcome = world.push()
                assert found(database.execute) == world.has
                if outcome.state is not State.UP_TO_DATE:
                    # Not everything can be reverted; but nothing is done by halves.
                    assert what == "revert", outcome.report
                    world.go_back()
                    assert world.push().state is State.UP_TO_DATE
            if on_removed is OnRemoved.UNDO:
                version = sorted(world.versions)[to % len(world.versions)]
                if version != target.version:
                    target.roll_back(version)
                assert found(database.execute) == world.versions[version]

    check()


def test_growing_is_the_same_as_building_from_nothing(database, another_database):
    @several
    @given(changes(*GROWING))
    def check(history):
        with shop(database) as target:
            world = World(target, OnRemoved.KEEP)
            for what, pick in history:
                if world.change(what, pick):
                    assert world.push().state is State.UP_TO_DATE
        with shop(another_database) as target:
            fresh = World(target, OnRemoved.KEEP, world.files, world.undos)
            assert fresh.push().version == 1
        assert dump(database.dsn) == dump(another_database.dsn)

    check()
