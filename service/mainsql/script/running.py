"""What psql would do between the statements of a program while it runs: conditions and late variables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mainsql.errors import Place, ScriptError
from mainsql.model import Anchor, Gset, Note, Statement
from mainsql.script import classify, normal, variables
from mainsql.script.assigning import spoken
from mainsql.script.conditions import Conditions, truth
from mainsql.script.lexer import Found, Mark, Pending, Scanner, Unterminated
from mainsql.script.scope import FIXED
from mainsql.script.statements import count_statements
from mainsql.script.variables import Quote, quoted

_NO_MARK = Mark(0, None, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Rows:
    """The result of a query: the names of its columns, and its values as text (None: NULL)."""

    columns: tuple[str, ...]
    values: Sequence[tuple[str | None, ...]]


class Run:
    """One run of a program: which branch is taken, and the late variables with their ``values``."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)
        self._conditions = Conditions()

    @property
    def active(self) -> bool:
        """Whether the branch that has been reached is taken."""
        return self._conditions.active

    def counted(self, rows: int) -> None:
        """Takes down how many rows the statement before returned or changed, for ``:ROW_COUNT``."""
        self.values["ROW_COUNT"] = str(max(rows, 0))

    # Commands

    def command(self, statement: Statement) -> Note | None:
        """Carries out a command of the program; what it has to say. Raises ScriptError."""
        scanner = Scanner(statement.text, self._expander(statement))
        scanner.scan()
        name = scanner.command()
        conditions = self._conditions
        match name:
            case "if" | "elif" | "else" | "endif":
                return self._decide(statement.place, name, _arguments(scanner, conditions.wants(name)))
            case _ if not self.active:
                return None
            case "set":
                variable, *values = _arguments(scanner, wanted=True)
                self.values[variable] = "".join(values)
            case "unset":
                for variable in _arguments(scanner, wanted=True):
                    self.values.pop(variable, None)
            case _:
                return Note(statement.place, spoken(_arguments(scanner, wanted=True)), echo=True)
        return None

    def _decide(self, place: Place, command: str, arguments: list[str]) -> Note | None:
        text = " ".join(arguments)
        decided, wanted = truth(text), self._conditions.wants(command)
        match command:
            case "if":
                self._conditions.begin(place, _NO_MARK, bool(decided))
            case "endif":
                self._conditions.end()
            case _:
                self._conditions.switch(command, _NO_MARK, bool(decided))
        if wanted and text and decided is None:
            return Note(place, f'\\{command}: "{text}" is neither true nor false, and taken for false')
        return None

    # Statements

    def settled(self, statement: Statement) -> list[Statement]:
        """A statement with the values of its late variables: more than one, if a value ends it.

        Raises ScriptError when the values make something of it that cannot be deployed.
        """
        if not statement.asks:
            return [statement]
        settled = []
        for pending in _divided(statement.text, self._expander(statement), statement):
            _check(pending.text, statement.place, data=statement.copy_data is not None)
            anchors = tuple(_anchors(pending, statement))
            first = anchors[0]
            place = replace(statement.place, line=first.line, column=first.column)
            settled.append(replace(statement, text=pending.text, place=place, anchors=anchors, asks=()))
        return settled

    def store(self, statement: Statement, gset: Gset, rows: Rows) -> list[Note]:
        r"""Makes variables of a row, as ``\gset`` does. Raises ScriptError."""
        count = len(rows.values)
        if count != 1:
            what = "no rows" if count == 0 else f"{count} rows"
            _fail(statement, f"\\gset needs exactly one row, and this returned {what}")
        if gset.names is not None and set(rows.columns) != set(gset.names):
            _fail(
                statement,
                f"its columns are {', '.join(rows.columns)}, which its text does not tell",
                "name each column with AS",
            )
        notes = []
        for column, value in zip(rows.columns, rows.values[0], strict=True):
            name = gset.prefix + column
            if not variables.NAME.match(name):
                _fail(statement, f'"{name}" cannot be the name of a variable', "name the column with AS")
            if name in gset.known:
                _fail(
                    statement,
                    f"it sets :{name}, which the script has used with another value by then",
                    "name the columns instead of *, each with AS",
                )
            if name in FIXED:
                notes.append(Note(statement.place, f"\\gset cannot set {name}: ignored"))
            elif value is None:
                self.values.pop(name, None)
            else:
                self.values[name] = value
        return notes

    def generated(self, statement: Statement, rows: Rows) -> Iterator[Statement]:
        r"""The statements that a query has made for its ``\gexec``, row by row. Raises ScriptError."""
        place = statement.place
        anchors = (Anchor(0, place.line, place.column, fixed=True),)
        for row in rows.values:
            for text in row:
                if text is None or not text.strip():
                    continue
                for pending in _divided(text, lambda *_: None, statement):
                    _check(pending.text, place, data=False)
                yield Statement(text, statement.unit, place, "", anchors, conditional=statement.conditional)

    def _expander(self, statement: Statement) -> variables.Expand:
        asks = set(statement.asks)
        # A value may ask for another variable in its turn.
        found = list(asks)
        while found:
            value = self.values.get(found.pop(), "")
            named = {match[match.lastgroup or 0] for match in variables.REFERENCE.finditer(value)}
            found += named - asks
            asks |= named

        def expand(name: str, quote: Quote) -> str | None:
            if name not in asks:
                return None
            value = self.values.get(name)
            if quote is Quote.TEST:
                return "FALSE" if value is None else "TRUE"
            return None if value is None else quoted(value, quote)

        return expand


