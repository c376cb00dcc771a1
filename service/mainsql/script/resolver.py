"""Main script + read(path) → Tree: follows includes as psql would, without running anything."""

import posixpath
from collections import Counter
from collections.abc import Mapping
from typing import NoReturn

from mainsql.errors import Place, ScriptError
from mainsql.model import Anchor, Note, Statement, Tree
from mainsql.script import classify, conditions, normal, variables
from mainsql.script.commands import CARRIED_OUT, PRESET, QUIET, REFUSED, UNKNOWN_YET, WHOLE_LINE, refuse
from mainsql.script.copying import parse_slash_copy
from mainsql.script.directives import find_directive
from mainsql.script.files import Read, ScriptFiles
from mainsql.script.frames import Frame, InclusionBuilder, UnitBuilder
from mainsql.script.lexer import Found, Scanner, Unterminated
from mainsql.script.paths import Paths, undo_path
from mainsql.script.slash import Argument
from mainsql.script.statements import Statements

__all__ = ["Read", "resolve", "resolve_flat", "undo_path"]

_DEEPEST = 100


def resolve(
    name: str,
    main: str,
    read: Read,
    *,
    include_root: str = "main",
    variables: Mapping[str, str] | None = None,
) -> Tree:
    """Resolves the script ``main`` (a path from the root of the repository) with all its includes.

    ``include_root`` is what ``\\i`` is relative to: ``main`` (the main script's folder),
    ``repository``, or a folder. ``variables`` are set before the first line, as with ``psql -v``.
    Raises ScriptError, with the place, for whatever cannot be deployed as it is written.
    """
    main = posixpath.normpath(main)
    roots = {"main": posixpath.dirname(main), "repository": ""}
    root = roots.get(include_root, posixpath.normpath(include_root))
    resolver = _Resolver(ScriptFiles(read), "" if root == "." else root, dict(variables or {}), undo=True)
    inclusion = resolver.run(main)
    if not resolver.program:
        raise ScriptError(
            "there is no SQL in this tree",
            place=Place(resolver.paths.shown(main), 1),
            hint="include a script with at least one statement; BEGIN, COMMIT and comments are none",
        )
    return Tree(
        name,
        main,
        tuple(builder.unit() for builder in resolver.units),
        tuple(resolver.program),
        inclusion.freeze(),
        tuple(resolver.notes),
        resolver.files.texts,
    )


def resolve_flat(name: str, text: str) -> tuple[Statement, ...]:
    """The statements of a flat script (one that ``render`` made), which are placed in ``name``."""
    resolver = _Resolver(ScriptFiles({name: text.encode()}.get), "", None, undo=False)
    resolver.run(name)
    return tuple(resolver.program)


