"""mainsql's own rows by COPY: what comes out is what went in."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mainsql.database.copied_rows import CopiedRows
from mainsql.database.session import Session

ODD = "\\ \\N \\. \n\\.\n \r\n \t \b { \" ' , ä 💣 \\\\"
ROWS = [
    (1, "", None, ["a", ODD, ""], timedelta(days=3, microseconds=7)),
    (2, ODD, "\\N", [], timedelta(0)),
    (3, "ä\\\n" * 100_000, ODD, ["null", "NULL", " "], timedelta(seconds=86_399.999999)),
]


@pytest.fixture
def session(database) -> Iterator[Session]:
    with Session(database.dsn, application_name="test") as session, session.transaction():
        yield session


def test_what_is_written_can_be_read_again(session):
    session.query("create temp table t (n int, text text, more text, list text[], lasts interval)")
    session.copy_rows("copy t from stdin", ROWS)
    assert session.query("select * from t order by n") == ROWS


@pytest.mark.parametrize("size", [4, 7, 64])
def test_it_comes_in_portions_of_any_size(size):
    stream = CopiedRows(ROWS[:2])
    portions = [*iter(lambda: stream.read(size), b"")]
    assert max(map(len, portions)) <= size
    assert b"".join(portions) == CopiedRows(ROWS[:2]).read(65_536)


def test_pieces_are_one_text(session):
    def pieces() -> Iterator[str]:
        yield from (ODD, "", "more\n")

    session.query("create temp table t (text text, after int)")
    session.copy_rows("copy t from stdin", [(pieces(), 1), (iter([]), 2)])
    assert session.query("select * from t order by after") == [(ODD + "more\n", 1), ("", 2)]


def test_rows_are_asked_for_as_they_are_sent():
    asked = []

    def rows() -> Iterator[tuple[int, str]]:
        for number in range(100):
            asked.append(number)
            yield number, "x" * 10_000

    stream = CopiedRows(rows())
    assert len(stream.read(65_536)) <= 65_536
    assert len(asked) < 10
    while stream.read(65_536):
        pass
    assert len(asked) == 100
