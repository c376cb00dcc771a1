r"""What is known only while a script runs: how far it is resolved before, and what is refused."""

import pytest
from tests.unit.resolving import refusal, sent, tree

from mainsql.model import Gset
from mainsql.plan.program import reduced
from mainsql.script import normal
from mainsql.script.columns import column_names
from mainsql.script.render import render
from mainsql.script.resolver import resolve_flat
from mainsql.script.running import Run


def digests(script):
    return [statement.digest for statement in tree(script).program]


def test_both_branches_are_in_the_program_marked_as_conditional():
    program = tree(
        {
            "main.sql": "select 1 as x \\gset\n\\if :x\n\\i a.sql\n\\else\n\\i b.sql\n\\endif\n"
            "select 'after';",
            "a.sql": "select 'a';",
            "b.sql": "select 'b';",
        }
    ).program
    assert [(s.text, s.conditional) for s in program if not s.command] == [
        ("select 1 as x ", False),
        ("select 'a';", True),
        ("select 'b';", True),
        ("select 'after';", False),
    ]


def test_what_is_known_is_decided_at_once_all_the_same():
    script = "\\set known true\nselect 1 as x \\gset\n\\if :known\nselect 2;\n\\else\n\\i none.sql\n\\endif\n"
    assert sent(script) == ["select 1 as x ", "select 2;"]


def test_a_branch_that_is_decided_need_not_be_there():
    script = (
        "select 1 as x \\gset\n\\if :x\nselect 1;\n"
        "\\elif false\n\\i none.sql\n\\elif true\n\\else\n\\i none.sql\n\\endif"
    )
    assert [s.text for s in tree(script).program if s.command] == [
        "\\if :x",
        "\\elif false",
        "\\elif true",
        "\\endif",
    ]


@pytest.mark.parametrize(
    ("script", "where", "message"),
    [
        ("select 1 as x \\gset\n\\i :x.sql", "2:1", "the name of the file depends on :x, which is"),
        ("\\ir :mainsql_version", "1:1", "the name of the file depends on :mainsql_version"),
        ("select 1 as x \\gset\nselect 1 \\if :x , 2 \\endif ;", "2:10", "a condition on what only a query"),
        ("select 1 as x \\gset\n\\if :x\nselect 1\n\\endif\n;", "4:1", "a condition on what only a query"),
        ("select 1 as x \\gset\n\\if :x\nselect 1\n\\else\n\\endif\n;", "4:1", "a condition on what only a"),
        ("select 1 as x \\gset\nselect 1 as y \\gset :x", "2:15", "the prefix of a \\gset cannot depend"),
        ("select 1 as x \\gset\n\\set :x 1", "2:1", "the name of a variable cannot depend"),
        ("select 1 as x \\gset\n\\if :x\nselect 1;", "2:1", "this \\if is never closed"),
        ("select 1 as x \\gset a-b", "1:15", '"a-b" cannot begin the name of a variable'),
        ('select 1 as "x y" \\gset', "1:19", 'a column is named "x y", and no variable can be'),
        ("\\gset", "1:1", "\\gset needs a statement before it, in the same file"),
        ("\\gexec", "1:1", "\\gexec needs a statement before it, in the same file"),
        ("begin \\gset", "1:7", "\\gset needs a statement that returns rows"),
        ("copy t from stdin;\n\\.\n\\gexec", "3:1", "\\gexec cannot follow a COPY"),
        ("select :PORT;", "1:8", ":PORT says how psql is connected"),
        ("\\getenv a", "1:1", "\\getenv cannot be deployed"),
        ("\\setenv A b", "1:1", "\\setenv cannot be deployed"),
    ],
)  # fmt: skip
def test_refuses_what_cannot_wait(script, where, message):
    error = refusal(script)
    assert str(error.place) == f"main.sql:{where}"
    assert error.message.startswith(message)


def test_the_digest_does_not_depend_on_the_values():
    assert digests("select :mainsql_version;") == digests("select  :mainsql_version ;")
    assert digests("select 1 as a \\gset") != digests("select 1 as a;")
    assert digests("select 1 as a \\gset") != digests("select 1 as a \\gset b")
    assert digests("select 1 as a \\gset b") == digests("select 1 as a;\n\\gset b")[1:]
    assert digests("select 1 as a \\gexec") != digests("select 1 as a \\gset")


def test_names_in_the_environment_that_are_allowed():
    script = (
        "\\getenv stage STAGE\n\\getenv none NONE\n\\setenv STAGE new\n\\getenv after STAGE\n"
        "select :'stage', :{?none}, :'after';"
    )
    environment = {"STAGE": "test", "NONE": None}
    assert sent(script, environment=environment) == ["select 'test', FALSE, 'new';"]
    assert refusal("\\getenv home HOME\n", environment=environment).message.startswith("\\getenv cannot be")


def test_getenv_in_a_branch():
    script = "select 1 as x \\gset\n\\if :x\n\\getenv stage STAGE\n\\endif\nselect :'stage';"
    assert "\\set stage 'te\\'st'\n" in render(tree(script, environment={"STAGE": "te'st"}).program)


