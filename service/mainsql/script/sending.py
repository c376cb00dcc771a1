r"""``\g``, ``\gx``, ``\gset``, ``\gexec`` and their like: they send what has been collected."""

from dataclasses import replace

from mainsql.errors import Place
from mainsql.model import Gexec, Gset
from mainsql.script import normal, variables
from mainsql.script.columns import column_names
from mainsql.script.frames import Frame
from mainsql.script.reading import Reading, fail
from mainsql.script.statements import sending_on


class Sending:
    """Carries out the commands that send a statement."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def go(self, frame: Frame, place: Place, command: str) -> None:
        r"""``\g`` and ``\gx``. Raises ScriptError."""
        reading = self._reading
        argument = reading.argument(frame)
        if argument is not None and argument.value.startswith("("):
            while argument is not None and not argument.value.endswith(")"):
                argument = reading.argument(frame)
            argument = reading.argument(frame)
        if argument is not None:
            fail(
                f"\\{command} {argument.value} cannot be deployed: it would write outside the database",
                place,
                "end the statement with a semicolon",
            )
        if frame.scanner.peek().blank:
            fail(
                f"\\{command} without a statement would run the one before it once more",
                place,
                "leave it out, or write the statement again",
            )
        reading.statements.send(frame)
        frame.joined = False

    def gset(self, frame: Frame, place: Place) -> None:
        r"""``\gset [prefix]``. Raises ScriptError."""
        reading = self._reading
        with reading.asking() as asked:
            argument = reading.argument(frame)
        reading.ignore_rest(frame, "gset")
        prefix = argument.value if argument else ""
        if asked.late:
            fail("the prefix of a \\gset cannot depend on a query's result", place)
        if prefix and not variables.NAME.match(prefix):
            fail(f'"{prefix}" cannot begin the name of a variable', place)
        pending = frame.scanner.peek()
        text = pending.text if not pending.blank else frame.previous.text if frame.previous else ""
        names = column_names(normal.tokens(text))
        for name in names or ():
            if not variables.NAME.match(prefix + name):
                fail(f'a column is named "{prefix}{name}", and no variable can be', place, "name it with AS")
        gset = reading.scope.gset(prefix, names)
        self._send_on(frame, place, "gset", gset)
        for name in names or ():
            reading.make_late(frame, place, prefix + name)

    def gexec(self, frame: Frame, place: Place) -> None:
        r"""``\gexec``. Raises ScriptError."""
        self._reading.ignore_rest(frame, "gexec")
        self._send_on(frame, place, "gexec", Gexec())

    def describe(self, frame: Frame) -> None:
        r"""``\gdesc``: psql asks what a statement would return, and does not run it."""
        frame.scanner.take()
        frame.asks.clear()
        self._reading.ignore_rest(frame, "gdesc")

    def crosstab(self, frame: Frame) -> None:
        r"""``\crosstabview``: the statement runs, and its result is only shown."""
        self._reading.arguments(frame)
        self._reading.statements.send(frame)

    def _send_on(self, frame: Frame, place: Place, command: str, then: Gset | Gexec) -> None:
        statements, previous = self._reading.statements, frame.previous
        if frame.unit.says.alone:
            fail(
                f"\\{command} cannot be used here: this file says no-transaction",
                place,
                "put the query into a file without the directive",
            )
        frame.joined = False
        if not frame.scanner.peek().blank:
            if statements.send(frame, then) is None:
                fail(f"\\{command} needs a statement that returns rows", place)
        elif previous is None:
            fail(f"\\{command} needs a statement before it, in the same file", place)
        elif previous.copy_data is not None or previous.copies_out:
            fail(f"\\{command} cannot follow a COPY", place, "write a query before it")
        else:
            # As psql has it: the statement before, which has run already, runs once more.
            statements.add(frame, replace(sending_on(previous, then), place=previous.place))
