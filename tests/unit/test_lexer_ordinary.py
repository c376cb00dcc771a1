"""What the shortcut for ordinary statements takes is what the scanner finds step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainsql.script.lexer import Found, Scanner
from mainsql.script.ordinary import ordinary_statement

PIECES = (
    "create ", "function f() ", "procedure p() ", "as ", "begin ", "atomic ", "select ", "end", ";", "; ",
    "$$", "$a$", "$", "'", "''", '"', "(", ")", "\n", "\n\n", "--", "/*", "*/", "a", "e", "1", "::", ":", "é",
    "language sql ", "default '$$' ",
)  # fmt: skip


def statements(text: str, *, stepwise: bool) -> list[str]:
    """The statements up to where they are not simply divided by semicolons any more."""
    scanner = Scanner(text if not stepwise else "/**/" + text, lambda _name, _quote: None)
    found = []
    try:
        while scanner.scan() is Found.SEMICOLON:
            found.append(scanner.take().text.removeprefix("/**/").lstrip())
            if stepwise:
                break
    except Exception:  # noqa: BLE001 - where it ends is not what this is about
        return found
    return found


@pytest.mark.parametrize(
    "text",
    [
        "create function f() returns int language sql as $$\n\nselect 1; -- of all\n$$;",
        "create function f() returns trigger language plpgsql as $$ begin return new; end $$;",
        "create table t (a text default $$a;b$$);",
    ],
)
def test_bodies_in_dollar_quotes_are_ordinary(text):
    assert ordinary_statement(text, 0, len(text)) == (0, len(text), text)


@pytest.mark.parametrize(
    "text",
    [
        "create procedure p(a text default '$$') begin atomic select '$$'; end;",
        "create table a$$b$$ (id int);",
        "create function f() as $a$ ; $a$;",
        "select $$ open;",
    ],
)
def test_these_are_not(text):
    assert ordinary_statement(text, 0, len(text)) is None


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_it_finds_what_the_scanner_finds(text):
    span = ordinary_statement(text, 0, len(text))
    if span is not None:
        start, stop, found = span
        # A comment before it makes the scanner go step by step.
        assert statements(text[start:], stepwise=True)[:1] == [text[start:stop]] == [found]
