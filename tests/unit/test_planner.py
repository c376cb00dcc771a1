"""What a commit does to a database with a given history."""

from datetime import UTC, datetime

import pytest
from tests.unit.histories import START, Target, objections, planned, steps
from tests.unit.resolving import tree

from mainsql.model import Commit, OnRemoved, Plan, Refusal, UndoKind, UpToDate
from mainsql.plan.editing import taken_for_once
from mainsql.plan.planner import applied, plan_acceptance
from mainsql.plan.rollback import plan_rollback
from mainsql.plan.state import held_units

MAIN = "\\i a.sql\n\\i b.sql\n"
A = "create table a ();"
B = "create view b as select 1;"


def files(a: str = A, b: str = B, main: str = MAIN, **undo: str) -> dict[str, str]:
    """A tree of a.sql and b.sql; ``a_undo`` and ``b_undo`` are their undo scripts."""
    scripts = {f"{name.removesuffix('_undo')}.undo.sql": text for name, text in undo.items()}
    return {"main.sql": main, "a.sql": a, "b.sql": b, **scripts}


def test_everything_is_new_to_an_empty_database() -> None:
    found = planned(Target().plan(files()))
    assert steps(found) == [("a.sql", "run", [A]), ("b.sql", "run", [B])]
    assert (found.onto, found.version) == (0, 1)


def test_what_is_new_runs_at_its_place() -> None:
    target = Target().deploy(files())
    found = target.plan({**files(main="\\i new.sql\n" + MAIN), "new.sql": "select 1;"})
    assert steps(found) == [("new.sql", "run", ["select 1;"])]
    assert planned(found).unchanged == ("a.sql", "b.sql")
    assert (planned(found).onto, planned(found).version) == (1, 2)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(files(), id="nothing"),
        pytest.param(files(a="-- why\nCREATE  TABLE a /* b */ ()"), id="comments, spaces and case"),
        pytest.param(files(main="begin;\n\\ir a.sql\n\\i 'b.sql'\ncommit;"), id="other ways to say it"),
        pytest.param(files(a=A + "\nset work_mem = 1;"), id="only the stage"),
        pytest.param(files(main="\\i b.sql\n\\i a.sql\n"), id="the order of what is applied"),
    ],
)
def test_what_is_unchanged_does_not_run(changed: dict[str, str]) -> None:
    assert Target().deploy(files()).plan(changed) == UpToDate(1)


def test_only_the_new_statements_of_a_longer_unit_run() -> None:
    target = Target().deploy(files())
    assert steps(target.plan(files(a=f"{A}\nselect 1; select 2;"))) == [
        ("a.sql", "append", ["select 1;", "select 2;"])
    ]
    target.deploy(files(a=f"{A}\nselect 1; select 2;"))
    assert steps(target.plan(files(a=f"{A}\nselect 1; select 2; select 3"))) == [
        ("a.sql", "append", ["select 3"])
    ]


def test_a_statement_appended_to_the_main_script_runs_alone() -> None:
    target = Target().deploy(files())
    target.deploy(files(main=MAIN + "select 'main';"))
    assert steps(target.plan(files(main=MAIN + "select 'main';\nselect 'more';"))) == [
        ("main.sql", "append", ["select 'more';"])
    ]


def test_a_repeatable_unit_runs_again_when_it_has_changed() -> None:
    target = Target().deploy(files(b=f"-- mainsql: repeatable\n{B}"))
    assert target.plan(files(b=f"-- mainsql: repeatable\n-- new\n{B}")) == UpToDate(1)
    assert steps(target.plan(files(b="-- mainsql: repeatable\nselect 2;\nselect 3;"))) == [
        ("b.sql", "rerun", ["select 2;", "select 3;"])
    ]


def test_a_unit_may_become_repeatable_in_the_commit_that_changes_it() -> None:
    target = Target().deploy(files())
    assert steps(target.plan(files(b="-- mainsql: repeatable\nselect 2;")))[0][1] == "rerun"


def test_a_unit_that_says_always_runs_in_every_version_but_makes_none() -> None:
    always = files(b=f"-- mainsql: always\n{B}")
    target = Target().deploy(always)
    assert target.plan(always) == UpToDate(1)
    changed = {**always, "main.sql": MAIN + "select 1;"}
    assert steps(target.plan(changed)) == [
        ("b.sql", "rerun", [B]),
        ("main.sql", "run", ["select 1;"]),
    ]
    assert steps(target.plan({**always, "b.sql": "-- mainsql: always\nselect 2;"})) == [
        ("b.sql", "rerun", ["select 2;"])
    ]


