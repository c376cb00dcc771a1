"""What has been collected → statements of the program; what they say about the transaction."""

import contextlib
from dataclasses import replace
from typing import NoReturn

from mainsql.errors import Place, ScriptError
from mainsql.model import ASKS, Gexec, Gset, Note, Statement
from mainsql.script import classify, normal
from mainsql.script.frames import Frame, UnitBuilder
from mainsql.script.lexer import Found, Scanner, Unterminated
from mainsql.script.limits import Amount
from mainsql.script.render import ALONE


class Statements:
    r"""Adds statements to a program, in order, and to the units that they stand in.

    ``flat`` is a script that ``render`` made; ``amount`` counts what is added, for a whole tree.
    ``depth`` is the number of late ``\if``\ s that are open: what is added then is conditional.
    """

    def __init__(
        self, program: list[Statement], notes: list[Note], amount: Amount, *, flat: bool = False
    ) -> None:
        self.depth = 0
        self._flat = flat
        self._amount = amount
        self._program = program
        self._notes = notes
        self._outermost: tuple[int, UnitBuilder, int] | None = None

    def send(self, frame: Frame, then: Gset | Gexec | None = None) -> Statement | None:
        """Takes the statement that a file has ready, if there is one. Raises ScriptError."""
        pending = frame.scanner.take()
        asks = tuple(sorted(frame.asks))
        frame.asks.clear()
        if pending.blank:
            return None
        words = normal.tokens(pending.text)
        if not words:
            return None
        place = frame.at(pending.start)
        alone = frame.unit.says.alone or (self._flat and says_alone(frame.text.text, pending.start))
        if alone:
            self._check_alone(words, place, asks)
        ordinary = not alone and classify.is_ordinary(words)
        if not ordinary and self.absorbs(words, place):
            return None
        forbidden = classify.forbidden_alone if alone else classify.forbidden
        if not ordinary and (reason := forbidden(words)) is not None:
            _fail(reason.reason, place, reason.hint)
        copy = None if ordinary else classify.copy(words)
        data = frame.scanner.copy_data() if copy is classify.Copy.IN else None
        if any(anchor.fixed for anchor in pending.anchors) and (count := count_statements(pending.text)) > 1:
            _fail(
                f"with the values of its variables this is {count} statements to the server",
                place,
                "a value opens or closes a quote or a comment: write that into the statement itself",
            )
        statement = Statement(
            pending.text,
            frame.unit.name,
            place,
            normal.digest(words, data),
            pending.anchors,
            data,
            copies_out=copy is classify.Copy.OUT,
            sets_stage=not ordinary and classify.sets_stage(words),
            asks=asks,
            alone=alone,
        )
        frame.previous = statement
        if then is not None:
            statement = sending_on(statement, then)
        self.add(frame, statement)
        return statement

    def add(self, frame: Frame, statement: Statement) -> None:
        """Adds a statement of a file."""
        if self.depth:
            statement = replace(statement, conditional=True)
        self._amount.add(len(statement.text), statement.place)
        self._program.append(statement)
        frame.unit.statements.append(statement)

    def _check_alone(self, words: list[str], place: Place, asks: tuple[str, ...]) -> None:
        """Refuses what cannot stand in a file that says no-transaction: each statement is known before."""
        no_transaction = "this file says no-transaction"
        if classify.transaction(words) is not classify.Transaction.NONE:
            _fail(
                f"{' '.join(words[:2]).upper()} makes no sense here: {no_transaction}",
                place,
                "leave it out, or the directive",
            )
        if asks:
            _fail(
                f"this depends on {', '.join(f':{name}' for name in asks)}, which has its value only while "
                f"the script runs, and {no_transaction}",
                place,
                "what runs outside a transaction has to be known before: write the value itself",
            )
        if self.depth:
            _fail(
                f"whether this runs is decided only while the script runs, and {no_transaction}",
                place,
                "include it outside of the \\if",
            )

    def open_branch(self, frame: Frame) -> None:
        r"""What is added next stands behind a late ``\if``, which is added next itself."""
        if self.depth == 0:
            self._outermost = len(self._program), frame.unit, len(frame.unit.statements)
        self.depth += 1

    def add_before_branches(self, statement: Statement) -> None:
        r"""Adds a statement before the outermost late ``\if`` that is open."""
        assert self._outermost is not None
        index, unit, index_in_unit = self._outermost
        statement = replace(statement, unit=unit.name)
        self._program.insert(index, statement)
        unit.statements.insert(index_in_unit, statement)

    def absorbs(self, words: list[str], place: Place) -> bool:
        """Whether it is transaction control that mainsql does itself; refuses what it cannot do."""
        spelled = " ".join(words[:2]).upper()
        match classify.transaction(words):
            case classify.Transaction.ABSORBED:
                self._note(place, f"{spelled} has no effect: mainsql owns the transaction")
                return True
            case classify.Transaction.ROLLBACK if all(s.command for s in self._program):
                self._note(place, f"{spelled} has no effect: nothing has run yet")
                return True
            case classify.Transaction.ROLLBACK:
                _fail(
                    f"{spelled} would undo what the tree has done so far",
                    place,
                    "use SAVEPOINT and ROLLBACK TO SAVEPOINT, or leave it out",
                )
            case classify.Transaction.TWO_PHASE:
                _fail(f"{spelled} would take the transaction out of mainsql's hands", place, "leave it out")
        if classify.begins_without_semicolon(words):
            _fail(
                "a semicolon is missing after BEGIN TRANSACTION",
                place,
                "add it, or leave the line out: mainsql owns the transaction",
            )
        return False

    def _note(self, place: Place, text: str) -> None:
        self._notes.append(Note(place, text))


def says_alone(text: str, start: int) -> bool:
    """Whether the line before a statement of a flat script says that it runs alone, as ``render`` has it."""
    return text.endswith(f"{ALONE}\n", 0, start)


def count_statements(text: str) -> int:
    """How many statements a text is to the server."""
    scanner = Scanner(text, lambda *_: None)
    count = 0
    with contextlib.suppress(Unterminated):
        while scanner.scan() is not Found.END:
            count += not scanner.take().blank
        count += not scanner.take().blank
    return count


def sending_on(statement: Statement, then: Gset | Gexec) -> Statement:
    """The statement with what becomes of its rows; its digest says so, too."""
    words = normal.tokens(statement.text)
    asks = isinstance(then, Gset) and classify.reads(words)
    words += ["\\gset", then.prefix] if isinstance(then, Gset) else ["\\gexec"]
    digest = normal.digest(words, statement.copy_data)
    return replace(statement, then=then, digest=ASKS + digest if asks else digest)


def _fail(message: str, place: Place, hint: str) -> NoReturn:
    raise ScriptError(message, place=place, hint=hint)
