"""What a script says: statements, units and trees."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import BinaryIO

from mainsql.errors import Place


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a script says (``echo``: by ``\\echo``) or that its reader should know, and where."""

    place: Place
    text: str
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that are too many to be held in memory: their number, a digest, and how to read them."""

    size: int
    digest: str
    open: Callable[[], BinaryIO] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Gap:
    """Behind ``line`` of a text, so many ``lines`` of the file were left out: rows of a COPY."""

    line: int
    lines: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """From ``offset`` (characters) on, a statement's text stands at ``line`` and ``column`` of its file.

    A ``fixed`` one covers text that does not stand there itself: the value of a variable.
    """

    offset: int
    line: int
    column: int
    fixed: bool = False


ASKS = "asks:"
"""Begins the digest of a query that only gives variables their values: another one is no change."""


def essential(digests: Sequence[str]) -> tuple[str, ...]:
    """The digests of those statements that make a difference when they change."""
    return tuple(digest for digest in digests if not digest.startswith(ASKS))


@dataclass(frozen=True, slots=True)
class Gset:
    r"""The single row of a statement becomes variables, as with psql's ``\gset prefix``.

    ``names`` are the columns as far as the text tells, None where it does not; ``known`` are the
    variables that were taken for known, and so must not be among them. ``again`` asks a query that
    ran with an earlier version once more, only to read.
    """

    prefix: str
    names: tuple[str, ...] | None
    known: frozenset[str] = frozenset()
    again: bool = False

    def may_set(self, name: str) -> bool:
        """Whether the variable of this name may come from it."""
        if self.names is None:
            return name.startswith(self.prefix) and name not in self.known
        return name.removeprefix(self.prefix) in self.names and name.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class Gexec:
    r"""Each value of a statement's rows is a statement that runs next, as with psql's ``\gexec``."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement, as it is sent, and where it comes from.

    ``text`` includes its semicolon, if the file has one. ``copy_data`` are the lines after a
    ``COPY … FROM stdin``; ``copies_out`` marks a ``COPY … TO stdout``. ``sets_stage`` marks what
    only prepares the session (``SET`` and the like). ``digest`` is equal for two statements that
    differ only in comments, white space and the case of unquoted words.

    What is decided only while it runs: ``asks`` names the variables in ``text`` that get their
    value then, ``then`` says what becomes of the rows, ``conditional`` that it stands in a branch
    that may not be taken. A ``command`` is no SQL, but a line of psql that is carried out then:
    ``\\if``, ``\\elif``, ``\\else``, ``\\endif``, ``\\set``, ``\\unset`` or ``\\echo``.

    What runs ``alone`` has no part in the transactions of the others: its file says no-transaction.
    """

    text: str
    unit: str
    place: Place
    digest: str
    anchors: tuple[Anchor, ...] = ()
    copy_data: str | Stored | None = None
    copies_out: bool = False
    sets_stage: bool = False
    asks: tuple[str, ...] = ()
    then: Gset | Gexec | None = None
    conditional: bool = False
    command: bool = False
    alone: bool = False

    @property
    def late(self) -> bool:
        """Whether something about it is decided only while it runs."""
        return bool(self.asks) or self.then is not None or self.command

    def locate(self, position: int) -> Place:
        """The place of the character at ``position`` (from 1, as the server counts) of the text."""
        offset = min(max(position - 1, 0), len(self.text))
        anchor = Anchor(0, self.place.line, self.place.column)
        for candidate in self.anchors:
            if candidate.offset > offset:
                break
            anchor = candidate
        if anchor.fixed:
            return Place(self.place.path, anchor.line, anchor.column, self.place.included_from)
        before = self.text[anchor.offset : offset]
        lines = before.count("\n")
        column = len(before) - before.rfind("\n") if lines else anchor.column + len(before)
        return Place(self.place.path, anchor.line + lines, column, self.place.included_from)


def undo_path(path: str) -> str:
    """Where the undo script of a unit is: ``foo.undo.sql`` beside ``foo.sql``."""
    return path.removesuffix(".sql") + ".undo.sql"


class Directive(StrEnum):
    """When a file runs, as a ``-- mainsql: …`` comment in its first lines says."""

    REPEATABLE = "repeatable"
    ONCE = "once"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Unit:
    """One included file at its place in the tree.

    ``name`` is the path relative to the include root, with ``#2`` for a second inclusion;
    ``path`` is relative to the root of the repository. ``undo`` are the statements of the undo
    script beside it (none where it says that there is nothing to undo), or None without a script.
    ``keeps_data`` is that it says so: the rows that it takes away are kept. ``directive`` says when it
    runs, ``alone`` that its statements run outside the version's transactions.
    """

    name: str
    path: str
    place: Place
    directive: Directive | None = None
    statements: tuple[Statement, ...] = ()
    undo: tuple[Statement, ...] | None = None
    keeps_data: bool = False
    alone: bool = False

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of its statements, in order, without those that only set the stage."""
        return tuple([s.digest for s in self.statements if not s.sets_stage])

    @property
    def counted(self) -> tuple[Statement, ...]:
        """Its statements without those that only set the stage: what is applied, or not."""
        if any(s.sets_stage for s in self.statements):
            return tuple(s for s in self.statements if not s.sets_stage)
        return self.statements  # rather than the same once more for each of thousands of units

    @property
    def undo_path(self) -> str:
        """Where its undo script is, if it has one, from the root of the repository."""
        return undo_path(self.path)

    @property
    def undo_digest(self) -> str | None:
        """Equal for two undo scripts with the same statements; None without a script."""
        if self.undo is None:
            return None
        return hashlib.sha256("\n".join(s.digest for s in self.undo).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A node of the include tree: a unit and the units that it includes, in order."""

    unit: str
    children: tuple["Inclusion", ...] = ()


@dataclass(frozen=True)
class Tree:
    """A main script with all that it includes, resolved: the flat program and its units.

    ``units`` are in the order in which their files are entered, ``program`` holds the statements
    of all of them in the order in which they run, ``files`` the text of every file that was read
    (by repository path), for excerpts and to know what a later commit must touch to matter; ``gaps``
    say what is left out of it.
    """

    name: str
    main: str
    units: tuple[Unit, ...]
    program: tuple[Statement, ...]
    root: Inclusion
    notes: tuple[Note, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    gaps: Mapping[str, tuple[Gap, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def digest(self) -> str:
        """Equal for two trees that would do the same: same units, statements, order and undo scripts."""
        digest = hashlib.sha256()
        for statement in self.program:
            digest.update(f"{statement.unit}\0{statement.digest}\n".encode())
        for unit in self.units:
            says = f"{unit.name}\0{unit.directive}\0{unit.keeps_data}\0{unit.undo_digest}\n"
            digest.update(says.encode())
        for unit in self.units:
            if unit.alone:
                digest.update(f"{unit.name}\0alone\n".encode())
        return digest.hexdigest()

    def source_line(self, place: Place) -> str | None:
        """The text of the line at ``place``, or None where the file is not part of the tree."""
        for unit in self.units:
            if unit.place.path == place.path:
                return line_of(self.files[unit.path], self.gaps.get(unit.path, ()), place.line)
        return None


def line_of(text: str, gaps: tuple[Gap, ...], line: int) -> str | None:
    """The text of a line of a file, counted from 1; None for one that is left out, or not there."""
    left_out = 0
    for gap in gaps:
        if line > gap.line + left_out + gap.lines:
            left_out += gap.lines
        elif line > gap.line + left_out:
            return None
    lines = text.split("\n")
    return lines[line - left_out - 1] if line - left_out <= len(lines) else None
