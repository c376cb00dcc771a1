import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.faults.lanes import lanes
from tests.faults.runs import Zygote
from tests.faults.scene import Scene, new_folder, scene
from tests.faults.stories import STORIES


@pytest.fixture(scope="session")
def zygotes() -> Iterator[Sequence[Zygote]]:
    """What starts mainsql, as many at once as there are processors."""
    with new_folder() as folder, lanes(folder) as started:
        yield started


@pytest.fixture
def zygote(zygotes: Sequence[Zygote]) -> Zygote:
    """One of them."""
    return zygotes[0]


@pytest.fixture
def set_scene(every_server, tmp_path: Path, zygote: Zygote) -> Iterator[Callable[[str], Scene]]:
    """Sets the scene for the story of that name, on each server in turn."""
    with contextlib.ExitStack() as stack:
        yield lambda name: stack.enter_context(scene(STORIES[name], every_server, tmp_path / "repo", zygote))
