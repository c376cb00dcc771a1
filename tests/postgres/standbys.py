"""A hot standby of a server, on a socket of its own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from mainsql.database.embedded import EmbeddedServer
from mainsql.database.programs import Runner, account_for, installation


@contextlib.contextmanager
def standby(server: EmbeddedServer, folder: Path) -> Iterator[Path]:
    """The folder of its socket. It has all that is in the server now, and follows it; ended at the end."""
    runner = Runner(folder, account_for(server.socket_folder))
    runner.give(folder)
    programs = runner.reachable(installation(int(server.version.split(".")[0]))) / "bin"
    data = folder / "data"

    def run(program: str, *arguments: str | Path) -> None:
        done = runner.run([programs / program, "-D", data, *arguments])
        assert done.returncode == 0, done.stdout

    socket = f"-c unix_socket_directories='{folder}' -c listen_addresses='' -c port=5432"
    run("pg_basebackup", "-h", server.socket_folder, "-U", "postgres", "-R", "-X", "stream", "-c", "fast")
    run("pg_ctl", "-w", "-l", folder / "log", "-o", socket, "start")
    try:
        yield folder
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
