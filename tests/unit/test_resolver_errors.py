"""What a tree is refused for, where, and what to do about it. (See also tests/trees.)"""

import pytest
from tests.unit.resolving import refusal

from mainsql.errors import Retry
from mainsql.script.commands import REFUSED


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_commands_that_reach_out_are_refused(name: str) -> None:
    error = refusal(f"select 1; \\{name} x\n")
    reason = REFUSED[name]
    assert str(error.place) == "main.sql:1:11"
    assert error.message == f"\\{name} cannot be deployed: {reason.reason}"
    assert error.hint == reason.hint
    assert error.retry is Retry.NEVER


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        pytest.param("select 1 \\\\ select 2;", "1:10", "\\ is no command", id="two backslashes alone"),
        pytest.param("select 1;\n\\.\n", "2:1", "\\. is no command", id="end of data without COPY"),
        pytest.param("\\frobnicate", "1:1", "\\frobnicate is no command", id="unknown"),
        pytest.param("\\set a-b 1", "1:1", '"a-b" cannot be the name of a variable', id="bad name"),
        pytest.param("\\i", "1:1", "\\i needs the name of a file", id="include without a name"),
        pytest.param("\\i 'a.sql", "1:4", "this quoted argument is never closed", id="open quote"),
        pytest.param("\\set v '\\377'", "1:8", "the escapes in this argument are not UTF-8", id="bad escape"),
        pytest.param("\\set v 'a\\0b'", "1:8", "the escapes in this argument are not UTF-8", id="NUL escape"),
        pytest.param("\\echo `date`", "1:7", "backticks would run a program", id="backticks"),
        pytest.param("\\i a.sql `date`", "1:10", "backticks would run a program", id="ignored backticks"),
        pytest.param("\\set SINGLELINE on", "1:1", "SINGLELINE would make every line", id="single-line mode"),
        pytest.param("select 1 \\g out.txt", "1:10", "\\g out.txt cannot be deployed", id="g to a file"),
        pytest.param("select 1 \\g |sh", "1:10", "\\g |sh cannot be deployed", id="g to a program"),
        pytest.param(
            "select 1 \\gx (x=y) f", "1:10", "\\gx f cannot be deployed", id="g with options to a file"
        ),
        pytest.param(
            "select 1\\; select 2 \\r", "1:21", "\\r cannot stand among", id="r among joined statements"
        ),
        pytest.param(
            "select 1\\;\\copy t from stdin\n\\.\n",
            "1:11",
            "\\copy cannot",
            id="copy among joined statements",
        ),
        pytest.param(
            "copy t from stdin\\;\nselect 1;\n1\n\\.\n", "1:1", "the rows of a COPY before", id="rows behind"
        ),
        pytest.param(
            "\\set v '$$'\nselect a:v; commit; select $$;",
            "2:1",
            "with the values of its variables",
            id="a COMMIT that only the server sees",
        ),
        pytest.param("select 1; \\g", "1:11", "\\g without a statement", id="g once more"),
        pytest.param("copy t to '/x';", "1:1", "COPY TO a file of the server", id="copy to a file"),
        pytest.param("\n  vacuum;", "2:3", "VACUUM cannot run inside a transaction", id="vacuum"),
        pytest.param("\\set v vacuum\n:v;", "2:1", "VACUUM cannot run inside", id="vacuum in a variable"),
        pytest.param("do $$ begin end $;", "1:4", "this dollar-quoted string is never", id="dollar quotes"),
        pytest.param("/* a /* b */", "1:1", "this comment is never closed", id="comment"),
        pytest.param("begin transaction\nselect 1;", "1:1", "a semicolon is missing after BEGIN", id="begin"),
    ],
)
def test_refuses_with_place_and_reason(text: str, where: str, message: str) -> None:
    error = refusal({"main.sql": text, "a.sql": "select 1;"})
    assert str(error.place) == f"main.sql:{where}"
    assert error.message.startswith(message)
    assert error.line == text.split("\n")[int(where.partition(":")[0]) - 1]


def test_a_main_script_that_is_not_there() -> None:
    assert refusal({"a.sql": "select 1"}).report() == "main.sql:1:1: there is no such file in the commit"


def test_includes_that_are_too_deep() -> None:
    files = {f"{n}.sql": f"\\i {n + 1}.sql" for n in range(200)}
    error = refusal({**files, "main.sql": "\\i 0.sql"})
    assert error.message == "includes are nested more than 100 deep"


MAIN = "db/main.sql"


@pytest.mark.parametrize(
    ("files", "message", "hint"),
    [
        pytest.param(
            {MAIN: "\\i ~/x.sql"}, "~/x.sql is not inside the repository", "give a path", id="home folder"
        ),
        pytest.param(
            {MAIN: "\\i ../../x.sql"}, "../../x.sql leaves the repository", "only files of", id="leaves"
        ),
        pytest.param(
            {MAIN: "\\i sub/a.sql", "db/sub/a.sql": "\\i ../../y.sql", "y.sql": "select 1"},
            "../../y.sql leaves the repository",
            "\\i is relative to the include root, not to this file: write \\ir ../../y.sql",
            id="leaves, but ir would find it",
        ),
        pytest.param(
            {MAIN: "\\i a.sql", "db/a.sql": "\\i sub/a.sql", "db/sub/a.sql": "\\i a.sql", "a.sql": ""},
            "this include closes a circle: a.sql → sub/a.sql → a.sql",
            'a.sql is there, seen from the root of the repository: set include_root = "repository"',
            id="circle that another root would not have",
        ),
        pytest.param(
            {MAIN: "\\i sub/b.sql", "db/sub/b.sql": "\\i main.sql", "db/sub/main.sql": "select 1"},
            "this include closes a circle: main.sql → sub/b.sql → main.sql",
            "\\i is relative to the include root, not to this file: write \\ir main.sql",
            id="circle that ir would not have",
        ),
        pytest.param({MAIN: "\\i ''"}, ". is not in the commit", "commit the file", id="empty name"),
        pytest.param(
            {MAIN: "\\i sub", "db/sub/a.sql": ""}, "sub is not in the commit", "commit", id="folder"
        ),
    ],
)
def test_includes_that_cannot_be(files: dict[str, str], message: str, hint: str) -> None:
    error = refusal(files, MAIN)
    assert error.message == message
    assert (error.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("content", "where"),
    [(b"\xff", "1:1"), (b"a\n\xc3\xa4 \xfc", "2:3"), (b"\xef\xbb\xbfa\xe4", "1:2"), (b"a\r\n\x00", "2:1")],
)
def test_bytes_that_are_no_text_have_a_place(content: bytes, where: str) -> None:
    error = refusal({"main.sql": b"\\i a.sql", "a.sql": content})
    assert str(error.place) == f"a.sql:{where} (included from main.sql:1)"
    assert error.hint


@pytest.mark.parametrize("text", ["", "-- a", "BEGIN; COMMIT;", ";;", "\\echo a"])
def test_a_tree_without_sql_is_refused(text: str) -> None:
    assert refusal(text).message == "there is no SQL in this tree"


def test_a_circle_at_the_root_of_the_repository_has_no_other_root_to_suggest() -> None:
    assert refusal({"main.sql": "\\i main.sql"}).hint == "take one of them out"
