"""Text → SQL statements and meta-commands, as psql's lexer divides them.

The rules are those of PostgreSQL's ``src/fe_utils/psqlscan.l`` and ``src/bin/psql/mainloop.c``,
which read a file line by line; where that shows (an empty line in a statement is dropped, a string
is not continued on the next line), it is done here too, so that what is sent is what psql sends.
"""

import re
from dataclasses import replace

from mainsql.model import Anchor, Stored
from mainsql.script.characters import LETTER, LETTER_OR_DIGIT, NUMBER, PARAMETER, PREFIXES, SPACE, WORD
from mainsql.script.ordinary import ordinary_statement
from mainsql.script.quoting import Kind, Quoting
from mainsql.script.routines import makes_routine
from mainsql.script.scanned import Found, Mark, Pending, Unterminated
from mainsql.script.slash import Argument, OpenQuote, read_argument, read_name
from mainsql.script.sources import Source, skip
from mainsql.script.text import Text
from mainsql.script.variables import REFERENCE, Expand, Quote

__all__ = ["Found", "Mark", "Pending", "Scanner", "Unterminated"]

_WHITE = re.compile(rf"[{SPACE}]++")
_COMMENT = re.compile(r"--[^\n\r]*+")
_EMPTY_LINES = re.compile(r"\n{2,}")
_WORD = re.compile(WORD)
_DOLLAR_TAG = re.compile(rf"\$(?:{LETTER}{LETTER_OR_DIGIT}*+)?\$")
_OTHER = re.compile(
    rf"{NUMBER}|{PARAMETER}|[\x00-\x08\x0e-\x1f!#%&*+,.<=>?@\[\]^`{{|}}~\x7f]++|-(?!-)|/(?!\*)"
)


