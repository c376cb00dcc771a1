"""How a database goes back to an earlier version, and why it may not."""

import pytest
from tests.unit.histories import Target

from mainsql.model import History, Refusal, Rollback, UndoKind
from mainsql.plan.rollback import before_current, plan_rollback

MAIN = "\\i a.sql\n\\i b.sql\n"
V1 = {"main.sql": MAIN, "a.sql": "select 'a1';", "b.sql": "", "a.undo.sql": "select 'undo a1';"}
V2 = {**V1, "b.sql": "select 'b';", "b.undo.sql": "select 'undo b 1';\nselect 'undo b 2';"}
V3 = {**V2, "a.sql": V1["a.sql"] + " select 'a3';", "a.undo.sql": "select 'undo a3';"}


def target() -> Target:
    return Target().deploy(V1, V2, V3)


def rollback(history: History, to: int) -> Rollback:
    found = plan_rollback(history, to)
    assert isinstance(found, Rollback), found
    return found


def refused(history: History, to: int) -> list[tuple[str | None, str, str]]:
    found = plan_rollback(history, to)
    assert isinstance(found, Refusal), found
    return [(each.unit, each.reason, each.hint) for each in found.objections]


def texts(found: Rollback) -> list[str]:
    return [statement.text for step in found.steps for statement in step.statements]


def test_undo_scripts_run_newest_first() -> None:
    found = rollback(target().history, 0)
    assert (found.from_version, found.to_version, found.versions) == (3, 0, (3, 2, 1))
    assert [(step.version, step.unit, step.kind) for step in found.steps] == [
        (3, "a.sql", UndoKind.WRITTEN),
        (2, "b.sql", UndoKind.WRITTEN),
        (1, "a.sql", UndoKind.WRITTEN),
    ]
    assert texts(found) == [
        "select 'undo a3';",
        "select 'undo b 1';",
        "select 'undo b 2';",
        "select 'undo a1';",
    ]


def test_the_steps_of_a_version_are_undone_in_reverse() -> None:
    both = {**V2, "a.undo.sql": "select 'undo a';", "b.undo.sql": "select 'undo b';"}
    assert texts(rollback(Target().deploy(both).history, 0)) == ["select 'undo b';", "select 'undo a';"]


def test_a_file_that_includes_others_first_is_undone_before_them() -> None:
    grants = {**V1, "main.sql": MAIN + "select 'main';", "main.undo.sql": "select 'undo main';"}
    assert texts(rollback(Target().deploy(grants).history, 0)) == ["select 'undo main';", "select 'undo a1';"]


def test_only_versions_above_are_undone() -> None:
    found = rollback(target().history, 2)
    assert (found.versions, texts(found)) == ((3,), ["select 'undo a3';"])


def test_versions_that_were_rolled_back_are_not_undone_again() -> None:
    found = rollback(target().roll_back(3).history, 1)
    assert (found.from_version, found.versions) == (2, (2,))


def test_an_undo_that_is_missing_of_a_file_that_changed_since_needs_more_steps() -> None:
    grown = {"main.sql": "\\i a.sql\n", "a.sql": "select 1;"}
    more = {**grown, "a.sql": "select 1; select 2;"}
    written = {**more, "a.undo.sql": "select 'undo 2';"}
    tried = Target().deploy(grown, more, written)
    # The script is recorded for the last change of the file.
    [(_, reason, hint)] = refused(tried.history, 0)
    assert reason == "a.sql in version 1 has no undo: there is no a.undo.sql"
    assert hint.startswith(
        "a.sql has changed since, in version 2: go back to before that; commit it as it was in"
    )
    back = tried.roll_back(3, 2)
    [(_, _, hint)] = refused(back.history, 0)
    assert hint.startswith("write the undo script")
    told = back.deploy({**grown, "a.undo.sql": "select 'undo 1';"})
    assert texts(rollback(told.history, 0)) == ["select 'undo 1';"]