class _Resolver:
    """Reads one script with its includes. Without ``variables`` colons have no meaning in it."""

    def __init__(
        self, files: ScriptFiles, root: str, variables: dict[str, str] | None, *, undo: bool
    ) -> None:
        self.files = files
        self.paths = Paths(root, files.exists)
        self.units: list[UnitBuilder] = []
        self.program: list[Statement] = []
        self.notes: list[Note] = []
        self._statements = Statements(self.program, self.notes)
        self._root = root
        self._variables = variables
        self._undo = undo
        self._frames: list[Frame] = []
        self._inclusions: Counter[str] = Counter()
        self._deciding = False

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
            _fail(
                f"this {error.what} is never closed",
                frame.at(error.offset),
                "close it in the same file: nothing carries over the end of a file",
            )
        if not frame.ended and (unclosed := frame.conditions.unclosed) is not None:
            _fail("this \\if is never closed", unclosed, "write \\endif, in the same file")
        self._frames.pop()
        if self._undo:
            self._read_undo(frame)
        return frame.inclusion

    def _enter(self, path: str, included_at: Place | None) -> Frame:
        place = Place(self.paths.shown(path), 1, 1, included_at)
        if len(self._frames) == _DEEPEST:
            _fail(f"includes are nested more than {_DEEPEST} deep", included_at, "include it from further up")
        text = self.files.text(path, place)
        self._inclusions[path] += 1
        count = self._inclusions[path]
        name = place.path if count == 1 else f"{place.path}#{count}"
        unit = UnitBuilder(name, path, place, find_directive(text, place))
        inclusion = InclusionBuilder(name)
        if self._frames:
            self._frames[-1].inclusion.children.append(inclusion)
        frame = Frame(path, place, Scanner(text, self._expand), unit, inclusion)
        self.units.append(unit)
        self._frames.append(frame)
        return frame

    def _read_undo(self, frame: Frame) -> None:
        """Resolves the undo script of a unit, with the variables as they are at the end of the unit."""
        path = undo_path(frame.path)
        if frame.path.endswith(".undo.sql") or not self.files.exists(path):
            return
        undo = _Resolver(self.files, self._root, dict(self._variables or {}), undo=False)
        undo.run(path)
        frame.unit.undo = tuple(undo.program)

    def _step(self, frame: Frame) -> bool:
        """Reads up to the next thing that happens; False at the end of the file."""
        match frame.scanner.scan():
            case Found.SEMICOLON if not frame.conditions.active:
                frame.scanner.drop(frame.conditions.mark)
            case Found.SEMICOLON:
                self._statements.send(frame)
            case Found.BACKSLASH:
                self._command(frame)
            case Found.END:
                self._statements.send(frame)
                return False
        return True

    # Meta-commands

    def _command(self, frame: Frame) -> None:
        place = frame.at(frame.scanner.offset - 1)
        name = frame.scanner.command()
        match name:
            case _ if name in conditions.COMMANDS:
                self._condition(frame, place, name)
            case _ if not frame.conditions.active:
                _skip(frame.scanner, name, place)
            case "copy":
                self._copy(frame, place)
            case "encoding":
                self._encoding(frame, place)
            case "i" | "include":
                self._include(frame, place, name, relative=False)
            case "ir" | "include_relative":
                self._include(frame, place, name, relative=True)
            case "set":
                self._set(frame, place)
            case "unset":
                if argument := self._argument(frame):
                    self._set_variable(argument.value, None)
                self._ignore_rest(frame, name)
            case "echo" | "qecho" | "warn":
                self._echo(frame, place)
            case "q" | "quit":
                self._statements.send(frame)
                frame.ended = True
            case "g" | "gx":
                self._go(frame, place, name)
            case "r" | "reset":
                frame.scanner.take()
                self._ignore_rest(frame, name)
            case _ if name in WHOLE_LINE:
                frame.scanner.rest_of_line()
            case _ if name in QUIET or name.rstrip("+Sx") in QUIET:
                while self._argument(frame) is not None:
                    pass
            case _:
                refuse(name, place)
        frame.scanner.end_command()

    def _include(self, frame: Frame, place: Place, command: str, *, relative: bool) -> None:
        pending = frame.scanner.peek()
        words = [] if pending.blank else normal.tokens(pending.text)
        if words and classify.transaction(words) is classify.Transaction.ABSORBED:
            self._statements.absorbs(words, frame.at(pending.start))
            frame.scanner.take()
        argument = self._argument(frame, strip_semicolons=True)
        if argument is None:
            _fail(f"\\{command} needs the name of a file", place)
        self._ignore_rest(frame, command)
        if argument.quote == '"':
            _fail(
                f"{argument.value}: psql keeps the double quotes as part of the name",
                place,
                f"write \\{command} '{argument.value.replace(chr(34), '')}'",
            )
        opened = [open_frame.path for open_frame in self._frames]
        self._read(self.paths.included(argument.value, place, opened, relative=relative), place)

    def _condition(self, frame: Frame, place: Place, command: str) -> None:
        opened, scanner = frame.conditions, frame.scanner
        if not opened.active:
            scanner.drop(opened.mark)
        said: list[str] = []
        if opened.wants(command):
            self._deciding = True
            while (argument := self._argument(frame)) is not None:
                said.append(argument.value)
            self._deciding = False
        elif command in ("if", "elif"):
            _pass_over(scanner)
        else:
            self._ignore_rest(frame, command)
        text = " ".join(said)
        truth = conditions.truth(text)
        if said and truth is None:
            self._note(place, f'\\{command}: "{text}" is neither true nor false, and taken for false')
        try:
            match command:
                case "if":
                    opened.begin(place, scanner.mark(), truth=bool(truth))
                case "endif":
                    opened.end()
                case _:
                    opened.switch(command, scanner.mark(), truth=bool(truth))
        except conditions.Misplaced as error:
            _fail(f"\\{command} does not belong here: {error}", place, "\\if … \\endif nest within one file")

    def _copy(self, frame: Frame, place: Place) -> None:
        copy = parse_slash_copy(frame.scanner.rest_of_line())
        if copy is None:
            _fail("\\copy makes no sense", place, "write \\copy table from 'file', or from stdin")
        if (reach := copy.reach) is not None:
            _fail(f"\\copy … {reach} cannot be deployed: it would leave the commit", place, "leave it out")
        if copy.file is None:
            data = frame.scanner.copy_data()
        else:
            opened = [open_frame.path for open_frame in self._frames]
            path = self.paths.included(copy.file, place, opened, relative=False)
            data = self.files.text(path, Place(self.paths.shown(path), 1, 1, place))
        words = normal.tokens(copy.statement)
        anchors = (Anchor(0, place.line, place.column, fixed=True),)
        digest = normal.digest(words, data)
        self._statements.add(frame, Statement(copy.statement, frame.unit.name, place, digest, anchors, data))

    def _encoding(self, frame: Frame, place: Place) -> None:
        argument = self._argument(frame)
        if argument and argument.value.lower().replace("-", "") not in ("utf8", "unicode"):
            _fail(f"\\encoding {argument.value}: scripts are UTF-8", place, "convert the file to UTF-8")
        self._ignore_rest(frame, "encoding")

    def _set(self, frame: Frame, place: Place) -> None:
        name = self._argument(frame)
        if name is None:
            return
        if not variables.NAME.match(name.value):
            _fail(f'"{name.value}" cannot be the name of a variable', place)
        value = ""
        while (argument := self._argument(frame)) is not None:
            value += argument.value
        if name.value in ("ON_ERROR_STOP", "ON_ERROR_ROLLBACK", "AUTOCOMMIT"):
            self._note(
                place, f"\\set {name.value} has no effect: one transaction, and the first error ends it"
            )
        if name.value == "SINGLELINE" and value.lower() not in ("off", "false", "no", "0"):
            _fail("SINGLELINE would make every line a statement of its own", place, "leave it out")
        self._set_variable(name.value, value)

    def _set_variable(self, name: str, value: str | None) -> None:
        if self._variables is None:
            return
        if value is None:
            self._variables.pop(name, None)
        else:
            self._variables[name] = value

    def _echo(self, frame: Frame, place: Place) -> None:
        said = []
        while (argument := self._argument(frame)) is not None:
            said.append(argument.value)
        if said[:1] == ["-n"]:
            del said[0]
        self.notes.append(Note(place, " ".join(said), echo=True))

    def _go(self, frame: Frame, place: Place, name: str) -> None:
        argument = self._argument(frame)
        if argument is not None and argument.value.startswith("("):
            while argument is not None and not argument.value.endswith(")"):
                argument = self._argument(frame)
            argument = self._argument(frame)
        if argument is not None:
            _fail(
                f"\\{name} {argument.value} cannot be deployed: it would write outside the database",
                place,
                "end the statement with a semicolon",
            )
        if frame.scanner.peek().blank:
            _fail(
                f"\\{name} without a statement would run the one before it once more",
                place,
                "leave it out, or write the statement again",
            )
        self._statements.send(frame)

    def _argument(self, frame: Frame, *, strip_semicolons: bool = False) -> Argument | None:
        argument = frame.scanner.argument(strip_semicolons=strip_semicolons)
        if argument is None:
            return None
        if argument.quote == "`":
            _fail(
                "backticks would run a program on the host that deploys",
                frame.at(argument.offset),
                "use a variable from the configuration",
            )
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in argument.value):
            _fail("the escapes in this argument are not UTF-8 text", frame.at(argument.offset))
        return argument

    def _ignore_rest(self, frame: Frame, command: str) -> None:
        try:
            while (argument := self._argument(frame)) is not None:
                self._ignored(frame.at(argument.offset), command, argument.value)
        except Unterminated as error:
            # An apostrophe in what was meant as a remark: psql complains and goes on, too.
            self._ignored(frame.at(error.offset), command, frame.scanner.rest_of_line())

    def _ignored(self, place: Place, command: str, argument: str) -> None:
        self._note(place, f'\\{command}: extra argument "{argument}" ignored')

    def _expand(self, name: str, quote: variables.Quote) -> str | None:
        skipping = not self._frames[-1].conditions.active and not self._deciding
        if self._variables is None or skipping:
            return None
        if name in PRESET and name not in self._variables:
            frame = self._frames[-1]
            _fail(
                f":{name} is set by psql itself, and mainsql does not know it yet",
                frame.at(frame.scanner.offset),
                "give it a value in the configuration, under variables",
            )
        value = self._variables.get(name)
        if quote is variables.Quote.TEST:
            return "FALSE" if value is None else "TRUE"
        return None if value is None else variables.quoted(value, quote)

    # Reports

    def _note(self, place: Place, text: str) -> None:
        self.notes.append(Note(place, text))

    def _line(self, place: Place) -> str | None:
        """The line at a place, of a file that has been read."""
        for path, text in self.files.texts.items():
            if self.paths.shown(path) == place.path:
                lines = text.split("\n")
                return lines[place.line - 1] if place.line <= len(lines) else None
        return None


def _skip(scanner: Scanner, name: str, place: Place) -> None:
    """A command in a branch that is not taken: its arguments are passed over, unknown ones refused."""
    if name in WHOLE_LINE or name == "copy":
        scanner.rest_of_line()
    elif name in CARRIED_OUT or name in REFUSED or name in UNKNOWN_YET or name.rstrip("+Sx") in QUIET:
        _pass_over(scanner)
    else:
        refuse(name, place)


def _pass_over(scanner: Scanner) -> None:
    try:
        while scanner.argument() is not None:
            pass
    except Unterminated:
        scanner.rest_of_line()


def _fail(message: str, place: Place | None, hint: str | None = None) -> NoReturn:
    raise ScriptError(message, place=place, hint=hint)
