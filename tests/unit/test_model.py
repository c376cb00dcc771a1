"""The little that the nouns know themselves."""

from datetime import UTC, datetime

import pytest
from tests.unit.histories import Target
from tests.unit.resolving import tree

from mainsql.errors import Place
from mainsql.model import Anchor, Commit, History, Statement

AT = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("id", "short"),
    [("0123456789abcdef0123456789abcdef01234567", "0123456789"), ("r12345678901", "r12345678901")],
)
def test_a_commit_is_named_as_people_write_it(id: str, short: str) -> None:
    assert Commit(id, "Ada", "", AT).short == short


@pytest.mark.parametrize(("message", "subject"), [("one\n\ntwo", "one"), ("\n one \n", "one"), ("", "")])
def test_the_subject_is_the_first_line(message: str, subject: str) -> None:
    assert Commit("r1", "Ada", message, AT).subject == subject


def test_anchors_say_where_text_stands() -> None:
    anchors = (Anchor(4, 10, 3), Anchor(6, 20, 7, fixed=True), Anchor(9, 21, 1))
    statement = Statement("abc\nde" + "var" + "fg\nh", "u", Place("a.sql", 2, 5), "", anchors)
    places = {position: statement.locate(position) for position in range(1, 14)}
    assert {position: (place.line, place.column) for position, place in places.items()} == {
        **{1: (2, 5), 2: (2, 6), 3: (2, 7), 4: (2, 8)},
        **{5: (10, 3), 6: (10, 4)},
        **{7: (20, 7), 8: (20, 7), 9: (20, 7)},
        **{10: (21, 1), 11: (21, 2), 12: (21, 3), 13: (22, 1)},
    }


def test_a_tree_knows_its_source_lines() -> None:
    found = tree({"db/main.sql": "\\i a.sql", "db/a.sql": "one\r\nselect 2;"}, "db/main.sql")
    assert found.source_line(Place("a.sql", 2)) == "select 2;"
    assert found.source_line(Place("a.sql", 3)) is None
    assert found.source_line(Place("b.sql", 1)) is None


def test_numbers_of_versions_are_never_used_twice() -> None:
    assert (History("x").number, History("x").next_version, History("x").current) == (0, 1, None)
    target = Target().deploy({"main.sql": "select 1;"}, {"main.sql": "select 1; select 2;"})
    assert (target.history.number, target.history.next_version) == (2, 3)
    target.roll_back(2)
    assert (target.history.number, target.history.next_version) == (1, 3)
    target.roll_back(1, 2)
    assert (target.history.number, target.history.next_version) == (0, 3)


def test_undo_scripts_have_the_same_digest_whatever_their_comments() -> None:
    units = [
        tree({"main.sql": "select 1;", "main.undo.sql": text}).units[0]
        for text in ("select 2;", "-- a\nSELECT 2", "select 3;", "")
    ]
    digests = [unit.undo_digest for unit in units]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
    assert tree("select 1;").units[0].undo_digest is None
