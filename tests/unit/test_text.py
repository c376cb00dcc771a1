"""Large scripts, read piece by piece, say what they say when they are read at once."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resolving import tree

from mainsql.errors import Place, ScriptError
from mainsql.model import Stored
from mainsql.script import classify, normal
from mainsql.script.lexer import Found, Scanner, Unterminated
from mainsql.script.render import render
from mainsql.script.resolver import resolve
from mainsql.script.rows import rows_digest
from mainsql.script.text import LargeText, Text

PLACE = Place("big.sql", 1, 1)

PARTS = st.sampled_from(
    [
        "select 1;\n",
        "select 'a\n\nb; ü' as \"q\n;\",\n  $x$ ;\n\n$y$ $x$;\n",
        "/* a\n/* ; */\n*/ insert into t values (1);\r\n",
        "select E'\\\n' -- x;\n;\n\n\n",
        "\\echo hello\n",
        "  ,\n   2\n\n",
        "copy t from stdin;\n1\tone\n2\t\\.\n\\.\n",
        "copy t from stdin;\nü\n\\.x\n\\\\.\n\n\n3\n\\.\r\nselect 2;",
        "copy t from stdin; select 'on the line';\n\\.\n",
        "copy t from stdin;\nto the end",
        "copy t from stdin;\r\nto\r\nthe end",
        "copy t from stdin; copy t from stdin;\n\t1\n\\.\n \n\\.\n",
        "select\n\n\n\t1\n \n;",
        "copy t from stdin;\n" + "a row of some length\n" * 5 + "\\.\n",
        "create function f() returns int begin atomic\nselect 1;\nend;\n",
        "(\n",
        ");\n",
    ]
)


def stored(text: str) -> Stored:
    content = text.encode()
    return Stored(len(content), "", lambda: io.BytesIO(content))


def rows(data: str | Stored) -> str:
    if isinstance(data, Stored):
        rows_of = data.open().read().decode()
        assert rows_digest(data) == rows_digest(rows_of)
        assert data.size == len(rows_of.encode())
        return rows_of
    return data


def said(text: Text) -> list[object]:
    scanner = Scanner(text, lambda *_: None)
    found: list[object] = []
    try:
        while (what := scanner.scan()) is not Found.END:
            if what is Found.BACKSLASH:
                found += [scanner.command(), scanner.rest_of_line()]
                continue
            pending = scanner.take()
            found += [pending.text, scanner.position(pending.start), *pending.anchors]
            if classify.copy(normal.tokens(pending.text)) is classify.Copy.IN:
                found.append(rows(scanner.copy_data()))
        found.append(scanner.take().text)
    except Unterminated as error:
        found += [error.what, scanner.position(error.offset)]
    return found


@given(
    st.lists(PARTS, max_size=12).map("".join), st.integers(1, 60), st.integers(0, 30), st.booleans()
)  # fmt: skip
def test_pieces_are_no_different_from_the_whole(text, piece, kept, mark):
    content = ("\ufeff" if mark else "") + text
    large = LargeText(stored(content), PLACE, piece=piece, kept=kept)
    assert said(large) == said(Text(text))


def test_rows_that_are_left_out_leave_the_lines_of_the_rest():
    text = "select 1;\ncopy t from stdin;\na\nb\nc\n\\.\nselect\n 2;\ncopy t from stdin;\nd\n\\.\nselect 3;\n"
    large = LargeText(stored(text), PLACE, piece=5, kept=0)
    said(large)
    assert large.text == "select 1;\ncopy t from stdin;\nselect\n 2;\ncopy t from stdin;\nselect 3;\n"
    found = resolve("shop", "main.sql", lambda path: stored(text) if path == "main.sql" else None)
    assert [str(statement.place) for statement in found.program] == [
        "main.sql:1:1",
        "main.sql:2:1",
        "main.sql:7:1",
        "main.sql:9:1",
        "main.sql:12:1",
    ]


def big(rows: str) -> str:
    return f"create table t (a text);\ncopy t from stdin;\n{rows}\\.\nselect 1;\nselect 2 from nowhere;\n"


def test_rows_that_are_read_to_their_end_are_read_once():
    opened = []

    def open_() -> io.BytesIO:
        opened.append(io.BytesIO(big(MANY).encode()))
        return opened[-1]

    whole = Stored(len(big(MANY)), "", open_)
    statement = resolve("shop", "main.sql", {"main.sql": whole}.get).program[1]
    assert isinstance(statement.copy_data, Stored)
    with statement.copy_data.open() as stream:
        parts = list(iter(lambda: stream.read(4096), b""))
    assert b"".join(parts).decode() == MANY
    assert len(opened) == 2  # to find out how far they go, and to send them
    assert all(stream.closed for stream in opened)


@pytest.mark.parametrize("row", ["\ta\n", "  a\n", "\n"])
def test_lines_that_begin_with_white_space_are_not_read_all_at_once(row):
    large = LargeText(stored(big(row * 1000)), PLACE, piece=100, kept=0)
    assert len(large.text) <= 100
    while large.grow():
        pass
    assert large.text == big(row * 1000)


MANY = "some row\n" * 20_000


def test_a_large_script_is_the_same_tree_as_a_small_one():
    small = tree(big(MANY))
    large = resolve("shop", "main.sql", lambda path: stored(big(MANY)) if path == "main.sql" else None)
    assert large.digest == small.digest
    assert isinstance(large.program[1].copy_data, Stored)
    assert [s.place for s in large.program] == [s.place for s in small.program]
    assert large.source_line(large.program[3].place) == "select 2 from nowhere;"
    assert large.source_line(Place("main.sql", 5, 1)) is None
    assert len(large.files["main.sql"]) < 200


def test_rows_that_are_stored_are_not_shown_and_not_recorded():
    large = resolve("shop", "main.sql", lambda path: stored(big(MANY)) if path == "main.sql" else None)
    assert render(large.program[1:3]) == (
        "-- main.sql:2\n-- not shown: 180000 bytes of rows\ncopy t from stdin;\n\\.\n"
        "-- main.sql:20004\nselect 1;\n"
    )


def test_a_file_of_rows_that_is_large_is_not_read():
    def unread() -> io.BytesIO:
        raise AssertionError

    def read(path: str) -> bytes | Stored | None:
        files = {"main.sql": b"\\copy t from 'rows.csv' csv\n", "rows.csv": Stored(9, "abc", unread)}
        return files.get(path)

    found = resolve("shop", "main.sql", read)
    assert isinstance(found.program[0].copy_data, Stored)
    assert set(found.files) == {"main.sql", "rows.csv"}


def test_too_many_rows_in_an_undo_script_are_refused():
    def read(path: str) -> bytes | Stored | None:
        files = {"main.sql": b"select 1;", "main.undo.sql": stored(big(MANY))}
        return files.get(path)

    with pytest.raises(ScriptError, match=r"180000 bytes of rows in an undo script, too many") as caught:
        resolve("shop", "main.sql", read)
    assert str(caught.value.place) == "main.undo.sql:2:1"


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        (b"select 1;\nselect 2;\nselect '\xe9';", "3:9", "this is not UTF-8: byte 0xe9"),
        (b"select 1;\ncopy t from stdin;\n1\n2\n\\.\nselect '\0';", "6:9", "a NUL character"),
        (b"version https://git-lfs.github.com/spec/v1\n", "1:1", "this is a git LFS pointer"),
    ],
)
def test_what_is_no_script_is_told_with_its_place(content, where, message):
    large = Stored(len(content), "", lambda: io.BytesIO(content))
    with pytest.raises(ScriptError) as caught:
        said(LargeText(large, PLACE, piece=4, kept=0))
    assert str(caught.value.place) == f"big.sql:{where}"
    assert caught.value.message.startswith(message)
