"""Several daemons and command lines on one target; ``python -m tests.faults races`` is the long form."""

import random

import pytest
from tests.faults.lanes import lanes
from tests.faults.races import Race
from tests.faults.scene import new_folder


@pytest.fixture(scope="module")
def racers():
    with new_folder() as folder, lanes(folder, 5) as zygotes:
        yield zygotes


def test_nothing_is_done_twice_and_nothing_is_left_out(every_server, database, racers, tmp_path):
    seed = random.randrange(1 << 32)  # noqa: S311
    print(f"seed {seed}")  # pytest shows it when this fails
    race = Race(
        tmp_path / "repo",
        every_server.socket_folder,
        database.dsn,
        daemons=3,
        operators=2,
        turns=2,
        seed=seed,
    )
    race.run(racers, commits=8)
    assert race.said["rollback: 0"] + race.said["deploy: 0"] > 0
