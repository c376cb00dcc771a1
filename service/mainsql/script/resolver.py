"""Main script + read(path) → Tree: follows includes as psql would, without running anything."""

import posixpath
from collections import Counter
from collections.abc import Mapping

from mainsql.errors import Place, ScriptError
from mainsql.model import Anchor, Statement, Stored, Tree, line_of, undo_path
from mainsql.script import classify, conditions, normal
from mainsql.script.assigning import Assigning
from mainsql.script.commands import CARRIED_OUT, DIVIDES, QUIET, REFUSED, WHOLE_LINE, refuse
from mainsql.script.conditions import truth
from mainsql.script.copying import parse_slash_copy
from mainsql.script.deciding import Deciding, pass_over
from mainsql.script.directives import NO_DIRECTIVES, find_directives
from mainsql.script.files import Read, ScriptFiles
from mainsql.script.frames import Frame, InclusionBuilder, UnitBuilder
from mainsql.script.lexer import Found, Scanner, Unterminated
from mainsql.script.paths import Missing, Paths
from mainsql.script.reading import Reading, fail
from mainsql.script.scope import FIXED, LATE, Scope
from mainsql.script.sending import Sending

__all__ = ["Read", "resolve", "resolve_flat"]

_DEEPEST = 100


def resolve(
    name: str,
    main: str,
    read: Read,
    *,
    include_root: str = "main",
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str | None] | None = None,
) -> Tree:
    r"""Resolves the script ``main`` (a path from the root of the repository) with all its includes.

    ``include_root`` is what ``\i`` is relative to: ``main`` (the main script's folder),
    ``repository``, or a folder. ``variables`` are set before the first line, as with ``psql -v``.
    ``environment`` are the names that ``\getenv`` and ``\setenv`` may use, with their values.
    Raises ScriptError, with the place, for whatever cannot be deployed as it is written.
    """
    main = posixpath.normpath(main)
    roots = {"main": posixpath.dirname(main), "repository": ""}
    root = roots.get(include_root, posixpath.normpath(include_root))
    given = variables or {}
    scope = Scope({**FIXED, **given}, LATE - given.keys())
    resolver = _Resolver(ScriptFiles(read), "" if root == "." else root, scope, environment or {})
    inclusion = resolver.run(main)
    reading = resolver.reading
    if all(statement.command for statement in reading.program):
        raise ScriptError(
            "there is no SQL in this tree",
            place=Place(resolver.paths.shown(main), 1),
            hint="include a script with at least one statement; BEGIN, COMMIT and comments are none",
        )
    return Tree(
        name,
        main,
        tuple(builder.unit() for builder in resolver.units),
        tuple(reading.program),
        inclusion.freeze(),
        tuple(reading.notes),
        resolver.files.texts,
        resolver.files.gaps,
    )


def resolve_flat(name: str, text: str) -> tuple[Statement, ...]:
    """The statements of a flat script (one that ``render`` made), which are placed in ``name``."""
    files = ScriptFiles({name: text.encode()}.get)
    resolver = _Resolver(files, "", Scope({}, ["ROW_COUNT"], flat=True), {}, flat=True)
    resolver.run(name)
    return tuple(resolver.reading.program)


