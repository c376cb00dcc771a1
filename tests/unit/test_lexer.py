"""Where statements begin and end, and where their text stands, whatever quotes and comments say."""

import pytest

from mainsql.script.lexer import Found, Pending, Scanner, Unterminated
from mainsql.script.variables import Quote, quoted


def scan(text: str, **variables: str) -> list[Pending]:
    """All statements of a text without meta-commands."""

    def expand(name: str, quote: Quote) -> str | None:
        if quote is Quote.TEST:
            return str(name in variables).upper()
        return quoted(variables[name], quote) if name in variables else None

    scanner = Scanner(text, expand)
    found = []
    while True:
        outcome = scanner.scan()
        assert outcome is not Found.BACKSLASH
        pending = scanner.take()
        if not pending.blank:
            found.append(pending)
        if outcome is Found.END:
            return found


def texts(text: str, **variables: str) -> list[str]:
    return [pending.text for pending in scan(text, **variables)]


ONE_STATEMENT = {
    "semicolon in string": "select 'a;b';",
    "doubled quote": "select 'it''s; fine';",
    "line break in string": "select 'a;\n\n;b';",
    "semicolon in quoted name": 'select 1 as "a;b";',
    "doubled quote in name": 'select 1 as "a"";b";',
    "escaped quote": r"select E'it\'s; fine';",
    "escaped backslash ends the string": r"select E'\\', ';';",
    "lower-case e": r"select e'\';';",
    "e after an operator": r"select 1||E'\';';",
    "unicode string": "select U&'d;\\0061';",
    "bit, hex and national strings": "select b'0;', x'1;', n'a;';",
    "dollar quotes": "select $$a;b'$$;",
    "tagged dollar quotes": "select $body$ ; $$ ; $other$ ; $body$;",
    "tag that begins like the other": "select $a$ ; $ab$ ; $a$;",
    "tag with digits and letters of other languages": "select $ü1$ ; $ü1$;",
    "empty dollar quotes": "select $$$$, 1;",
    "dollar quotes over lines": "do $$\nbegin\n\n  null;\nend\n$$;",
    "comment": "select 1 /* ; */ + 1;",
    "nested comments": "select 1 /* a /* ; */ ; */ + 1;",
    "quote in comment": "select 1 /* it's; */ + 1;",
    "comment mark in string": "select '/*', ';', '*/';",
    "line comment": "select 1 -- a; b'\n + 1;",
    "line comment mark in string": "select '--;';",
    "comment right after an operator": "select 1 +/* ; */ 1;",
    "line comment right after an operator": "select 1 +--;\n 1;",
    "slashes before a comment": "select 4 //* ; */ 2;",
    "parentheses": "create rule r as on insert to t do (delete from a; delete from b);",
    "deep parentheses": "select ((((((1;2))))));",
    "cast and slice": "select '{1,2}'::int[] [1:2];",
    "assignment": "call p(a := 1, b => 2);",
    "parameter": "prepare p as select $1, $2;",
    "dollar in a name": "select a$b$c, 1 as d$$;",
    "routine in SQL": "create function f() returns int begin atomic select 1; select 2; end;",
    "or replace": "create or replace procedure p() begin atomic select 1; end;",
    "case in a routine": (
        "create function f() returns int begin atomic select case 1 when 1 then 2 end; select 1; end;"
    ),
    "routine over lines": "CREATE\nOR REPLACE /* */ FUNCTION f() returns int\nBEGIN ATOMIC\n select 1;\nEND;",
    "begin as an argument": "create function f(begin int) returns int language sql as 'select 1';",
    "letters of other languages": "select 'ä;' as größe, '日本;' as 名前;",
}


@pytest.mark.parametrize("text", ONE_STATEMENT.values(), ids=ONE_STATEMENT)
def test_is_one_statement_sent_as_it_stands(text: str) -> None:
    assert texts(text) == [text]


