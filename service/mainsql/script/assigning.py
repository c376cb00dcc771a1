r"""``\set``, ``\unset``, ``\getenv``, ``\setenv`` and ``\echo``: known at once, or while the script runs."""

from collections.abc import Mapping

from mainsql.errors import Place
from mainsql.model import Note
from mainsql.script import variables
from mainsql.script.commands import refuse
from mainsql.script.conditions import truth
from mainsql.script.frames import Frame
from mainsql.script.reading import Reading, fail

_BY_ITSELF = ("ON_ERROR_STOP", "ON_ERROR_ROLLBACK", "AUTOCOMMIT")


class Assigning:
    r"""Carries out what sets and shows variables. ``environment`` is what ``\getenv`` may read."""

    def __init__(self, reading: Reading, environment: Mapping[str, str | None]) -> None:
        self._reading = reading
        self._environment = dict(environment)

    def set(self, frame: Frame, place: Place) -> None:
        r"""``\set name value …``. Raises ScriptError."""
        reading = self._reading
        name = self._variable(frame, place)
        if name is None:
            return
        begun = frame.scanner.offset
        with reading.asking() as asked:
            values = reading.arguments(frame)
        value = "".join(values)
        if name in _BY_ITSELF:
            reading.note(place, f"\\set {name} has no effect: one transaction, and the first error ends it")
        if name == "SINGLELINE" and truth(value) is not False:
            fail("SINGLELINE would make every line a statement of its own", place, "leave it out")
        if asked.late or reading.statements.depth:
            reading.make_late(frame, place, name)
            written = reading.written(frame, place, begun) if values else ""
            reading.emit(frame, place, f"\\set {name}{written}", asked)
        else:
            reading.scope.set(name, value)

    def unset(self, frame: Frame, place: Place) -> None:
        r"""``\unset name``. Raises ScriptError."""
        reading = self._reading
        name = self._variable(frame, place)
        reading.ignore_rest(frame, "unset")
        if name is None:
            return
        if reading.statements.depth:
            reading.make_late(frame, place, name)
        if reading.scope.is_late(name):
            reading.emit(frame, place, f"\\unset {name}")
        if not reading.statements.depth:
            reading.scope.unset(name)

    def _variable(self, frame: Frame, place: Place) -> str | None:
        with self._reading.asking() as asked:
            name = self._reading.argument(frame)
        if asked.late:
            fail("the name of a variable cannot depend on what is known only while the script runs", place)
        if name is not None:
            _check_name(name.value, place)
        return name.value if name else None

    def echo(self, frame: Frame, place: Place, command: str) -> None:
        r"""``\echo``, ``\qecho`` and ``\warn``. Raises ScriptError."""
        reading = self._reading
        begun = frame.scanner.offset
        with reading.asking() as asked:
            said = reading.arguments(frame)
        if asked.late or reading.statements.depth:
            written = reading.written(frame, place, begun) if said else ""
            reading.emit(frame, place, f"\\{command}{written}", asked)
        else:
            reading.notes.append(Note(place, spoken(said), echo=True))

    def getenv(self, frame: Frame, place: Place) -> None:
        r"""``\getenv variable NAME``, where NAME is allowed. Raises ScriptError."""
        variable, name = self._two(frame, place, "getenv")
        _check_name(variable, place)
        value = self._allowed("getenv", name, place)
        if value is not None and not self._reading.statements.depth:
            self._reading.scope.set(variable, value)
        elif value is not None:
            self._reading.make_late(frame, place, variable)
            self._reading.assign(frame, place, variable, value)

    def setenv(self, frame: Frame, place: Place) -> None:
        r"""``\setenv NAME value``, where NAME is allowed: only a ``\getenv`` of the same tree sees it."""
        name, value = self._two(frame, place, "setenv", optional=True)
        self._allowed("setenv", name, place)
        if self._reading.statements.depth:
            fail("\\setenv cannot depend on a query's result", place, "use \\set")
        self._environment[name] = value

    def _two(self, frame: Frame, place: Place, command: str, *, optional: bool = False) -> tuple[str, str]:
        with self._reading.asking() as asked:
            said = self._reading.arguments(frame)
        if not self._environment:
            refuse(command, place)
        if asked.late:
            fail(f"\\{command} cannot depend on a query's result", place, "use \\set")
        if optional and len(said) == 1:
            said.append("")
        if len(said) != 2:
            fail(f"\\{command} needs two arguments", place)
        return said[0], said[1]

    def _allowed(self, command: str, name: str, place: Place) -> str | None:
        if name not in self._environment:
            refuse(command, place)
        return self._environment[name]


def spoken(arguments: list[str]) -> str:
    r"""What ``\echo`` says."""
    return " ".join(arguments[1:] if arguments[:1] == ["-n"] else arguments)


def _check_name(name: str, place: Place) -> None:
    if not variables.NAME.match(name):
        fail(f'"{name}" cannot be the name of a variable', place)
