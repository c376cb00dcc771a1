"""Code that replaces itself runs again when it has changed; what it cannot do is explained."""

import pytest

from mainsql.operations.outcome import State

TABLE = "create table t (a int, b text);\n"


def test_changed_code_runs_again_and_back(shop, database):
    shop.push({"main.sql": TABLE + "\\i f.sql\n", "f.sql": "create or replace view v as select 1 as a;"})
    outcome = shop.push({"f.sql": "create or replace view v as select 2 as a;"})
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 2)
    assert database.execute("select a from v") == [(2,)]
    shop.roll_back()
    assert database.execute("select a from v") == [(1,)]


def test_dropped_and_created_again(shop, database):
    policy = "drop policy if exists p on t;\ncreate policy p on t using (a = %s);\n"
    shop.push({"main.sql": TABLE + "\\i p.sql\n", "p.sql": policy % 1})
    assert shop.push({"p.sql": policy % 2}).version == 2
    assert database.execute("select qual from pg_policies") == [("(a = 2)",)]


@pytest.mark.parametrize(
    ("before", "after", "hint"),
    [
        (
            "create or replace view v as select a, b from t;",
            "create or replace view v as select a from t;",
            "hint: CREATE OR REPLACE VIEW can only add columns at the end: put DROP VIEW IF EXISTS",
        ),
        (
            "create or replace function f(x int) returns int language sql as 'select 1';",
            "create or replace function f(y int) returns int language sql as 'select 1';",
            "hint: put DROP FUNCTION IF EXISTS with its old parameters before it",
        ),
    ],
)
def test_what_cannot_be_replaced_gets_a_hint(shop, before, after, hint):
    shop.push({"main.sql": TABLE + "\\i code.sql\n", "code.sql": before})
    outcome = shop.push({"code.sql": after})
    assert outcome.state is State.FAILED
    assert hint in outcome.report


def test_code_that_needs_what_is_replaced_later_in_the_tree_is_told_so(shop, database):
    view = "create or replace view {} as select {} from {};"
    shop.push(
        {
            "main.sql": TABLE + "\\i base.sql\n",
            "base.sql": view.format("base", "a", "t"),
        }
    )
    outcome = shop.push(
        {
            "main.sql": TABLE + "\\i above.sql\n\\i base.sql\n",
            "above.sql": view.format("above", "b", "base"),
            "base.sql": view.format("base", "a, b", "t"),
        }
    )
    assert outcome.state is State.FAILED
    assert (
        "hint: this may need base as it is put in place by base.sql, included later, at main.sql:3: "
        "include it before this" in outcome.report
    )
    right = {"main.sql": TABLE + "\\i base.sql\n\\i above.sql\n"}
    assert shop.push(right).state is State.UP_TO_DATE
    assert database.execute("select count(b) from above") == [(0,)]
