"""Queries of views that servers of different versions write."""

import pytest

from mainsql.script.syntax.qualifying import as_since_16

# What 15 and 16 make of the same view.
SINGLE = [
    (" SELECT t.id,\n    t.m\n   FROM s.t;", " SELECT id,\n    m\n   FROM s.t;"),
    (
        ' SELECT "T.t".id, \'t.id\'::text AS said\n   FROM s."T.t"\n  WHERE "T.t"."t.id" > 1;',
        ' SELECT id, \'t.id\'::text AS said\n   FROM s."T.t"\n  WHERE "t.id" > 1;',
    ),
    (
        ' SELECT "a""b".id\n   FROM s.t "a""b"\n  ORDER BY "a""b".id;',
        ' SELECT id\n   FROM s.t "a""b"\n  ORDER BY id;',
    ),
    (
        " SELECT t.id,\n    ( SELECT max(x.id) AS max FROM s.x WHERE x.t = t.id) AS most\n   FROM s.t;",
        " SELECT id,\n    ( SELECT max(x.id) AS max FROM s.x WHERE x.t = t.id) AS most\n   FROM s.t;",
    ),
    (" SELECT é.id,\n    é.m\n   FROM s.é;", " SELECT id,\n    m\n   FROM s.é;"),
]

SAME = [
    " SELECT t.id, x.id AS other\n   FROM s.t, s.x;",
    " SELECT t.id\n   FROM (s.t\n     JOIN s.x USING (id));",
    " SELECT t.id\n   FROM s.t\nUNION\n SELECT x.id\n   FROM s.x;",
    " SELECT t.*::s.t AS row\n   FROM s.t;",
    " SELECT 1 AS one;",
    " SELECT what the grammar does not know",
]


@pytest.mark.parametrize(("before", "since"), SINGLE)
def test_the_only_relation_is_not_named_before_its_columns(before: str, since: str) -> None:
    assert as_since_16(before) == since


@pytest.mark.parametrize("query", SAME)
def test_others_are_written_as_before(query: str) -> None:
    assert as_since_16(query) == query
