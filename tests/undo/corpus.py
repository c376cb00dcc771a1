"""The corpus: statements, and what becomes of each when it is applied, taken back and applied again.

A case in corpus/KIND.sql begins with a line that says what must come of it, and goes on to the next:

    --- exact
    --- order                        equal but for the order of columns
    --- lossy: values of column      what is declared as lost has these words in it
    --- refused: a label             the reason has these words in it

``kept`` behind ``lossy`` or ``refused`` says that nothing is lost where rows are kept. ``from 18`` or
``until 16`` behind that limits it to those versions of PostgreSQL.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mainsql.database import snapshot
from mainsql.database.keeping import Keeper
from mainsql.database.session import Session
from mainsql.errors import DatabaseError
from mainsql.undo.archive import NOTHING
from mainsql.undo.catalog import Key, Snapshot
from mainsql.undo.comparing import Verdict, compare
from mainsql.undo.dump import Definitions
from mainsql.undo.inverse import (
    Derivation,
    Derived,
    Impossible,
    NeedsDefinitions,
    NeedsEntries,
    NeedsRows,
    derive,
)
from mainsql.undo.keeping import Taken

FOLDER = Path(__file__).parent
VERDICTS = ("exact", "order", "lossy", "refused")

_HEAD = re.compile(r"^--- (\w+)( kept)?(?: (from|until) (\d+))?(?:: (.*))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """Statements, and what is expected of them; ``kept`` is that nothing is lost where rows are kept."""

    kind: str
    line: int
    verdict: str
    words: str
    sql: str
    first: int = 0
    last: int = 99
    kept: bool = False

    def __str__(self) -> str:
        return f"{self.kind}.sql:{self.line}"


def cases() -> Iterator[Case]:
    """All of them, in the order of the files."""
    for path in sorted((FOLDER / "corpus").glob("*.sql")):
        text = path.read_text()
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            verdict, kept, limit, version, words = head.groups()
            limits = {"from": (int(version or 0), 99), "until": (0, int(version or 99))}
            yield Case(
                path.stem,
                text.count("\n", 0, head.start()) + 1,
                verdict,
                words or "",
                text[head.end() : end].strip(),
                *limits.get(limit or "", (0, 99)),
                kept=bool(kept),
            )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case: ``exact``, ``order``, ``lossy``, ``refused`` or ``wrong``; in words; the undo.

    ``intact`` is that all rows were as before after it.
    """

    verdict: str
    words: str
    undo: tuple[str, ...] = ()
    intact: bool = False

    @property
    def kept(self) -> bool:
        """Whether nothing was lost: at most something is said of values that come later."""
        said = self.words.split("; ") if self.verdict == "lossy" else ()
        back = self.verdict in ("exact", "order", "lossy")
        return back and self.intact and all(each.startswith("values of column") for each in said)


class _NotKept(Exception):
    """Rows have to be kept that were not."""

    def __init__(self, taken: frozenset[Taken]) -> None:
        super().__init__(taken)
        self.taken = taken


