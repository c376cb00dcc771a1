"""The arguments of meta-commands, as psql reads them."""

import pytest

from mainsql.script.slash import OpenQuote, read_argument, read_name
from mainsql.script.variables import Quote, quoted

VARIABLES = {"v": "a b", "q": "it's"}


def expand(name: str, quote: Quote) -> str | None:
    return quoted(VARIABLES[name], quote) if name in VARIABLES else None


def arguments(line: str, *, strip_semicolons: bool = False) -> list[tuple[str, str]]:
    """Value and quote of each argument."""
    found, position = [], 0
    while True:
        argument, position = read_argument(
            line, position, len(line), expand, strip_semicolons=strip_semicolons
        )
        if argument is None:
            return found
        found.append((argument.value, argument.quote))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(" a.sql", [("a.sql", "")], id="a word"),
        pytest.param(" \t a  b ", [("a", ""), ("b", "")], id="white space separates"),
        pytest.param(" a\\b", [("a", "")], id="a backslash ends the arguments"),
        pytest.param(" 'a b.sql'", [("a b.sql", "'")], id="quoted"),
        pytest.param(" 'it''s'", [("it's", "'")], id="doubled quote"),
        pytest.param(r" 'it\'s \\ \n\t\q'", [("it's \\ \n\tq", "'")], id="escapes"),
        pytest.param(r" '\x41\102'", [("AB", "'")], id="escaped bytes"),
        pytest.param(r" '\303\244\xc3\xa4'", [("ää", "'")], id="escaped bytes of one character"),
        pytest.param(r" '\303''\244'", [("\udcc3'\udca4", "'")], id="escaped bytes that are no character"),
        pytest.param(' "a b"', [('"a b"', '"')], id="double quotes stay"),
        pytest.param(" a'b c'd", [("ab cd", "'")], id="quotes inside a word"),
        pytest.param(" ''", [("", "'")], id="an empty one counts when it is quoted"),
        pytest.param(" ", [], id="none"),
        pytest.param(" :v", [("a b", ":")], id="a variable"),
        pytest.param(" x/:v.sql", [("x/a b.sql", ":")], id="a variable inside a word"),
        pytest.param(" :'q' :\"q\"", [("'it''s'", ":"), ('"it\'s"', ":")], id="quoted variables"),
        pytest.param(" :w :'w' :", [(":w", ":"), (":'w'", ":"), (":", "")], id="unset ones stay"),
        pytest.param(" ':v'", [(":v", "'")], id="not inside quotes"),
        pytest.param(" `ls -l`", [("ls -l", "`")], id="backticks"),
    ],
)
def test_reads_arguments(line: str, expected: list[tuple[str, str]]) -> None:
    assert arguments(line) == expected


@pytest.mark.parametrize(
    ("line", "value"),
    [(" a.sql;", "a.sql"), (" a.sql;;", "a.sql"), (" 'a;';", "a;"), (" a;b", "a;b"), (" :v;", "a b")],
)
def test_strips_semicolons_that_are_not_quoted(line: str, value: str) -> None:
    assert arguments(line, strip_semicolons=True)[0][0] == value


@pytest.mark.parametrize("line", [" a 'b", ' "b c', " `b"])
def test_a_quote_must_be_closed_on_its_line(line: str) -> None:
    with pytest.raises(OpenQuote) as caught:
        arguments(line)
    assert line[caught.value.position] in "'\"`"


@pytest.mark.parametrize(
    ("line", "name"), [("i a", "i"), ("x\\i a", "x"), ("include_relative\ta", "include_relative"), ("", "")]
)
def test_a_name_ends_at_white_space_or_a_backslash(line: str, name: str) -> None:
    assert read_name(line, 0, len(line)) == (name, len(name))
