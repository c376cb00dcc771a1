"""More statements than a process should hold are refused before it is killed for them."""

import io
import tracemalloc
from typing import BinaryIO, cast

import pytest

from mainsql.errors import Place, ScriptError
from mainsql.model import Statement, Stored
from mainsql.script.frames import Frame, InclusionBuilder, UnitBuilder
from mainsql.script.lexer import Scanner
from mainsql.script.limits import MOST_STATEMENTS, MOST_TEXT, Amount, is_too_long
from mainsql.script.resolver import resolve
from mainsql.script.statements import Statements
from mainsql.script.text import Text

PLACE = Place("main.sql", 7)


@pytest.fixture
def frame():
    text = Text("")
    unit = UnitBuilder("main.sql", "main.sql", PLACE)
    return Frame(
        "main.sql", PLACE, text, Scanner(text.text, lambda *_: None), unit, InclusionBuilder("main.sql")
    )


@pytest.mark.parametrize(
    ("length", "count"), [(8, MOST_STATEMENTS), (MOST_TEXT // 10, 10)], ids=["many", "long"]
)
def test_one_too_many_is_refused(frame, length, count):
    statement = Statement("x" * length, "main.sql", PLACE, "digest")
    statements = Statements([], [], Amount())
    for _ in range(count):
        statements.add(frame, statement)
    with pytest.raises(ScriptError, match="more than 500,000 statements") as refused:
        statements.add(frame, statement)
    assert refused.value.place == PLACE
    assert "COPY" in refused.value.hint


class Slow(io.BytesIO):
    """Gives a byte or two at a time, and so divides every word somewhere."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 1 + self.tell() % 2))


def long_script(content: bytes) -> Stored:
    return Stored(len(content), "", lambda: Slow(content))


@pytest.mark.parametrize(
    ("content", "too_long"),
    [
        (b"insert into t values (1);\n", True),
        (b"copy t from stdin;\n1\n2\n3\n", False),
        (b"COPY t FROM StdIn;\n1\n2\n3\n", False),
        (b"copy t from STDOUT;\n1\n2\n3\n", False),
        (b"select 1;\ncopy t from stdin;\n", True),  # behind what may be too much by then
        (b"i\0n\0s\0e\0r\0t\0 \0i\0n\0t\0o\0", False),  # UTF-16, and there is a better error for that
    ],
    ids=["all SQL", "stdin", "in any case", "stdout", "stdin later", "no script"],
)
def test_what_is_all_sql_is_too_long(content, too_long):
    assert is_too_long(long_script(content), 20) is too_long
    assert not is_too_long(long_script(content), len(content))


class Inserts(io.RawIOBase):
    """A stream of rows that does not end."""

    def read(self, size: int = -1) -> bytes:
        return (b"insert into t values (1);\n" * (size // 26 + 1))[:size]


def test_a_script_of_a_gigabyte_is_refused_in_little_memory():
    def read(path: str) -> bytes | Stored | None:
        rows = Stored(1_000_000_000, "", lambda: cast("BinaryIO", Inserts()))
        return {"main.sql": b"\n\\i rows.sql\n", "rows.sql": rows}.get(path)

    tracemalloc.start()
    try:
        with pytest.raises(ScriptError, match="more than 80 MB") as refused:
            resolve("shop", "main.sql", read)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(refused.value.place) == "rows.sql:1:1 (included from main.sql:2)"
    assert refused.value.line is None
    assert most < 10_000_000


def test_undo_scripts_count():
    half = (b"select '" + b"x" * (MOST_TEXT // 10) + b"';\n") * 5
    files = {
        "main.sql": b"\\i a.sql\n\\i b.sql\n",
        "a.sql": b"select 1;\n",
        "a.undo.sql": half,
        "b.sql": half,
    }
    with pytest.raises(ScriptError, match="more than 500,000 statements") as refused:
        resolve("shop", "main.sql", files.get)
    assert str(refused.value.place) == "b.sql:5:1 (included from main.sql:2)"
