r"""``\copy`` with its rows from the commit."""

import pytest
from tests.unit.resolving import tree

from mainsql.errors import ScriptError
from mainsql.script.copying import parse_slash_copy


@pytest.mark.parametrize(
    ("arguments", "statement", "file"),
    [
        ("t from 'a b.csv'", "COPY  t FROM STDIN ", "a b.csv"),
        ("t from d.csv csv header", "COPY  t FROM STDIN csv header", "d.csv"),
        (
            "t (a, b) FROM 'it''s' with (format csv);",
            "COPY  t ( a, b ) FROM STDIN with (format csv);",
            "it's",
        ),
        ('"from" (x) from stdin', 'COPY  "from" ( x ) FROM STDIN ', None),
        ("s.t from stdin;", "COPY  s.t FROM STDIN ;", None),
    ],
)
def test_the_arguments_are_divided_as_psql_does(arguments, statement, file):
    found = parse_slash_copy(arguments)
    assert found is not None
    assert (found.statement, found.file, found.reach) == (statement, file, None)


@pytest.mark.parametrize(
    ("arguments", "reach"),
    [
        ("(select 1 from t) to 'x'", "to"),
        ("t to stdout", "to"),
        ("t from program 'ls'", "program"),
        ("t from pstdin", "pstdin"),
    ],
)
def test_what_reaches_out_of_the_commit(arguments, reach):
    found = parse_slash_copy(arguments)
    assert found is not None
    assert found.reach == reach


@pytest.mark.parametrize("arguments", ["", "t", "t (a, b)", "t from", "from 'x'"])
def test_what_makes_no_sense(arguments):
    assert parse_slash_copy(arguments) is None


def test_rows_come_from_a_file_of_the_commit_found_as_includes_are():
    files = {
        "db/main.sql": "\\i sub/a.sql",
        "db/sub/a.sql": "\\copy t from 'rows.csv' csv",
        "db/rows.csv": "1,2\n",
    }
    [statement] = tree(files, "db/main.sql").program
    assert (statement.text, statement.copy_data) == ("COPY  t FROM STDIN csv", "1,2\n")
    assert str(statement.place) == "sub/a.sql:1:1 (included from main.sql:1)"


def test_rows_may_follow_in_the_script():
    first, second = tree({"main.sql": "\\copy t from stdin\n1\tx\n\\.\nselect 1;"}).program
    assert (first.text, first.copy_data, second.text) == ("COPY  t FROM STDIN ", "1\tx\n", "select 1;")


def test_other_rows_are_another_statement():
    digests = {
        tree({"main.sql": "\\copy t from 'd'", "d": rows}).program[0].digest
        for rows in ("1\n", "2\n", "1\n2\n")
    }
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("script", "report"),
    [
        ("\\copy t from 'missing.csv'", "missing.csv is not in the commit"),
        ("\\copy t from '../out.csv'", "leaves the repository"),
        ("\\copy t from '/etc/passwd'", "is not inside the repository"),
        ("\\copy t from program 'ls'", "\\copy … program cannot be deployed"),
        ("\\copy t to 'x.csv'", "\\copy … to cannot be deployed"),
        ("\\copy t", "\\copy makes no sense"),
        ("\\copy t from 'lfs'", "git LFS pointer"),
        ("\\copy t from 'binary'", "this is not UTF-8"),
    ],
)
def test_what_is_refused(script, report):
    files = {
        "main.sql": script,
        "lfs": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "binary": b"PGCOPY\n\xff\r\n\0",
    }
    with pytest.raises(ScriptError) as raised:
        tree(files)
    assert report in raised.value.report()
    assert "main.sql:1" in raised.value.report()


@pytest.mark.parametrize("name", ["UTF8", "utf-8", "unicode", ""])
def test_the_encoding_is_utf_8(name):
    assert tree({"main.sql": f"\\encoding {name}\nselect 1;"}).program[0].text == "select 1;"


def test_another_encoding_is_refused():
    with pytest.raises(ScriptError, match="scripts are UTF-8"):
        tree({"main.sql": "\\encoding LATIN1\nselect 1;"})