@pytest.mark.parametrize(
    ("a", "objection"),
    [
        pytest.param(
            "create table a (x int);\nselect 1;",
            "a.sql:1:1 (included from main.sql:1): a.sql was edited after it was applied with version 1 "
            "(commit c1, commit c1): "
            "its statement 1 is not what was applied",
            id="the first statement",
        ),
        pytest.param(
            f"set a.b = 1;\n{A}\nselect 3;",
            "a.sql:3:1 (included from main.sql:1): a.sql was edited after it was applied with version 1 "
            "(commit c1, commit c1): "
            "its statement 2 is not what was applied",
            id="the second, not counting the stage",
        ),
        pytest.param(
            f"select 0;\n{A}\nselect 1;",
            "a.sql:1:1 (included from main.sql:1): a.sql was edited after it was applied with version 1 "
            "(commit c1, commit c1): "
            "its statement 1 is not what was applied",
            id="one before",
        ),
        pytest.param(
            A,
            "a.sql:1:1 (included from main.sql:1): a.sql was edited after it was applied with version 1 "
            "(commit c1, commit c1): "
            "its statement 2 is gone",
            id="one is gone",
        ),
        pytest.param(
            "-- all gone",
            "a.sql:1:1 (included from main.sql:1): a.sql was edited after it was applied with version 1 "
            "(commit c1, commit c1): "
            "its statement 1 is gone",
            id="all are gone",
        ),
    ],
)
def test_a_unit_that_was_edited_is_refused(a: str, objection: str) -> None:
    target = Target().deploy(files(a=f"{A}\nselect 1;"))
    assert objections(target.plan(files(a=a))) == [objection]


def test_a_refusal_shows_what_differs() -> None:
    target = Target().deploy(files(a="create table a (\n  x int,\n  y int\n);"))
    found = target.plan(files(a="create table a (\n  x bigint,\n  y int\n);"))
    assert isinstance(found, Refusal)
    assert found.objections[0].difference == (
        "  create table a (",
        "-   x int,",
        "+   x bigint,",
        "    y int",
        "  );",
    )
    assert "its statement 1 would not replace what is there" in found.objections[0].hint


def test_a_refusal_shows_what_differs_also_beside_queries_that_only_ask() -> None:
    asking = "select 1 as n \\gset\n{}\nselect 'b', :n;"
    target = Target().deploy(files(a=asking.format("select 'a';")))
    found = target.plan(files(a=asking.format("select 'c';")))
    assert isinstance(found, Refusal)
    assert found.objections[0].difference == ("- select 'a';", "+ select 'c';")


VIEW = "create or replace view v as select 1;"


def test_code_that_replaces_itself_runs_again_when_it_has_changed() -> None:
    target = Target().deploy(files(b=VIEW))
    assert steps(target.plan(files(b="create or replace view v as select 2;"))) == [
        ("b.sql", "rerun", ["create or replace view v as select 2;"])
    ]
    assert (
        "edited"
        in objections(target.plan(files(b="-- mainsql: once\ncreate or replace view v as select 2;")))[0]
    )


def test_code_does_not_run_again_over_what_does_not_replace_itself() -> None:
    target = Target().deploy(files(b=f"create table t ();\n{VIEW}"))
    found = target.plan(files(b="create or replace view v as select 2;"))
    assert isinstance(found, Refusal)
    assert "what was applied cannot be replaced: create table t () would not" in found.objections[0].hint
    target = Target().deploy(files(b=VIEW)).deploy(files(b=f"{VIEW}\ncreate table t ();"))
    found = target.plan(files(b="create or replace view v as select 2;"))
    assert isinstance(found, Refusal)


def test_what_cannot_be_read_runs_once_and_the_refusal_says_so() -> None:
    target = Target().deploy(files(b=VIEW))
    found = target.plan(files(b=f"create or frobnicate view v;\n{VIEW}"))
    assert isinstance(found, Refusal)
    assert "its statement 1 is not known to the grammar" in found.objections[0].hint


