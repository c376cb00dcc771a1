"""Real keys, made for a test, and commits that are signed with them."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.gitrepo import GitRepo


class Key(Protocol):
    """What can sign."""

    def sign(self, repo: GitRepo) -> str:
        """Signs the newest commit, which becomes another one, and gives its hash."""


def _sign(repo: GitRepo, *settings: str, environment: dict[str, str] | None = None) -> str:
    options = [part for setting in settings for part in ("-c", setting)]
    amend = ("commit", "--quiet", "--amend", "--no-edit", "--allow-empty", "--cleanup=verbatim", "-S")
    repo.git(*options, *amend, environment=environment)
    return repo.head


@dataclass(frozen=True)
class SshKey:
    """An Ed25519 key; ``path`` is the private one's file."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> "SshKey":
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return cls(path)

    @property
    def public(self) -> str:
        """Type and key, as in an allowed_signers file."""
        return self.path.with_suffix(".pub").read_text().strip()

    @property
    def fingerprint(self) -> str:
        listed = subprocess.run(["ssh-keygen", "-l", "-f", str(self.path)], capture_output=True, check=True)
        return listed.stdout.decode().split()[1]

    def allowed(self, principal: str, options: str = "") -> str:
        """A line of an allowed_signers file."""
        return f"{principal} {options}{' ' if options else ''}{self.public}\n"

    def sign(self, repo: GitRepo, *, date: str = "") -> str:
        """As of ``date``, if one is given."""
        environment = {"GIT_COMMITTER_DATE": date} if date else None
        return _sign(repo, "gpg.format=ssh", f"user.signingKey={self.path}", environment=environment)


@dataclass(frozen=True)
class GpgHome:
    """A GnuPG home with secret keys; ``gpg_home`` makes one."""

    folder: Path

    def make(self, user: str, *, at: str = "", expires: str = "never") -> "GpgKey":
        """A key for signing. ``at`` is when it pretends to be made, as 20200101T000000."""
        clock = ("--faked-system-time", at) if at else ()
        made = self.gpg(
            *clock,
            *("--status-fd", "1", "--passphrase", "", "--quick-gen-key", user, "ed25519", "sign", expires),
        )
        fingerprint = made.decode().partition("KEY_CREATED P ")[2].split()[0]
        return GpgKey(self, fingerprint, at)

    def gpg(self, *arguments: str, input: bytes = b"") -> bytes:
        done = subprocess.run(
            ["gpg", "--batch", "--quiet", "--display-charset", "utf-8", *arguments],
            env={**os.environ, "GNUPGHOME": str(self.folder)},
            input=input,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout


@dataclass(frozen=True)
class GpgKey:
    """An OpenPGP key."""

    home: GpgHome
    fingerprint: str
    at: str = ""

    @property
    def public(self) -> bytes:
        return self.home.gpg("--export", "--armor", self.fingerprint)

    def revoke(self) -> None:
        """By the certificate that gpg has made with it; a colon keeps that from being used by accident."""
        text = (self.home.folder / "openpgp-revocs.d" / f"{self.fingerprint}.rev").read_text()
        self.home.gpg("--import", input=text.replace(":-----BEGIN", "-----BEGIN").encode())

    def sign(self, repo: GitRepo) -> str:
        program = self.home.folder / "gpg-then"
        clock = f"--faked-system-time {self.at}" if self.at else ""
        program.write_text(f'#!/bin/sh\nexec gpg {clock} "$@"\n')
        program.chmod(0o755)
        return _sign(
            repo,
            *("gpg.format=openpgp", f"user.signingKey={self.fingerprint}!", f"gpg.program={program}"),
            environment={"GNUPGHOME": str(self.home.folder)},
        )


@contextmanager
def gpg_home() -> Iterator[GpgHome]:
    """A new one; gone at the end, with its agent. Its path is short, as that of a socket must be."""
    with tempfile.TemporaryDirectory(prefix="gpg-", ignore_cleanup_errors=True) as folder:
        home = GpgHome(Path(folder))
        try:
            yield home
        finally:
            subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=False)
