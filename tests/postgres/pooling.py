"""A real PgBouncer in transaction mode before a server, on a socket."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mainsql.database.embedded import EmbeddedServer
from mainsql.database.programs import account_for

_CONFIGURATION = """
[databases]
* = host={server} port=5432
[pgbouncer]
pool_mode = transaction
unix_socket_dir = {folder}
listen_addr =
listen_port = 5432
auth_type = trust
auth_file = {folder}/users
default_pool_size = {size}
"""


@contextlib.contextmanager
def pooler(server: EmbeddedServer, folder: Path, *, size: int) -> Iterator[Path]:
    """The folder of its socket; ``size`` of the server's processes do for all its clients."""
    (folder / "users").write_text('"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        _CONFIGURATION.format(server=server.socket_folder, folder=folder, size=size)
    )
    account = account_for(server.socket_folder)
    folder.chmod(0o777)
    process = subprocess.Popen(
        ["pgbouncer", str(folder / "pgbouncer.ini")],
        stderr=subprocess.PIPE,
        text=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
    )
    assert process.stderr is not None
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if "process up" in line:
                break
        else:
            raise AssertionError("".join(said))
        yield folder
    finally:
        process.terminate()
        process.communicate()