class _Resolver:
    """Reads one script with its includes.

    A ``flat`` one has variables only where it sets them itself; it has no undo script.
    """

    def __init__(
        self,
        files: ScriptFiles,
        root: str,
        scope: Scope,
        environment: Mapping[str, str | None],
        *,
        flat: bool = False,
        undo: bool = True,
    ) -> None:
        self.files = files
        self.paths = Paths(root, files.exists)
        self.units: list[UnitBuilder] = []
        self.reading = Reading(scope, files.amount, presets=not flat, flat=flat)
        self._deciding = Deciding(self.reading)
        self._assigning = Assigning(self.reading, environment)
        self._sending = Sending(self.reading)
        self._statements = self.reading.statements
        self._root = root
        self._environment = environment
        self._reads_undo = undo and not flat
        self._flat = flat
        self._frames = self.reading.frames
        self._inclusions: Counter[str] = Counter()

    def run(self, path: str) -> InclusionBuilder:
        """Reads the script at a path and all that it includes. Raises ScriptError."""
        try:
            return self._read(path, None)
        except ScriptError as error:
            if error.place is not None and error.line is None:
                error.line = self._line(error.place)
            raise

    def _read(self, path: str, included_at: Place | None) -> InclusionBuilder:
        frame = self._enter(path, included_at)
        try:
            while not frame.ended and self._step(frame):
                pass
        except Unterminated as error:
            fail(
                f"this {error.what} is never closed",
                frame.at(error.offset),
                "close it in the same file: nothing carries over the end of a file",
            )
        if not frame.ended and (unclosed := frame.conditions.unclosed) is not None:
            fail("this \\if is never closed", unclosed, "write \\endif, in the same file")
        self._deciding.end_of_file(frame)
        self.files.left(path, frame.text)
        self._frames.pop()
        if self._reads_undo:
            self._read_undo(frame)
        return frame.inclusion

    def _enter(self, path: str, included_at: Place | None) -> Frame:
        place = Place(self.paths.shown(path), 1, 1, included_at)
        if len(self._frames) == _DEEPEST:
            fail(f"includes are nested more than {_DEEPEST} deep", included_at, "include it from further up")
        text = self.files.script(path, place)
        self._inclusions[path] += 1
        count = self._inclusions[path]
        name = place.path if count == 1 else f"{place.path}#{count}"
        # In a flat script each statement says for itself what its file said.
        says = NO_DIRECTIVES if self._flat else find_directives(text.text, place)
        unit = UnitBuilder(name, path, place, says)
        inclusion = InclusionBuilder(name)
        if self._frames:
            self._frames[-1].inclusion.children.append(inclusion)
        frame = Frame(path, place, text, Scanner(text, self.reading.expand), unit, inclusion)
        self.units.append(unit)
        self._frames.append(frame)
        return frame

    def _read_undo(self, frame: Frame) -> None:
        """Resolves the undo script of a unit, with the variables as they are at the end of the unit."""
        path = undo_path(frame.path)
        if frame.path.endswith(".undo.sql") or not self.files.exists(path):
            return
        scope = self.reading.scope.copy()
        undo = _Resolver(self.files, self._root, scope, self._environment, undo=False)
        undo.run(path)
        for statement in undo.reading.program:
            if isinstance(statement.copy_data, Stored):
                fail(
                    f"there are {statement.copy_data.size} bytes of rows in an undo script, "
                    "too many to be recorded with its version",
                    statement.place,
                    "let the script take the rows from a table that the change keeps for it",
                )
        frame.unit.undo = tuple(undo.reading.program)

    def _step(self, frame: Frame) -> bool:
        """Reads up to the next thing that happens; False at the end of the file."""
        match frame.scanner.scan():
            case Found.SEMICOLON | Found.JOIN if not frame.conditions.active:
                frame.scanner.drop(frame.conditions.mark)
            case Found.SEMICOLON:
                self._statements.send(frame)
                frame.joined = False
            case Found.JOIN:
                self._join(frame)
            case Found.BACKSLASH:
                self._command(frame)
            case Found.END:
                if frame.conditions.active and not frame.scanner.empty:
                    self._statements.send(frame)
                return False
        return True

    def _join(self, frame: Frame) -> None:
        sent = self._statements.send(frame)
        frame.joined = True
        if sent is not None and sent.copy_data is not None and frame.scanner.at_line_end:
            fail(
                "the rows of a COPY before \\; come behind the line that ends the joined statements",
                sent.place,
                "end it with a semicolon",
            )

    # Meta-commands

    def _command(self, frame: Frame) -> None:
        place = frame.at(frame.scanner.offset - 1)
        name = frame.scanner.command()
        if frame.joined and frame.conditions.active and name in DIVIDES:
            fail(
                f"\\{name} cannot stand among statements that \\; joins: psql sends them only at their end",
                place,
                "end the statement before it with a semicolon",
            )
        match name:
            case _ if name in conditions.COMMANDS:
                self._deciding.condition(frame, place, name)
            case _ if not frame.conditions.active:
                _skip(frame, name, place)
            case "copy":
                self._copy(frame, place)
            case "encoding":
                self._encoding(frame, place)
            case "i" | "include":
                self._include(frame, place, name, relative=False)
            case "ir" | "include_relative":
                self._include(frame, place, name, relative=True)
            case "set":
                self._assigning.set(frame, place)
            case "unset":
                self._assigning.unset(frame, place)
            case "setenv":
                self._assigning.setenv(frame, place)
            case "getenv":
                self._assigning.getenv(frame, place)
            case "echo" | "qecho" | "warn":
                self._assigning.echo(frame, place, name)
            case "q" | "quit":
                self._deciding.leave(frame, place)
            case "g" | "gx":
                self._sending.go(frame, place, name)
            case "gset":
                self._sending.gset(frame, place)
            case "gexec":
                self._sending.gexec(frame, place)
            case "gdesc":
                self._sending.describe(frame)
            case "crosstabview":
                self._sending.crosstab(frame)
            case "r" | "reset":
                frame.scanner.take()
                frame.asks.clear()
                self.reading.ignore_rest(frame, name)
            case _ if name in WHOLE_LINE:
                frame.scanner.rest_of_line()
            case _ if name in QUIET or name.rstrip("+Sx") in QUIET:
                self.reading.arguments(frame)
            case _:
                refuse(name, place)
        frame.scanner.end_command()

    def _include(self, frame: Frame, place: Place, command: str, *, relative: bool) -> None:
        pending = frame.scanner.peek()
        words = [] if pending.blank else normal.tokens(pending.text)
        if words and classify.transaction(words) is classify.Transaction.ABSORBED:
            self._statements.absorbs(words, frame.at(pending.start))
            frame.scanner.take()
        with self.reading.asking() as asked:
            argument = self.reading.argument(frame, strip_semicolons=True)
        if argument is None:
            fail(f"\\{command} needs the name of a file", place)
        if asked.late:
            late = ", ".join(f":{name}" for name in sorted(asked.other))
            fail(
                f"the name of the file depends on {late}, which is known only while the script runs",
                place,
                "name each file, and choose between them with \\if",
            )
        self.reading.ignore_rest(frame, command)
        if argument.quote == '"':
            fail(
                f"{argument.value}: psql keeps the double quotes as part of the name",
                place,
                f"write \\{command} '{argument.value.replace(chr(34), '')}'",
            )
        try:
            path = self.paths.included(argument.value, place, self._opened(), relative=relative)
        except Missing as error:
            if truth(self.reading.scope.known.get("ON_ERROR_STOP", "on")) is not False:
                raise
            self.reading.note(place, f"{error.message}; skipped, since ON_ERROR_STOP is off")
            return
        self._read(path, place)

    def _copy(self, frame: Frame, place: Place) -> None:
        if frame.unit.says.alone:
            fail(
                "\\copy cannot be used here: this file says no-transaction",
                place,
                "put it into a file without the directive",
            )
        copy = parse_slash_copy(frame.scanner.rest_of_line())
        if copy is None:
            fail("\\copy makes no sense", place, "write \\copy table from 'file', or from stdin")
        if (reach := copy.reach) is not None:
            fail(f"\\copy … {reach} cannot be deployed: it would leave the commit", place, "leave it out")
        if copy.file is None:
            data: str | Stored = frame.scanner.copy_data()
        else:
            path = self.paths.included(copy.file, place, self._opened(), relative=False)
            data = self.files.rows(path, Place(self.paths.shown(path), 1, 1, place))
        words = normal.tokens(copy.statement)
        anchors = (Anchor(0, place.line, place.column, fixed=True),)
        digest = normal.digest(words, data)
        self._statements.add(frame, Statement(copy.statement, frame.unit.name, place, digest, anchors, data))

    def _encoding(self, frame: Frame, place: Place) -> None:
        argument = self.reading.argument(frame)
        if argument and argument.value.lower().replace("-", "") not in ("utf8", "unicode"):
            fail(f"\\encoding {argument.value}: scripts are UTF-8", place, "convert the file to UTF-8")
        self.reading.ignore_rest(frame, "encoding")

    def _opened(self) -> list[str]:
        return [frame.path for frame in self._frames]

    def _line(self, place: Place) -> str | None:
        """The line at a place, of a file that has been read; a large one has no text before its end."""
        for path, text in self.files.texts.items():
            if text and self.paths.shown(path) == place.path:
                return line_of(text, self.files.gaps.get(path, ()), place.line)
        return None


def _skip(frame: Frame, name: str, place: Place) -> None:
    """A command in a branch that is not taken: its arguments are passed over, unknown ones refused."""
    if name in WHOLE_LINE or name == "copy":
        frame.scanner.rest_of_line()
    elif name in CARRIED_OUT or name in REFUSED or name.rstrip("+Sx") in QUIET:
        pass_over(frame)
    else:
        refuse(name, place)