def test_a_missing_undo_is_refused_and_names_every_file_to_write() -> None:
    history = Target().deploy({"main.sql": "\\i x/a.sql\n\\i x/a.sql", "x/a.sql": "select 1;"}).history
    assert refused(history, 0) == [
        (
            unit,
            f"{unit} in version 1 has no undo: there is no x/a.undo.sql",
            "write the undo script, so that it takes back what that version did, and commit it: "
            "the next deploy records it, and then the rollback can run",
        )
        for unit in ("x/a.sql#2", "x/a.sql")
    ]


def test_a_path_with_a_number_sign_is_named_in_full() -> None:
    history = Target().deploy({"main.sql": "\\i a#b.sql", "a#b.sql": "select 1;"}).history
    assert refused(history, 0)[0][1].endswith("there is no a#b.undo.sql")


@pytest.mark.parametrize("whole", [False, True])
def test_an_undo_script_that_was_recorded_later_serves(whole: bool) -> None:
    bare = {"main.sql": "\\i a.sql", "a.sql": "select 1;"}
    later = {**bare, "a.undo.sql": "select 'late';"}
    target = Target(whole).deploy(bare)
    assert refused(target.history, 0)
    target.deploy(later)
    assert texts(rollback(target.history, 0)) == ["select 'late';"]
    target.deploy({**bare, "a.undo.sql": "select 'later still';"})
    assert texts(rollback(target.history, 0)) == ["select 'later still';"]
    target.roll_back(3)
    assert texts(rollback(target.history, 0)) == ["select 'later still';"]


def test_an_undo_script_that_was_recorded_for_a_later_state_does_not_serve() -> None:
    bare = {"main.sql": "\\i a.sql", "a.sql": "select 1;"}
    longer = {**bare, "a.sql": "select 1; select 2;"}
    target = Target().deploy(bare, longer, {**longer, "a.undo.sql": "select 'late';"})
    assert texts(rollback(target.history, 1)) == ["select 'late';"]
    assert [reason for _, reason, _ in refused(target.history, 0)] == [
        "a.sql in version 1 has no undo: there is no a.undo.sql"
    ]


def test_recording_an_undo_script_is_itself_nothing_to_undo() -> None:
    later = {**V3, "b.undo.sql": "select 'undo b better';"}
    found = rollback(target().deploy(later).history, 3)
    assert (found.versions, found.steps) == ((4,), ())


def test_a_unit_that_ran_again_unchanged_is_nothing_to_undo() -> None:
    always = {"main.sql": "\\i a.sql", "a.sql": "-- mainsql: always\nselect 1;", "a.undo.sql": "select 2;"}
    more = {**always, "main.sql": "\\i a.sql\nselect 3;", "main.undo.sql": "select 4;"}
    assert texts(rollback(Target().deploy(always, more).history, 1)) == ["select 4;"]


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        (3, "shop is at version 3 already"),
        (4, "there is no version 4 of shop"),
        (-1, "there is no version -1 of shop"),
    ],
)
def test_versions_that_it_cannot_go_back_to(to: int, reason: str) -> None:
    [(unit, said, hint)] = refused(target().history, to)
    assert (unit, said) == (None, reason)
    assert hint


def test_a_version_that_was_rolled_back_itself_is_no_aim() -> None:
    history = target().roll_back(2, 3).deploy({**V1, "main.sql": MAIN + "select 1;"}).history
    assert refused(history, 2) == [
        (
            None,
            "version 2 of shop was rolled back itself",
            "versions that it can go back to: 0 (before the first), 1",
        )
    ]


def test_below_the_first_version_there_is_only_the_beginning() -> None:
    assert (
        refused(Target().deploy(V1).history, 9)[0][2]
        == "versions that it can go back to: 0 (before the first)"
    )


def test_at_version_0_there_is_nothing_to_roll_back() -> None:
    history = target().roll_back(1, 2, 3).history
    assert refused(history, 0)[0][1] == "shop is at version 0 already"


def test_the_version_before_the_current_one() -> None:
    assert before_current(History("shop")) == 0
    assert before_current(Target().deploy(V1).history) == 0
    assert before_current(target().history) == 2
    assert before_current(target().roll_back(2).history) == 1
