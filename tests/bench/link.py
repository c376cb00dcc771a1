"""A slow link to a server: a proxy that holds each piece of data back for a while, both ways.

It takes nothing from the throughput: what was sent at once arrives at once, only later.
"""

import contextlib
import queue
import socket
import threading
import time
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"
_PIECE = 1 << 18


class Link:
    """Connections to ``port`` of this machine go to the server's socket, ``delay`` seconds each way.

    A context manager.
    """

    def __init__(self, server: Path, delay: float) -> None:
        self._server = str(server / _SOCKET)
        self._delay = delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> "Link":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(30)

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
            upstream.connect(self._server)
            back = threading.Thread(target=self._carry, args=(upstream, client))
            back.start()
            self._carry(client, upstream)
            back.join(30)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        """Takes what comes at once, and hands it on when its time has come."""
        pieces: queue.Queue[tuple[float, bytes]] = queue.Queue()
        handing = threading.Thread(target=self._hand_on, args=(pieces, target))
        handing.start()
        data = b"more"
        while data:
            try:
                data = source.recv(_PIECE)
            except OSError:
                data = b""
            pieces.put((time.monotonic() + self._delay, data))
        handing.join(30)

    def _hand_on(self, pieces: "queue.Queue[tuple[float, bytes]]", target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = pieces.get()
                # That is the link's length, nothing that could be waited for.
                time.sleep(max(0.0, due - time.monotonic()))
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
