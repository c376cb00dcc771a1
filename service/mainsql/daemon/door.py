"""The door of a running daemon: a socket in the state folder that tells how the daemon is.

Whoever connects gets one JSON value and the end. It listens to nobody but its own user, and on no port.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast
from uuid import uuid4

from twisted.internet import protocol
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.error import CannotListenError

from mainsql.daemon.asking import FOLDER, clear_stale
from mainsql.daemon.health import Health
from mainsql.daemon.log import Log

_LONGEST = 107
"""Bytes that the path of a socket may have, unix(7)."""


class _Port(Protocol):
    """What is used of Twisted's IListeningPort, whose own declaration mypy cannot read."""

    def stopListening(self) -> Deferred[None] | None:
        """Fires when it is closed and its file gone."""


class _Listens(Protocol):
    """The same of IReactorUNIX."""

    def listenUNIX(self, address: str, factory: protocol.Factory, *, mode: int) -> _Port:
        """Answer at this path."""


class _Transport(Protocol):
    """The same of ITransport."""

    def write(self, data: bytes, /) -> None:
        """Send it."""

    def loseConnection(self) -> None:
        """Close it, when all was sent."""


class Door:
    """Opened, it answers; where the state folder cannot be written, the daemon goes on without."""

    def __init__(self, health: Callable[[], Health], state: Path, reactor: ReactorBase, log: Log) -> None:
        self._health = health
        self._folder = state / FOLDER
        self._reactor = reactor
        self._log = log
        self._port: _Port | None = None

    def open(self) -> None:
        """Answer, from now on."""
        # No pid and no fixed name: several may run in one state folder, and some were killed.
        path = self._folder / f"{uuid4().hex[:12]}.sock"
        if len(os.fsencode(path)) > _LONGEST:
            self._stays_shut(f"{path} is longer than a socket's path may be; set MAINSQL_STATE to another")
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            clear_stale(self._folder)
            reactor = cast(_Listens, self._reactor)
            self._port = reactor.listenUNIX(os.fspath(path), _Answers(self._health), mode=0o600)
        except (OSError, CannotListenError) as error:
            self._stays_shut(str(error))

    def _stays_shut(self, reason: str) -> None:
        self._log.warning("no_door", "`mainsql health` cannot ask this daemon: {reason}", reason=reason)

    def close(self) -> Deferred[object]:
        """Answer no more. Fires when nothing is left in the folder."""
        port, self._port = self._port, None
        return maybeDeferred(port.stopListening) if port is not None else succeed(None)


class _Answers(protocol.Factory):
    noisy = False

    def __init__(self, health: Callable[[], Health]) -> None:
        self.health = health

    def buildProtocol(self, addr: object) -> protocol.Protocol:
        return _Answer(self.health)


class _Answer(protocol.Protocol):
    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def connectionMade(self) -> None:
        transport = cast(_Transport, self.transport)
        transport.write(json.dumps(self._health().as_plain()).encode())
        transport.loseConnection()
