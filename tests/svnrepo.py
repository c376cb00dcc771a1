"""Real Subversion repositories for tests, with nothing of the configuration of whoever runs them."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.gitrepo import Link

_WORDS = {"mkdir": 1, "rm": 1, "put": 2, "mv": 2, "cp": 3, "propset": 3, "propsetf": 3, "propdel": 2}
"""The actions of svnmucc(1), and how many words follow each."""

_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "LANGUAGE": "en"}


class SvnRepo:
    """A repository at ``path``, made there if missing; ``folder`` in it is what is committed to."""

    def __init__(self, path: Path, folder: str = "trunk") -> None:
        self.path = path
        self.folder = folder
        self._there: set[str] = {""}
        self._links: set[str] = set()
        self._number = 0
        if not path.exists():
            shutil.copytree(_empty(), path)

    @property
    def url(self) -> str:
        """The ``file://`` URL of the root."""
        return self.path.as_uri()

    @property
    def there(self) -> bool:
        """Whether there is such a folder now."""
        return self.folder in self._there

    def commit(
        self,
        files: Mapping[str, str | bytes | None],
        message: str | bytes = "a change",
        *,
        author: str = "ada",
    ) -> str:
        """Commits the files (None deletes one) to the folder, and gives the revision, as ``r3``.

        Without files it changes a property of the folder.
        """
        actions: list[str] = []
        with tempfile.TemporaryDirectory() as place:
            self._make(self.folder, actions)
            for number, (name, contents) in enumerate(files.items()):
                path = f"{self.folder}/{name}".strip("/").replace("%", "%25")
                if contents is None:
                    actions += ["rm", path]
                    continue
                self._make(path.rpartition("/")[0], actions)
                is_link = isinstance(contents, Link)
                Path(place, str(number)).write_bytes(_bytes(f"link {contents}" if is_link else contents))
                actions += ["put", str(Path(place, str(number))), path]
                if is_link:
                    actions += ["propset", "svn:special", "*", path]
                    self._links.add(path)
                elif path in self._links:
                    actions += ["propdel", "svn:special", path]
                    self._links.discard(path)
            if not files:
                self._number += 1
                actions += ["propset", "tests:number", str(self._number), self.folder or "."]
            return self.change(*actions, message=message, author=author)

    def remove(self) -> str:
        """Takes the folder away, and gives the revision."""
        return self.change("rm", self.folder)

    def change(self, *actions: str, message: str | bytes = "a change", author: str = "ada") -> str:
        """Commits what svnmucc(1) is told, with paths from the root, and gives the revision."""
        with tempfile.TemporaryDirectory() as place:
            said, told = Path(place, "message"), Path(place, "actions")
            said.write_bytes(_bytes(message))
            told.write_text("".join(f"{action}\n" for action in actions))
            options = ("--non-interactive", "--config-dir", str(Path(place, "config")), "-u", author)
            done = self.svn("svnmucc", *options, "-U", self.url, "-F", str(said), "-X", str(told))
        self._follow(actions)
        return done.split()[0].decode()

    def set_property(self, name: str, value: str, path: str) -> str:
        """Commits a property whose value may have several lines, and gives the revision."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(value.encode())
            file.flush()
            return self.change("propsetf", name, file.name, path)

    def svn(self, *command: str, input: bytes = b"") -> bytes:
        """Runs one of Subversion's programs; an AssertionError with its messages when it fails."""
        done = subprocess.run(
            command, env={**os.environ, **_ENVIRONMENT}, input=input, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
        return done.stdout

    def _follow(self, actions: Sequence[str]) -> None:
        words = iter(actions)
        for verb in words:
            given = [next(words) for _ in range(_WORDS[verb])]
            if verb in ("mv", "cp"):
                old, new = given[-2:]
                self._there |= {new + path.removeprefix(old) for path in self._below(old)}
            if verb in ("rm", "mv"):
                self._there -= self._below(given[0])
            if verb == "mkdir":
                self._there.add(given[0])

    def _below(self, folder: str) -> set[str]:
        return {path for path in self._there if f"{path}/".startswith(f"{folder}/")}

    def _make(self, folder: str, actions: list[str]) -> None:
        parts = folder.split("/")
        for number in range(len(parts)):
            if (path := "/".join(parts[: number + 1])) not in self._there:
                actions += ["mkdir", path]
                self._there.add(path)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


@cache
def _empty() -> Path:
    """A repository to copy: svnadmin waits for the disk each time that it makes one."""
    place = Path(tempfile.mkdtemp(prefix="mainsql-tests-"))
    atexit.register(shutil.rmtree, place)
    subprocess.run(["svnadmin", "create", str(place / "empty")], check=True)
    return place / "empty"


Properties = Mapping[str, bytes]


def dumped(revisions: Sequence[tuple[Properties, Sequence[str], Mapping[str, bytes]]]) -> bytes:
    """A dump for ``svnadmin load`` with revisions that no client makes: their properties, folders, files."""
    out = [b"SVN-fs-dump-format-version: 2\n\n", _revision(0, {})]
    for number, (properties, folders, files) in enumerate(revisions, 1):
        out.append(_revision(number, properties))
        out += [f"Node-path: {path}\nNode-kind: dir\nNode-action: add\n\n\n".encode() for path in folders]
        for path, contents in files.items():
            size = len(contents)
            head = f"Node-path: {path}\nNode-kind: file\nNode-action: add\n"
            out += [
                f"{head}Text-content-length: {size}\nContent-length: {size}\n\n".encode(),
                contents,
                b"\n\n",
            ]
    return b"".join(out)


def _revision(number: int, properties: Properties) -> bytes:
    parts = [b"K %d\n%s\nV %d\n%s\n" % (len(k), k.encode(), len(v), v) for k, v in properties.items()]
    body = b"".join(parts) + b"PROPS-END\n"
    head = b"Revision-number: %d\nProp-content-length: %d\nContent-length: %d\n\n"
    return head % (number, len(body), len(body)) + body + b"\n"
