r"""Rows of a COPY that pass by in pieces: where they end, and that their digest is that of the whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainsql.script.rows import Passing, Rows, rows_digest

PARTS = st.sampled_from(["a", "\\", ".", "\\.", "\n", "\r\n", "\n\\.\n", "\n\\.\r\n", "a row\n", "ü\n"])


def passed(pieces):
    """The rows as they were added, the line that ends them, and what follows it."""
    rows = Rows()
    passing = Passing(rows)
    for number, piece in enumerate(pieces):
        if (found := passing.add(piece, last=False)) is not None:
            ending, rest = found
            return rows, ending, rest + b"".join(pieces[number + 1 :])
    return rows, *passing.add(b"", last=True)


@given(st.lists(PARTS, max_size=10).map("".join), st.integers(1, 9))
def test_pieces_of_any_size_are_no_different_from_the_whole(text, size):
    content = text.encode()
    rows, ending, rest = passed([content[at : at + size] for at in range(0, len(content), size)])
    end = re.search(rb"^\\\.\r?(?:\n|\Z)", content, re.MULTILINE)
    expected = content[: end.start()] if end else content
    assert (ending, rest) == ((end[0], content[end.end() :]) if end else (b"", b""))
    assert (rows.size, rows.newlines) == (len(expected), expected.count(b"\n"))
    assert rows.digest() == rows_digest(expected.decode())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1\n2\n", "1\n2", True),
        ("1\r\n2\r\n", "1\r\n2", True),
        ("1\r\n2\n", "1\r\n2", False),
        ("1\n", "1\n\n", False),
        ("", "\n", False),
        ("1\t2\n", "1\t3\n", False),
    ],
)
def test_only_the_last_line_break_makes_no_difference(one, other, same):
    assert (rows_digest(one) == rows_digest(other)) is same
