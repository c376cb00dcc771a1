"""What all that reads a script shares: variables, notes, the program, and the arguments of commands."""

import re
from typing import NoReturn

from mainsql.errors import Place, ScriptError
from mainsql.model import Note, Statement
from mainsql.script import normal
from mainsql.script.frames import Frame
from mainsql.script.lexer import Unterminated
from mainsql.script.limits import Amount
from mainsql.script.scope import ELSEWHERE, Asked, Scope
from mainsql.script.slash import Argument
from mainsql.script.statements import Statements
from mainsql.script.variables import Quote, quoted_argument

_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Reading:
    """A script that is being read, with the files that are open, the innermost last."""

    def __init__(self, scope: Scope, amount: Amount, *, presets: bool, flat: bool = False) -> None:
        self.scope = scope
        self.program: list[Statement] = []
        self.notes: list[Note] = []
        self.statements = Statements(self.program, self.notes, amount, flat=flat)
        self.frames: list[Frame] = []
        self._presets = presets
        self.asked: Asked | None = None  # set while the arguments of a command are read

    def note(self, place: Place, text: str) -> None:
        """Takes down what a reader should know."""
        self.notes.append(Note(place, text))

    def expand(self, name: str, quote: Quote) -> str | None:
        """The value of a variable for the scanner of the innermost file."""
        frame = self.frames[-1]
        if self.asked is None and not frame.conditions.active:
            return None
        if self._presets and name in ELSEWHERE and name not in self.scope.known:
            fail(
                f":{name} says how psql is connected, which a script that is deployed must not depend on",
                frame.at(frame.scanner.offset),
                "give it a value in the configuration, under variables",
            )
        asked = self.asked or Asked()
        value = self.scope.value(name, quote, asked)
        if asked.late and self.asked is None:
            frame.asks.add(name)
        return value

    # Arguments

    def asking(self) -> "_Asking":
        """Notes which variables are asked for meanwhile; also in a branch that is not taken (so far)."""
        return _Asking(self)

    def argument(self, frame: Frame, *, strip_semicolons: bool = False) -> Argument | None:
        """The next argument of a command, or None. Raises ScriptError, Unterminated."""
        argument = frame.scanner.argument(strip_semicolons=strip_semicolons)
        if argument is None:
            return None
        if argument.quote == "`":
            fail(
                "backticks would run a program on the host that deploys",
                frame.at(argument.offset),
                "use a variable from the configuration",
            )
        if _NO_TEXT.search(argument.value):
            fail("the escapes in this argument are not UTF-8 text", frame.at(argument.offset))
        return argument

    def arguments(self, frame: Frame) -> list[str]:
        """The arguments that are left of a command. Raises ScriptError, Unterminated."""
        values = []
        while (argument := self.argument(frame)) is not None:
            values.append(argument.value)
        return values

    def ignore_rest(self, frame: Frame, command: str) -> None:
        """Passes over the arguments that are left, with a note for each. Raises ScriptError."""
        if frame.scanner.at_line_end:
            frame.scanner.rest_of_line()
            return
        try:
            while (argument := self.argument(frame)) is not None:
                self._ignored(frame.at(argument.offset), command, argument.value)
        except Unterminated as error:
            # An apostrophe in what was meant as a remark: psql complains and goes on, too.
            self._ignored(frame.at(error.offset), command, frame.scanner.rest_of_line().rstrip())

    def _ignored(self, place: Place, command: str, argument: str) -> None:
        self.note(place, f'\\{command}: extra argument "{argument}" ignored')

    # Commands that are carried out while the script runs

    def emit(self, frame: Frame, place: Place, text: str, asked: Asked | None = None) -> None:
        """Adds a command to the program. The known variables that it asks for are set before it.

        That is before all open branches: none of them has changed what was known before.
        """
        for name, value in (asked.known if asked else {}).items():
            self._set_before(_command(frame, place, _assignment(name, value), ()), frame)
        asks = tuple(sorted(asked.names)) if asked else ()
        self.statements.add(frame, _command(frame, place, text, asks))

    def written(self, frame: Frame, place: Place, begun: int) -> str:
        """The arguments of a command as they are written, from an offset on. Raises ScriptError."""
        text = frame.scanner.text_from(begun)
        if not text:
            fail("a command in the value of a variable cannot depend on a query's result", place)
        return text.rstrip()

    def make_late(self, frame: Frame, place: Place, name: str) -> None:
        """From here on a variable gets its value only while the script runs.

        Where that happens in a branch that may not be taken, the value that it has is set before.
        """
        value = self.scope.make_late(name)
        if value is not None and self.statements.depth:
            self._set_before(_command(frame, place, _assignment(name, value), ()), frame)

    def assign(self, frame: Frame, place: Place, name: str, value: str) -> None:
        """Adds the assignment of a known value to the program."""
        self.statements.add(frame, _command(frame, place, _assignment(name, value), ()))

    def _set_before(self, assignment: Statement, frame: Frame) -> None:
        if self.statements.depth:
            self.statements.add_before_branches(assignment)
        else:
            self.statements.add(frame, assignment)


class _Asking:
    # A context manager made of a generator takes three times as long, and each include needs one.
    __slots__ = ("_reading",)

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def __enter__(self) -> Asked:
        asked = self._reading.asked = Asked()
        return asked

    def __exit__(self, *_: object) -> None:
        self._reading.asked = None


def _command(frame: Frame, place: Place, text: str, asks: tuple[str, ...]) -> Statement:
    return Statement(
        text,
        frame.unit.name,
        place,
        normal.digest([text]),
        asks=asks,
        sets_stage=True,
        command=True,
    )


def _assignment(name: str, value: str) -> str:
    return f"\\set {name} {quoted_argument(value)}"


def fail(message: str, place: Place | None, hint: str | None = None) -> NoReturn:
    """Raises the ScriptError for what cannot be deployed as it is written."""
    raise ScriptError(message, place=place, hint=hint)
