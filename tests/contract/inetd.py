"""git's own daemon, and sshd, on a port of their own: a process for each connection, as inetd starts them."""

import getpass
import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin")


class Inetd(socketserver.ThreadingTCPServer):
    """Starts a command for each connection, which is its input and output; ``said`` are its complaints."""

    daemon_threads = False

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.command = command
        self.said: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Connection(socketserver.BaseRequestHandler):
    server: Inetd

    def handle(self) -> None:
        connection = self.request.fileno()
        done = subprocess.run(
            self.server.command, stdin=connection, stdout=connection, stderr=subprocess.PIPE, check=False
        )
        self.server.said.append(done.stderr.decode(errors="replace"))


@contextmanager
def serving(made: Inetd) -> Iterator[None]:
    """It serves, and is stopped at the end."""
    with made as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def git_daemon(folder: Path) -> Iterator[Inetd]:
    """Serves the repositories in a folder to whoever asks, at ``git://127.0.0.1:port/name``."""
    command = ["git", "daemon", "--inetd", f"--base-path={folder}", "--export-all", str(folder)]
    with serving(server := Inetd(command)):
        yield server


class Sshd:
    """An sshd that lets in who has ``key``; ``known_hosts`` is what its clients should know it by."""

    def __init__(self, folder: Path, server: Inetd) -> None:
        self._server = server
        self.key = folder / "client"
        self.known_hosts = folder / "known_hosts"
        host_key = (folder / "host.pub").read_text().split()
        self.known_hosts.write_text(f"[127.0.0.1]:{server.port} {host_key[0]} {host_key[1]}\n")

    @property
    def said(self) -> str:
        return "".join(self._server.said)

    @property
    def port(self) -> int:
        return self._server.port

    def url(self, path: Path) -> str:
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self._server.port}{path}"


def has_sshd() -> bool:
    """Whether there is one here."""
    return _SSHD is not None


@contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    """A running one, with keys made for it in the folder."""
    assert _SSHD is not None
    folder.mkdir(mode=0o700)
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it gives up its rights
    (folder / "config").write_text(
        f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/client.pub\nPidFile none\nStrictModes no\n"
        "UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n"
    )
    with serving(server := Inetd([_SSHD, "-i", "-e", "-f", str(folder / "config")])):
        yield Sshd(folder, server)