class Scanner:
    """Reads one file from the beginning to the end; the caller acts on what it finds.

    ``scan`` collects SQL until a semicolon, a backslash or the end of the file; ``take`` hands over
    what has been collected. After a backslash the caller reads the command and its arguments with
    ``command``, ``argument`` and ``rest_of_line``, then calls ``end_command``.
    """

    _pieces: list[tuple[str, int, bool]]
    _first_token: int | None
    _words: list[str]

    def __init__(self, text: str | Text, expand: Expand) -> None:
        self._text = Text(text) if isinstance(text, str) else text
        self._expand = expand
        self._sources = [Source(self._text.text, 0, len(self._text.text))]
        self._quoting: Quoting | None = None
        self._whole: Pending | None = None
        self._begin_statement()

    @property
    def offset(self) -> int:
        """The offset in the file of what is read next."""
        source = self._sources[-1]
        return source.in_file(source.position)

    def text_from(self, offset: int) -> str:
        """The text of the file from an offset up to what is read next."""
        return self._text.text[offset : self.offset]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset in the file."""
        return self._text.position(offset)

    def scan(self) -> Found:
        """Reads on to the next semicolon, backslash or the end of the file.

        Raises Unterminated at the end of the file in a quote, a comment or a parenthesis.
        """
        if not self._pieces and self._quoting is None and len(self._sources) == 1:
            source = self._sources[0]
            if whole := ordinary_statement(source.text, source.position, source.end):
                start, source.position, text = whole
                self._whole = Pending(text, start, (), blank=False)
                return Found.SEMICOLON
        while True:
            source = self._sources[-1]
            if source.position >= source.end:
                if len(self._sources) > 1:
                    self._sources.pop()
                elif self._text.grow():
                    source.text, source.end = self._text.text, len(self._text.text)
                else:
                    self._check_closed()
                    return Found.END
            elif self._quoting is not None:
                self._continue_quoted(source, self._quoting)
            elif (found := self._scan_initial(source)) is not None:
                return found

    @property
    def empty(self) -> bool:
        """Whether nothing has been collected, not even a comment."""
        return not self._pieces and self._whole is None

    def peek(self) -> Pending:
        """The statement collected so far, which stays collected."""
        if self._whole is not None:
            return self._whole
        pieces = self._pieces
        if not pieces:
            return Pending("", self.offset, (), blank=True)
        text = "".join(piece for piece, _, _ in pieces)
        # A line break is sent only together with the line that follows it.
        if pieces[-1][0]:
            text = text.removesuffix("\n")
        start = pieces[0][1] if self._first_token is None else self._first_token
        return Pending(text, start, self._anchors(start), blank=self._first_token is None)

    def take(self) -> Pending:
        """Hands over the collected statement and begins a new one."""
        if self._whole is not None:
            whole, self._whole = self._whole, None
            return whole
        pending = self.peek()
        self._begin_statement()
        return pending

    def mark(self) -> Mark:
        """How far the statement has been collected, to come back to with ``drop``."""
        return Mark(len(self._pieces), self._first_token, self._depth, self._begin_depth, len(self._words))

    def drop(self, mark: Mark) -> None:
        """Forgets what has been collected since."""
        self._whole = None
        del self._pieces[mark.pieces :]
        del self._words[mark.words :]
        self._first_token = mark.first_token
        self._depth = mark.depth
        self._begin_depth = mark.begin_depth

    def copy_data(self) -> str | Stored:
        r"""The COPY data that begins on the next line and ends at ``\.`` or the end of the file.

        As with psql, what follows the COPY statement on its own line is read after the data.
        """
        file = self._sources[0]
        if len(self._sources) == 1 or self._sources[1].variable is not None:
            next_line = min(file.line_end() + 1, file.end)
            self._sources.insert(1, Source(file.text, file.position, next_line))
            file.position = next_line
        # Otherwise a second COPY on the same line: its data follows that of the first.
        data, file.position = self._text.copy_data(file.position)
        file.text, file.end = self._text.text, len(self._text.text)
        return data

    def command(self) -> str:
        """The name of the meta-command at the backslash just found."""
        source = self._sources[-1]
        name, source.position = read_name(source.text, source.position, source.line_end())
        return name

    @property
    def at_line_end(self) -> bool:
        """Whether nothing but white space is left of the line."""
        source = self._sources[-1]
        text, position = source.text, source.position
        if position < source.end and text[position] == "\n":
            return True
        return text[position : source.line_end()].isspace()

    def argument(self, *, strip_semicolons: bool = False) -> Argument | None:
        """The next argument of the command, or None when there are no more.

        Raises Unterminated for a quote that is open at the end of the line.
        """
        source = self._sources[-1]
        try:
            argument, source.position = read_argument(
                source.text,
                source.position,
                source.line_end(),
                self._expand,
                strip_semicolons=strip_semicolons,
            )
        except OpenQuote as error:
            raise Unterminated("quoted argument", source.in_file(error.position)) from None
        if argument is None or source.variable is None:
            return argument
        return replace(argument, offset=source.in_file(argument.offset))

    def rest_of_line(self) -> str:
        """All that is left of the line, as it stands, without white space before it."""
        source = self._sources[-1]
        end = source.line_end()
        text = source.text[source.position : end]
        source.position = end
        return text.lstrip(SPACE)

    def end_command(self) -> None:
        r"""Reads the ``\\`` that may separate a command from what follows on its line."""
        source = self._sources[-1]
        if source.text.startswith("\\\\", source.position, source.end):
            source.position += 2

    def _begin_statement(self) -> None:
        self._pieces = []
        self._first_token = None
        self._depth = 0
        self._paren_at = 0
        self._begin_depth = 0
        self._words = []

    def _scan_initial(self, source: Source) -> Found | None:
        text, position = source.text, source.position
        character = text[position]
        if character in SPACE:
            self._emit_white(source, skip(_WHITE, source, position))
        elif character == "-" and text.startswith("--", position, source.end):
            stop = skip(_COMMENT, source, position)
            if self._pieces:
                self._emit(source, stop)
            source.position = stop
        elif character == "/" and text.startswith("/*", position, source.end):
            self._open(Kind.COMMENT, source, position + 2)
        elif character == "\\":
            return self._scan_backslash(source)
        else:
            if character == ":" and self._enter_variable(source):
                return None
            self._begin_token(source)
            self._scan_token(source, character)
            if character == ";" and self._depth == 0 and self._begin_depth == 0:
                return Found.SEMICOLON
        return None

    def _scan_token(self, source: Source, character: str) -> None:
        text, position, end = source.text, source.position, source.end
        if character == "'":
            self._open(Kind.QUOTED, source, position + 1)
        elif character == '"':
            self._open(Kind.IDENTIFIER, source, position + 1)
        elif character == "$" and (match := _DOLLAR_TAG.match(text, position, end)):
            self._open(Kind.DOLLAR, source, match.end(), match.group())
        elif character == ":":
            self._scan_colon(source)
        elif match := _WORD.match(text, position, end):
            self._scan_word(source, match.group())
        else:
            if character == "(":
                if self._depth == 0:
                    self._paren_at = source.in_file(position)
                self._depth += 1
            elif character == ")":
                self._depth = max(self._depth - 1, 0)
            self._emit(source, max(skip(_OTHER, source, position), position + 1))

    def _scan_word(self, source: Source, word: str) -> None:
        stop = source.position + len(word)
        if word in ("e", "E") and source.text.startswith("'", stop, source.end):
            self._open(Kind.ESCAPED, source, stop + 1)
            return
        if (mark := PREFIXES.get(word)) and source.text.startswith(mark, stop, source.end):
            self._emit(source, stop)
            return
        # psql's way to find BEGIN ATOMIC … END: only in CREATE [OR REPLACE] FUNCTION | PROCEDURE.
        word = word.lower()
        if len(self._words) < 4:
            self._words.append(word)
        if self._depth == 0 and makes_routine(self._words):
            if word == "begin" or (word == "case" and self._begin_depth):
                self._begin_depth += 1
            elif word == "end" and self._begin_depth:
                self._begin_depth -= 1
        self._emit(source, stop)

    def _begin_token(self, source: Source) -> None:
        if self._first_token is None:
            self._first_token = source.in_file(source.position)

    def _enter_variable(self, source: Source) -> bool:
        """Whether ``:name`` stands here and has a value, which is then what is read next."""
        match = REFERENCE.match(source.text, source.position, source.end)
        if match is None or (name := match[Quote.PLAIN.value]) is None:
            return False
        if any(open_source.variable == name for open_source in self._sources):
            return False
        value = self._expand(name, Quote.PLAIN)
        if value is None:
            return False
        stands_at = source.in_file(source.position)
        source.position = match.end()
        self._sources.append(Source(value, 0, len(value), name, stands_at))
        if not value and self._pieces:  # So that its line counts as one.
            self._pieces.append(("", stands_at, True))
        return True

    def _scan_colon(self, source: Source) -> None:
        text, position, end = source.text, source.position, source.end
        if text.startswith(("::", ":="), position, end):
            self._emit(source, position + 2)
            return
        match = REFERENCE.match(text, position, end)
        stop = match.end() if match else position + 1
        kind = Quote(match.lastgroup) if match else Quote.PLAIN
        value = self._expand(match[kind.value], kind) if match and kind is not Quote.PLAIN else None
        if value is None:
            self._emit(source, stop)
        else:
            self._pieces.append((value, source.in_file(position), True))
            source.position = stop

    def _scan_backslash(self, source: Source) -> Found | None:
        following = source.text[source.position + 1 : source.position + 2]
        source.position += 1
        if following not in (";", ":"):
            self._unsend_line_break()
            return Found.BACKSLASH
        self._begin_token(source)
        self._emit(source, source.position + 1)
        # psql sends what \; joins as one message; inside a transaction it means the same statement
        # by statement, and no COMMIT can hide in it.
        if following == ";" and self._depth == 0 and self._begin_depth == 0:
            return Found.JOIN
        return None

    def _unsend_line_break(self) -> None:
        """A line that has only a meta-command leaves no empty line in the statement around it."""
        while self._pieces and not self._pieces[-1][0]:
            self._pieces.pop()
        piece, in_file, fixed = self._pieces[-1] if self._pieces else ("", 0, True)
        if not fixed:
            self._pieces[-1] = (piece.removesuffix("\n"), in_file, fixed)

    def _open(self, kind: Kind, source: Source, stop: int, tag: str = "") -> None:
        self._quoting = Quoting(kind, source.in_file(source.position), tag)
        self._emit(source, stop)

    def _continue_quoted(self, source: Source, quoting: Quoting) -> None:
        stop = quoting.find_close(source.text, source.position, source.end, in_file=source.variable is None)
        if stop is not None:
            self._quoting = None
        self._emit(source, source.end if stop is None else stop)

    def _emit(self, source: Source, stop: int) -> None:
        start = source.position
        self._pieces.append((source.text[start:stop], source.in_file(start), source.variable is not None))
        source.position = stop

    def _emit_white(self, source: Source, stop: int) -> None:
        if self._pieces:
            # psql drops the empty lines of a file, but does not look for lines in a variable.
            if source.variable is None:
                source.skip_empty_lines()
                for match in _EMPTY_LINES.finditer(source.text, source.position, stop):
                    self._emit(source, match.start() + 1)
                    source.position = match.end()
            if source.position < stop:
                self._emit(source, stop)
        source.position = stop

    def _anchors(self, start: int) -> tuple[Anchor, ...]:
        """Where the text does not simply go on from its beginning, and where it goes on instead."""
        anchors: list[Anchor] = []
        offset, expected, was_fixed = 0, start, False
        for piece, in_file, fixed in self._pieces:
            if in_file != expected or fixed != was_fixed:
                line, column = self.position(in_file)
                anchors.append(Anchor(offset, line, column, fixed))
            offset += len(piece)
            expected, was_fixed = in_file + len(piece), fixed
        return tuple(anchors)

    def _check_closed(self) -> None:
        if self._quoting is not None:
            raise Unterminated(self._quoting.kind.value, self._quoting.opened_at)
        if self._depth:
            raise Unterminated("parenthesis", self._paren_at)
        if self._begin_depth:
            raise Unterminated("BEGIN … END", self._first_token or 0)
