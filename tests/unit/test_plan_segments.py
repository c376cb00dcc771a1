"""Which statements share a transaction, which run alone, and what a version of several segments records."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.histories import Target, planned
from tests.unit.resolving import refusal, tree

from mainsql.model import (
    Alone,
    History,
    OnRemoved,
    Plan,
    Proof,
    Segment,
    SegmentRecord,
    Trace,
    Transaction,
    Undo,
    UndoKind,
)
from mainsql.model.history import Progress
from mainsql.plan.explaining import explain
from mainsql.plan.lacking import lacking_undo
from mainsql.plan.planner import applied_steps
from mainsql.plan.rollback import plan_rollback
from mainsql.plan.segments import (
    as_records,
    assembled,
    lone,
    portion,
    rollback_segments,
    segments,
    with_part,
)
from mainsql.script.render import render
from mainsql.script.resolver import resolve_flat

SAYS = "-- mainsql: no-transaction\n"
FILES = {
    "main.sql": "\\i t.sql\n\\i index.sql\n\\i rest.sql\n",
    "t.sql": "create table t (x int);",
    "index.sql": f"{SAYS}create index concurrently i on t (x);\nvacuum t;",
    "rest.sql": "insert into t values (1);",
}


def shown(found: tuple[Segment, ...]) -> list[str]:
    """Each segment in a line: ``|`` for a transaction, ``!`` for a statement alone; the stage in front."""
    return [_line(segment) for segment in found]


def _line(segment: Segment) -> str:
    match segment:
        case Transaction(removals, program):
            statements = [*(s for step in removals for s in step.statements), *program]
            return "| " + " ".join(s.text for s in statements)
        case Alone(_, statement, stage):
            return "! " + " ".join(s.text for s in (*stage, statement))


def plan(files: dict[str, str]) -> Plan:
    return planned(Target().plan(files))


def test_without_the_directive_all_is_one_transaction() -> None:
    assert segments(plan({**FILES, "index.sql": "create index i on t (x);"})) == ()


def test_the_transaction_before_each_statement_and_the_transaction_after() -> None:
    assert shown(segments(plan(FILES))) == [
        "| create table t (x int);",
        "! create index concurrently i on t (x);",
        "! vacuum t;",
        "| insert into t values (1);",
    ]


def test_what_can_be_in_a_transaction_gets_one_of_its_own() -> None:
    files = {"main.sql": "\\i a.sql\nselect 'm';", "a.sql": f"{SAYS}alter type e add value 'x';\nselect 1;"}
    assert shown(segments(plan(files))) == [
        "| alter type e add value 'x';",
        "| select 1;",
        "| select 'm';",
    ]


def test_the_stage_reaches_all_segments_behind_it() -> None:
    files = {
        **FILES,
        "main.sql": "set search_path = s;\n\\i t.sql\n\\i index.sql\nset role r;\n\\i rest.sql\n",
    }
    assert shown(segments(plan(files))) == [
        "| set search_path = s; create table t (x int);",
        "! set search_path = s; create index concurrently i on t (x);",
        "! set search_path = s; vacuum t;",
        "| set search_path = s; set role r; insert into t values (1);",
    ]


def test_a_query_for_a_variable_is_asked_again_in_a_later_transaction() -> None:
    files = {
        "main.sql": "select 1 as one \\gset\n\\i index.sql\nselect :one;",
        "index.sql": f"{SAYS}vacuum t;",
    }
    *_, last = segments(plan(files))
    assert isinstance(last, Transaction)
    assert [(s.text, s.then is not None) for s in last.program] == [
        ("select 1 as one ", True),
        ("select :one;", False),
    ]
    assert last.running == last.program[1:]


def test_what_is_taken_back_first_may_run_alone_too() -> None:
    target = Target(on_removed=OnRemoved.UNDO).deploy(
        {**FILES, "index.undo.sql": f"{SAYS}set role r;\ndrop index concurrently i;"}
    )
    later = {"main.sql": "\\i t.sql\n\\i rest.sql\nselect 'new';", **FILES}
    later["main.sql"] = "\\i t.sql\n\\i rest.sql\nselect 'new';"
    assert shown(segments(planned(target.plan(later)))) == [
        "! set role r; drop index concurrently i;",
        "| select 'new';",
    ]


def test_undo_scripts_run_as_they_say() -> None:
    target = Target().deploy(
        {
            **FILES,
            "t.undo.sql": "drop table t;",
            "index.undo.sql": f"{SAYS}drop index concurrently i;",
            "rest.undo.sql": "delete from t;",
        }
    )
    rollback = plan_rollback(target.history, 0)
    assert shown(rollback_segments(rollback)) == [
        "| delete from t;",
        "! drop index concurrently i;",
        "| drop table t;",
    ]


def test_a_flat_script_knows_what_runs_alone() -> None:
    program = tree(FILES).program
    again = resolve_flat("flat", render(program))
    assert [(s.text, s.alone) for s in again] == [(s.text, s.alone) for s in program]


def test_what_was_written_down_of_a_statement_is_enough_to_run_it() -> None:
    files = {**FILES, "main.sql": "set role r;\n\\i index.sql\n"}
    first = segments(plan(files))[0]
    found = lone(as_records([first])[0])
    assert (found.unit, _line(found)) == ("index.sql", _line(first))


def test_another_stage_makes_another_segment() -> None:
    one, other = (
        segments(plan({**FILES, "main.sql": f"set role {role};\n\\i index.sql\n"}))[0] for role in "ab"
    )
    assert as_records([one])[0].digest != as_records([other])[0].digest


def test_a_portion_has_the_steps_of_its_own_statements() -> None:
    files = {**FILES, "main.sql": "select 'm1';\n\\i index.sql\nselect 'm2';"}
    whole = plan(files)
    parts = [portion(whole, each) for each in segments(whole) if isinstance(each, Transaction)]
    assert [[(s.unit, [x.text for x in s.statements]) for s in part.steps] for part in parts] == [
        [("main.sql", ["select 'm1';"])],
        [("main.sql", ["select 'm2';"])],
    ]


def trace(unit: str, script: str | None, kind: UndoKind = UndoKind.DERIVED, *together: str) -> Trace:
    undo = Undo(kind, script, None if script else "no", together)
    return Trace(unit, f"-- {unit}\n", undo, timedelta(seconds=1))


def test_a_unit_in_several_segments_in_a_row_is_taken_back_in_reverse() -> None:
    planned_steps = applied_steps(plan(FILES), {})
    found = [[trace("t.sql", "a")], [trace("index.sql", "b;")], [trace("index.sql", "c;")]]
    steps = {step.unit: step for step in assembled(planned_steps, found, complete=True)}
    assert steps["index.sql"].undo.script == "c;b;"
    assert steps["index.sql"].script == "-- index.sql\n-- index.sql\n"
    assert steps["index.sql"].duration == timedelta(seconds=2)


def test_a_unit_around_others_has_no_derived_undo_nor_what_goes_with_it() -> None:
    files = {**FILES, "main.sql": "select 'm1';\n\\i t.sql\n\\i index.sql\nselect 'm2';"}
    planned_steps = applied_steps(plan(files), {})
    together = ("main.sql", "t.sql")
    found = [
        [
            trace("main.sql", "a", UndoKind.DERIVED, *together),
            trace("t.sql", "", UndoKind.DERIVED, *together),
        ],
        [trace("index.sql", "b")],
        [trace("main.sql", "c")],
    ]
    kinds = {step.unit: step.undo.kind.value for step in assembled(planned_steps, found, complete=True)}
    assert kinds == {"main.sql": "missing", "t.sql": "missing", "index.sql": "derived"}


def test_what_is_in_progress_is_part_of_the_history_that_is_rolled_back() -> None:
    target = Target()
    whole = planned(target.plan(FILES))
    under_way = Progress(
        "shop",
        1,
        None,
        whole.commit,
        whole.tree.digest,
        applied_steps(whole, {}),
        Proof.UNPROVEN,
        "",
        target.now,
        "ada",
        as_records(segments(whole)),
        ((trace("t.sql", "drop table t;"),),),
    )
    history = with_part(replace(target.history, progress=under_way))
    assert [(s.unit, s.undo.kind.value) for s in history.versions[0].steps] == [
        ("t.sql", "derived"),
        ("index.sql", "nothing"),
        ("rest.sql", "nothing"),
    ]
    assert [step.unit for step in plan_rollback(history, 0).steps] == ["t.sql"]


def test_how_far_it_has_come() -> None:
    first, second, third, fourth = as_records(segments(plan(FILES)))
    done = replace(first, started_at=Target().now, finished_at=Target().now)
    begun: SegmentRecord = replace(second, started_at=Target().now)
    assert (done.in_doubt, begun.in_doubt, third.in_doubt) == (False, True, False)
    assert fourth.script is None


@pytest.mark.parametrize(
    ("statement", "report"),
    [
        ("begin;", "BEGIN makes no sense here: this file says no-transaction"),
        ("copy t from stdin;\n1\n\\.\n", "COPY cannot stand in a file that says no-transaction"),
        ("\\copy t from stdin\n1\n\\.\n", "\\copy cannot be used here: this file says no-transaction"),
        ("select 1 as x \\gset\n", "\\gset cannot be used here: this file says no-transaction"),
        ("select 'select 1' \\gexec\n", "\\gexec cannot be used here: this file says no-transaction"),
        ("savepoint s;", "a savepoint needs a transaction"),
        ("discard all;", "DISCARD ALL would give up the lock"),
        ("create index concurrently on t (x);", "CREATE INDEX CONCURRENTLY has to name the index"),
        ("create unique index concurrently if not exists on t (x);", "CREATE INDEX CONCURRENTLY has to"),
        ("select :'mainsql_commit';", "this depends on :mainsql_commit, which has its value only while"),
        (
            "\\if :{?DBNAME}\n\\endif\n\\if :SERVER_VERSION_NUM\nvacuum;\n\\endif",
            "whether this runs is decided",
        ),
    ],
)
def test_what_cannot_run_outside_a_transaction_is_refused(statement: str, report: str) -> None:
    found = refusal({"main.sql": "\\i a.sql", "a.sql": SAYS + statement})
    assert found.message.startswith(report), found.message
    assert found.hint


def test_that_there_will_be_no_undo_is_known_before():
    outside = f"{SAYS}create index concurrently i on t (x);\nvacuum t;\nalter system set work_mem = '1MB';"
    found = plan({**FILES, "index.sql": outside})
    (lacking,) = lacking_undo(found)
    assert str(lacking).startswith("index.sql:4:1 (included from main.sql:2): ")
    assert "what runs outside a transaction is not watched" in lacking.reason
    (told,) = [each.step.undo for each in explain(found, History("shop")) if each.step.unit == "index.sql"]
    assert (told.kind, told.reason) == (UndoKind.MISSING, lacking.reason)


def test_what_is_watched_or_leaves_nothing_may_have_one():
    assert list(lacking_undo(plan(FILES))) == []
    assert list(lacking_undo(plan({"main.sql": "create table t ();"}))) == []


def test_nor_is_there_one_for_a_unit_in_two_transactions():
    (lacking,) = lacking_undo(
        plan({**FILES, "main.sql": "create table a ();\n\\i index.sql\ncreate table b ();"})
    )
    assert (lacking.unit, lacking.place) == ("main.sql", None)


def test_a_written_one_is_one():
    written = {"index.undo.sql": "select 1;"}
    alone = {"main.sql": "\\i index.sql\n", "index.sql": f"{SAYS}alter system set work_mem = '1MB';"}
    assert list(lacking_undo(plan(alone | written))) == []