@pytest.mark.parametrize("text", ONE_STATEMENT.values(), ids=ONE_STATEMENT)
def test_ends_where_the_next_one_begins(text: str) -> None:
    assert texts(f"select 'before';{text} select 'after'; {text}") == [
        "select 'before';",
        text,
        "select 'after';",
        text,
    ]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        pytest.param("select 1;select 2;", ["select 1;", "select 2;"], id="two on a line"),
        pytest.param("select 1\n,2;", ["select 1\n,2;"], id="two lines"),
        pytest.param("select 1", ["select 1"], id="end of file ends it"),
        pytest.param("select 1\n\n\n", ["select 1"], id="final empty lines are not sent"),
        pytest.param("select 1 -- why", ["select 1 -- why"], id="comment at the end of file"),
        pytest.param("select 1\n\n\n,\n\n2;", ["select 1\n,\n2;"], id="empty lines are not sent"),
        pytest.param("select 1\n \n,2;", ["select 1\n \n,2;"], id="lines with a space are sent"),
        pytest.param("select 1\r\n,2;\r\nselect 3;\r\n", ["select 1\r\n,2;", "select 3;"], id="CRLF"),
        pytest.param("select 1\r\n\r\n,2;", ["select 1\r\n\r\n,2;"], id="empty CRLF lines are sent"),
        pytest.param(" \t\f\v\n select 1;", ["select 1;"], id="leading white space is not sent"),
        pytest.param("-- a\n  -- b\nselect 1;", ["select 1;"], id="leading line comments are not sent"),
        pytest.param("/* a */ -- b\nselect 1;", ["/* a */ -- b\nselect 1;"], id="comments after a block"),
        pytest.param("select 1; -- a\nselect 2;", ["select 1;", "select 2;"], id="comment after semicolon"),
        pytest.param("/* a */\n-- b\n", [], id="only comments"),
        pytest.param("", [], id="empty file"),
        pytest.param(" \n\n", [], id="only white space"),
        pytest.param(r"select 'a\'; select 2;", [r"select 'a\';", "select 2;"], id="no escapes without E"),
        pytest.param(
            r"select note'\'; select 2;", [r"select note'\';", "select 2;"], id="a word that ends in e"
        ),
        pytest.param(
            "select E'a'\n'b\\'; select 2;",
            ["select E'a'\n'b\\';", "select 2;"],
            id="no escapes on the next line of a string",
        ),
        pytest.param("select 1); select 2;", ["select 1);", "select 2;"], id="a parenthesis too many"),
        pytest.param(
            "create table begin (a int); select 1;",
            ["create table begin (a int);", "select 1;"],
            id="begin outside routines",
        ),
        pytest.param(
            "create function f() language sql as $$ begin $$; select 1;",
            ["create function f() language sql as $$ begin $$;", "select 1;"],
            id="begin in dollar quotes",
        ),
        pytest.param(
            "create function f() begin atomic; end; create table end (a int); select 1;",
            ["create function f() begin atomic; end;", "create table end (a int);", "select 1;"],
            id="the next statement counts anew",
        ),
        pytest.param("select 1\\; select 2;", ["select 1;", "select 2;"], id="joined by backslash semicolon"),
        pytest.param("select '1'\\:: int;", ["select '1':: int;"], id="backslash colon"),
        pytest.param("select (1\\;2);", ["select (1;2);"], id="backslash semicolon in parentheses"),
        pytest.param("select '\\; \\x';", ["select '\\; \\x';"], id="backslashes in strings are text"),
    ],
)
def test_divides_text(text: str, statements: list[str]) -> None:
    assert texts(text) == statements


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        pytest.param("select :v;';", ["select it's;';"], id="plain, with an open quote"),
        pytest.param("select :'v';", ["select 'it''s';"], id="as a literal"),
        pytest.param('select :"v";', ['select "it\'s";'], id="as a name"),
        pytest.param("select :{?v}, :{?w};", ["select TRUE, FALSE;"], id="tested"),
        pytest.param("select :w, :'w', :\"w\";", ["select :w, :'w', :\"w\";"], id="unset ones stay"),
        pytest.param(
            "select :two; select 3;", ["select 1;", "select 2;", "select 3;"], id="semicolons in it"
        ),
        pytest.param("select :'two';", ["select '1; select 2';"], id="semicolons in a literal"),
        pytest.param("select x:n;", ["select x7;"], id="right after a word"),
        pytest.param("select :n:n;", ["select 77;"], id="one after the other"),
        pytest.param("select '1':::t;", ["select '1'::int;"], id="after a cast"),
        pytest.param("select a[1:2], a[:n:7];", ["select a[1:2], a[7:7];"], id="in slices"),
        pytest.param("call p(a :=:n);", ["call p(a :=7);"], id="after an assignment"),
        pytest.param("select ':n', \":n\", $$:n$$ /* :n */ -- :n\n;", None, id="not inside quotes"),
        pytest.param("select :nested;", ["select 7 + 7;"], id="variables in variables"),
        pytest.param("select :loop;", ["select 1 + :loop;"], id="itself in itself stays"),
        pytest.param("select :lines;", ["select 1,\n\n2;"], id="empty lines of a value are sent"),
        pytest.param("select :open 1 */ + 1;", ["select /* 1 */ + 1;"], id="it opens a comment"),
        pytest.param("select :dollars b$$;", ["select $$a; b$$;"], id="it opens dollar quotes"),
        pytest.param("select :back;", ["select E'a\\\\b';"], id="plain with backslashes"),
        pytest.param("select :'slash';", ["select  E'a\\\\b';"], id="backslashes in a literal"),
        pytest.param("select :{v}, : v, :;", ["select :{v}, : v, :;"], id="no variables at all"),
        pytest.param(":empty select 1;", ["select 1;"], id="empty value"),
    ],
)
def test_expands_variables(text: str, statements: list[str] | None) -> None:
    variables = {
        "v": "it's",
        "two": "1; select 2",
        "n": "7",
        "t": "int",
        "nested": ":n + :n",
        "loop": "1 + :loop",
        "lines": "1,\n\n2",
        "open": "/*",
        "dollars": "$$a;",
        "back": r"E'a\\b'",
        "slash": r"a\b",
        "empty": "",
    }
    assert texts(text, **variables) == (statements or [text])


