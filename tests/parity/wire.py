"""What psql sends to the server, word for word: a proxy between the two that writes it down."""

import contextlib
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

SOCKET = ".s.PGSQL.5432"
"""The name of a server's socket in its folder."""

Sent = tuple[str, str | None]
"""A query, and the COPY data that was sent after it."""


@dataclass
class Recorder:
    """Runs psql on scripts, and tells what it sent.

    ``folder`` is for the socket that psql is given, ``server`` the socket of the real server.
    """

    psql: Path
    folder: Path
    server: Path
    sent: list[Sent] = field(default_factory=list)

    def record(self, scripts: Path, main: str = "main.sql") -> list[Sent]:
        """What psql sends for a script; what comes of it does not matter."""
        self.sent = []
        with self._listening() as listener:
            psql = subprocess.Popen(
                [self.psql, "-X", "-q", "-h", self.folder, "-U", "postgres", "-d", "postgres", "-f", main],
                cwd=scripts,
                env={"LC_ALL": "C.UTF-8", "PGCLIENTENCODING": "UTF8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            client, _ = listener.accept()
            with client, socket.socket(socket.AF_UNIX) as upstream:
                upstream.connect(str(self.server))
                back = threading.Thread(target=_pass_on, args=(upstream, client))
                back.start()
                self._listen(client, upstream)
                back.join()
            psql.wait()
        return self.sent

    @contextlib.contextmanager
    def _listening(self) -> Iterator[socket.socket]:
        path = self.folder / SOCKET
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(30)
            yield listener
        path.unlink()

    def _listen(self, client: socket.socket, upstream: socket.socket) -> None:
        """Messages of the frontend: PostgreSQL's manual, "Message Formats"."""
        with client.makefile("rb") as messages:
            upstream.sendall(_rest(messages.read(4), messages))
            while header := messages.read(5):
                message = header[:1] + _rest(header[1:], messages)
                body = message[5:]
                match header[:1]:
                    case b"Q":
                        self.sent.append((body[:-1].decode(), None))
                    case b"d":
                        query, data = self.sent[-1]
                        self.sent[-1] = (query, (data or "") + body.decode())
                    case b"c":
                        query, data = self.sent[-1]
                        self.sent[-1] = (query, data or "")
                upstream.sendall(message)
        upstream.shutdown(socket.SHUT_WR)


def _rest(length: bytes, messages: BinaryIO) -> bytes:
    """A length and the bytes that it announces."""
    (size,) = struct.unpack("!I", length)
    return length + messages.read(size - 4)


def _pass_on(upstream: socket.socket, client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := upstream.recv(65536):
            client.sendall(data)
