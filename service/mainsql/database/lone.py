"""Runs one statement outside any transaction, under the stage that it needs, or finds out how it ended."""

import contextlib
from collections.abc import Iterator, Mapping

from mainsql.database.leftovers import Index, Left, built_index, cleared, drop_index, index_named, index_of
from mainsql.database.limits import Limits
from mainsql.database.lone_index import index_dropped, index_made
from mainsql.database.performance import Performance, Progress
from mainsql.database.session import Session
from mainsql.errors import DatabaseError, Refused, StatementError
from mainsql.model import Alone, Tree
from mainsql.script.outside import BuildsIndex, Detaches, DropsIndex, RebuildsIndexes, Unclear
from mainsql.undo.recording import Effect

_DUPLICATE = "42P07"
_SAY = (
    "look whether it is done, and say so (mainsql resume --statement-done), "
    "or that it is to run again (mainsql resume --statement-again)"
)


class Lone:
    """One statement that runs alone. ``tree`` gives the line for reports.

    Each of its methods leaves the session clean. They raise StatementError, DatabaseError, Cancelled.
    """

    def __init__(
        self,
        session: Session,
        segment: Alone,
        limits: Limits,
        tree: Tree | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        """``values`` are the late variables that may set the stage."""
        # The grammar takes a while to import.
        from mainsql.script.syntax.undertaking import undertaking

        self._session = session
        self._segment = segment
        self._statement = segment.statement
        self._limits = limits
        self._tree = tree
        self._values = values or {}
        self.about = undertaking(segment.statement.text)

    def subject(self) -> int | None:
        """The OID of the index that it will drop, if it is one that does."""
        if not isinstance(self.about, DropsIndex):
            return None
        with self._staged():
            index = index_named(self._session, self.about.index)
        return index.oid if index else None

    def foreseen(self, dsn: str, subject: int | None) -> Effect | None:
        """What dropping the index ``subject`` will do, which nobody can tell afterwards."""
        return None if subject is None else index_dropped(self._session, dsn, subject)

    def seen(self) -> Effect | None:
        """What it has done, where that was to build an index."""
        if not isinstance(self.about, BuildsIndex):
            return None
        with self._staged():
            index = built_index(self._session, self.about)
        return index_made(self._session, index.oid) if index else None

    def run(self, progress: Progress) -> None:
        """Runs it, for the first time."""
        with self._staged():
            self._run(progress)

    def run_rest(self, progress: Progress, subject: int | None) -> None:
        """Runs it, if it has to, though it was begun before. Raises Refused where nobody can tell."""
        with self._staged():
            match cleared(self._session, self._statement, self.about, subject):
                case Left.ALL:
                    self._run(progress)
                case Left.UNKNOWN:
                    raise Refused(
                        f"{self._statement.place}: this was begun, and it is not known how it ended: "
                        + " ".join(self._statement.text.split())[:200],
                        hint=_SAY,
                    )

    def abandon(self, subject: int | None) -> bool:
        """Takes away what there is of it, though it was begun; whether that can be done."""
        session, statement = self._session, self._statement
        with self._staged():
            match self.about:
                case BuildsIndex():
                    if (index := built_index(session, self.about)) is not None:
                        drop_index(session, statement, index)
                    return True
                case DropsIndex():
                    index = index_of(session, subject) if subject is not None else None
                    return index is not None and index.valid
                case _:
                    return cleared(session, statement, self.about, subject) is Left.ALL

    def leaves_nothing(self, error: StatementError) -> bool:
        """Takes away what a failure has left, as far as that can be told; whether nothing is left."""
        if isinstance(self.about, Unclear):
            error.hint = error.hint or f"it may have committed a part of what it does: {_SAY}"
            return False
        if isinstance(self.about, BuildsIndex):
            try:
                with self._staged():
                    index = built_index(self._session, self.about)
                    if index is not None and not index.valid:
                        self._left_invalid(index, error)
            except (DatabaseError, StatementError):
                return False
        return True

    def _left_invalid(self, index: Index, error: StatementError) -> None:
        if error.sqlstate != _DUPLICATE:
            drop_index(self._session, self._statement, index)
        else:
            error.hint = (
                f"{index.name} is INVALID, and was there before: say IF NOT EXISTS, and it is built again; "
                f"or drop it: DROP INDEX CONCURRENTLY {index.name}"
            )

    def _run(self, progress: Progress) -> None:
        progress(self._statement)
        self._send()
        if isinstance(self.about, BuildsIndex):
            # IF NOT EXISTS passes over one that is INVALID.
            index = built_index(self._session, self.about)
            if index is not None and not index.valid:
                drop_index(self._session, self._statement, index)
                self._send()

    def _send(self) -> None:
        with self._session.watching_blockers(self._lock_timeout):
            self._session.run_alone(self._statement, self._tree)

    @property
    def _lock_timeout(self) -> float:
        """In seconds. What runs CONCURRENTLY waits for all older transactions, and keeps nobody waiting."""
        patient = isinstance(self.about, (BuildsIndex, DropsIndex, RebuildsIndexes, Detaches))
        return 0.0 if patient else self._limits.lock_timeout

    @contextlib.contextmanager
    def _staged(self) -> Iterator[None]:
        """While it is open, the session is as the statement needs it."""
        session = self._session
        try:
            session.query(
                "select set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)",
                (
                    f"{round(self._lock_timeout * 1000)}ms",
                    f"{round(self._limits.statement_timeout * 1000)}ms",
                ),
            )
            with session.transaction():
                Performance(session, self._values, self._tree).run(self._segment.stage, lambda _: None)
            yield
        finally:
            with contextlib.suppress(DatabaseError):
                session.reset_stage()