def test_what_cannot_be_read_is_noted_for_whoever_reads_the_plan() -> None:
    found = planned(Target().plan(files(a="select 1;\ncreate or frobnicate view v;", b=VIEW)))
    assert [f"{note.place}: {note.text}" for note in taken_for_once(found)] == [
        "a.sql:2:1 (included from main.sql:1): create or frobnicate view v is not known to the grammar: "
        "it runs all the same, but when a.sql is edited it does not run again, unless it says "
        "-- mainsql: repeatable"
    ]
    said = planned(Target().plan(files(a="-- mainsql: once\ncreate or frobnicate view v;")))
    assert list(taken_for_once(said)) == []


def test_a_refusal_names_the_version_that_applied_the_statement() -> None:
    grown = f"{A}\nselect 2;"
    target = Target().deploy(files(), files(a=grown), files(a=f"{grown}\nselect 3;"))
    for edit, version in [
        ("select 1;\nselect 2;\nselect 3;", 1),
        (f"{A}\nselect 0;\nselect 3;", 2),
        (grown, 3),
    ]:
        found = target.plan(files(a=edit))
        assert f"was applied with version {version} (" in objections(found)[0]
        assert isinstance(found, Refusal)
        assert found.objections[0].hint.endswith(f"or roll back to before version {version}")


def test_a_default_privilege_that_is_not_said_any_more_is_noted() -> None:
    code = "alter default privileges grant select on tables to ada;"
    target = Target().deploy(files(b=f"{VIEW}\n{code}"))
    [note] = planned(target.plan(files(b=VIEW))).notes
    assert note.text.startswith("alter default privileges grant select on tables to ada is not in b.sql")


def test_what_is_not_said_any_more_but_stays_is_noted() -> None:
    code = (
        f"{VIEW}\ncreate or replace view w as select 1;\ngrant select on v to ada;\ngrant select on w to bob;"
    )
    target = Target().deploy(files(b=code))
    found = planned(target.plan(files(b="create or replace view v as select 2;\ngrant select on w to bob;")))
    assert [note.text for note in found.notes] == [
        "view w is not in b.sql any more, but stays: write the DROP, in another file",
        "grant select on v to ada is not in b.sql any more, but running the rest again does not revoke it: "
        "write the REVOKE",
    ]
    assert planned(target.plan(files(b=f"-- mainsql: always\n{code}", a=f"{A}\nselect 1;"))).notes == ()


def test_a_refusal_lists_every_objection() -> None:
    found = objections(Target().deploy(files()).plan(files(a="select 1;", b="select 2;")))
    assert [each.partition(":")[0] for each in found] == ["a.sql", "b.sql"]


def test_units_that_leave_the_tree_are_kept_and_reported() -> None:
    target = Target().deploy(files())
    assert target.plan(files(main="\\i b.sql")) == UpToDate(1, kept=("a.sql",))
    assert planned(target.plan(files(main="\\i b.sql\nselect 1;"))).kept == ("a.sql",)
    target.deploy(files(main="\\i b.sql\nselect 1;"))
    assert target.plan(files(main=MAIN + "select 1;")) == UpToDate(2)


def test_a_unit_that_was_emptied_before_it_left_is_not_kept() -> None:
    emptied = files(a="-- mainsql: repeatable")
    target = Target().deploy(files(), emptied)
    assert target.plan(files(main="\\i b.sql")) == UpToDate(2)


def test_what_sets_the_stage_runs_whenever_something_does() -> None:
    first = files(a=f"set search_path = x;\n{A}\nset role y;")
    target = Target().deploy(first)
    found = planned(target.plan({**first, "b.sql": f"{B}\nselect 1;"}))
    assert [s.text for s in found.program] == ["set search_path = x;", "set role y;", "select 1;"]


def test_the_program_runs_in_the_order_of_the_tree() -> None:
    main = "select 1;\n\\i a.sql\nselect 2;\n"
    found = planned(Target().plan(files(main=main)))
    assert [s.text for s in found.program] == ["select 1;", A, "select 2;"]


# Rolled back


def test_what_was_rolled_back_does_not_come_back_by_itself() -> None:
    later = files(a=f"{A}\nselect 1;")
    target = Target().deploy(files(), later).roll_back(2, why="slow")
    assert target.history.number == 1
    assert objections(target.plan(later)) == [
        "a.sql:1:1 (included from main.sql:1): a.sql was rolled back with version 2 by eve "
        "at 2024-05-01 13:00 (slow), and has not changed since"
    ]
    assert target.plan(files()) == UpToDate(1)


