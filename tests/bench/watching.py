"""What it costs to watch many repositories of which none has anything new."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests.bench.place import Place


@dataclass(frozen=True, slots=True)
class Cost:
    """``share`` of a core, of which ``in_git`` is in the processes that are started for it; bytes."""

    share: float
    in_git: float
    memory: int
    connections: int
    """How many were made to the targets meanwhile."""


def cost(place: Place, repositories: int, interval: int, seconds: float) -> Cost:
    """Watches so many repositories, each a bare one behind a ``file://`` URL, for so many seconds.

    Each is polled every ``interval`` seconds. All trees are in one database, which each has one version in.
    """
    with place.database() as dsn, _watching(place, dsn, repositories, interval) as daemon:
        before, begun, made = daemon.cpu_times(), time.perf_counter(), place.sessions(dsn)
        time.sleep(seconds)
        after, passed = daemon.cpu_times(), time.perf_counter() - begun
        git = after.children_user + after.children_system - before.children_user - before.children_system
        own = after.user + after.system - before.user - before.system
        connections = place.sessions(dsn) - made - 1  # that which counted
        return Cost((own + git) / passed, git / passed, daemon.memory_info().rss, connections)


@contextlib.contextmanager
def _watching(place: Place, dsn: str, repositories: int, interval: int) -> Iterator[psutil.Process]:
    """A daemon that has deployed to all targets and has come to rest."""
    origin = place.repository("watched", {"main.sql": "select 1;\n"})
    sections = []
    for number in range(repositories):
        bare = place.folder / f"watched-{number}.git"
        origin.git("clone", "--quiet", "--bare", str(origin.path), str(bare))
        sections.append(
            f'[repositories.r{number}]\nurl = "file://{bare}"\ninterval = "{interval}s"\n'
            f'[trees.t{number}]\nrepository = "r{number}"\nmain = "main.sql"\n'
            f'[targets.d{number}]\ntree = "t{number}"\ndatabase = "{dsn}"\ndrift_interval = 0\n'
        )
    config = place.folder / "watching.toml"
    config.write_text("".join(sections))
    command = [str(Path(sys.executable).with_name("mainsql")), "watch", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=place.environment(), text=True) as process:
        try:
            assert process.stdout is not None
            waiting = repositories
            for line in process.stdout:
                waiting -= "deployed version 1" in line
                if not waiting:
                    break
            time.sleep(interval)  # the last ones are looked at once more
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.communicate()
