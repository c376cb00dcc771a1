"""A proxy before a server that cuts the first connection at COMMIT, before or after the server sees it."""

import contextlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
COMMIT = b"COMMIT\0"


class Cutter:
    """Connections to ``folder`` go to the server; ``cuts`` counts those that were cut.

    A ``deaf`` one takes no more connections after that.
    """

    def __init__(self, server: Path, *, after: bool, deaf: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cut-"))
        self.folder.chmod(0o711)
        self.cuts = 0
        self._server = server / SOCKET
        self._after = after
        self._deaf = deaf
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / SOCKET))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(30)
        shutil.rmtree(self.folder)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(str(self._server))
            back = threading.Thread(target=_copy, args=(upstream, client))
            back.start()
            for message in _messages(client):
                if self.cuts == 0 and message[:1] == b"Q" and message[5:] == COMMIT:
                    self.cuts += 1
                    if self._deaf:
                        (self.folder / SOCKET).unlink()
                    # Closed for both: the server rolls back what was not committed.
                    client.shutdown(socket.SHUT_RDWR)
                    if self._after:
                        upstream.sendall(message)
                    break
                upstream.sendall(message)
            with contextlib.suppress(OSError):
                upstream.shutdown(socket.SHUT_WR)
            back.join(30)


def _messages(client: socket.socket) -> Iterator[bytes]:
    """What a client sends, message by message: PostgreSQL's manual, "Message Formats"."""
    with client.makefile("rb") as stream:
        length = stream.read(4)
        yield length + stream.read(int.from_bytes(length) - 4)
        while header := stream.read(5):
            yield header + stream.read(int.from_bytes(header[1:]) - 4)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
