"""Names are given back in an order in which none is taken."""

from mainsql.undo import spelling
from mainsql.undo.names import statements
from mainsql.undo.steps import Move, Rename


def rename(current: str, former: str, *, late: bool = False, scope: str = "shop.") -> Rename:
    return Rename("pg_class", scope, current, former, lambda a, b: f"{scope}{a} -> {b}", late)


def test_one_after_the_other() -> None:
    assert statements([rename("b", "a"), rename("d", "c")]) == ("shop.b -> a", "shop.d -> c")


def test_names_that_were_exchanged_go_through_another_one() -> None:
    assert statements([rename("a", "b"), rename("b", "a")]) == (
        "shop.a -> __undo_a",
        "shop.b -> __undo_b",
        "shop.__undo_a -> b",
        "shop.__undo_b -> a",
    )


def test_the_same_name_elsewhere_is_not_in_the_way() -> None:
    assert statements([rename("a", "b"), rename("b", "a", scope="stock.")]) == (
        "shop.a -> b",
        "stock.b -> a",
    )


def test_what_belongs_to_a_relation_waits_for_its_name() -> None:
    assert statements([rename("x", "y", late=True), rename("a", "b")]) == ("shop.a -> b", "shop.x -> y")


def move(current: str, former: str, scope: str = "stock.", former_scope: str = "shop.") -> Move:
    return Move(
        "pg_class",
        scope,
        current,
        former_scope,
        former,
        lambda where, a, b: f"{where}{a} -> {b}",
        lambda name: f"{scope}{name} to {former_scope}",
    )


def test_what_moved_goes_back() -> None:
    assert statements([], [move("a", "a")]) == ("stock.a to shop.",)


def test_what_moved_and_has_another_name_goes_by_one_that_is_not_taken() -> None:
    assert statements([], [move("b", "a")]) == (
        "stock.b -> __undo_move_b",
        "stock.__undo_move_b to shop.",
        "shop.__undo_move_b -> a",
    )


def test_what_moved_waits_until_its_name_is_free() -> None:
    assert statements([rename("a", "b")], [move("a", "a")]) == (
        "stock.a -> __undo_move_a",
        "stock.__undo_move_a to shop.",
        "shop.a -> b",
        "shop.__undo_move_a -> a",
    )


def test_names_are_quoted_where_SQL_needs_it() -> None:
    names = ["plain", "with space", "Upper", "select", "left", "values", 'a"b', "1st"]
    assert [spelling.name(name) for name in names] == [
        "plain", '"with space"', '"Upper"', '"select"', '"left"', "values", '"a""b"', '"1st"',
    ]  # fmt: skip


def test_strings_mean_the_same_whatever_the_settings_are() -> None:
    assert [spelling.literal(text) for text in ("it's", r"a\b")] == ["'it''s'", r" E'a\\b'"]
