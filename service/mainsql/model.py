"""The nouns of mainsql, as frozen values. DESIGN's words, and nothing that decides or does."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from mainsql.errors import Place


@dataclass(frozen=True, slots=True)
class Commit:
    """One revision of a repository. ``id`` is the full hash (git) or ``rN`` (Subversion)."""

    id: str
    author: str
    message: str
    committed_at: datetime

    @property
    def short(self) -> str:
        """The id as people write it."""
        return self.id if self.id.startswith("r") else self.id[:10]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a script says (``echo``: by ``\\echo``) or that its reader should know, and where."""

    place: Place
    text: str
    echo: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """From ``offset`` (characters) on, a statement's text stands at ``line`` and ``column`` of its file.

    A ``fixed`` one covers text that does not stand there itself: the value of a variable.
    """

    offset: int
    line: int
    column: int
    fixed: bool = False


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
    """

    text: str
    unit: str
    place: Place
    digest: str
    anchors: tuple[Anchor, ...] = ()
    copy_data: str | None = None
    copies_out: bool = False
    sets_stage: bool = False
    asks: tuple[str, ...] = ()
    then: Gset | Gexec | None = None
    conditional: bool = False
    command: bool = False

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


class Directive(StrEnum):
    """What a ``-- mainsql: …`` comment in the first lines of a file says about it."""

    REPEATABLE = "repeatable"
    ONCE = "once"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Unit:
    """One included file at its place in the tree.

    ``name`` is the path relative to the include root, with ``#2`` for a second inclusion;
    ``path`` is relative to the root of the repository. ``undo`` are the statements of the undo
    script beside it (none where it says that there is nothing to undo), or None without a script.
    """

    name: str
    path: str
    place: Place
    directive: Directive | None = None
    statements: tuple[Statement, ...] = ()
    undo: tuple[Statement, ...] | None = None
    undo_path: str = ""

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of its statements, in order, without those that only set the stage."""
        return tuple(s.digest for s in self.counted)

    @property
    def counted(self) -> tuple[Statement, ...]:
        """Its statements without those that only set the stage: what is applied, or not."""
        return tuple(s for s in self.statements if not s.sets_stage)

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
    (by repository path), for excerpts and to know what a later commit must touch to matter.
    """

    name: str
    main: str
    units: tuple[Unit, ...]
    program: tuple[Statement, ...]
    root: Inclusion
    notes: tuple[Note, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def digest(self) -> str:
        """Equal for two trees that would do the same: same units, statements, order and undo scripts."""
        hasher = hashlib.sha256()
        for statement in self.program:
            hasher.update(f"{statement.unit}\0{statement.digest}\n".encode())
        for unit in self.units:
            hasher.update(f"{unit.name}\0{unit.directive}\0{unit.undo_digest}\n".encode())
        return hasher.hexdigest()

    def source_line(self, place: Place) -> str | None:
        """The text of the line at ``place``, or None where the file is not part of the tree."""
        for unit in self.units:
            if unit.place.path == place.path:
                lines = self.files[unit.path].split("\n")
                return lines[place.line - 1] if place.line <= len(lines) else None
        return None


class Action(StrEnum):
    """What one version does for one unit."""

    RUN = "run"
    """It is new: all of it runs."""
    RERUN = "rerun"
    """It is repeatable and changed, says ``always``, or the tree is applied whole: all runs again."""
    APPEND = "append"
    """What was applied is a prefix of it: the rest runs."""
    UNDO = "undo"
    """Nothing runs; its undo script is new or changed, and is recorded."""


class UndoKind(StrEnum):
    """How a step, or a whole version, can be taken back; the best first."""

    NOTHING = "nothing"
    """There is nothing to take back."""
    WRITTEN = "written"
    """By a script that a person wrote."""
    PREVIOUS = "previous"
    """By running the text that was there before again."""
    MISSING = "missing"
    """Not at all, for the reason that is recorded with it."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The script that takes a step back, flat SQL with its origins as comments, or why there is none."""

    kind: UndoKind
    script: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What a plan does for one unit: which of its statements run, and how they are taken back.

    ``digests`` are those of all its statements, as the ledger will know the unit from then on, and
    ``undo_digest`` is that of the undo script beside it. ``undo_body`` is the undo script without
    what sets the stage for it.
    """

    unit: str
    action: Action
    statements: tuple[Statement, ...]
    digests: tuple[str, ...]
    undo: Undo
    undo_digest: str | None = None
    undo_body: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commit would do to a target.

    ``program`` is all that runs, in order, stage included. ``kept`` are units that left the tree
    but stay applied. ``onto`` is the version that is there before, 0 for none.
    """

    tree: Tree
    commit: Commit
    onto: int
    version: int
    steps: tuple[Step, ...]
    program: tuple[Statement, ...]
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def undo(self) -> Undo:
        """How the version is taken back: by the scripts of its steps in reverse, if each has one.

        What only records the undo script of an earlier version has nothing to take back itself.
        """
        undos = [step.undo for step in self.steps if step.action is not Action.UNDO]
        missing = [undo.reason for undo in undos if undo.kind is UndoKind.MISSING]
        if missing:
            return Undo(UndoKind.MISSING, None, "; ".join(filter(None, missing)))
        worst = max((undo.kind for undo in undos), key=list(UndoKind).index, default=UndoKind.NOTHING)
        return Undo(worst, "".join(undo.script or "" for undo in reversed(undos)))


