"""What people read when something has gone wrong."""

import pytest

from mainsql.errors import (
    ConfigurationError,
    MainsqlError,
    Place,
    Refused,
    Retry,
    ScriptError,
    SourceUnavailable,
    StatementError,
    excerpt,
)

MAIN = Place("main.sql", 3)
BAR = Place("some_directory/bar.sql", 7, 2, MAIN)


def test_a_place_names_the_includes_that_led_there() -> None:
    assert str(MAIN) == "main.sql:3:1"
    assert str(BAR) == "some_directory/bar.sql:7:2 (included from main.sql:3)"
    assert str(Place("x.sql", 1, 5, BAR)) == (
        "x.sql:1:5 (included from some_directory/bar.sql:7, from main.sql:3)"
    )


def test_a_summary_is_one_line() -> None:
    said = "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally"
    assert MainsqlError(f"lost: {said}").summary() == "lost: server closed the connection unexpectedly"


def test_a_report_says_where_what_why_and_what_now() -> None:
    error = StatementError(
        'relation "prices" does not exist',
        sqlstate="42P01",
        place=Place("some_directory/foo.sql", 14, 22, MAIN),
        line="select sum(amount) from prices;",
        detail="a detail",
        context="SQL function f\nline 2",
        hint="create it first",
    )
    error.outcome = "Nothing was changed: shop@production is still at version 41."
    assert error.report().splitlines() == [
        'some_directory/foo.sql:14:22 (included from main.sql:3): relation "prices" does not exist [42P01]',
        "    14 | select sum(amount) from prices;",
        "       |                      ^",
        "detail: a detail",
        "context: SQL function f",
        "         line 2",
        "hint: create it first",
        "Nothing was changed: shop@production is still at version 41.",
    ]


def test_a_report_is_short_where_there_is_little_to_say() -> None:
    assert MainsqlError("it is so").report() == "it is so"
    assert ScriptError("it is so", place=None, line="select 1").report() == "it is so"
    assert ScriptError("it is so", place=MAIN).report() == "main.sql:3:1: it is so"


def test_faults_and_reasons_are_given_one_by_one() -> None:
    assert (
        ConfigurationError("two faults", faults=("a", "b"), hint="c").report()
        == "two faults\n  a\n  b\nhint: c"
    )
    assert Refused("no", reasons=("a",)).report() == "no\n  a"


def test_what_may_pass_is_tried_again() -> None:
    assert SourceUnavailable("x").retry is Retry.LATER
    assert MainsqlError("x").retry is Retry.NEVER
    assert StatementError("x", sqlstate="40001", place=None, retry=Retry.LATER).retry is Retry.LATER


@pytest.mark.parametrize(
    ("line", "column", "under"),
    [
        pytest.param("select x", 8, "       ^", id="plain"),
        pytest.param("x", 1, "^", id="first column"),
        pytest.param("\tselect x", 9, "\t       ^", id="tabs stay tabs"),
        pytest.param("'日本' x", 6, "       ^", id="wide characters"),
        pytest.param("'e\u0301' x", 6, "    ^", id="combining characters"),
        pytest.param("abc", 4, "   ^", id="after the end"),
    ],
)
def test_the_caret_stands_under_the_column(line: str, column: int, under: str) -> None:
    assert excerpt(line, 14, column) == [f"    14 | {line}", f"       | {under}"]


def test_the_gutter_grows_with_the_number() -> None:
    assert excerpt("x\r\n", 1234567, 1) == ["1234567 | x", "        | ^"]


def test_no_part_of_an_error_shows_a_password() -> None:
    url = "postgresql://bob:hunter2@host/db"
    for error in (
        MainsqlError(url, hint=url),
        ConfigurationError(url, faults=(url,)),
        Refused(url, reasons=(url,)),
        ScriptError(url, place=None, hint=url),
    ):
        assert "hunter2" not in error.report() + str(error) + repr(error)