@pytest.mark.parametrize(
    ("text", "what", "offset"),
    [
        pytest.param("select 1; select 'a;", "quoted string", 17, id="string"),
        pytest.param("select E'a\\';", "quoted string with escapes", 7, id="string with escapes"),
        pytest.param('select "a;', "quoted identifier", 7, id="name"),
        pytest.param("select $x$ $y$;", "dollar-quoted string", 7, id="dollar quotes"),
        pytest.param("select 1; /* /* */", "comment", 10, id="nested comment"),
        pytest.param("select (1, (2);", "parenthesis", 7, id="the outermost parenthesis"),
        pytest.param("create function f() begin atomic select 1;", "BEGIN … END", 0, id="routine"),
        pytest.param("select 1, :v;", "quoted string", 10, id="in a variable"),
    ],
)
def test_what_is_open_at_the_end_of_the_file_is_an_error(text: str, what: str, offset: int) -> None:
    with pytest.raises(Unterminated) as caught:
        scan(text, v="'")
    assert (caught.value.what, caught.value.offset) == (what, offset)


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        pytest.param("select 1;\n  select 2;", [(1, 1), (2, 3)], id="after white space"),
        pytest.param("-- c\n/* d */ select 1;", [(2, 9)], id="after comments"),
        pytest.param("\tselect 1; select 2;", [(1, 2), (1, 12)], id="a tab is one column"),
        pytest.param("select 'ä日';select 2;", [(1, 1), (1, 13)], id="columns are characters"),
        pytest.param("select 1;\r\nselect 2;", [(1, 1), (2, 1)], id="CRLF"),
        pytest.param("select 1;\n\n:v;", [(1, 1), (3, 1)], id="a variable"),
    ],
)
def test_knows_where_statements_start(text: str, starts: list[tuple[int, int]]) -> None:
    scanner = Scanner(text, lambda _, __: "select 2")
    assert [scanner.position(pending.start) for pending in scan(text, v="select 2")] == starts