def test_a_missing_file_is_skipped_when_errors_do_not_stop():
    found = tree("\\set ON_ERROR_STOP off\n\\ir none.sql\n\\i none.sql\n\\set ON_ERROR_STOP on\nselect 1;")
    assert [note.text for note in found.notes][1:3] == 2 * [
        "none.sql is not in the commit; skipped, since ON_ERROR_STOP is off"
    ]
    assert refusal("\\set ON_ERROR_STOP 0\n\\set ON_ERROR_STOP 1\n\\ir none.sql").message == (
        "none.sql is not in the commit"
    )


def test_a_tree_of_commands_alone_has_no_sql():
    assert refusal("\\if :USER\n\\echo :USER\n\\endif\n").message == "there is no SQL in this tree"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("select 1 as a, b, c.d, e.f.g, h(1), i.j(2, 3), \"K\" from t", ("a", "b", "d", "g", "h", "j", "K")),
        ("with x as (select 1 as no) select a from x where b in (select c)", ("a",)),
        ("insert into t values (1) returning id, now() as at", ("id", "at")),
        ("with d as (delete from t returning x) select x from d", ("x",)),
        ("select (select 1 as inner_name) as a", ("a",)),
        ("select count(*) as n, max(f(x)) from t order by 1, 2", ("n", "max")),
        ("select *", None),
        ("select t.*", None),
        ("select 1", None),
        ("select 1 a", None),
        ("select a b", None),
        ("select a + b", None),
        ("select f(1) + g(2)", None),
        ("select f(1)::int", None),
        ("select cast(a as int)", None),
        ("select 'a'", None),
        ("values (1)", None),
        ("show search_path", None),
        ("select distinct a", None),
    ],
)  # fmt: skip
def test_column_names_as_far_as_the_text_tells(query, names):
    assert column_names(normal.tokens(query)) == names


def test_names_that_are_not_told_may_be_any():
    *_, statement = tree("\\set p_known 1\nselect * from t \\gset p_\nselect :p_a, :other, :p_known;").program
    assert (statement.text, statement.asks) == ("select :p_a, :other, 1;", ("p_a",))
    first = tree("\\set p_known 1\nselect * from t \\gset p_\n").program[0].then
    assert first == Gset("p_", None, frozenset(["p_known"]))


def needed(script, *running):
    program = tree(script).program
    chosen = [s for s in program if any(s.text.startswith(text) for text in running)]
    return [s.text for s in reduced(program, chosen)]


BRANCHES = (
    "select 1 as a \\gset\nselect 2 as b \\gset\n\\set c :a\n\\if :b\n\\set d 1\n\\else\ninsert 1;\n\\endif\n"
    "set x = 1;\n\\if :c\ninsert 2;\n\\endif\n\\echo :a\ninsert :d;\n"
)


def test_of_a_program_runs_what_is_to_run_and_what_that_asks_for():
    assert needed(BRANCHES, "insert 2") == [
        "select 1 as a ",
        "\\set c :a",
        "set x = 1;",
        "\\if :c",
        "insert 2;",
        "\\endif",
        "\\echo :a",
    ]
    assert needed(BRANCHES, "insert 1") == [
        "select 1 as a ",
        "select 2 as b ",
        "\\if :b",
        "\\else",
        "insert 1;",
        "\\endif",
        "set x = 1;",
        "\\echo :a",
    ]
    assert needed(BRANCHES, "insert :d")[1:5] == ["select 2 as b ", "\\if :b", "\\set d 1", "\\else"]


def test_a_query_that_only_comes_along_is_marked_so():
    program = tree("select 1 as a \\gset\ninsert :a;").program
    first, _ = reduced(program, program[1:])
    assert first.then == Gset("", ("a",), again=True)
    first, _ = reduced(program, program)
    assert first.then == Gset("", ("a",))


@pytest.mark.parametrize(
    "script",
    [
        BRANCHES,
        "select 1 as a \\gset pre\n\\unset prea\nselect 'x' -- ;\n\\gexec\n",
        "select 1 as a;\n\\gset\nselect :a;",
        "\\set v 'it''s \\\\ \\n'\nselect 1 as a \\gset\n\\set w :v :a\nselect :'w';",
        "select 1 as a \\gset\n\\if :a\n\\q\n\\endif\nselect 2;",
    ],
)
def test_a_program_reads_back_from_its_text(script):
    program = tree(script).program
    again = resolve_flat("main.sql", render(program))
    assert [(s.text.strip().rstrip(";"), s.then) for s in again] == [
        (s.text.strip().rstrip(";"), s.then) for s in program
    ]
    assert render(again).count("\n") == render(program).count("\n")


def test_errors_behind_values_have_their_places():
    statement = tree("select 'x' as v \\gset\n\\set two '1, 2'\nselect :two, :v,\n  x:v, :v y;").program[-1]
    run = Run({"v": "a long value"})
    (settled,) = run.settled(statement)
    assert settled.text == "select 1, 2, a long value,\n  xa long value, a long value y;"
    at = {part: settled.text.index(part) + 1 for part in ("1", "2", ", a", "xa", " y")}
    places = {part: str(settled.locate(position)) for part, position in at.items()}
    assert places == {
        "1": "main.sql:3:8",
        "2": "main.sql:3:8",
        ", a": "main.sql:3:12",
        "xa": "main.sql:4:3",
        " y": "main.sql:4:10",
    }