def test_what_was_rolled_back_runs_again_once_it_has_changed() -> None:
    target = Target().deploy(files(), files(a=f"{A}\nselect 1;")).roll_back(2)
    found = planned(target.plan(files(a=f"{A}\nselect 2;")))
    assert steps(found) == [("a.sql", "append", ["select 2;"])]
    assert (found.onto, found.version) == (1, 3)


def test_a_new_unit_that_was_rolled_back_is_held_too() -> None:
    target = Target().deploy(files()).roll_back(1)
    assert len(objections(target.plan(files()))) == 2
    assert steps(target.plan(files(main="\\i a.sql", a="select 1;")))[0][1] == "run"


def test_a_person_may_release_what_was_rolled_back() -> None:
    later = files(a=f"{A}\nselect 1;")
    target = Target().deploy(files(), later).roll_back(2).resume()
    assert steps(target.plan(later)) == [("a.sql", "append", ["select 1;"])]
    target.deploy(later).roll_back(3)
    assert len(objections(target.plan(later))) == 1


def test_what_a_rollback_holds_is_told_by_unit() -> None:
    always = "-- mainsql: always\nselect 0;"
    main = MAIN + "\\i c.sql\n"
    one = {**files(main=main), "c.sql": always}
    two = {**files(a=f"{A}\nselect 2;", main=main), "c.sql": always}
    three = {**files(a=f"{A}\nselect 2;", b="select 3;", main="\\i a.sql\n\\i c.sql\n"), "c.sql": always}
    target = Target(on_removed=OnRemoved.UNDO).deploy({**one, "b.undo.sql": "drop view b;"}, two, three)
    assert held_units(target.history) == []
    held = held_units(target.roll_back(2, 3).history)
    assert [(each.version.version, each.units, each.removed) for each in held] == [
        (2, ("a.sql",), ()),
        (3, (), ("b.sql",)),
    ]
    target.deploy({**files(a=f"{A}\nselect 4;", main=main), "c.sql": always})
    assert held_units(target.history) == []
    assert held_units(target.roll_back(4).resume().history) == []


def test_a_unit_that_ran_unchanged_in_a_version_that_was_rolled_back_is_not_held() -> None:
    always = files(b=f"-- mainsql: always\n{B}")
    target = Target().deploy(always, {**always, "main.sql": MAIN + "select 1;"}).roll_back(2)
    assert steps(target.plan({**always, "main.sql": MAIN + "select 2;"})) == [
        ("b.sql", "rerun", [B]),
        ("main.sql", "run", ["select 2;"]),
    ]


def test_rolling_back_what_only_recorded_an_undo_script_holds_nothing() -> None:
    one, other = (files(b=f"-- mainsql: repeatable\nselect {n};") for n in (1, 2))
    target = Target().deploy(one, {**one, "b.undo.sql": "select 0;"}).roll_back(2).deploy(other)
    assert steps(target.plan(one)) == [("b.sql", "rerun", ["select 1;"])]


# Applied whole


def test_the_whole_tree_runs_for_every_change() -> None:
    target = Target(whole=True).deploy(files())
    assert target.plan(files(a=f"-- same\n{A}")) == UpToDate(1)
    assert steps(target.plan(files(a="select 1;"))) == [
        ("a.sql", "rerun", ["select 1;"]),
        ("b.sql", "rerun", [B]),
    ]


@pytest.mark.parametrize(
    "main",
    ["\\i b.sql\n\\i a.sql\n", "\\i a.sql\n", "set role x;\n" + MAIN],
    ids=["order", "removal", "stage"],
)
def test_the_whole_tree_runs_also_when_no_unit_has_changed(main: str) -> None:
    found = planned(Target(whole=True).deploy(files()).plan(files(main=main)))
    assert {step.action.value for step in found.steps} == {"rerun"}


def test_the_whole_tree_does_not_come_back_by_itself() -> None:
    turned = files(main="\\i b.sql\n\\i a.sql\n")
    target = Target(whole=True).deploy(files(), turned).roll_back(2)
    assert objections(target.plan(turned)) == [
        "main.sql:1:1: shop was rolled back with version 2 by eve at 2024-05-01 13:00, "
        "and has not changed since"
    ]
    assert target.plan(files()) == UpToDate(1)
    assert steps(target.resume().plan(turned))


