"""Flat scripts: what they look like, and that they read back as what they were made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resolving import tree

from mainsql.errors import Place
from mainsql.model import Statement
from mainsql.script import normal
from mainsql.script.render import render
from mainsql.script.resolver import resolve_flat


def statement(text: str, copy_data: str | None = None, path: str = "a.sql", line: int = 1) -> Statement:
    digest = normal.digest(normal.tokens(text), copy_data)
    return Statement(text, path, Place(path, line), digest, (), copy_data)


def test_each_statement_is_headed_by_its_origin() -> None:
    statements = [statement("select 1;"), statement("select\n2;", path="b/c.sql", line=7)]
    assert render(statements) == "-- a.sql:1\nselect 1;\n-- b/c.sql:7\nselect\n2;\n"


def test_no_statements_are_no_text() -> None:
    assert render([]) == ""


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("select 1;", "select 1;"),
        ("select 1", "select 1;"),
        ("select 1 -- x", "select 1 -- x\n;"),
        ("select 1 -- x;", "select 1 -- x;\n;"),
        ("select 1 /* ; */", "select 1 /* ; */;"),
        ("select '--';", "select '--';"),
    ],
)
def test_each_statement_ends_in_a_semicolon(text: str, rendered: str) -> None:
    assert render([statement(text)]) == f"-- a.sql:1\n{rendered}\n"


@pytest.mark.parametrize(
    ("data", "rendered"),
    [("a\nb\n", "a\nb\n\\.\n"), ("a", "a\n\\.\n"), ("", "\\.\n"), ("a\r\nb", "a\r\nb\r\n\\.\n")],
)
def test_copy_data_follows_its_statement(data: str, rendered: str) -> None:
    assert render([statement("copy t from stdin;", data)]) == f"-- a.sql:1\ncopy t from stdin;\n{rendered}"


@pytest.mark.parametrize("path", ["a\nselect 2;.sql", "a\rselect 2;.sql", "a';b.sql"])
def test_a_path_is_no_more_than_a_comment(path: str) -> None:
    [back] = resolve_flat("undo", render([statement("select 1;", path=path)]))
    assert back.text == "select 1;"


@pytest.mark.parametrize(
    "text", ["select '{1}'::int[] [1:n];", "select :v, :'v', :{?v};", "select :USER;", "select a[1:HOST]"]
)
def test_colons_have_no_meaning_in_flat_scripts(text: str) -> None:
    [back] = resolve_flat("undo", render([statement(text)]))
    assert back.digest == statement(text).digest


def test_statements_of_a_flat_script_are_placed_in_it() -> None:
    first, second = resolve_flat("undo of a.sql", render([statement("select 1;"), statement("select\n 2;")]))
    assert (first.place, second.place) == (Place("undo of a.sql", 2), Place("undo of a.sql", 4))


TEXTS = st.lists(
    st.sampled_from(
        [
            *["select 1", "select 'a;b'", "select $$ ; $$", "select E'\\''", "/* ; */ select (1; 2)"],
            *["set a = 'b'", "select 1 /* x */", "create function f() begin atomic select 1; end"],
            *["select '{1}'::int[]", 'select 1 as ";"', "select 'a\n\n  b'", "select 1\r\n+ 1"],
        ]
    ),
    min_size=1,
)
ENDINGS = st.sampled_from([";", ";\n", " ;\r\n", "; -- x;\n", "\n/* ; */;\n", "-- ;\n;"])
DATA = st.text("ab\t\n\\N,'\"$;", max_size=20).filter(lambda data: "\\" not in data)


@given(TEXTS, ENDINGS, st.booleans(), st.one_of(st.none(), DATA))
def test_what_is_rendered_reads_back_the_same(
    texts: list[str], ending: str, last_is_ended: bool, data: str | None
) -> None:
    script = ending.join(texts) + (ending if last_is_ended else " -- x;")
    if data is not None:
        copy = f"copy t from stdin;\n{data}"
        script = f"{copy}\n\\.\n{script}\n;\n{copy}"
    program = tree(script).program
    back = resolve_flat("flat", render(program))
    assert [each.digest for each in back] == [each.digest for each in program]
    assert [normal.tokens(each.text) for each in back] == [normal.tokens(each.text) for each in program]
    assert render(back).count("\n") == render(program).count("\n")