def test_a_line_with_only_a_command_leaves_no_line_in_the_statement() -> None:
    scanner = Scanner("select 1\n\\x\n, 2;", lambda _, __: None)
    assert scanner.scan() is Found.BACKSLASH
    assert scanner.command() == "x"
    scanner.end_command()
    assert scanner.scan() is Found.SEMICOLON
    assert scanner.take().text == "select 1\n, 2;"


def test_a_command_in_mid_line_leaves_the_line_as_it_is() -> None:
    scanner = Scanner("select 1\n \\x \\\\ , 2;", lambda _, __: None)
    scanner.scan()
    assert (scanner.command(), scanner.argument()) == ("x", None)
    scanner.end_command()
    scanner.scan()
    assert scanner.take().text == "select 1\n  , 2;"


def test_peeking_takes_nothing() -> None:
    scanner = Scanner("select 1; select 2;", lambda _, __: None)
    scanner.scan()
    assert scanner.peek() == scanner.peek() == scanner.take()
    scanner.scan()
    assert scanner.take().text == "select 2;"


COPY = "copy t from stdin;"


@pytest.mark.parametrize(
    ("after", "data", "then"),
    [
        pytest.param("\na\nb;'\n\\.\nselect 1;", "a\nb;'\n", ["select 1;"], id="up to backslash dot"),
        pytest.param("\na\nb", "a\nb", [], id="up to the end of the file"),
        pytest.param("\n\\.\nselect 1;", "", ["select 1;"], id="no rows"),
        pytest.param("", "", [], id="nothing"),
        pytest.param("\na\n\\.", "a\n", [], id="backslash dot without line break"),
        pytest.param("\r\na\r\n\\.\r\nselect 1;", "a\r\n", ["select 1;"], id="CRLF"),
        pytest.param(
            " select 1;\na\n\\.\nselect 2;", "a\n", ["select 1;", "select 2;"], id="rest of the line"
        ),
        pytest.param(" select 1\na\n\\.\n, 2;", "a\n", ["select 1\n, 2;"], id="statement around the data"),
        pytest.param(" -- note; 'x\na\n\\.\nselect 1;", "a\n", ["select 1;"], id="comment on the line"),
        pytest.param(
            "\n\\\\.\n\\.x\n \\.\n\\.\n", "\\\\.\n\\.x\n \\.\n", [], id="what only looks like the end"
        ),
    ],
)
def test_copy_data_is_text_of_its_own(after: str, data: str, then: list[str]) -> None:
    scanner = Scanner(COPY + after, lambda _, __: None)
    scanner.scan()
    assert scanner.take().text == COPY
    assert scanner.copy_data() == data
    rest = []
    while scanner.scan() is not Found.END:
        rest.append(scanner.take().text)
    assert rest == then


@pytest.mark.parametrize("first", [COPY, ":v"], ids=["written out", "from a variable"])
def test_two_copies_on_a_line_take_their_data_one_after_the_other(first: str) -> None:
    scanner = Scanner(f"{first} {COPY} select 1;\na\n\\.\nb\n\\.\nselect 2;", lambda _, __: COPY)
    taken = []
    while scanner.scan() is Found.SEMICOLON:
        taken.append(scanner.take().text)
        if taken[-1] == COPY:
            taken.append(scanner.copy_data())
    assert taken == [COPY, "a\n", COPY, "b\n", "select 1;", "select 2;"]
