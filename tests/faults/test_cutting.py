"""The connection is lost; mainsql lives on, finds out, and says no more than it knows.

Here it is at some places, and at all around COMMIT, each on one of the servers; ``python -m
tests.faults cut`` takes all of them on all.
"""

from collections.abc import Iterator
from functools import partial

import pytest
from tests.faults.lanes import in_lanes
from tests.faults.proxy import Way
from tests.faults.scene import Scene
from tests.faults.stories import STORIES
from tests.faults.striking import count_places, cut, cut_daemon, half_open
from tests.faults.turns import in_turn

IN_ONE_TRANSACTION = [name for name, story in STORIES.items() if not story.in_segments]
WAYS = (Way.BEFORE, Way.AFTER)
_STRIDE = 200
_LAST = 3
"""Messages: the last that is recorded, COMMIT, and what comes after it."""


def some_places(count: int) -> Iterator[int]:
    yield from range(1, count - _LAST, _STRIDE)
    yield from range(count - _LAST + 1, count + 1)


@pytest.mark.parametrize(("every_server", "story", "way"), in_turn(STORIES, WAYS), indirect=["every_server"])
def test_what_is_lost_on_the_way_is_done_again(set_scene, zygotes, story, way):
    scene = set_scene(story)
    places = some_places(count_places(scene, zygotes[0]))
    in_lanes(zygotes, [partial(cut, scene, number=number, way=way) for number in places])


@pytest.mark.parametrize(("every_server", "story"), in_turn(IN_ONE_TRANSACTION), indirect=["every_server"])
def test_with_the_server_out_of_reach_nothing_is_claimed(set_scene, zygotes, story):
    scene = set_scene(story)
    count = count_places(scene, zygotes[0])
    # At the last but one it asks for COMMIT.
    struck = [(number, way) for number in range(count - 2, count + 1) for way in WAYS]
    cuts = [partial(cut, scene, number=number, way=way, deaf=True) for number, way in struck]
    said = dict(zip(struck, (found.said for found in in_lanes(zygotes, cuts)), strict=True))
    for way in WAYS:
        assert "it is not known yet whether shop@place was changed" in said[count - 1, way]
        assert "not known" not in said[count, way]


@pytest.mark.parametrize(("every_server", "way"), in_turn(WAYS), indirect=["every_server"])
def test_the_daemon_tries_again_by_itself(set_scene, zygotes, way):
    scene = set_scene("deploy")
    count = count_places(scene, zygotes[0])
    places = (1, 12, count // 2, count - 1)
    in_lanes(zygotes, [partial(cut_daemon, scene, number=number, way=way) for number in places])


@pytest.mark.parametrize(("every_server", "story"), in_turn(STORIES), indirect=["every_server"])
def test_a_session_that_the_server_keeps_is_waited_for(set_scene, zygote, story):
    """It holds the lock until the server knows that nobody is there any more."""
    scene: Scene = set_scene(story)
    half_open(scene, zygote, count_places(scene, zygote) - 1)
