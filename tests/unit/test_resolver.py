"""What a tree of scripts comes to: units, statements, notes, directives, undo scripts."""

import pytest
from tests.unit.resolving import refusal, sent, tree

from mainsql.errors import Place
from mainsql.model import Directive, Inclusion, undo_path
from mainsql.script.resolver import resolve_flat


def test_units_are_in_the_order_in_which_files_are_entered() -> None:
    found = tree(
        {
            "db/main.sql": "\\i b/x.sql\n\\i a.sql",
            "db/b/x.sql": "\\ir y.sql",
            "db/b/y.sql": "",
            "db/a.sql": "select 1",
        },
        "db/main.sql",
    )
    assert [unit.name for unit in found.units] == ["main.sql", "b/x.sql", "b/y.sql", "a.sql"]
    assert [unit.path for unit in found.units] == ["db/main.sql", "db/b/x.sql", "db/b/y.sql", "db/a.sql"]
    assert found.root == Inclusion(
        "main.sql", (Inclusion("b/x.sql", (Inclusion("b/y.sql"),)), Inclusion("a.sql"))
    )


def test_a_second_inclusion_is_a_unit_of_its_own() -> None:
    found = tree({"main.sql": "\\i a.sql \\i a.sql \\i ./a.sql", "a.sql": "select 1"})
    assert [unit.name for unit in found.units] == ["main.sql", "a.sql", "a.sql#2", "a.sql#3"]
    assert [statement.unit for statement in found.program] == ["a.sql", "a.sql#2", "a.sql#3"]


def test_statements_know_the_chain_of_includes() -> None:
    found = tree({"main.sql": "\n\\i a.sql", "a.sql": "select 1;\n  \\ir b.sql", "b.sql": "\n  select 2;"})
    first, second = found.program
    assert str(first.place) == "a.sql:1:1 (included from main.sql:2)"
    assert str(second.place) == "b.sql:2:3 (included from a.sql:2, from main.sql:2)"


def test_an_include_in_mid_statement_runs_first_and_the_statement_belongs_to_its_own_file() -> None:
    found = tree({"main.sql": "select 1\n\\i a.sql\n, 2;", "a.sql": "select 3"})
    assert [(each.unit, each.text) for each in found.program] == [
        ("a.sql", "select 3"),
        ("main.sql", "select 1\n, 2;"),
    ]


def test_parentheses_are_counted_for_each_file_alone() -> None:
    assert sent({"main.sql": "select (1\n\\i a.sql\n);", "a.sql": "select 3; select 4;"}) == [
        "select 3;",
        "select 4;",
        "select (1\n);",
    ]


@pytest.mark.parametrize(
    ("text", "position", "place"),
    [
        pytest.param("select 1;", 8, (1, 8), id="in the first line"),
        pytest.param("select\n\t1;", 9, (2, 2), id="a tab is one column"),
        pytest.param("  select\n1;", 8, (2, 1), id="indented"),
        pytest.param("select '日本', x;", 14, (1, 14), id="wide characters"),
        pytest.param("select 1\n\n\n, x;", 12, (4, 3), id="after empty lines"),
        pytest.param("\\set v 12345\nselect :v, x;", 15, (2, 12), id="after a variable"),
        pytest.param("\\set v 12345\nselect :v, x;", 10, (2, 8), id="in a variable"),
        pytest.param("\\set v 12345\nselect :'v', x;", 17, (2, 14), id="after a literal"),
        pytest.param("select 1\n\\i a.sql\n, x;", 12, (3, 3), id="after an include in mid-statement"),
        pytest.param("select 1\n\\echo a\n\\echo b\n  , x;", 14, (4, 5), id="after commands"),
        pytest.param("\ufeffselect x;", 8, (1, 8), id="after a byte order mark"),
        pytest.param("\ufeff\nselect x;", 8, (2, 8), id="after a byte order mark, in the second line"),
        pytest.param("select 1,\r\nx;", 12, (2, 1), id="CRLF"),
        pytest.param("/* a */\n/* b */ select x;", 24, (2, 16), id="after comments"),
        pytest.param("select x;", 99, (1, 10), id="beyond the end"),
        pytest.param("select x;", 0, (1, 1), id="before the beginning"),
    ],
)
def test_a_position_in_a_statement_is_a_place_in_its_file(
    text: str, position: int, place: tuple[int, int]
) -> None:
    statement = tree({"main.sql": text, "a.sql": "-- nothing"}).program[0]
    assert statement.locate(position) == Place("main.sql", *place)


