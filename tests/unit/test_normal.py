"""What does not count in a statement, and what does."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainsql.script.normal import digest, ends_in_semicolon, tokens

SAME = {
    "spaces": ("select 1,2;", " select\t1 ,\r\n 2 ;"),
    "no semicolon": ("select 1;", "select 1"),
    "line comments": ("select 1;", "select -- it's\n 1 -- ;"),
    "block comments": ("select 1;", "/* a /* b */ ' */ select/**/1; /* c */"),
    "letter case": ("select A.B from T;", "SELECT a.b FROM t;"),
    "spaces around operators": ("select 2*-1;", "select 2 * -1;"),
    "comment right after an operator": ("select 2*1;", "select 2*/* x */1;"),
    "line comment right after an operator": ("select 2*1;", "select 2*--x\n1;"),
}

DIFFERENT = {
    "value": ("select 1", "select 2"),
    "case in a string": ("select 'a'", "select 'A'"),
    "space in a string": ("select 'a b'", "select 'a  b'"),
    "comment mark in a string": ("select '--a'", "select '--b'"),
    "case of a quoted name": ('select "a"', 'select "A"'),
    "quoted and not": ('select "a"', "select a"),
    "case in dollar quotes": ("select $$a$$", "select $$A$$"),
    "space in dollar quotes": ("do $x$ a $x$", "do $x$ a  $x$"),
    "comment in dollar quotes": ("do $$ a $$", "do $$ a /* b */ $$"),
    "after an escaped quote": (r"select E'\' A'", r"select E'\' a'"),
    "after an escaped quote in the next line": ("select E'a'\n'\\' -- A'", "select E'a'\n'\\' -- B'"),
    "order": ("select 1, 2", "select 2, 1"),
    "two words and one": ("select a b", "select ab"),
    "two operators and one": ("select 1 < > 2", "select 1 <> 2"),
    "two strings and one": ("select 'a' 'b'", "select 'a''b'"),
    "case of a letter that PostgreSQL does not fold": ("select Ä", "select ä"),
    "Kelvin sign": ("select \u212a", "select k"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_does_not_count(one: str, other: str) -> None:
    assert digest(tokens(one)) == digest(tokens(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_counts(one: str, other: str) -> None:
    assert digest(tokens(one)) != digest(tokens(other))


def test_quoted_things_are_one_token_each() -> None:
    assert tokens("Select 'It''s', E'\\'x', \"N\", $a$ ; $$ $a$, X'1F', u&'\\0041' ;") == [
        *["select", "'It''s'", ",", "E'\\'x'", ",", '"N"', ",", "$a$ ; $$ $a$", ",", "X'1F'", ","],
        "u&'\\0041'",
    ]


@pytest.mark.parametrize("text", ["", " \n", "-- a", "/* a */", ";", "-- a\n;", "/* a /* b */"])
def test_nothing_but_comments_has_no_tokens(text: str) -> None:
    assert tokens(text) == []


@pytest.mark.parametrize("text", ["select 'a", 'select "a', "select $$a", "select $a$b$$"])
def test_what_is_never_closed_goes_to_the_end(text: str) -> None:
    assert tokens(text) == ["select", text.removeprefix("select ")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a;", True), ("a; -- b", True), ("a", False), ("a -- b;", False), ("a /* ; */", False)],
)
def test_knows_the_final_semicolon(text: str, expected: bool) -> None:
    assert ends_in_semicolon(text) is expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1\n", "1\n", True),
        ("1\n", "1", True),
        ("1\r\n2\r\n", "1\r\n2", True),
        ("1\n", "2\n", False),
        ("1\n", "1 \n", False),
        ("a\n", "A\n", False),
        ("", "\n", False),
        ("", None, False),
    ],
)
def test_copy_data_counts_to_the_letter_but_for_the_last_line_break(
    one: str, other: str | None, same: bool
) -> None:
    words = tokens("copy t from stdin;")
    assert (digest(words, one) == digest(words, other)) is same


QUOTED = st.sampled_from(
    ["'a B'", "'--'", "'/*'", "'it''s'", "E'\\'; A'", '"A b"', '"a""b"', "$$ A ' $$", "$x$ $$ -- $x$"]
)
UNQUOTED = st.sampled_from("SELECT From a_1 x$y 1 2.5 , ( ) [ ] :: := = <> * - || -> @> ; . $1 ~ é".split())


def goes_on(one: str, other: str) -> bool:
    """Whether a line break between two strings makes them one, as SQL has it."""
    return one.endswith("'") and other.startswith("'")


TOKENS = st.lists(st.one_of(UNQUOTED, QUOTED), max_size=15).filter(
    lambda words: not any(goes_on(one, other) for one, other in pairwise(words))
)
BETWEEN = st.lists(
    st.sampled_from([" ", "\n", "\t", "\r\n", "/* ' */", '/* /* " */ $$ */', "-- it's\n"]), min_size=1
).map("".join)


@given(TOKENS, st.data())
def test_comments_spaces_and_case_between_any_tokens_do_not_count(
    words: list[str], data: st.DataObject
) -> None:
    plain = " ".join(words)
    dressed = ""
    for word in words:
        if word[-1] not in "'\"$":
            word = data.draw(st.sampled_from([word, word.upper() if word.isascii() else word]))
        # A blank first: a comment mark after an operator is no part of it, one after a word is apart.
        dressed += " " + data.draw(BETWEEN) + word
    assert tokens(dressed) == tokens(plain)


@given(TOKENS, QUOTED, TOKENS, st.data())
def test_every_character_inside_quotes_counts(
    before: list[str], quoted: str, after: list[str], data: st.DataObject
) -> None:
    opening = quoted.rindex("$", 0, 3) + 1 if quoted.startswith("$") else quoted.index(quoted[-1]) + 1
    at = data.draw(st.integers(opening, len(quoted) - opening))
    changed = quoted[:at] + "x" + quoted[at:]
    one, other = (" ".join([*before, each, *after]) for each in (quoted, changed))
    assert digest(tokens(one)) != digest(tokens(other))


@given(st.text(alphabet=" \n;'\"aAeExX1.,()=<-+*|:[]é", max_size=40))
def test_the_short_way_gives_the_same_tokens(text: str) -> None:
    # A comment behind it makes no difference but that the long way is taken.
    assert tokens(text) == tokens(f"{text}\n--") or text.count("'") % 2 or text.count('"') % 2
