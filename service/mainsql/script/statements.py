"""What has been collected → statements of the program; what they say about the transaction."""

from typing import NoReturn

from mainsql.errors import Place, ScriptError
from mainsql.model import Note, Statement
from mainsql.script import classify, normal
from mainsql.script.frames import Frame


class Statements:
    """Adds statements to a program, in order, and to the units that they stand in."""

    def __init__(self, program: list[Statement], notes: list[Note]) -> None:
        self._program = program
        self._notes = notes

    def send(self, frame: Frame) -> None:
        """Takes the statement that a file has ready, if there is one. Raises ScriptError."""
        pending = frame.scanner.take()
        if pending.blank:
            return
        words = normal.tokens(pending.text)
        if not words:
            return
        place = frame.at(pending.start)
        if self.absorbs(words, place):
            return
        if (reason := classify.forbidden(words)) is not None:
            _fail(reason.reason, place, reason.hint)
        copy = classify.copy(words)
        data = frame.scanner.copy_data() if copy is classify.Copy.IN else None
        self.add(
            frame,
            Statement(
                pending.text,
                frame.unit.name,
                place,
                normal.digest(words, data),
                pending.anchors,
                data,
                copies_out=copy is classify.Copy.OUT,
                sets_stage=classify.sets_stage(words),
            ),
        )

    def add(self, frame: Frame, statement: Statement) -> None:
        """Adds a statement of a file."""
        self._program.append(statement)
        frame.unit.statements.append(statement)

    def absorbs(self, words: list[str], place: Place) -> bool:
        """Whether it is transaction control that mainsql does itself; refuses what it cannot do."""
        spelled = " ".join(words[:2]).upper()
        match classify.transaction(words):
            case classify.Transaction.ABSORBED:
                self._note(place, f"{spelled} has no effect: mainsql owns the transaction")
                return True
            case classify.Transaction.ROLLBACK if not self._program:
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


def _fail(message: str, place: Place, hint: str) -> NoReturn:
    raise ScriptError(message, place=place, hint=hint)