# Transactions


def notes(text: str) -> list[str]:
    return [f"{note.place.line}: {note.text}" for note in tree(text).notes]


def test_absorbed_statements_leave_a_note() -> None:
    assert notes("begin;\nselect 1;\nstart transaction;\ncommit work;\nend") == [
        "1: BEGIN has no effect: mainsql owns the transaction",
        "3: START TRANSACTION has no effect: mainsql owns the transaction",
        "4: COMMIT WORK has no effect: mainsql owns the transaction",
        "5: END has no effect: mainsql owns the transaction",
    ]


@pytest.mark.parametrize(
    "begin", ["BEGIN TRANSACTION", "begin", "start transaction read write", "BEGIN -- it"]
)
def test_a_begin_without_semicolon_before_an_include_is_absorbed(begin: str) -> None:
    found = tree({"main.sql": f"{begin}\n\\i a.sql\nselect 2;", "a.sql": "select 1;"})
    assert [statement.text for statement in found.program] == ["select 1;", "select 2;"]
    assert [note.place for note in found.notes] == [Place("main.sql", 1)]


@pytest.mark.parametrize("text", ["select 1; rollback;", "select 1; abort;", "select 1\\; rollback work;"])
def test_a_rollback_is_refused_once_something_has_run(text: str) -> None:
    assert "would undo what the tree has done so far" in refusal(text).message


def test_a_rollback_before_any_statement_of_any_file_has_no_effect() -> None:
    assert sent({"main.sql": "rollback; \\i a.sql", "a.sql": "abort; select 1;"}) == ["select 1;"]


# Meta-commands


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        pytest.param("\\set v a 'b c' :w\nselect :'v';", ["select 'ab c:w';"], id="set joins its arguments"),
        pytest.param("\\set v\nselect :'v', :{?v};", ["select '', TRUE;"], id="set to nothing"),
        pytest.param("\\set v 1\n\\unset v\nselect :v;", ["select :v;"], id="unset"),
        pytest.param(
            "\\set v '1\\n'\nselect :v\\x\n, 2;", ["select 1\n\n, 2;"], id="line break of a value before one"
        ),
        pytest.param("\\set a 1\n\\set b :a\n\\set a 2\nselect :b;", ["select 1;"], id="set expands at once"),
        pytest.param(
            "\\set v '\\\\i a.sql'\nselect :'v';", ["select  E'\\\\i a.sql';"], id="a backslash in a value"
        ),
        pytest.param(
            "select 1 \\g\nselect 2\\gx\nselect 3\n\\g", ["select 1 ", "select 2", "select 3"], id="g"
        ),
        pytest.param("select (1 \\g\nselect 2;", ["select (1 ", "select 2;"], id="g forgets parentheses"),
        pytest.param("select 1 \\g (format=csv x=y)\nselect 2;", ["select 1 ", "select 2;"], id="g options"),
        pytest.param("select (1 \\r\nselect 2;", ["select 2;"], id="r forgets the statement"),
        pytest.param("select 1; \\q select 2;", ["select 1;"], id="q"),
        pytest.param("select 1 \\q\nselect 2;", ["select 1 "], id="q sends the statement"),
        pytest.param("\\h select ' \\i x\nselect 1;", ["select 1;"], id="h takes the whole line"),
        pytest.param("\\sf+ f(text, 'x\nselect 1;", ["select 1;"], id="sf takes the whole line"),
        pytest.param("\\x\\x \\\\ select 1;", ["select 1;"], id="two backslashes end a command"),
        pytest.param("\\dt+ a* \\dfS \\d\nselect 1;", ["select 1;"], id="display commands with marks"),
        pytest.param("\\set SINGLELINE off\nselect 1\n+ 1;", ["select 1\n+ 1;"], id="single-line mode off"),
    ],
)
def test_carries_out_commands(text: str, statements: list[str]) -> None:
    assert sent(text) == statements