@dataclass(frozen=True, slots=True)
class Ground:
    """The database of base.sql, and what it was before any case."""

    session: Session
    before: Snapshot
    definitions: Definitions
    contents: Mapping[str, str]

    def run(self, case: Case) -> Outcome:
        """Applies a case, takes it back, compares, applies it again; all of it is rolled back."""
        return self._attempt(case, frozenset(), keeps=False)

    def run_keeping(self, case: Case) -> Outcome:
        """The same, with the rows kept that it takes away."""
        wanted: frozenset[Taken] = frozenset()
        while True:
            try:
                return self._attempt(case, wanted, keeps=True)
            except _NotKept as lacking:
                if lacking.taken <= wanted:
                    return Outcome("wrong", f"what was kept is not there: {lacking.taken}")
                wanted |= lacking.taken

    def _attempt(self, case: Case, wanted: frozenset[Taken], *, keeps: bool) -> Outcome:
        self.session.begin()
        try:
            keeper = None
            if keeps:
                self.session.query("CREATE SCHEMA mainsql_archive")
                keeper = Keeper(self.session, "corpus", 1)
                keeper.keep(self.before, wanted)
            return self._run(case, keeper)
        finally:
            self.session.rollback()

    def _run(self, case: Case, keeper: Keeper | None) -> Outcome:
        self._apply(case)
        after = snapshot.touched(self.session)
        derivation = self._derived(after, None, keeper)
        if isinstance(derivation, NeedsEntries):
            after = after.joined(snapshot.entries(self.session, derivation.after))
            derivation = self._derived(after, None, keeper)
        if isinstance(derivation, NeedsRows):
            raise _NotKept(derivation.taken)
        if isinstance(derivation, NeedsDefinitions):
            derivation = self._derived(after, self.definitions, keeper)
        match derivation:
            case Impossible(reasons):
                return Outcome("refused", "; ".join(reasons))
            case Derived(statements, losses):
                try:
                    for statement in statements:
                        self.session.query(statement)
                except DatabaseError as error:
                    return Outcome("wrong", f"{statement}: {error.message}", statements)
                return self._compared(case, statements, losses)
        return Outcome("wrong", str(derivation))

    def _derived(self, after: Snapshot, definitions: Definitions | None, keeper: Keeper | None) -> Derivation:
        archive = NOTHING if keeper is None else keeper.archive(self.before, after)
        return derive(self.before, after, definitions, archive)

    def _compared(self, case: Case, statements: tuple[str, ...], losses: tuple[str, ...]) -> Outcome:
        self._reset()
        found = compare(*concerned(self.before, snapshot.touched(self.session)))
        if found.verdict is Verdict.DIFFERENT:
            return Outcome("wrong", "\n".join(map(str, found.differences)), statements)
        now = contents(self.session, self.before)
        changed = [name for name, digest in now.items() if digest != self.contents[name]]
        for name in changed:
            if not any(name in loss for loss in losses):
                return Outcome("wrong", f"{name} has something else in it, and nothing says so", statements)
        try:
            # What is of the whole server stays, and may be in the way.
            if not any("of the whole server" in loss for loss in losses):
                self._apply(case)
        except DatabaseError as error:
            return Outcome("wrong", f"cannot be applied again: {error.message}", statements)
        if losses:
            return Outcome("lossy", "; ".join(losses), statements, not changed)
        return Outcome("exact" if found.verdict is Verdict.EQUAL else "order", "", statements, not changed)

    def _apply(self, case: Case) -> None:
        self.session.query(case.sql)
        self.session.query("SET CONSTRAINTS ALL IMMEDIATE")
        self._reset()

    def _reset(self) -> None:
        self.session.query("RESET ROLE; RESET search_path; RESET check_function_bodies")


def concerned(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Of both what is not sure to be the same: what was written since, what is gone, what is new.

    ``after`` is of what the open transaction has written. The columns of a table stay together.
    """
    touched = {*(after.touched or ()), *(before.keys - after.keys), *(after.keys - before.keys)}
    tables = {_table(key) for key in touched if key.catalog == "pg_attribute"}

    def counts(key: Key) -> bool:
        settled = key.catalog in ("pg_database", "pg_db_role_setting")
        return settled or key in touched or (key.catalog == "pg_attribute" and _table(key) in tables)

    def part(side: Snapshot) -> Snapshot:
        return replace(side, entries={key: entry for key, entry in side.entries.items() if counts(key)})

    return part(before), part(after)


def _table(key: Key) -> str:
    return key.id.partition(":")[0]


def contents(session: Session, of: Snapshot) -> dict[str, str]:
    """A digest of the rows of each table, whatever the order of rows and columns; positions of sequences."""
    queries = [
        f"select {_quoted(name)}, md5(string_agg(to_jsonb(t)::text, ',' order by to_jsonb(t)::text)) "
        f"from only {name} t"
        for name in sorted(_names(of, "r"))
    ]
    queries += [
        f"select {_quoted(name)}, last_value || is_called::text from {name}" for name in _names(of, "S")
    ]
    return dict(session.query(" union all ".join(queries)))


def _names(of: Snapshot, kind: str) -> list[str]:
    return [
        entry.identity
        for entry in of.entries.values()
        if entry.key.catalog == "pg_class" and entry.raw["relkind"] == kind
    ]


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
