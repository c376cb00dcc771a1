"""A hot standby of a server, on a socket of its own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import SERVERS, major

from mainsql.database.embedded import EmbeddedServer
from mainsql.database.programs import Runner, account_for, installation


@contextlib.contextmanager
def standby(server: EmbeddedServer, folder: Path) -> Iterator[Path]:
    """The folder of its socket. It has all that is in the server now, and follows it; ended at the end."""
    runner = Runner(folder, account_for(server.socket_folder))
    runner.give(folder)
    version = major(server)
    of_server, newest = SERVERS.get(version) or installation(version), installation(18)
    data = folder / "data"

    def run(installed: Path, program: str, *arguments: str | Path) -> None:
        done = runner.run([runner.reachable(installed) / "bin" / program, "-D", data, *arguments])
        assert done.returncode == 0, done.stdout

    run(newest, "pg_basebackup", "-h", server.socket_folder, "-U", "postgres", "-X", "stream", "-c", "fast")
    # Not -R: an older server does not know all that a newer one writes of a connection.
    (data / "standby.signal").touch()
    runner.give(data / "standby.signal")
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = 'host={server.socket_folder} user=postgres'\n")
    socket = f"-c unix_socket_directories='{folder}' -c listen_addresses='' -c port=5432"
    run(of_server, "pg_ctl", "-w", "-l", folder / "log", "-o", socket, "start")
    try:
        yield folder
    finally:
        run(of_server, "pg_ctl", "-m", "immediate", "stop")