def test_echo_is_a_note_that_says_so() -> None:
    found = tree("\\set v 7\n\\echo 'a  b' :v \"c\"\n\\echo -n d\n\\warn e\n\\qecho\nselect 1;")
    assert [(note.text, note.echo) for note in found.notes] == [
        ('a  b 7 "c"', True),
        ("d", True),
        ("e", True),
        ("", True),
    ]


@pytest.mark.parametrize(
    ("line", "ignored"),
    [
        ("\\i a.sql -- note", ['extra argument "--" ignored', 'extra argument "note" ignored']),
        (
            "\\i a.sql -- don't do it",
            ['extra argument "--" ignored', 'extra argument "don\'t do it" ignored'],
        ),
        ("\\i a.sql 'b c'", ['extra argument "b c" ignored']),
    ],
)
def test_extra_arguments_are_ignored_with_a_note(line: str, ignored: list[str]) -> None:
    found = tree({"main.sql": f"{line}\nselect 2;", "a.sql": "select 1;"})
    assert [statement.text for statement in found.program] == ["select 1;", "select 2;"]
    assert [note.text for note in found.notes] == [f"\\i: {each}" for each in ignored]


@pytest.mark.parametrize("name", ["ON_ERROR_STOP", "AUTOCOMMIT", "ON_ERROR_ROLLBACK"])
def test_settings_that_cannot_mean_what_they_mean_to_psql_leave_a_note(name: str) -> None:
    [note] = notes(f"\\set {name} off\nselect 1;")
    assert note.startswith(f"1: \\set {name} has no effect")


# Includes


@pytest.mark.parametrize(
    ("root", "name"),
    [("main", "a.sql"), ("repository", "db/sub/a.sql"), ("db", "sub/a.sql"), ("./db/", "sub/a.sql")],
)
def test_the_include_root_decides_what_i_is_relative_to(root: str, name: str) -> None:
    files = {"db/sub/main.sql": f"\\i {name}", "db/sub/a.sql": "select 'a'"}
    found = tree(files, "db/sub/main.sql", include_root=root)
    assert found.units[1].path == "db/sub/a.sql"
    assert found.units[1].name == name


def test_a_file_outside_the_include_root_is_shown_relative_to_it() -> None:
    found = tree({"db/main.sql": "\\i ../a.sql", "a.sql": "select 1"}, "db/main.sql")
    assert found.units[1].name == "../a.sql"


def test_variables_come_from_outside_and_from_files() -> None:
    files = {"main.sql": "\\i a.sql\nselect :a, :b;", "a.sql": "\\set b 2\n\\set a :a:a"}
    assert sent(files, variables={"a": "1"}) == ["select 11, 2;"]


def test_many_inclusions_of_many_files_take_no_time_to_speak_of() -> None:
    files = {f"{n}.sql": f"select {n};" for n in range(5000)}
    main = "".join(f"\\i {name}\n" for name in files)
    assert len(tree({**files, "main.sql": main}).units) == 5001


# Directives


