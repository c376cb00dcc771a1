"""Keeps a bare mirror of a repository that is somewhere else."""

import fcntl
import hashlib
import re
import shutil
import signal
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mainsql.errors import Cancelled, SourceError, SourceUnavailable
from mainsql.source.access import NOT_TRUSTED, Access
from mainsql.source.gitprogram import GitProgram, Outcome
from mainsql.source.location import Location
from mainsql.source.references import Reference, tags_in
from mainsql.source.room import no_room, out_of_room

LISTING_LIMIT = 60.0
"""Seconds that asking for the newest commit may take."""
FETCH_LIMIT = 300.0
"""Seconds that bringing new commits may take."""
CLONE_LIMIT = 3600.0
"""Seconds that the first fetch may take: it starts anew when it is stopped, so it gets longer."""

_BIG_PACK = "100m"
_ORIGIN = "mainsql"  # a name that no configuration of the user's says anything of
_FILTER = "--filter=blob:none"
_AS_PARTIAL = (
    ("config", "core.repositoryFormatVersion", "1"),
    ("config", "extensions.partialClone", _ORIGIN),
    ("config", f"remote.{_ORIGIN}.promisor", "true"),
    ("config", f"remote.{_ORIGIN}.partialCloneFilter", "blob:none"),
)
_AT_ONCE = 10_000  # objects whose ids are arguments of one process
_OWN_HEAD = "refs/mainsql/HEAD"  # where a HEAD is kept that is on no branch
_NO_HEAD = "refs/mainsql/none"  # what our HEAD points to when the origin's points to nothing
_ADVICE = (
    (
        r"unprotected private key file|bad permissions",
        "ssh uses only a key that nobody else can read: chmod 600 the file",
    ),
    (
        r"permission denied \(publickey",
        "check the credentials: no key that ssh has here is let in; one with a passphrase is used only "
        "through an agent, for nobody is asked for it",
    ),
    (
        r"authentication failed|could not read (username|password)|permission denied|error: 40[13]",
        "check the credentials; mainsql never asks for them, it takes what the configuration, the URL, a "
        "credential helper or an ssh agent gives to the user it runs as",
    ),
    (r"certificate", NOT_TRUSTED),
    (
        r"host key verification failed",
        "put the host's key into the file of known_hosts; or connect to it once with ssh, as the user that "
        "mainsql runs as, to accept its key",
    ),
    (
        r"not found|does not appear to be a git repository|does not exist|no such file",
        "check the path in the URL, and that the user may read it: many servers say 'not found' "
        "for what one may not see",
    ),
)

