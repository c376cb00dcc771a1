"""The server is killed -9 while mainsql works on it, and started again.

Here it is at some places, each story on one of the servers; ``python -m tests.faults crash`` takes all
places on all.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.crashing import CrashingServer, crashing_server
from tests.faults.proxy import Way
from tests.faults.runs import Zygote
from tests.faults.scene import new_folder, scene
from tests.faults.stories import STORIES
from tests.faults.striking import count_places, crash
from tests.faults.turns import in_turn


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[CrashingServer]:
    with new_folder() as folder, crashing_server(folder / "server", request.param) as server:
        yield server


@pytest.mark.parametrize(("server", "story"), sorted(in_turn(STORIES)), indirect=["server"])
def test_the_server_crashes(server: CrashingServer, tmp_path: Path, zygote: Zygote, story: str) -> None:
    with scene(STORIES[story], server.server, tmp_path / "repo", zygote) as found:
        count = count_places(found, zygote)
        for number in (3, count // 2, count - 2):
            crash(found, zygote, server, number, Way.PAUSE)
        at_commit = count - 1
        for way in (Way.PAUSE, Way.SEEN):
            crash(found, zygote, server, at_commit, way)