# Undo


def undo_of(
    target: Target, commit: dict[str, str], unit: str = "a.sql"
) -> tuple[UndoKind, str | None, str | None]:
    """How the last step for a unit would be taken back."""
    undo = [step.undo for step in planned(target.plan(commit)).steps if step.unit == unit][-1]
    return undo.kind, undo.script, undo.reason


def test_a_new_unit_is_taken_back_by_the_script_beside_it() -> None:
    assert undo_of(Target(), files(a_undo="drop table a;")) == (
        UndoKind.WRITTEN,
        "-- a.undo.sql:1\ndrop table a;\n",
        None,
    )
    assert undo_of(Target(), files(a_undo="-- nothing to do")) == (UndoKind.WRITTEN, "", None)


def test_a_written_undo_brings_the_stage_that_it_needs() -> None:
    _, script, _ = undo_of(
        Target(),
        files(
            main="set role x;\n" + MAIN + "set role z;", a=f"set search_path = y;\n{A}", a_undo="drop table a"
        ),
    )
    assert script == (
        "-- main.sql:1\nset role x;\n-- a.sql:1\nset search_path = y;\n-- a.undo.sql:1\ndrop table a;\n"
    )


def test_a_missing_undo_names_the_file_to_write_as_people_see_it() -> None:
    assert undo_of(Target(), files()) == (UndoKind.MISSING, None, "there is no a.undo.sql")
    twice = files(main="\\i a.sql\n\\i a.sql\n")
    assert undo_of(Target(), twice, "a.sql#2")[2] == "there is no a.undo.sql"


def test_an_undo_script_that_has_not_changed_does_not_take_back_a_new_change() -> None:
    target = Target().deploy(files(a_undo="drop table a;"))
    kind, script, reason = undo_of(target, files(a=f"{A} select 1;", a_undo="drop table a;"))
    assert (kind, script) == (UndoKind.MISSING, None)
    assert reason == ("a.undo.sql is as it was in version 1: it takes back that version, not this change")
    assert undo_of(target, files(a=f"{A} select 1;", a_undo="select 'new'"))[0] is UndoKind.WRITTEN


def test_a_repeatable_unit_is_taken_back_by_the_text_before() -> None:
    target = Target().deploy(files(b=f"-- mainsql: repeatable\nset role x;\n{B}"))
    assert undo_of(target, files(b="-- mainsql: repeatable\nset role y;\nselect 2;"), "b.sql") == (
        UndoKind.PREVIOUS,
        f"-- b.sql:2\nset role y;\n-- b.sql:3\n{B}\n",
        "runs the text of version 1 again",
    )


def test_a_repeatable_unit_that_was_appended_to_is_taken_back_by_all_of_the_text_before() -> None:
    target = Target().deploy(files(), files(b=f"{B} select 1;"))
    kind, script, _ = undo_of(target, files(b="-- mainsql: repeatable\nselect 2;"), "b.sql")
    assert (kind, script) == (UndoKind.PREVIOUS, f"-- b.sql:1\n{B}\n-- b.sql:1\nselect 1;\n")


def test_a_unit_that_runs_again_unchanged_leaves_nothing_to_take_back() -> None:
    always = files(b=f"-- mainsql: always\n{B}", b_undo="drop view b;")
    target = Target().deploy(always)
    changed = {**always, "main.sql": MAIN + "select 1;", "b.undo.sql": "drop view if exists b;"}
    assert undo_of(target, changed, "b.sql") == (UndoKind.NOTHING, "", None)


@pytest.mark.parametrize("whole", [False, True])
def test_an_undo_script_that_comes_later_is_recorded(whole: bool) -> None:
    target = Target(whole).deploy(files())
    found = planned(target.plan(files(a_undo="drop table a;")))
    undo_steps = [step for step in found.steps if step.action.value == "undo"]
    assert [(step.unit, step.statements) for step in undo_steps] == [("a.sql", ())]
    assert undo_steps[0].undo.script == "-- a.undo.sql:1\ndrop table a;\n"
    target.deploy(files(a_undo="drop table a;"))
    assert target.plan(files(a_undo="DROP TABLE a")) == UpToDate(2)


def test_recording_an_undo_script_runs_nothing() -> None:
    staged = files(main="set role x;\n" + MAIN)
    found = planned(Target().deploy(staged).plan({**staged, "a.undo.sql": "drop table a;"}))
    assert found.program == ()


