r"""``\if`` and its like, decided while the tree is resolved."""

import pytest
from tests.unit.resolving import sent, tree

from mainsql.errors import ScriptError
from mainsql.script.conditions import truth


@pytest.mark.parametrize("text", ["true", "T", "tr", "on", "ON", "yes", "y", "1", " true "])
def test_what_is_true(text):
    assert truth(text) is True


@pytest.mark.parametrize("text", ["false", "f", "off", "of", "no", "n", "0"])
def test_what_is_false(text):
    assert truth(text) is False


@pytest.mark.parametrize("text", ["", "o", "2", "truex", "01", ":v"])
def test_what_is_neither(text):
    assert truth(text) is None


@pytest.mark.parametrize(
    ("conditions", "taken"),
    [
        (("true", "true"), "one"),
        (("true", "false"), "one"),
        (("false", "true"), "two"),
        (("false", "false"), "three"),
    ],
)
def test_the_first_true_branch_is_taken(conditions, taken):
    first, second = conditions
    script = (
        f"\\if {first}\nselect 'one';\n\\elif {second}\nselect 'two';\n\\else\nselect 'three';\n\\endif\n"
        "select 'after';"
    )
    assert sent(script) == [f"select '{taken}';", "select 'after';"]


def test_branches_nest_and_what_is_skipped_may_be_anything():
    script = (
        "\\if false\n\\if true\n\\i missing.sql\n\\! rm x\n\\copy t to 'x'\nselect :'v';\n\\else\nselect 2;\n"
        "\\endif\n\\elif true\nselect 3;\n\\endif\n"
    )
    assert sent(script) == ["select 3;"]


def test_a_statement_may_be_put_together_from_branches():
    assert sent("select 1\n\\if false\n, 2;\n\\elif yes\n, 3\n\\else\n, (4\n\\endif\n;") == [
        "select 1\n, 3\n;"
    ]


def test_variables_decide():
    script = "\\if :{?v}\n\\if :v\nselect 1;\n\\endif\n\\endif\nselect 2;"
    assert sent(script) == ["select 2;"]
    assert sent(script, variables={"v": "on"}) == ["select 1;", "select 2;"]
    assert sent(script, variables={"v": "off"}) == ["select 2;"]


def test_variables_are_not_set_in_a_branch_that_is_not_taken():
    assert sent("\\set v 1\n\\if false\n\\set v 2\n\\endif\nselect :v;") == ["select 1;"]


def test_what_is_neither_true_nor_false_is_noted_and_false():
    resolved = tree("\\if maybe\nselect 1;\n\\endif\nselect 2;")
    assert [statement.text for statement in resolved.program] == ["select 2;"]
    assert [str(note.place) for note in resolved.notes] == ["main.sql:1:1"]
    assert '"maybe" is neither true nor false' in resolved.notes[0].text


def test_quitting_a_file_within_a_branch_closes_it():
    files = {"main.sql": "\\i a.sql\nselect 3;", "a.sql": "select 1;\n\\if true\n\\q\n\\endif\nselect 2;"}
    assert sent(files) == ["select 1;", "select 3;"]


@pytest.mark.parametrize(
    ("script", "report"),
    [
        ("select 1;\n\\if true\nselect 2;", "main.sql:2:1: this \\if is never closed"),
        ("\\else\n", "main.sql:1:1: \\else does not belong here: there is no \\if before it"),
        ("\\elif true\n", "\\elif does not belong here: there is no \\if before it"),
        ("\\endif\n", "\\endif does not belong here: there is no \\if before it"),
        (
            "\\if true\n\\else\n\\else\n\\endif",
            "main.sql:3:1: \\else does not belong here: it cannot come after",
        ),
        ("\\if true\n\\else\n\\elif 1\n\\endif", "\\elif does not belong here: it cannot come after \\else"),
        ("\\if false\n\\nonsense\n\\endif", "\\nonsense is no command of psql"),
        ("\\if false\nselect 'x\n\\endif\n", "main.sql:2:8: this quoted string is never closed"),
    ],
)
def test_what_does_not_fit_is_refused(script, report):
    with pytest.raises(ScriptError) as raised:
        sent(script)
    assert report in raised.value.report()


def test_a_branch_must_close_in_its_own_file():
    with pytest.raises(ScriptError, match="never closed"):
        sent({"main.sql": "\\i a.sql\n\\endif\n", "a.sql": "\\if true\nselect 1;"})
