"""What the daemon says: one line an event, through Twisted's logger, so that all comes out as one."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from threading import Lock
from typing import TextIO, cast

from twisted.logger import (
    ILogObserver,
    LogEvent,
    Logger,
    LogLevel,
    globalLogBeginner,
    globalLogPublisher,
)
from twisted.python.failure import Failure

from mainsql.daemon import lines

Observer = Callable[[LogEvent], None]


class Log:
    """Says what happens to one thing: ``Log(target="shop@production")``, or Log() for the daemon.

    Each event has a name for programs and a message for people, in which ``{field}`` stands for
    one of its fields. The field ``report`` is text of several lines, shown under the message.
    """

    def __init__(self, observer: Observer | None = None, /, **about: str) -> None:
        self._logger = Logger("mainsql", observer=cast(ILogObserver | None, observer))
        self._observer = observer
        self._about = about

    def about(self, **about: str) -> "Log":
        """One that goes where this one goes, about something else."""
        return Log(self._observer, **about)

    def debug(self, event: str, message: str, /, **fields: object) -> None:
        """For whoever looks for a bug; hidden by default."""
        self._emit(LogLevel.debug, event, message, fields)

    def info(self, event: str, message: str, /, **fields: object) -> None:
        """Something happened as it should."""
        self._emit(LogLevel.info, event, message, fields)

    def warning(self, event: str, message: str, /, **fields: object) -> None:
        """Something is not as it should be, and may pass."""
        self._emit(LogLevel.warn, event, message, fields)

    def error(self, event: str, message: str, /, **fields: object) -> None:
        """A person must act."""
        self._emit(LogLevel.error, event, message, fields)

    def critical(self, event: str, message: str, failure: Failure, /, **fields: object) -> None:
        """A bug: with its traceback."""
        self._emit(LogLevel.critical, event, message, fields, log_failure=failure)

    def _emit(
        self,
        level: LogLevel,
        event: str,
        message: str,
        fields: dict[str, object],
        **more: object,
    ) -> None:
        ours = {"mainsql_event": event, "mainsql_about": self._about, "mainsql_fields": fields}
        self._logger.emit(level, message, **{**self._about, **fields, **ours, **more})


@contextmanager
def logging_to(
    stream: TextIO, *, as_json: bool = False, verbose: bool = False, colours: bool = False
) -> Iterator[None]:
    """Send all events to ``stream``, those of Twisted and unhandled failures of Deferreds too.

    ``verbose`` shows what is for debugging. Colours are for people: give ``stream.isatty()``.
    """
    _take_over()
    line = lines.as_json if as_json else partial(lines.human, colours=colours)
    observer = cast(ILogObserver, writer(stream, line, verbose=verbose))
    globalLogPublisher.addObserver(observer)
    try:
        yield
    finally:
        globalLogPublisher.removeObserver(observer)


def writer(stream: TextIO, line: Callable[[LogEvent], str], *, verbose: bool = False) -> Observer:
    """An observer that writes one ``line`` of each event that is wanted.

    Nobody may be left to read it (``mainsql watch | head``), or the disk may be full: that must
    not stop a deployment, so what cannot be written is lost.
    """

    encoding = getattr(stream, "encoding", None) or "utf-8"
    one_at_a_time = Lock()  # worker threads log too

    def write(event: LogEvent) -> None:
        if not _wanted(event, verbose):
            return
        text = line(event).encode(encoding, "backslashreplace").decode(encoding)
        with one_at_a_time:
            try:
                stream.write(text + "\n")
                stream.flush()
            except BrokenPipeError:
                _let_go(stream)
            except (OSError, ValueError):  # ValueError: the stream was closed
                pass

    return write


def _wanted(event: LogEvent, verbose: bool) -> bool:
    level = event.get("log_level", LogLevel.info)
    least = LogLevel.info if "mainsql_event" in event else LogLevel.warn
    return verbose or level >= least


def _let_go(stream: TextIO) -> None:
    """Point a pipe that nobody reads at nothing, else flushing it at exit fails once more.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)


@cache
def _take_over() -> None:
    """Once in a process: end Twisted's own way of printing what nobody observes."""
    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