@pytest.mark.parametrize(
    ("text", "directive"),
    [
        pytest.param("-- mainsql: repeatable\nselect 1;", Directive.REPEATABLE, id="first line"),
        pytest.param("--mainsql:once\nselect 1;", Directive.ONCE, id="without spaces"),
        pytest.param("  --  Mainsql:  ALWAYS  \r\nselect 1;", Directive.ALWAYS, id="with many, CRLF"),
        pytest.param("\ufeff-- mainsql: once\nselect 1;", Directive.ONCE, id="after a byte order mark"),
        pytest.param("\n-- Views\n\n-- mainsql: once\nselect 1;", Directive.ONCE, id="below other comments"),
        pytest.param("/* (c)\n*/\n-- mainsql: once\nselect 1;", Directive.ONCE, id="below a block comment"),
        pytest.param("-- mainsql: once\n-- mainsql: once\nselect 1;", Directive.ONCE, id="twice the same"),
        pytest.param("/*\n-- mainsql: once\n*/ select 1;", None, id="commented out"),
        pytest.param("select 1;\n-- mainsql: once", None, id="after a statement"),
        pytest.param("-- see mainsql: once\nselect 1;", None, id="in a sentence"),
        pytest.param("select 1;", None, id="none"),
    ],
)
def test_directives_are_comments_before_the_first_statement(text: str, directive: Directive | None) -> None:
    assert tree(text).units[0].directive is directive


def test_a_file_that_says_no_transaction_may_say_when_it_runs() -> None:
    (unit,) = tree("-- mainsql: no-transaction\n-- mainsql: always\nvacuum;").units
    assert (unit.directive, unit.alone, unit.statements[0].alone) == (Directive.ALWAYS, True, True)
    assert tree("-- mainsql: no-transaction\nselect 1;").digest != tree("select 1;").digest


@pytest.mark.parametrize(
    ("text", "directive", "keeps"),
    [
        pytest.param("-- mainsql: keep-data\nselect 1;", None, True, id="alone"),
        pytest.param(
            "-- mainsql: once\n--MAINSQL:Keep-Data\nselect 1;", Directive.ONCE, True, id="behind another"
        ),
        pytest.param(
            "-- mainsql: keep-data\n-- mainsql: always\nselect 1;", Directive.ALWAYS, True, id="before one"
        ),
        pytest.param("-- mainsql: always\nselect 1;", Directive.ALWAYS, False, id="not said"),
        pytest.param("select 1; -- mainsql: keep-data", None, False, id="after a statement"),
    ],
)
def test_a_file_that_keeps_data_may_say_when_it_runs(
    text: str, directive: Directive | None, keeps: bool
) -> None:
    unit = tree(text).units[0]
    assert (unit.directive, unit.keeps_data) == (directive, keeps)


def test_a_tree_that_keeps_data_is_another_tree() -> None:
    assert tree("-- mainsql: keep-data\nselect 1;").digest != tree("select 1;").digest


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("-- a\n -- mainsql: alwais\nselect 1;", 'main.sql:2:14: "alwais" is no directive'),
        ("-- mainsql: no-transactions\nselect 1;", 'main.sql:1:13: "no-transactions" is no directive'),
        ("-- mainsql:\nselect 1;", 'main.sql:1:12: "" is no directive'),
        ("-- mainsql: once\n-- mainsql: always\nselect 1;", 'main.sql:2:13: "always" contradicts "once"'),
    ],
)
def test_directives_that_are_not_known_are_refused(text: str, report: str) -> None:
    assert refusal(text).report().startswith(report)


# Undo scripts


def test_the_undo_script_lies_beside_its_file() -> None:
    assert undo_path("a/foo.sql") == "a/foo.undo.sql"
    assert undo_path("a/foo") == "a/foo.undo.sql"


