"""Keeps a bare mirror of a repository that is somewhere else."""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from mainsql.errors import Cancelled, SourceError, SourceUnavailable
from mainsql.source.gitprogram import GitProgram, Outcome
from mainsql.source.location import Location

LISTING_LIMIT = 60.0
"""Seconds that asking for the newest commit may take."""
FETCH_LIMIT = 300.0
"""Seconds that bringing new commits may take."""
CLONE_LIMIT = 3600.0
"""Seconds that the first fetch may take: it starts anew when it is stopped, so it gets longer."""

_OWN_HEAD = "refs/mainsql/HEAD"  # where a HEAD is kept that is on no branch
_NO_HEAD = "refs/mainsql/none"  # what our HEAD points to when the origin's points to nothing
_HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n"'
    ' "$MAINSQL_GIT_USERNAME" "$MAINSQL_GIT_PASSWORD"; true; }; f'
)
_ADVICE = (
    (
        r"authentication failed|could not read (username|password)|permission denied|error: 40[13]",
        "check the credentials; mainsql never asks for them, it takes what a credential helper, an "
        "ssh agent or the URL gives to the user it runs as",
    ),
    (
        r"host key verification failed",
        "connect to the host once with ssh, as the user that mainsql runs as, to accept its key",
    ),
    (
        r"not found|does not appear to be a git repository|does not exist|no such file",
        "check the path in the URL, and that the user may read it: many servers say 'not found' "
        "for what one may not see",
    ),
)
_NO_ROOM = re.compile(
    r"no space left on device|disk quota exceeded|file too large|read-only file system", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Watched:
    """What is watched, and where it is: the reference's name and the commit's id."""

    reference: str
    commit_id: str


class Mirror:
    """A bare copy of all branches and tags of an origin, in a folder of its own under ``state``.

    Any number of processes may use one mirror; a lock that dies with its holder lets only one of
    them write. It is a copy and nothing else: removing the folder costs a fetch.
    """

    def __init__(self, location: Location, *, branch: str | None, state: Path) -> None:
        identity = hashlib.sha256(f"{location.username or ''} {location.url}".encode()).hexdigest()
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", location.name)[:40].strip(".-")
        self.folder = state.absolute() / f"{readable}-{identity[:12]}"
        self._url = location.url
        self._branch = branch
        secrets = {s for s in (location.password,) if s}
        self.git = GitProgram(
            self.folder,
            environment=_access(location),
            secrets=secrets | {quote(s, safe="") for s in secrets},
        )
        self._closing = threading.Event()

    @property
    def fetched(self) -> bool:
        """Whether anything was ever fetched, be it that there was nothing."""
        return (self.folder / "FETCH_HEAD").exists()

    def create(self) -> None:
        """Makes the mirror, empty, unless it is there. Raises SourceError when that cannot be."""
        if self.folder.is_dir():
            return
        with self._alone():
            if self.folder.is_dir():
                return
            new = self.folder.with_name(f"{self.folder.name}.new")
            shutil.rmtree(new, ignore_errors=True)
            git = GitProgram(new)
            for command in (
                ("init", "--quiet", "--bare", "--template="),
                ("config", "remote.origin.url", self._url),
                ("symbolic-ref", "HEAD", _NO_HEAD),
            ):
                if (made := git.run(*command)).status:
                    raise self._unwritable(made.reason)
            new.rename(self.folder)

    def fetch(self) -> None:
        """Brings all branches and tags, if what is watched is not what the mirror has.

        Raises SourceUnavailable when the origin cannot be reached, or somebody else fetches for
        longer than a fetch may take.
        """
        self._closing.clear()
        self.create()
        there = self._at_origin()
        if there and there == self._here():
            return
        with self._alone():
            here = self._here()  # again: somebody else may just have brought it
            if there is None or there != here:
                self._bring(there, FETCH_LIMIT if here else CLONE_LIMIT)

    def close(self) -> None:
        """Ends a fetch that waits for another process; one that is under way ends with ``git.stop``."""
        self._closing.set()

    def _at_origin(self) -> _Watched | None:
        reference = f"refs/heads/{self._branch}" if self._branch else "HEAD"
        listed = self.git.run("ls-remote", "--symref", "--", self._url, reference, limit=LISTING_LIMIT)
        self._check(listed)
        targets: dict[str, str] = {}
        for line in listed.text.splitlines():
            what, _, name = line.partition("\t")
            if name == reference:  # a pattern also finds refs/x/HEAD
                key, _, target = what.rpartition(" ")
                targets["ref" if key == "ref:" else "id"] = target
        if "id" not in targets:
            return None
        name = reference if self._branch else targets.get("ref", _OWN_HEAD)
        return _Watched(name, targets["id"])

    def _here(self) -> _Watched | None:
        reference = f"refs/heads/{self._branch}" if self._branch else "HEAD"
        found = self.git.run("rev-parse", "-q", reference, "--symbolic-full-name", reference)
        if found.status:
            return None
        commit_id, _, name = found.text.strip().partition("\n")
        return _Watched(name, commit_id)

    def _bring(self, there: _Watched | None, limit: float) -> None:
        references = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        if there and there.reference == _OWN_HEAD:
            references.append(f"+HEAD:{_OWN_HEAD}")
        fetched = self._fetch(references, limit)
        if ".lock': File exists" in fetched.messages:
            # Whoever left it was killed: those that live hold the lock that we hold.
            for left in self.folder.rglob("*.lock"):
                left.unlink(missing_ok=True)
            fetched = self._fetch(references, limit)
        self._check(fetched)
        if not self._branch:
            self.git.run("symbolic-ref", "HEAD", there.reference if there else _NO_HEAD)

    def _fetch(self, references: list[str], limit: float) -> Outcome:
        # Housekeeping in the background would outlive our lock.
        return self.git.run(
            *("-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false"),
            *("fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules"),
            *("--update-shallow", "--", self._url, *references),
            limit=limit,
        )

    def _check(self, outcome: Outcome) -> None:
        if outcome.status == 0:
            return
        self._check_room(outcome)
        advice = next(
            (hint for sign, hint in _ADVICE if re.search(sign, outcome.messages, re.IGNORECASE)),
            "check the host in the URL, and the network",
        )
        raise SourceUnavailable(
            f"{self._url} cannot be fetched: {outcome.reason}",
            hint=f"{advice}; to try by hand: git ls-remote '{self._url}'",
        )

    def _check_room(self, outcome: Outcome) -> None:
        """Raises SourceUnavailable when it is this side that has no room; what was begun is gone again."""
        lines = outcome.messages.splitlines()
        said = next((found.group() for line in lines if (found := _NO_ROOM.search(line))), None)
        # What writes is a process that git starts.
        if said is None and f"died of signal {signal.SIGXFSZ}" in outcome.messages:
            said = "it would get larger than a file of this process may be"
        if said is not None:
            raise SourceUnavailable(
                f"the mirror of {self._url} cannot be written: {said}",
                hint=f"make room under '{self.folder.parent}'; it is tried again by itself",
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the mirror's lock: that of the kernel, which no killed process leaves behind."""
        deadline = time.monotonic() + FETCH_LIMIT
        try:
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.folder.with_name(f"{self.folder.name}.lock").open("w") as file:
                while not _locked(file.fileno()):
                    if time.monotonic() > deadline:
                        raise SourceUnavailable(
                            f"another process has been fetching {self._url} for a long time",
                            hint="see which processes of mainsql run here",
                        )
                    if self._closing.wait(0.1):
                        raise Cancelled(f"fetching {self._url} was stopped on request")
                yield
        except OSError as error:
            raise self._unwritable(str(error)) from None

    def _unwritable(self, reason: str) -> SourceError:
        return SourceError(
            f"the mirror of {self._url} cannot be written: {reason}",
            hint=f"mainsql keeps it under '{self.folder.parent}', which must be writable",
        )


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _access(location: Location) -> dict[str, str]:
    """The environment that lets git in without anything secret among its arguments."""
    if location.url.startswith(("file://", "git://")):
        return {}
    if not location.url.lower().startswith("http"):
        given = os.environ.keys() & {"GIT_SSH_COMMAND", "GIT_SSH"}
        if given or GitProgram(None).run("config", "--get", "core.sshCommand").output.strip():
            return {}
        return {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
    parts = urlsplit(location.url)
    scope = f"credential.{parts.scheme}://{parts.netloc}"
    settings: list[tuple[str, str]] = []
    if location.username:
        settings.append((f"{scope}.username", location.username))
    if location.password is not None:
        # The empty one takes the user's helpers out: they would keep the password.
        settings += [(f"{scope}.helper", ""), (f"{scope}.helper", _HELPER)]
    if not settings:
        return {}
    given_count = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(given_count) if given_count.isdecimal() else 0
    environment = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (key, value) in enumerate(settings, first):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    if location.password is not None:
        environment["MAINSQL_GIT_USERNAME"] = location.username or ""
        environment["MAINSQL_GIT_PASSWORD"] = location.password
    return environment
