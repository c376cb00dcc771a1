"""Subversion's own server, svnserve: a process for each connection, as inetd would start it."""

import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SvnServer(socketserver.ThreadingTCPServer):
    """Serves the repositories in ``folder``. While it hangs, it says nothing to who connects."""

    daemon_threads = False

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.connections = 0
        self.hangs = False
        self.hanging = threading.Event()
        self.released = threading.Event()

    def url(self, path: str, userinfo: str = "") -> str:
        return f"svn://{userinfo}{'@' if userinfo else ''}127.0.0.1:{self.server_address[1]}/{path}"


class _Handler(socketserver.BaseRequestHandler):
    server: SvnServer

    def handle(self) -> None:
        self.server.connections += 1
        if self.server.hangs:
            self.server.hanging.set()
            self.server.released.wait(60)
            return
        # Not to be read from a configuration of this machine: its log, its users.
        subprocess.run(
            ["svnserve", "--inetd", "--root", str(self.server.folder)],
            stdin=self.request,
            stdout=self.request,
            stderr=subprocess.DEVNULL,
            check=False,
        )


@contextmanager
def svn_server(folder: Path) -> Iterator[SvnServer]:
    """A running server, stopped at the end."""
    server = SvnServer(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
