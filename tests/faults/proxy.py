"""A proxy before a server that passes messages on one by one, and does something bad at one of them.

It frames what clients send as PostgreSQL's manual has it under "Message Formats": all but the first
message of a connection begin with a byte for the type. What the server answers is passed on as it is.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import psycopg2.extensions

_SOCKET = ".s.PGSQL.5432"
_RESET_AT_ONCE = struct.pack("ii", 1, 0)
_PATIENCE = 180.0
_SHOWN = 90
# The daemon's ear has no part in what it does, and its messages would come in between by chance.
_NOT_COUNTED = b"application_name\0mainsql listens\0"
_NAMES = {b"X": "(leaving)", b"d": "(COPY data)", b"c": "(end of COPY data)"}


class Way(Enum):
    """What becomes of a connection when its place is reached."""

    HOLD = "hold"
    """Nothing is passed on any more, on no connection, until somebody has killed the client and releases
    what is left: then all of it is cut."""
    BEFORE = "cut before"
    """It is cut, and the server has not seen the message."""
    AFTER = "cut after"
    """It is cut as soon as the server has the message: nothing of the answer arrives."""
    HALF = "half open"
    """It is cut for the client, before the server has seen the message; the server is not told."""
    PAUSE = "pause"
    """Nothing is passed on, on this connection, until somebody releases it; then it goes on."""
    SEEN = "seen"
    """It is passed on like any other: somebody only wants to know."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``way`` happens at the first message that ``at`` is true for.

    ``at`` is given the number of the message, from 1, and the message. ``deaf``: afterwards nobody can
    connect any more.
    """

    way: Way
    at: Callable[[int, bytes], bool]
    deaf: bool = False


def place(number: int) -> Callable[[int, bytes], bool]:
    """For ``Fault``: the message of that number."""
    return lambda count, _: count == number


def query(text: str) -> Callable[[int, bytes], bool]:
    """For ``Fault``: the query of just that text."""
    message = text.encode() + b"\0"
    return lambda _, sent: sent[:1] == b"Q" and sent[5:] == message


class Proxy:
    """Connections to ``port`` of this machine go to the server with its socket in ``server``.

    ``messages`` are what clients have sent so far, over all connections but those that listen;
    ``reached`` is set when the fault happens, ``place`` says at which of them. A context manager.
    """

    def __init__(self, server: Path, fault: Fault | None = None) -> None:
        self.messages: list[str] = []
        self.reached = threading.Event()
        self.place = ""
        self._struck = 0
        self._server = str(server / _SOCKET)
        self._fault = fault
        self._happening = threading.Condition()
        self._released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Proxy":
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_listening()
        self._accepting.join(_PATIENCE)
        self.settle()

    def dsn(self, dsn: str) -> str:
        """A connection string of the server, by way of the proxy."""
        return psycopg2.extensions.make_dsn(
            dsn, host="127.0.0.1", port=self.port, sslmode="disable", gssencmode="disable"
        )

    def await_place(self) -> str:
        """Waits until the fault has happened; at which message."""
        assert self.reached.wait(_PATIENCE), f"not reached after {len(self.messages)} messages"
        return self.place

    def await_another(self, words: str, *, times: int) -> None:
        """Waits, once the fault has happened, for so many later messages with these words."""
        with self._happening:
            assert self._happening.wait_for(
                lambda: sum(words in later for later in self.messages[self._struck :]) >= times, _PATIENCE
            ), f"not sent {times} times: {words}; but {self.messages[self._struck :]}"

    def release(self) -> None:
        """Goes on with what pauses, and ends for good what was cut for the client or held."""
        self._released.set()

    def settle(self) -> None:
        """Waits until all connections so far have ended, for the server too."""
        self.release()
        for thread in self._threads:
            thread.join(_PATIENCE)
            assert not thread.is_alive(), f"a connection does not end after: {self.messages[-3:]}"

    def _stop_listening(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as upstream:
            try:
                upstream.connect(self._server)
            except OSError:
                return
            back = threading.Thread(target=_copy, args=(upstream, client))
            back.start()
            with contextlib.suppress(OSError):  # the server may be gone, or a client reset it
                self._forward(client, upstream)
            with contextlib.suppress(OSError):
                upstream.shutdown(socket.SHUT_RDWR)
            back.join(_PATIENCE)

    def _forward(self, client: socket.socket, upstream: socket.socket) -> None:
        counted = True
        for message in _messages(client):
            counted = counted and _NOT_COUNTED not in message
            with self._happening:
                fault = self._count(message) if counted else None
                self._happening.notify_all()
            if fault is None:
                upstream.sendall(message)
                continue
            if fault.deaf:
                self._stop_listening()
            match fault.way:
                case Way.HOLD:
                    self.reached.set()
                    self._released.wait(_PATIENCE)
                case Way.AFTER:
                    # Nothing of the answer may arrive; the server works on it all the same.
                    _reset(client)
                    upstream.sendall(message)
                case Way.BEFORE:
                    _reset(client)
                case Way.HALF:
                    _reset(client)
                    self.reached.set()
                    self._released.wait(_PATIENCE)
                case Way.SEEN:
                    upstream.sendall(message)
                    self.reached.set()
                    continue
                case Way.PAUSE:
                    self.reached.set()
                    self._released.wait(_PATIENCE)
                    upstream.sendall(message)
                    continue
            self.reached.set()
            return

    def _count(self, message: bytes) -> Fault | None:
        """Writes a message down; the fault that it meets, if any."""
        self.messages.append(_shown(message))
        fault = self._fault
        if fault is None:
            return None
        if self.reached.is_set():
            return fault if fault.way is Way.HOLD else None
        if not fault.at(len(self.messages), message):
            return None
        self._struck = len(self.messages)
        self.place = f"message {self._struck}, {self.messages[-1]}"
        return fault


def _messages(client: socket.socket) -> Iterator[bytes]:
    with client.makefile("rb") as stream:
        length = stream.read(4)
        if len(length) < 4:
            return
        yield length + stream.read(int.from_bytes(length) - 4)
        while len(header := stream.read(5)) == 5:
            yield header + stream.read(int.from_bytes(header[1:]) - 4)


def _shown(message: bytes) -> str:
    match message[:1]:
        case b"\0":
            return "connecting"
        case b"Q":
            return " ".join(message[5:-1].decode("utf-8", "replace").split())[:_SHOWN]
        case other:
            return _NAMES.get(other, repr(other))


def _reset(client: socket.socket) -> None:
    """Cuts a connection so that the client sees it at once, even with data on the way."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    client.shutdown(socket.SHUT_RDWR)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
