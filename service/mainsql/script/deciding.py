r"""``\if`` and its like, and ``\q``: decided here where that is possible, else while the script runs.

A condition on what only a query tells goes into the program, with all its branches. So does a
``\q`` in such a branch: it sets a variable, and what follows in the file is guarded by it.
"""

from mainsql.errors import Place
from mainsql.script import conditions
from mainsql.script.frames import Frame
from mainsql.script.lexer import Unterminated
from mainsql.script.reading import Reading, fail
from mainsql.script.scope import Asked

_LEFT = "mainsql_left_"


class Deciding:
    """Reads conditions."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._files_left = 0

    def condition(self, frame: Frame, place: Place, command: str) -> None:
        """Carries out one of the four commands. Raises ScriptError."""
        opened, scanner = frame.conditions, frame.scanner
        if not opened.active:
            scanner.drop(opened.mark)
        begun = scanner.offset
        truth: bool | None = False
        asked = Asked()
        if opened.wants(command):
            with self._reading.asking() as asked:
                text = " ".join(self._reading.arguments(frame))
            truth = None if asked.late else self._truth(place, command, text)
        elif command in ("if", "elif"):
            pass_over(frame)
        else:
            self._reading.ignore_rest(frame, command)
        if asked.late:
            written = self._reading.written(frame, place, begun)
        else:
            written, asked = f" {str(truth).lower()}", Asked()
        try:
            match command:
                case "if":
                    opened.begin(place, scanner.mark(), truth)
                    if truth is None:
                        self._begin(frame, place, written, asked)
                case "endif":
                    self._end(frame, place)
                case _:
                    self._switch(frame, place, command, truth, written, asked)
        except conditions.Misplaced as error:
            fail(f"\\{command} does not belong here: {error}", place, "\\if … \\endif nest within one file")

    def leave(self, frame: Frame, place: Place) -> None:
        r"""``\q``: the rest of the file does not count, if the branch that it stands in is taken."""
        self._reading.statements.send(frame)
        if not frame.conditions.within_late:
            frame.ended = True
            return
        if frame.left is None:
            self._files_left += 1
            frame.left = f"{_LEFT}{self._files_left}"
        self._reading.emit(frame, place, f"\\set {frame.left} 1")
        frame.conditions.leave()

    def end_of_file(self, frame: Frame) -> None:
        """Closes what guards the rest of a file."""
        if guards := frame.guards + frame.conditions.guards:
            self._close(frame, frame.at(frame.scanner.offset), guards)

    def _truth(self, place: Place, command: str, text: str) -> bool:
        truth = conditions.truth(text)
        if truth is None and text:
            self._reading.note(place, f'\\{command}: "{text}" is neither true nor false, and taken for false')
        return bool(truth)

    def _begin(self, frame: Frame, place: Place, written: str, asked: Asked) -> None:
        self._stand_between(frame, place)
        self._reading.statements.open_branch(frame)
        self._reading.emit(frame, place, f"\\if{written}", asked)

    def _switch(
        self, frame: Frame, place: Place, command: str, truth: bool | None, written: str, asked: Asked
    ) -> None:
        opened = frame.conditions
        was_late, decided = opened.late, opened.decided
        if was_late:
            self._stand_between(frame, place)
        if opened.unclosed is not None:
            self._close(frame, place, opened.take_guards())
        opened.switch(command, frame.scanner.mark(), truth)
        if was_late and not decided:
            self._reading.emit(frame, place, f"\\{command}{written if command == 'elif' else ''}", asked)
        elif opened.late and not was_late:
            self._begin(frame, place, written, asked)

    def _end(self, frame: Frame, place: Place) -> None:
        opened, statements = frame.conditions, self._reading.statements
        if opened.unclosed is None:
            opened.end()
        late, left = opened.late, opened.left_in
        if late:
            self._stand_between(frame, place)
        self._close(frame, place, opened.take_guards())
        opened.end()
        if late:
            self._reading.emit(frame, place, "\\endif")
            statements.depth -= 1
        if left:
            # psql has no "not": the rest stands in the branch that is taken when it was not left.
            asked = Asked(other={str(frame.left)})
            statements.open_branch(frame)
            self._reading.emit(frame, place, f"\\if :{{?{frame.left}}}", asked)
            self._reading.emit(frame, place, "\\else")
            if not opened.guard():
                frame.guards += 1

    def _close(self, frame: Frame, place: Place, guards: int) -> None:
        for _ in range(guards):
            self._reading.emit(frame, place, "\\endif")
            self._reading.statements.depth -= 1

    def _stand_between(self, frame: Frame, place: Place) -> None:
        if frame.conditions.active and not frame.scanner.peek().blank:
            fail(
                "a condition on what only a query tells cannot divide a statement",
                place,
                "end the statement before it, and write it once in each branch",
            )


def pass_over(frame: Frame) -> None:
    """Passes over the arguments of a command that is not carried out."""
    try:
        while frame.scanner.argument() is not None:
            pass
    except Unterminated:
        frame.scanner.rest_of_line()
