"""Which units have their undo derived together, and what the plan says when that is done."""

from dataclasses import replace

from tests.unit.histories import START, Target, planned

from mainsql.model import OnRemoved, Plan, Undo, UndoKind, UndoPolicy
from mainsql.plan.planner import applied
from mainsql.plan.undoing import Found, Part, expecting, parts, split, with_undos

MAIN = "\\i a.sql\n\\i b.sql\n\\i c.sql\n"
FILES = {"main.sql": MAIN, "a.sql": "select 'a';", "b.sql": "select 'b';", "c.sql": "select 'c';"}
SCRIPT = Undo(UndoKind.DERIVED, "drop table t;\n", losses=("rows of t",))


def shown(found: tuple[Part, ...]) -> list[tuple[tuple[str, ...], bool, list[str]]]:
    return [(each.units, each.derives, [s.text for s in each.statements]) for each in found]


def undos(files: dict[str, str], *found: Found) -> dict[str, tuple[UndoKind, str | None]]:
    plan = with_undos(planned(Target().plan(files)), found)
    return {step.unit: (step.undo.kind, step.undo.script) for step in plan.steps}


def test_without_a_written_script_all_is_derived_together() -> None:
    found = parts(planned(Target().plan(FILES)))
    assert shown(found) == [
        (("a.sql", "b.sql", "c.sql"), True, ["select 'a';", "select 'b';", "select 'c';"])
    ]


def test_a_written_script_divides_what_is_derived() -> None:
    files = {**FILES, "b.sql": "set x = 1; select 'b';", "b.undo.sql": "select 'undo';"}
    assert shown(parts(planned(Target().plan(files)))) == [
        (("a.sql",), True, ["select 'a';", "set x = 1;"]),
        (("b.sql",), False, ["select 'b';"]),
        (("c.sql",), True, ["select 'c';"]),
    ]


def test_a_unit_around_one_with_a_written_script_is_split() -> None:
    files = {
        **FILES,
        "main.sql": "select 'm1';\n\\i a.sql\nselect 'm2';\n\\i b.sql\n",
        "a.undo.sql": "select 'undo';",
    }
    assert split(parts(planned(Target().plan(files)))) == {"main.sql"}
    assert split(parts(planned(Target().plan(FILES)))) == frozenset()


def test_removals_come_first() -> None:
    target = Target(on_removed=OnRemoved.UNDO).deploy({**FILES, "a.undo.sql": "select 'undo';"})
    later = {"main.sql": "\\i b.sql\n\\i c.sql\n\\i d.sql\n", "d.sql": "select 'd';"}
    (only,) = parts(planned(target.plan({**FILES, **later})))
    assert (only.units, only.removes) == (("a.sql", "d.sql"), True)


def test_the_first_of_several_has_the_script() -> None:
    found = Found(("a.sql", "b.sql", "c.sql"), SCRIPT)
    plan = with_undos(planned(Target().plan(FILES)), [found])
    assert [(step.undo.script, step.undo.together) for step in plan.steps] == [
        ("drop table t;\n", found.units),
        ("", ("a.sql",)),
        ("", ("a.sql",)),
    ]
    assert plan.undo == Undo(UndoKind.DERIVED, "drop table t;\n", losses=("rows of t",))


def test_one_alone_has_it_for_itself() -> None:
    files = {"main.sql": "\\i a.sql\n", "a.sql": "select 'a';"}
    (step,) = with_undos(planned(Target().plan(files)), [Found(("a.sql",), SCRIPT)]).steps
    assert step.undo == SCRIPT


def test_a_written_script_wins() -> None:
    files = {**FILES, "b.undo.sql": "select 'undo';"}
    found = [Found(("a.sql",), SCRIPT), Found(("c.sql",), Undo(UndoKind.MISSING, None, "it is a lock"))]
    plan = with_undos(planned(Target().plan(files)), found)
    assert [step.undo.kind for step in plan.steps] == [UndoKind.DERIVED, UndoKind.WRITTEN, UndoKind.MISSING]
    assert plan.steps[-1].undo.reason == "there is no c.undo.sql; and none was derived: it is a lock"


def test_what_will_be_derived_is_expected() -> None:
    plan = expecting(planned(Target().plan({**FILES, "b.undo.sql": "select 'undo';"})), UndoPolicy.DERIVED)
    assert isinstance(plan, Plan)
    assert [step.undo.kind.value for step in plan.steps] == ["derived", "written", "derived"]
    assert plan.undo.kind is UndoKind.DERIVED
    assert parts(plan)[0].derives
    settled = with_undos(plan, [Found(("a.sql",), SCRIPT), Found(("c.sql",), SCRIPT)])
    assert [step.undo.script for step in settled.steps] == [
        SCRIPT.script,
        "-- b.undo.sql:1\nselect 'undo';\n",
        SCRIPT.script,
    ]
    # What nobody looked at is not taken for what can be taken back.
    assert with_undos(plan, []).steps[0].undo.kind is UndoKind.MISSING


def test_a_plan_after_one_that_is_only_planned_counts_on_its_undo() -> None:
    target = Target(on_removed=OnRemoved.UNDO)
    first = expecting(planned(target.plan(FILES)), UndoPolicy.DERIVED)
    assert isinstance(first, Plan)
    target.history = applied(target.history, first, START)
    later = planned(target.plan({**FILES, "main.sql": "\\i b.sql\n\\i c.sql\n"}))
    assert [(step.unit, step.action.value) for step in later.steps] == [("a.sql", "remove")]


def test_the_text_before_serves_where_nothing_can_be_derived() -> None:
    seed = "-- mainsql: repeatable\ninsert into t values ({}) on conflict do nothing;"
    target = Target().deploy({"main.sql": "\\i a.sql\n", "a.sql": seed.format(1)})
    plan = planned(target.plan({"main.sql": "\\i a.sql\n", "a.sql": seed.format(2)}))
    missing = Undo(UndoKind.MISSING, None, "rows of t were changed")
    assert with_undos(plan, [Found(("a.sql",), missing)]).steps[0].undo.kind is UndoKind.PREVIOUS
    assert with_undos(plan, [Found(("a.sql",), SCRIPT)]).steps[0].undo.kind is UndoKind.PREVIOUS
    lossless = replace(SCRIPT, losses=())
    assert with_undos(plan, [Found(("a.sql",), lossless)]).steps[0].undo.kind is UndoKind.DERIVED


def test_many_units_take_no_longer_than_there_are() -> None:
    names = [f"f{number}.sql" for number in range(3_000)]
    files = {name: f"select '{name}';" for name in names}
    plan = planned(Target().plan({"main.sql": "".join(f"\\i {name}\n" for name in names), **files}))
    (only,) = parts(plan)
    assert only.units == tuple(names)
    done = with_undos(plan, [Found(only.units, SCRIPT)])
    assert sum(len(step.undo.together) for step in done.steps) < 2 * len(names)