def _arguments(scanner: Scanner, wanted: bool) -> list[str]:
    values = []
    while wanted and (argument := scanner.argument()) is not None:
        values.append(argument.value)
    return values


def _divided(text: str, expand: variables.Expand, origin: Statement) -> Iterator[Pending]:
    """The statements in a text, as far as it has some. Raises ScriptError."""
    scanner = Scanner(text, expand)
    found = None
    try:
        while found is not Found.END:
            found = scanner.scan()
            if found is Found.BACKSLASH:
                if origin.asks:
                    _fail(origin, "the value of a variable in it holds a command of psql")
            elif not (pending := scanner.take()).blank:
                yield pending
    except Unterminated as error:
        if origin.asks:
            _fail(origin, f"the value of a variable in it leaves a {error.what} open")


def _check(text: str, place: Place, *, data: bool) -> None:
    words = normal.tokens(text)
    shown = " ".join(text.split())[:60]
    if count_statements(text) > 1:
        raise ScriptError(
            f"with the values of its variables this is more than one statement: {shown}",
            place=place,
            hint="a value opens or closes a quote or a comment: write that into the statement itself",
        )
    if classify.transaction(words) is not classify.Transaction.NONE:
        raise ScriptError(
            f"what is to run here is {shown}",
            place=place,
            hint="mainsql owns the transaction: make no BEGIN, COMMIT or ROLLBACK",
        )
    if (reason := classify.forbidden(words)) is not None:
        raise ScriptError(f"{reason.reason}: {shown}", place=place, hint=reason.hint)
    if classify.copy(words) is classify.Copy.IN and not data:
        raise ScriptError(
            f"there are no rows for {shown}",
            place=place,
            hint="write the COPY … FROM stdin itself into the script, with its rows",
        )


def _anchors(pending: Pending, statement: Statement) -> Iterator[Anchor]:
    """Where a text that was made of a statement's stands in its file."""
    lines = [0]
    for line in statement.text.split("\n"):
        lines.append(lines[-1] + len(line) + 1)
    points = [(0, pending.start, False)] if not pending.anchors or pending.anchors[0].offset else []
    points += [(a.offset, lines[a.line - 1] + a.column - 1, a.fixed) for a in pending.anchors]
    end = (len(pending.text), 0, False)
    for (offset, source, fixed), (until, _, _) in pairwise([*points, end]):
        place = statement.locate(source + 1)
        covering = [a.fixed for a in statement.anchors if a.offset <= source]
        yield Anchor(offset, place.line, place.column, fixed or (covering or [False])[-1])
        for anchor in statement.anchors:
            if not fixed and source < anchor.offset < source + until - offset:
                yield replace(anchor, offset=offset + anchor.offset - source)


def _fail(statement: Statement, message: str, hint: str | None = None) -> None:
    raise ScriptError(message, place=statement.place, hint=hint)
