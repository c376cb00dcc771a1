"""What it costs to look at a repository in which there is nothing new."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measuring import Pair, Usage, in_turn
from tests.bench.place import Place
from tests.gitrepo import GitRepo

from mainsql.source.open import open_repository

_POLLS = 20
_FOLDER = 316
"""Files in a folder, so that there are as many folders as files in each."""


def polled(place: Place, commits: int, files: int, rounds: int) -> Pair:
    """So many polls, as the daemon does them, against as many of ``git ls-remote``.

    The origin is on this machine, so that no network hides the difference.
    """
    origin = _generated(place.empty("polled"), commits, files)
    repository = open_repository(origin.as_uri(), branch="main", state=place.folder / "mirrors")
    repository.fetch()
    head = repository.head()

    def ours() -> None:
        repository.fetch()
        assert repository.head() == head

    def theirs() -> None:
        command = ["git", "ls-remote", origin.as_uri(), "refs/heads/main"]
        # In a session of its own, as ours: Linux divides a busy machine by sessions (sched(7), autogroup).
        done = subprocess.run(command, capture_output=True, check=True, start_new_session=True)
        assert head.id.encode() in done.stdout

    try:
        return in_turn(lambda: _timed(ours), lambda: _timed(theirs), rounds)
    finally:
        repository.close()


def _timed(poll: object) -> Usage:
    assert callable(poll)
    begun = time.perf_counter()
    for _ in range(_POLLS):
        poll()
    return Usage((time.perf_counter() - begun) / _POLLS, 0)


def _generated(repository: GitRepo, commits: int, files: int) -> Path:
    """A packed repository with so many files in its first commit, one of which each further one changes."""
    stream = b"".join(_stream(commits, files))
    repository.git("fast-import", "--quiet", input=stream)
    repository.git("pack-refs", "--all")
    return repository.path / ".git"


def _stream(commits: int, files: int) -> Iterator[bytes]:
    """As git-fast-import(1) reads it."""
    for number in range(commits):
        yield b"commit refs/heads/main\ncommitter Ada <ada@example.org> %d +0000\n" % (1_600_000_000 + number)
        yield b"data 8\na change\n"
        for changed in range(files) if number == 0 else (number % files,):
            contents = b"select %d, %d;\n" % (changed, number)
            path = b"%d/%d.sql" % (changed // _FOLDER, changed)
            yield b"M 644 inline %s\ndata %d\n%s\n" % (path, len(contents), contents)
