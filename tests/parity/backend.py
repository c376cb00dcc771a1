"""A stand-in for the server that agrees to everything at once, and one psql that runs script after script.

Hundreds of scripts in a second, where a new psql and a server that has to think take a few. That it
answers as far as psql can tell as the server does is what ``test_backend.py`` holds it to.
"""

import re
import socket
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from tests.parity.wire import SOCKET, Sent

_PATIENCE = 30
"""Seconds in which psql says something, or never will."""

_OUT_OF_THE_WAY = re.compile(
    r"""(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'? | '[^']*'? | "[^"]*"? | --[^\n\r]*
      | /\*(?:[^*/]|/(?!\*)|\*(?!/)|/\*(?:[^*/]|/(?!\*)|\*(?!/)|/\*.*?\*/)*\*/)*(?:\*/)?
      | (?<![\w$])\$((?:[^\W\d]\w*)?)\$.*?(?:\$\1\$|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
"""Quotes and comments, those three deep included."""
_COPY_IN = re.compile(r"(?:^|;)\s*copy\b[^;]*\bfrom\s+(?:stdin|stdout)\b", re.IGNORECASE)


def copies_in(query: str) -> int:
    """How often the server would ask for COPY data."""
    return len(_COPY_IN.findall(_OUT_OF_THE_WAY.sub(" ", query)))


@dataclass(repr=False)
class Session:
    """A psql that runs as long as this is entered, and writes down what it sends for each script.

    ``folder`` is for the socket, so its path must be short. What scripts leave behind in psql for
    the next one are variables: ``forgets`` are the names of those that are unset before each.
    """

    psql: Path
    folder: Path
    forgets: tuple[str, ...] = ()
    _count: int = 0
    _running: "_Running | None" = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def record(self, scripts: Path, main: str = "main.sql") -> list[Sent]:
        """What psql sends for the script ``main`` in a folder, which is its working directory."""
        if self._running is None:
            self._running = _Running.start(self.psql, self.folder)
        self._count += 1
        marker = f"select 'end of script {self._count}';"
        lines = [f"\\unset {name}" for name in self.forgets]
        lines += [f"\\cd '{scripts}'", f"\\i '{main}'", marker, ""]
        try:
            return self._running.run("\n".join(lines).encode(), marker)
        except BaseException:
            self._stop()
            raise

    def _stop(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.stop()


@dataclass
class _Running:
    process: "subprocess.Popen[bytes]"
    connection: socket.socket
    messages: BinaryIO

    @classmethod
    def start(cls, psql: Path, folder: Path) -> "_Running":
        path = folder / SOCKET
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(_PATIENCE)
            process = subprocess.Popen(
                [psql, "-X", "-q", "-h", folder, "-U", "postgres", "-d", "postgres"],
                env={"LC_ALL": "C.UTF-8", "PGCLIENTENCODING": "UTF8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            connection, _ = listener.accept()
        path.unlink()
        connection.settimeout(_PATIENCE)
        running = cls(process, connection, connection.makefile("rb"))
        running._welcome()
        return running

    def _welcome(self) -> None:
        (size,) = struct.unpack("!I", self.messages.read(4))
        self.messages.read(size - 4)
        settings = {
            "server_version": "18.0",
            "server_encoding": "UTF8",
            "client_encoding": "UTF8",
            "standard_conforming_strings": "on",
        }
        parts = [_message(b"R", struct.pack("!I", 0))]
        parts += [_message(b"S", f"{name}\0{value}\0".encode()) for name, value in settings.items()]
        self.connection.sendall(b"".join(parts) + _READY)

    def run(self, lines: bytes, marker: str) -> list[Sent]:
        assert self.process.stdin is not None
        self.process.stdin.write(lines)
        self.process.stdin.flush()
        sent: list[Sent] = []
        while (query := self._query()) != marker:
            data: str | None = None
            for _ in range(copies_in(query)):
                self.connection.sendall(_message(b"G", b"\0\0\0"))
                data = (data or "") + self._copy_data()
                self.connection.sendall(_COMPLETE)
            sent.append((query, data))
            self.connection.sendall(_COMPLETE + _READY)
        self.connection.sendall(_COMPLETE + _READY)
        return sent

    def _query(self) -> str:
        kind, body = self._read()
        assert kind == b"Q", f"psql sent {kind!r}"
        return body[:-1].decode()

    def _copy_data(self) -> str:
        data = b""
        while (message := self._read())[0] == b"d":
            data += message[1]
        assert message[0] == b"c", f"psql sent {message[0]!r} and not the end of the data"
        return data.decode()

    def _read(self) -> tuple[bytes, bytes]:
        """A message of the frontend: PostgreSQL's manual, "Message Formats"."""
        header = self.messages.read(5)
        assert header, "psql is gone"
        (size,) = struct.unpack("!I", header[1:])
        return header[:1], self.messages.read(size - 4)

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.messages.close()
        self.connection.close()
        self.process.kill()
        self.process.stdin.close()
        self.process.wait()


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


_COMPLETE = _message(b"C", b"OK\0")
_READY = _message(b"Z", b"I")
