"""mainsql is killed -9 between any two messages to the server, and started again.

Here each place of the first deploy is struck on one of the servers, and of the other stories some and
all around COMMIT; ``python -m tests.faults kill`` strikes all places on all servers.
"""

from functools import partial

import pytest
from tests.conftest import VERSIONS
from tests.faults.lanes import in_lanes
from tests.faults.stories import STORIES
from tests.faults.striking import count_places, kill_in_a_row

_EACH = {"first deploy": 1, "rollback": 3, "deploy": 12, "segments": 12, "segments back": 12}
_LAST = 4


@pytest.mark.parametrize("story", STORIES)
def test_killed_anywhere_it_ends_as_before_or_after_and_then_after(set_scene, zygotes, every_server, story):
    scene = set_scene(story)
    count = count_places(scene, zygotes[0])
    assert count > 200
    offset = [every_server.version.startswith(str(version)) for version in VERSIONS].index(True)
    places = [*range(1 + offset, count - _LAST, len(VERSIONS) * _EACH[story])]
    places += range(count - _LAST + 1, count + 1)
    rows = [places[lane :: len(zygotes)] for lane in range(len(zygotes))]
    in_lanes(zygotes, [partial(kill_in_a_row, scene, numbers=row) for row in rows])
