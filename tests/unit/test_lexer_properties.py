"""What holds for the lexer whatever the text: nothing is lost, and the short way is no other way."""

import re
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from mainsql.script import normal
from mainsql.script.lexer import Found, Pending, Scanner, Unterminated

PIECES = [
    *"select 1|select |create |or replace |function |procedure |begin |end |case |e|E|U&|x|_a$|ä".split("|"),
    *"'|''|'a;b'|\\|'\\'|\"|\"a;b\"|$$|$a$|$|$1|(|)|::|:=|:|[1:2]|+|-|--|/|*|/*|*/|/* c */".split("|"),
    *["\n", "\n\n", "\r\n", " ", "\t", "\v", "-- c\n", ";", ";", ";\n", "1", "2.5e3", ",", "\ufeff"],
    "insert into t (a, b) values (1, 'x');\n",
    "create table t (a int default (1), b text default 'x');\n",
]
STATEMENTS = [
    "select 1;",
    "insert into t values ('a;b', (1), 2);",
    "select $$ ; $$;",
    "select E'\\';';",
    "create function f() begin atomic select 1; end;",
    "/* a */ select (1; 2);",
]
SCRIPTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def outcome(scanner: Scanner) -> Iterator[Pending | str]:
    """All that comes of a scanner: statements, backslashes, and how it ends."""
    try:
        while True:
            found = scanner.scan()
            if found is Found.BACKSLASH:
                yield "\\"
            else:
                pending = scanner.take()
                if not pending.blank:
                    yield pending
            if found is Found.END:
                return
    except Unterminated as error:
        yield f"{error.what} at {error.offset}"


def scanned(text: str) -> list[Pending | str]:
    return list(outcome(Scanner(text, lambda _, __: None)))


def shown(each: Pending | str) -> str:
    return each.text if isinstance(each, Pending) else each.partition(" at ")[0]


def without_semicolons(tokens: list[str]) -> list[str]:
    return [each for each in tokens if each != ";"]


@given(SCRIPTS)
def test_no_token_is_lost_or_added(text: str) -> None:
    # Strings with escapes that go on in the next line are one to the server, and two to psql.
    text = text.replace("e", "o").replace("E", "O")
    found = scanned(text)
    if all(isinstance(each, Pending) for each in found):
        tokens = [token for each in found for token in normal.tokens(shown(each))]
        assert without_semicolons(tokens) == without_semicolons(normal.tokens(text))


@given(SCRIPTS)
def test_the_short_way_finds_what_the_long_way_finds(text: str) -> None:
    # From the value of a variable, the scanner always goes step by step. (A value has no empty
    # lines, as far as psql is concerned.)
    text = re.sub("\n+", "\n", text.replace("\\", ""))
    scanner = Scanner(":script", lambda name, _: text if name == "script" else None)
    assert [shown(each) for each in scanned(text)] == [shown(each) for each in outcome(scanner)]


@given(st.lists(st.sampled_from(STATEMENTS), max_size=8), SCRIPTS)
def test_what_precedes_a_statement_changes_nothing_about_it(before: list[str], text: str) -> None:
    alone = [shown(each) for each in scanned(text)]
    preceded = [shown(each) for each in scanned("".join(before) + text)]
    assert preceded == before + alone


@given(SCRIPTS)
def test_every_character_has_a_place_in_the_text_that_it_came_from(text: str) -> None:
    scanner = Scanner(text, lambda _, __: None)
    for pending in outcome(scanner):
        if isinstance(pending, Pending):
            line, column = scanner.position(pending.start)
            assert text.split("\n")[line - 1][column - 1 :].startswith(text[pending.start])