_Made = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is watched, as it is somewhere: the id of each reference that counts, by its name."""

    references: tuple[tuple[str, str], ...]


class Mirror:
    """A bare copy of all branches and tags of an origin, in a folder of its own under ``state``.

    Any number of processes may use one mirror; a lock that dies with its holder lets only one of
    them write. It is a copy and nothing else: removing the folder costs a fetch. One that is
    ``partial`` has the contents of those files only that were read, where the origin can do that.
    """

    def __init__(
        self, location: Location, *, reference: Reference, state: Path, access: Access, partial: bool = False
    ) -> None:
        location = access.to(location)
        known_by = f"{location.username or ''} {location.url}{' partial' if partial else ''}"
        identity = hashlib.sha256(known_by.encode()).hexdigest()
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", location.name)[:40].strip(".-")
        self.folder = state.absolute() / f"{readable}-{identity[:12]}"
        self._url = location.url
        self._reference = reference
        self._access = access
        self.partial = partial
        self.git = GitProgram(
            self.folder, environment=access.environment(location), secrets=access.secrets(location)
        )
        self._closing = threading.Event()
        self._verified: tuple[_Made, Seen] | None = None

    @property
    def seen(self) -> Seen | None:
        """What is watched, as the last fetch found it at the origin, and as it is here; None before that."""
        if self._verified is None or self._verified[0] != self._made():
            return None
        return self._verified[1]

    @property
    def fetched(self) -> bool:
        """Whether anything was ever fetched, be it that there was nothing."""
        return (self.folder / "FETCH_HEAD").exists()

    def ask(self) -> None:
        """Asks the origin for what is watched, without a mirror. Raises SourceUnavailable."""
        self._access.check()
        self._at_origin()

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
                ("config", f"remote.{_ORIGIN}.url", self._url),
                ("symbolic-ref", "HEAD", _NO_HEAD),
                *(_AS_PARTIAL if self.partial else ()),
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
        self._access.check()
        self.create()
        there = self._at_origin()
        # As long as nothing is new, asking the origin is all that a poll costs.
        if there and there == self.seen:
            return
        if there and there == self._here():
            self._verified = self._made(), there
            return
        with self._alone():
            here = self._here()  # again: somebody else may just have brought it
            if there is None or there != here:
                self._bring(there, FETCH_LIMIT if here else CLONE_LIMIT)
        self._verified = (self._made(), there) if there and there == self._here() else None

    def complete(self, commit_id: str, object_ids: Collection[str]) -> None:
        """Brings those of the objects of a commit that a partial mirror lacks, all at once.

        git would fetch each by itself when it is read. Raises SourceUnavailable.
        """
        if not self.partial:
            return
        listing = ("rev-list", "--objects", "--no-walk", "--missing=print", "--no-object-names")
        listed = self.git.run(*listing, f"{commit_id}^{{tree}}")
        missing = {line.removeprefix("?") for line in listed.text.splitlines() if line.startswith("?")}
        wanted = sorted(missing.intersection(object_ids))
        for begin in range(0, len(wanted), _AT_ONCE):
            self._access.check()
            brought = self.git.run(
                *("-c", "fetch.negotiationAlgorithm=noop"),
                *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"),
                *(_FILTER, "--", _ORIGIN, *wanted[begin : begin + _AT_ONCE]),
                limit=FETCH_LIMIT,
            )
            self._check(brought)

    def close(self) -> None:
        """Ends a fetch that waits for another process; one that is under way ends with ``git.stop``."""
        self._closing.set()

    def _made(self) -> _Made:
        """What tells this mirror from another one that has taken its place; None where there is none.

        The number of a file is given to the next one made, so its time counts, too; that of ``config``,
        for it is written when a mirror is made, and by no fetch.
        """
        try:
            config = (self.folder / "config").stat()
        except OSError:
            return None
        return config.st_ino, config.st_ctime_ns

    def _at_origin(self) -> Seen | None:
        asked = self._reference.asked
        listed = self.git.run("ls-remote", "--symref", "--", self._url, *asked, limit=LISTING_LIMIT)
        self._check(listed)
        there: list[tuple[str, str]] = []
        targets: dict[str, str] = {}
        for line in listed.text.splitlines():
            what, _, name = line.partition("\t")
            key, _, target = what.rpartition(" ")
            if self._reference.takes(name) and not name.endswith("^{}"):  # what an annotated tag is on
                there.append((name, target))
            elif name in asked:  # a pattern also finds refs/x/HEAD
                targets["ref" if key == "ref:" else "id"] = target
        if self._reference.tags:
            return Seen(tuple(sorted(there))) if there else None
        if "id" not in targets:
            return None
        name = self._reference.name if self._reference.branch else targets.get("ref", _OWN_HEAD)
        return Seen(((name, targets["id"]),))

    def _here(self) -> Seen | None:
        if self._reference.tags:
            tags = (tag for tag in tags_in(self.git) if self._reference.takes(tag.name))
            here = tuple(sorted((tag.name, tag.object_id) for tag in tags))
            return Seen(here) if here else None
        reference = self._reference.name
        found = self.git.run("rev-parse", "-q", reference, "--symbolic-full-name", reference)
        if found.status:
            return None
        commit_id, _, name = found.text.strip().partition("\n")
        return Seen(((name, commit_id),))

    def _sweep(self) -> None:
        """Removes what fetches that were ended had begun: git leaves that, and begins anew each time."""
        objects = self.folder / "objects"
        # What a partial mirror lacks is brought without our lock: it may be under way.
        before = time.time() - (FETCH_LIMIT if self.partial else 0.0)
        for pattern in ("tmp_*", "pack/tmp_*", "??/tmp_*"):
            for left in objects.glob(pattern):
                with suppress(FileNotFoundError):
                    if left.stat().st_mtime > before:
                        continue
                    shutil.rmtree(left) if left.is_dir() else left.unlink()

    def _bring(self, there: Seen | None, limit: float) -> None:
        self._sweep()
        references = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        head = there.references[0][0] if there else _NO_HEAD
        if head == _OWN_HEAD:
            references.append(f"+HEAD:{_OWN_HEAD}")
        fetched = self._fetch(references, limit)
        if ".lock': File exists" in fetched.messages:
            # Whoever left it was killed: those that live hold the lock that we hold.
            for left in self.folder.rglob("*.lock"):
                left.unlink(missing_ok=True)
            fetched = self._fetch(references, limit)
        self._check(fetched)
        if self._reference == Reference():
            self.git.run("symbolic-ref", "HEAD", head)

    def _fetch(self, references: list[str], limit: float) -> Outcome:
        # Housekeeping in the background would outlive our lock; what is large it takes too long to pack anew.
        return self.git.run(
            *("-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false"),
            *("-c", f"gc.bigPackThreshold={_BIG_PACK}"),
            *("fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules"),
            *("--update-shallow", *([_FILTER] if self.partial else []), "--", _ORIGIN, *references),
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
        said = no_room(outcome.messages)
        # What writes is a process that git starts.
        if said is None and f"died of signal {signal.SIGXFSZ}" in outcome.messages:
            said = "it would get larger than a file of this process may be"
        if said is not None:
            raise out_of_room(f"the mirror of {self._url}", said, self.folder.parent)

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