def test_an_undo_script_is_resolved_like_any_other() -> None:
    files = {
        "db/main.sql": "\\set name t\n\\i a.sql\n\\set name changed\n",
        "db/a.sql": "create table :name ();",
        "db/a.undo.sql": "BEGIN;\n\\i more/drop.sql\ndrop table :name;\nCOMMIT;",
        "db/more/drop.sql": "drop view v",
    }
    found = tree(files, "db/main.sql")
    main, a = found.units
    assert main.undo is None
    assert main.undo_path == "db/main.undo.sql"
    assert a.undo is not None
    assert [(s.text, str(s.place)) for s in a.undo] == [
        ("drop view v", "more/drop.sql:1:1 (included from a.undo.sql:2)"),
        ("drop table t;", "a.undo.sql:3:1"),
    ]
    assert [statement.text for statement in found.program] == ["create table t ();"]
    assert set(found.files) == set(files)


def test_an_undo_script_may_say_that_there_is_nothing_to_undo() -> None:
    found = tree({"main.sql": "select 1;", "main.undo.sql": "-- nothing to undo"})
    assert found.units[0].undo == ()


def test_what_an_undo_script_sets_stays_in_it() -> None:
    files = {"main.sql": "\\i a.sql\nselect :v;", "a.sql": "\\set v 1", "a.undo.sql": "\\set v 2\nselect :v;"}
    assert sent(files) == ["select 1;"]


def test_an_undo_script_that_includes_what_it_undoes_comes_to_an_end() -> None:
    found = tree({"main.sql": "\\i a.sql", "a.sql": "select 1;", "a.undo.sql": "\\i a.sql\nselect 2;"})
    assert [s.text for s in found.units[1].undo or ()] == ["select 1;", "select 2;"]


def test_an_error_in_an_undo_script_is_an_error_of_the_tree() -> None:
    error = refusal({"main.sql": "\\i a.sql", "a.sql": "select 1;", "a.undo.sql": "\n select 'x;"})
    assert error.report().splitlines()[:2] == [
        "a.undo.sql:2:9: this quoted string is never closed",
        "     2 |  select 'x;",
    ]


# Digests


def test_a_tree_has_the_same_digest_whatever_its_comments_and_spaces() -> None:
    one = tree({"main.sql": "\\i a.sql", "a.sql": "select 1; select 2;", "a.undo.sql": "select 3;"})
    other = tree(
        {"main.sql": "-- a\n\n\\ir a.sql ", "a.sql": "SELECT 1;\nselect/**/2", "a.undo.sql": "select  3"}
    )
    assert one.digest == other.digest


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"a.sql": "select 2; select 1;"}, id="order"),
        pytest.param({"a.sql": "select 1; select 3;"}, id="a statement"),
        pytest.param({"a.sql": "-- mainsql: once\nselect 1; select 2;"}, id="a directive"),
        pytest.param({"a.undo.sql": "select 4;"}, id="an undo script"),
        pytest.param({"main.sql": "\\i b.sql", "b.sql": "select 1; select 2;"}, id="a name"),
    ],
)
def test_a_tree_has_another_digest_when_it_would_do_something_else(change: dict[str, str]) -> None:
    files = {"main.sql": "\\i a.sql", "a.sql": "select 1; select 2;", "a.undo.sql": "select 3;"}
    assert tree(files).digest != tree({**files, **change}).digest


def test_what_sets_the_stage_is_no_part_of_a_units_digests() -> None:
    unit = tree("set search_path = a;\nselect 1;").units[0]
    assert unit.digests == (unit.statements[1].digest,)
    assert [statement.sets_stage for statement in unit.statements] == [True, False]


def test_copies_know_their_data_and_direction() -> None:
    copy_in, copy_out = tree("copy t from stdin;\na\n\\.\ncopy t to stdout;").program
    assert (copy_in.copy_data, copy_in.copies_out) == ("a\n", False)
    assert (copy_out.copy_data, copy_out.copies_out) == (None, True)


def test_a_flat_script_has_neither_undo_scripts_nor_a_tree() -> None:
    assert [s.text for s in resolve_flat("main.sql", "select 1; select 2;")] == ["select 1;", "select 2;"]
    assert resolve_flat("x", "") == ()