def test_an_undo_script_that_goes_changes_nothing() -> None:
    assert Target().deploy(files(a_undo="drop table a;")).plan(files()) == UpToDate(1)


def test_a_version_is_taken_back_by_its_steps_in_reverse() -> None:
    undo = planned(Target().plan(files(a_undo="drop table a;", b_undo="drop view b;"))).undo
    assert undo.kind is UndoKind.WRITTEN
    assert undo.script == "-- b.undo.sql:1\ndrop view b;\n-- a.undo.sql:1\ndrop table a;\n"


def test_a_version_with_a_step_that_cannot_be_taken_back_cannot_either() -> None:
    undo = planned(Target().plan(files(a_undo="drop table a;"))).undo
    assert (undo.kind, undo.script, undo.reason) == (UndoKind.MISSING, None, "there is no b.undo.sql")


def test_the_history_after_a_plan_is_what_the_ledger_would_say() -> None:
    at = datetime(2024, 6, 1, tzinfo=UTC)
    target = Target(now=at).deploy(files(a=f"set role x; {A}", a_undo="drop table a;", b_undo=""))
    [version] = target.history.versions
    assert (version.version, version.commit.id, version.applied_at) == (1, "c1", at)
    assert version.undo_kind is UndoKind.WRITTEN
    assert [(step.position, step.unit, step.script) for step in version.steps] == [
        (1, "a.sql", f"-- a.sql:1\n{A}\n"),
        (2, "b.sql", f"-- b.sql:1\n{B}\n"),
    ]


# Units that leave the tree


MOVED = {"main.sql": "\\i new/a.sql\n\\i b.sql\n", "new/a.sql": A, "b.sql": B}


def test_a_unit_that_moved_does_not_run() -> None:
    target = Target().deploy(files())
    found = planned(target.plan(MOVED))
    assert steps(found) == [("new/a.sql", "move", [])]
    assert (found.steps[0].moved_from, found.kept, found.program) == ("a.sql", (), ())
    target.deploy(MOVED)
    assert target.plan(MOVED) == UpToDate(2)
    assert steps(target.plan({**MOVED, "new/a.sql": f"{A}\nselect 1;"})) == [
        ("new/a.sql", "append", ["select 1;"])
    ]
    # Back at its old path it has moved once more.
    assert steps(target.plan(files())) == [("a.sql", "move", [])]


def test_a_move_that_was_rolled_back_is_as_if_it_had_not_been() -> None:
    target = Target().deploy(files()).deploy(MOVED).roll_back(2)
    assert target.plan(files()) == UpToDate(1)
    assert steps(target.plan(MOVED)) == [("new/a.sql", "move", [])]


def test_two_units_that_say_the_same_move_each_once() -> None:
    before = {"main.sql": "\\i a.sql\n\\i b.sql\n", "a.sql": "select 1;", "b.sql": "select 1;"}
    after = {"main.sql": "\\i c.sql\n\\i d.sql\n\\i e.sql\n"} | dict.fromkeys(
        ("c.sql", "d.sql", "e.sql"), "select 1;"
    )
    target = Target().deploy(before)
    assert steps(target.plan(after)) == [
        ("c.sql", "move", []),
        ("d.sql", "move", []),
        ("e.sql", "run", ["select 1;"]),
    ]


def test_what_has_left_can_be_refused() -> None:
    target = Target(on_removed=OnRemoved.REFUSE).deploy(files())
    assert objections(target.plan({"main.sql": "\\i b.sql\n", "b.sql": B})) == [
        "None: a.sql has left the tree, but is applied since version 1"
    ]


def test_what_has_left_is_taken_back_the_last_first() -> None:
    target = Target(on_removed=OnRemoved.UNDO).deploy(files(a_undo="drop a;", b_undo="drop b;"))
    target.deploy(files(a=f"{A} select 1;", a_undo="undo 1;", b_undo="drop b;"))
    found = planned(target.plan({"main.sql": "select 'main';"}))
    assert steps(found) == [
        ("b.sql", "remove", ["drop b;"]),
        ("a.sql", "remove", ["undo 1;", "drop a;"]),
        ("main.sql", "run", ["select 'main';"]),
    ]
    assert [(r.unit, r.version) for r in found.removals] == [("a.sql", 2), ("b.sql", 1), ("a.sql", 1)]
    assert [statement.text for statement in found.program] == ["select 'main';"]
    undo = {step.unit: step.undo for step in found.steps}
    assert undo["a.sql"].kind is UndoKind.PREVIOUS
    assert undo["a.sql"].script == f"-- a.sql:1\n{A}\n-- a.sql:1\nselect 1;\n"
    target.deploy({"main.sql": "select 'main';"})
    assert target.plan({"main.sql": "select 'main';"}) == UpToDate(3)
    # When it comes back it is new.
    assert steps(target.plan(files(main="select 'main';\n\\i a.sql\n"))) == [("a.sql", "run", [A])]


