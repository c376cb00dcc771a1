"""Privileges back to what they were."""

import pytest

from mainsql.undo.grants import Granted, grantees, handed_over, statements

TABLE = Granted("TABLE shop.orders", "boss")

CASES = {
    "nothing": (["boss=r/boss"], ["boss=r/boss"], []),
    "granted": (
        [],
        ["ann=ra/boss"],
        ["REVOKE INSERT ON TABLE shop.orders FROM ann", "REVOKE SELECT ON TABLE shop.orders FROM ann"],
    ),
    "revoked": (["ann=r/boss"], [], ["GRANT SELECT ON TABLE shop.orders TO ann"]),
    "option taken": (
        ["ann=r*/boss"],
        ["ann=r/boss"],
        ["GRANT SELECT ON TABLE shop.orders TO ann WITH GRANT OPTION"],
    ),
    "option given": (
        ["ann=r/boss"],
        ["ann=r*/boss"],
        ["REVOKE GRANT OPTION FOR SELECT ON TABLE shop.orders FROM ann"],
    ),
    "everybody": ([], ["=r/boss"], ["REVOKE SELECT ON TABLE shop.orders FROM PUBLIC"]),
    "names that SQL has to quote, and aclitem does not": (
        ["Bob=r/boss", "user=w/boss", '"a ""b"""=d/boss'],
        [],
        [
            'GRANT SELECT ON TABLE shop.orders TO "Bob"',
            'GRANT DELETE ON TABLE shop.orders TO "a ""b"""',
            'GRANT UPDATE ON TABLE shop.orders TO "user"',
        ],
    ),
    "what others granted goes first": (
        [],
        ["ann=r*/boss", "bob=r/ann"],
        [
            "SET ROLE ann",
            "REVOKE SELECT ON TABLE shop.orders FROM bob",
            "RESET ROLE",
            "REVOKE SELECT ON TABLE shop.orders FROM ann",
        ],
    ),
    "what others granted comes last": (
        ["ann=r*/boss", "bob=r/ann"],
        [],
        [
            "GRANT SELECT ON TABLE shop.orders TO ann WITH GRANT OPTION",
            "SET ROLE ann",
            "GRANT SELECT ON TABLE shop.orders TO bob",
            "RESET ROLE",
        ],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_leads_back(before: list[str], after: list[str], expected: list[str]) -> None:
    assert list(statements(before, after, TABLE)) == expected


def test_column() -> None:
    granted = Granted("TABLE shop.orders", "boss", "amount")
    assert statements(["ann=w/boss"], [], granted) == ("GRANT UPDATE (amount) ON TABLE shop.orders TO ann",)


def test_default_privileges_have_no_grantor_to_take_on() -> None:
    granted = Granted("TABLES", None, defaults="ALTER DEFAULT PRIVILEGES FOR ROLE boss")
    assert statements(["ann=r/boss"], [], granted) == (
        "ALTER DEFAULT PRIVILEGES FOR ROLE boss GRANT SELECT ON TABLES TO ann",
    )


def test_the_old_owner_takes_the_place_of_the_new_one() -> None:
    items = handed_over(["new=arw/new", "ann=r*/new", "old=d/new"], "new", "old")
    assert items == ("old=arwd/old", "ann=r*/old")


def test_grantees() -> None:
    assert grantees(["=r/boss", "Bob=w/boss"]) == {"PUBLIC", '"Bob"'}


def test_what_is_no_aclitem_is_no_privilege() -> None:
    with pytest.raises(ValueError, match="not an aclitem"):
        statements(["nonsense"], [], TABLE)
