"""git's own HTTP server (git-http-backend), behind a password, that can be made to hang."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

from tests.contract.certificates import Certificate


def command_lines() -> list[str]:
    """The command lines of all processes of this machine, as every user of it can read them."""
    if not Path("/proc/self/cmdline").exists():
        command = ["ps", "-Aww", "-o", "args="]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it has ended
            continue
    return lines


class GitServer(ThreadingHTTPServer):
    """Serves the bare repositories in ``folder``. ``seen`` are the command lines during its requests."""

    daemon_threads = False

    def __init__(
        self,
        folder: Path,
        user: str = "",
        password: str = "",
        port: int = 0,
        certificate: Certificate | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._origin = f"http://127.0.0.1:{self.server_port}"
        if certificate is not None:
            self.socket = certificate.context.wrap_socket(self.socket, server_side=True)
            self._origin = f"https://localhost:{self.server_port}"
        self.folder = folder
        self.credentials = f"{user}:{password}" if user else ""
        self.seen: set[str] = set()
        self.let_in = 0
        self.hang_on = "nothing"
        self.hanging = threading.Event()
        self.released = threading.Event()

    def url(self, name: str, userinfo: str = "") -> str:
        origin = self._origin.replace("://", f"://{userinfo}@") if userinfo else self._origin
        return f"{origin}/{quote(name)}"


class _Handler(BaseHTTPRequestHandler):
    server: GitServer

    def do_GET(self) -> None:
        self.server.seen.update(command_lines())
        wanted = self.server.credentials
        given = self.headers.get("Authorization", "")
        if wanted and given != "Basic " + base64.b64encode(wanted.encode()).decode():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.server.let_in += 1
        if self.server.hang_on in self.path:
            self.server.hanging.set()
            self.server.released.wait(60)
        self._answer()

    do_POST = do_GET

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=False,
            env={
                **os.environ,
                "GIT_PROJECT_ROOT": str(self.server.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            },
        ).stdout
        head, _, contents = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(contents)))
        self.end_headers()
        try:
            self.wfile.write(contents)
        except (BrokenPipeError, ConnectionResetError):
            return  # it was killed, and that was the test

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def git_server(
    folder: Path,
    user: str = "",
    password: str = "",
    port: int = 0,
    certificate: Certificate | None = None,
) -> Iterator[GitServer]:
    """A running server, stopped at the end."""
    server = GitServer(folder, user, password, port, certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
