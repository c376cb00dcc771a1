import pytest

from mainsql.undo.deparsing import settled

SETTLED = [
    (
        "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
        "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))",
    ),
    (
        "(c = ANY ((ARRAY['2020-01-01'::timestamp(3) without time zone])::timestamp(6) with time zone[]))",
        "(c = ANY (ARRAY[('2020-01-01'::timestamp(3) without time zone)::timestamp(6) with time zone]))",
    ),
    (
        "f((ARRAY[E'a\\'],', ']'::x, g(1, ARRAY[2, 3])])::\"My type\"[])",
        'f(ARRAY[(E\'a\\\'],\')::"My type", (\']\'::x)::"My type", (g(1, ARRAY[2, 3]))::"My type"])',
    ),
    (
        "((ARRAY[((ARRAY['a'::x])::y[])[1], b])::z[])",
        "(ARRAY[((ARRAY[('a'::x)::y])[1])::z, (b)::z])",
    ),
]
ALREADY = [
    "",
    "(a = ANY (ARRAY[1, 2]))",
    "(ARRAY[1, 2])[1]",
    "'(ARRAY[1])::text[]'::text",
    "(ARRAY[1, 2",
    "CASE WHEN (ARRAY[1, 2] = b) THEN 'it''s' ELSE \"a\"\"b\" END",
]


@pytest.mark.parametrize(("written", "read_again"), SETTLED)
def test_a_cast_of_an_array_becomes_an_array_of_casts(written: str, read_again: str) -> None:
    assert settled(written) == read_again


@pytest.mark.parametrize("text", [*ALREADY, *(again for _, again in SETTLED)])
def test_everything_else_stays(text: str) -> None:
    assert settled(text) == text