def test_what_has_left_without_an_undo_is_refused() -> None:
    target = Target(on_removed=OnRemoved.UNDO).deploy(files(b_undo="drop b;"))
    assert objections(target.plan({"main.sql": "select 'main';"})) == [
        "None: a.sql has left the tree, and cannot be taken back: in version 1 it has no undo: "
        "there is no a.undo.sql"
    ]


def test_what_has_left_is_taken_back_by_an_undo_script_that_was_recorded_later() -> None:
    target = Target(on_removed=OnRemoved.UNDO).deploy(files(b_undo="drop b;"))
    # As the refusal says: it comes back with its undo script, and leaves in the commit after that.
    target.deploy(files(a_undo="drop a;", b_undo="drop b;"))
    found = planned(target.plan({"main.sql": "\\i b.sql\n", "b.sql": B, "b.undo.sql": "drop b;"}))
    assert steps(found) == [("a.sql", "remove", ["drop a;"])]


def test_what_was_accepted_comes_back_as_it_was_accepted() -> None:
    target = Target(on_removed=OnRemoved.UNDO).deploy(files(a_undo="drop a;"))
    edited = files(a="create table a (x int);", a_undo="drop a;")
    accepted = plan_acceptance(tree(edited), Commit("c2", "Ada", "x", START), target.history, ["a.sql"])
    target.history = applied(target.history, planned(accepted), START)
    found = planned(target.plan({"main.sql": "\\i b.sql\n", "b.sql": B}))
    assert found.steps[0].undo.script == "-- a.sql:1\ncreate table a (x int);\n"


def test_an_undo_script_that_comes_with_a_move_is_recorded_after_it() -> None:
    target = Target().deploy(files()).deploy({**MOVED, "new/a.undo.sql": "drop a;"})
    found = planned(target.plan({**MOVED, "new/a.undo.sql": "drop a;"}))
    assert steps(found) == [("new/a.sql", "undo", [])]
    target.deploy({**MOVED, "new/a.undo.sql": "drop a;"})
    assert target.plan({**MOVED, "new/a.undo.sql": "drop a;"}) == UpToDate(3)
    refused = plan_rollback(target.history, 0)
    assert isinstance(refused, Refusal)
    assert [objection.unit for objection in refused.objections] == ["b.sql"]


def test_a_removal_that_was_rolled_back_does_not_come_back_by_itself() -> None:
    target = Target(on_removed=OnRemoved.UNDO).deploy(files(a_undo="drop a;"))
    left = {"main.sql": "\\i b.sql\n", "b.sql": B}
    target.deploy(left).roll_back(2)
    assert "a.sql was rolled back with version 2" in objections(target.plan(left))[0]
    assert steps(target.resume().plan(left)) == [("a.sql", "remove", ["drop a;"])]


def test_units_are_accepted_as_they_are() -> None:
    target = Target().deploy(files())
    edited = files(a="create table a (x int);", b="create view b as select 2;")
    commit = Commit("c2", "Ada", "x", START)
    found = plan_acceptance(tree(edited), commit, target.history, ["a.sql"])
    assert isinstance(found, Plan)
    assert (steps(found), found.program) == ([("a.sql", "accept", ["create table a (x int);"])], ())
    target.history = applied(target.history, found, START)
    assert [each.partition(" was")[0] for each in objections(target.plan(edited))] == [
        "b.sql:1:1 (included from main.sql:2): b.sql"
    ]
    assert plan_acceptance(tree(edited), commit, target.history, ["a.sql"]) == UpToDate(2)
    assert objections(plan_acceptance(tree(edited), commit, target.history, ["c.sql"])) == [
        "None: there is no unit c.sql in the tree"
    ]
