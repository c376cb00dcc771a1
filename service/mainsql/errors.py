"""What can go wrong: one tree of exceptions, each saying where, what to do now, and whether to try again."""

import unicodedata
from dataclasses import dataclass
from enum import Enum

from mainsql.redaction import redact


class Retry(Enum):
    """What happens next after a failure."""

    NEVER = "never"
    """A person must act, or a new commit must come."""
    LATER = "later"
    """The same thing may work in a while: back off and try again."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a script: path, line and column (both from 1, the column in characters)."""

    path: str
    line: int
    column: int = 1
    included_from: "Place | None" = None

    def chain(self) -> "list[Place]":
        """The includes that led here, innermost first; empty in the main script."""
        places = []
        place = self.included_from
        while place is not None:
            places.append(place)
            place = place.included_from
        return places

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}:{self.column}"
        if chain := self.chain():
            where += " (included from " + ", from ".join(f"{p.path}:{p.line}" for p in chain) + ")"
        return where


class MainsqlError(Exception):
    """Anything that mainsql reports to a person.

    ``message`` says what happened, ``hint`` what to do now, ``outcome`` what state things are in
    (set by whoever knows the target).
    """

    retry: Retry = Retry.NEVER

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(redact(message))
        self.message = redact(message)
        self.hint = redact(hint) if hint else None
        self.outcome: str | None = None

    def summary(self) -> str:
        """What happened, in one line: of what libpq says of a lost connection, the first."""
        return self.message.partition("\n")[0]

    def report(self) -> str:
        """The whole report, as a person reads it: several lines, without a final newline."""
        lines = [self.message, *self.details()]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        if self.outcome:
            lines.append(self.outcome)
        return "\n".join(lines)

    def details(self) -> list[str]:
        """Lines between the message and the hint."""
        return []


class ConfigurationError(MainsqlError):
    """The configuration or the command line is wrong; ``faults`` lists all that was found."""

    def __init__(self, message: str, *, faults: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.faults = tuple(redact(fault) for fault in faults)

    def details(self) -> list[str]:
        return [f"  {fault}" for fault in self.faults]


class SourceError(MainsqlError):
    """The repository is not what it should be: not a repository, no such branch, no such commit."""


class SourceUnavailable(SourceError):
    """The repository cannot be reached now."""

    retry = Retry.LATER


class ScriptError(MainsqlError):
    """A script cannot be deployed as it is written. ``line`` is the source line, for the caret."""

    def __init__(
        self, message: str, *, place: Place | None, line: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.place = place
        self.line = line

    def report(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return where + super().report()

    def details(self) -> list[str]:
        if self.place is None or self.line is None:
            return []
        return excerpt(self.line, self.place.line, self.place.column)


class StatementError(ScriptError):
    """The server refused a statement. ``sqlstate`` is its five-character code.

    ``vague`` says that ``place`` is only where the statements begin that were sent together.
    """

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str,
        place: Place | None,
        line: str | None = None,
        detail: str | None = None,
        context: str | None = None,
        hint: str | None = None,
        retry: Retry = Retry.NEVER,
        vague: bool = False,
    ) -> None:
        super().__init__(f"{message} [{sqlstate}]", place=place, line=line, hint=hint)
        self.sqlstate = sqlstate
        self.detail = redact(detail) if detail else None
        self.context = redact(context) if context else None
        self.retry = retry
        self.vague = vague

    def summary(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return where + self.message + (f" ({self.detail})" if self.detail else "")

    def details(self) -> list[str]:
        lines = super().details()
        if self.detail:
            lines.append(f"detail: {self.detail}")
        if self.context:
            lines.append("context: " + self.context.replace("\n", "\n         "))
        return lines


class DatabaseError(MainsqlError):
    """The target is not as it must be: rights are missing, or its ledger is not ours to write."""


class DatabaseUnavailable(DatabaseError):
    """The target cannot be reached now, or was lost on the way."""

    retry = Retry.LATER


class ConnectionLost(DatabaseUnavailable):
    """There was a connection and it broke; without word of a COMMIT, only the ledger knows.

    ``place`` is the statement of a script at which it broke, if it was at one.
    """

    def __init__(self, message: str, *, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.place = place


class SessionEnded(DatabaseError):
    """The server ended the session because of a time limit that a script, a role or a database sets."""


class Locked(DatabaseUnavailable):
    """Somebody else has now what this needs: the tree of this database, or a lock on a table."""


class Refused(MainsqlError):
    """Nothing is wrong with the machinery: a person must decide. ``reasons`` are given one by one."""

    def __init__(self, message: str, *, reasons: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reasons = tuple(redact(reason) for reason in reasons)

    def details(self) -> list[str]:
        return [f"  {reason}" for reason in self.reasons]


class Paused(Refused):
    """A person holds the target for now; nothing is known against the commit."""


class Drifted(Refused):
    """Somebody has changed by other means what a deploy is about; nothing is wrong with the commit."""


class Cancelled(MainsqlError):
    """Stopped on request, before COMMIT."""


def excerpt(line: str, number: int, column: int) -> list[str]:
    """A source line and a caret under its ``column`` (from 1), aligned under tabs and wide characters."""
    gutter = f"{number:>6} | "
    under = "".join(
        "\t" if character == "\t" else " " * _cells(character) for character in line[: column - 1]
    )
    return [gutter + line.rstrip("\r\n"), " " * (len(gutter) - 2) + "| " + under + "^"]


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
