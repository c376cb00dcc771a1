"""Real git repositories for tests, with nothing of the configuration of whoever runs them."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

ISOLATED = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
"""What makes git behave the same for everybody."""

_PERSON = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


class Link(str):
    """The contents of a file that is a symbolic link: where it points to."""

    __slots__ = ()


class GitRepo:
    """A repository with a work tree at ``path``, made there (with ``main`` as its branch) if missing."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.joinpath(".git").exists():
            self.path.mkdir(parents=True, exist_ok=True)
            self.git("init", "--quiet", "--initial-branch=main", "--template=")

    @property
    def head(self) -> str:
        """The full hash of the checked out commit."""
        return self.resolve("HEAD")

    def resolve(self, revision: str) -> str:
        """The full hash of a revision."""
        return self.git("rev-parse", "--verify", revision).decode().strip()

    def commit(
        self,
        files: Mapping[str, str | bytes | None],
        message: str | bytes = "a change",
        *,
        author: str | bytes | None = None,
        date: datetime | None = None,
        encoding: str | None = None,
    ) -> str:
        """Writes the files (None deletes one), commits them, empty or not, and gives the full hash.

        ``author`` is ``Name <mail>``. ``encoding`` is what the commit says that its bytes are in.
        """
        for path, contents in files.items():
            self._write(self.path / path, contents)
        self.git("add", "--all", "--force")
        command = ["-c", f"i18n.commitEncoding={encoding}"] if encoding else []
        environment: dict[str, str | bytes] = {}
        if author is not None:
            name, _, mail = _bytes(author).removesuffix(b">").rpartition(b" <")
            environment |= {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail}
        if date is not None:
            environment |= {"GIT_AUTHOR_DATE": date.isoformat(), "GIT_COMMITTER_DATE": date.isoformat()}
        command += ["commit", "--quiet", "--allow-empty", "--allow-empty-message", "--no-verify"]
        self.git(*command, "--cleanup=verbatim", "--file=-", input=_bytes(message), environment=environment)
        return self.head

    def import_commits(self, commits: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        """Very many commits with their messages, in one second, by git-fast-import(1).

        ``main`` then has them; what is checked out stays.
        """
        stream = ["reset refs/heads/main\nfrom refs/heads/main^0\n"]
        for message, files in commits:
            stream.append("commit refs/heads/main\ncommitter Ada <ada@example.org> 1000000000 +0000\n")
            stream.append(f"data {len(message.encode())}\n{message}\n")
            for path, text in files.items():
                stream.append(f"M 644 inline {path}\ndata {len(text.encode())}\n{text}\n")
        self.git("fast-import", "--quiet", input="".join(stream).encode())

    def branch(self, name: str, at: str = "HEAD") -> None:
        """Makes a branch, or moves it, and checks it out."""
        self.git("checkout", "--quiet", "-B", name, at)

    def switch(self, name: str) -> None:
        """Checks out a branch or a commit."""
        self.git("checkout", "--quiet", name)

    def merge(self, name: str, message: str = "a merge") -> str:
        """Merges a branch with a commit of its own, and gives the full hash."""
        self.git("merge", "--quiet", "--no-ff", "--message", message, name)
        return self.head

    def reset(self, revision: str) -> None:
        """Moves the branch and its files back to a revision: history is rewritten."""
        self.git("reset", "--quiet", "--hard", revision)

    def push(self, to: Path | str) -> None:
        """Makes the branches and tags of a bare repository those of this one, by force, and its HEAD."""
        target = Path(to)
        if not target.exists():
            self.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(target))
        head = self.git("symbolic-ref", "HEAD").decode().strip()
        self.git("--git-dir", str(target), "symbolic-ref", "HEAD", head)
        if self.git("for-each-ref"):
            self.git("push", "--quiet", "--force", "--prune", str(target), "refs/heads/*", "refs/tags/*")

    def git(
        self,
        *arguments: str,
        input: bytes = b"",
        environment: Mapping[str, str | bytes] | None = None,
    ) -> bytes:
        """Runs git here and gives its output; an AssertionError with git's messages when it fails."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        done = subprocess.run(
            ["git", *_PERSON, "-c", "commit.gpgSign=false", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.path,
            env={**inherited, **ISOLATED, **(environment or {})},
            input=input,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"git {arguments}: {done.stderr.decode(errors='replace')}"
        return done.stdout

    def _write(self, path: Path, contents: str | bytes | None) -> None:
        if contents is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if isinstance(contents, Link):
            path.symlink_to(contents)
        else:
            path.write_bytes(_bytes(contents))


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