@dataclass(frozen=True, slots=True)
class UpToDate:
    """The target has all that the commit says. ``kept`` are units that left the tree but stay applied."""

    version: int
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason why a plan needs a person: the unit, what is the matter, and the way out."""

    unit: str | None
    reason: str
    hint: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A plan that needs a person. It lists every objection, not only the first."""

    commit: Commit | None
    version: int
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class AppliedStep:
    """A row of ``mainsql.steps``. ``script`` is the flat SQL that ran."""

    position: int
    unit: str
    action: Action
    digests: tuple[str, ...]
    script: str
    undo: Undo
    undo_digest: str | None
    duration: timedelta


@dataclass(frozen=True, slots=True)
class RolledBack:
    """When, by whom and why a version was taken back."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Version:
    """A row of ``mainsql.versions``: the n-th change of a tree in a database."""

    tree: str
    version: int
    commit: Commit
    applied_at: datetime
    applied_by: str
    duration: timedelta
    digest: str
    transaction_id: int
    undo_kind: UndoKind
    steps: tuple[AppliedStep, ...] = ()
    rolled_back: RolledBack | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of ``mainsql.attempts``: a deployment that failed and left nothing behind."""

    commit_id: str
    onto_version: int
    at: datetime
    by: str
    error: str
    sqlstate: str | None


@dataclass(frozen=True, slots=True)
class History:
    """All that the ledger knows of one tree: versions in order, what failed, and what operators said.

    ``resumed_at`` is when a person last released what had been rolled back: rollbacks before it
    hold nothing any more.
    """

    tree: str
    versions: tuple[Version, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    resumed_at: datetime | None = None

    @property
    def current(self) -> Version | None:
        """The newest version that has not been rolled back."""
        return next((v for v in reversed(self.versions) if v.rolled_back is None), None)

    @property
    def number(self) -> int:
        """The number of the current version, 0 for none."""
        return self.current.version if self.current else 0

    @property
    def next_version(self) -> int:
        """The number that the next version gets: numbers are never used twice."""
        return self.versions[-1].version + 1 if self.versions else 1


@dataclass(frozen=True, slots=True)
class RollbackStep:
    """One undo script to run: that of ``unit`` in ``version``, as statements."""

    version: int
    unit: str
    kind: UndoKind
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Rollback:
    """How to take a target back: the undo scripts in the order in which they run."""

    tree: str
    from_version: int
    to_version: int
    versions: tuple[int, ...]
    steps: tuple[RollbackStep, ...]
