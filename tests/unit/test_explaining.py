"""Why a plan does what it does, and what that does to what is there."""

import pytest
from tests.unit.histories import Target, planned

from mainsql.model import OnRemoved
from mainsql.plan.explaining import explain

A = "create table a (id int);\n"
B = "create or replace view b as select 1 as x;\n"


def explained(target, files):
    return explain(planned(target.plan(files)), target.history, whole=target.whole)


def whys(target, files):
    return {each.step.unit: each.why for each in explained(target, files)}


def page(*versions):
    """What the last of some versions of main.sql loses, locks and does not tell."""
    target = Target().deploy(*({"main.sql": text} for text in versions[:-1]))
    [found] = explained(target, {"main.sql": versions[-1]})
    return found.consequences


def locks(*versions):
    return [f"{t.touch.lock} {t.touch.label} {t.touch.work}".strip() for t in page(*versions).locks]


def losses(*versions):
    return [loss.what for loss in page(*versions).losses]


class TestWhy:
    def test_it_is_new(self):
        assert whys(Target(), {"main.sql": A}) == {"main.sql": "no version has applied it yet"}

    def test_it_was_rolled_back_and_released(self):
        target = Target().deploy({"main.sql": A}).roll_back(1).resume()
        assert whys(target, {"main.sql": A}) == {"main.sql": "it was rolled back with version 1"}

    @pytest.mark.parametrize(
        ("first", "then", "why"),
        [
            (A, A + "select 1;", "1 statement follows the one that is applied since version 1"),
            (A + "select 1;", A + "select 1; select 2; select 3;",
             "2 statements follow the 2 that are applied since version 1"),
            (B, B.replace("1", "2"), "it has changed since version 1, and is code that replaces itself"),
            ("-- mainsql: repeatable\n" + A, "-- mainsql: repeatable\nselect 1;",
             "it has changed since version 1, and says -- mainsql: repeatable"),
            ("-- mainsql: always\n" + A, "-- mainsql: always\nselect 1;", "it says -- mainsql: always"),
        ],
    )  # fmt: skip
    def test_it_is_there_already(self, first, then, why):
        assert whys(Target().deploy({"main.sql": first}), {"main.sql": then}) == {"main.sql": why}

    def test_its_undo_script(self):
        target = Target().deploy({"main.sql": A})
        files = {"main.sql": A, "main.undo.sql": "drop table a;"}
        assert whys(target, files) == {"main.sql": "it is unchanged, but for an undo script, which is new"}
        target.deploy(files)
        files["main.undo.sql"] = "drop table a cascade;"
        assert whys(target, files) == {"main.sql": "it is unchanged, but for its undo script"}

    def test_it_moved_or_left(self):
        target = Target(on_removed=OnRemoved.UNDO)
        gone = {"b.sql": B, "b.undo.sql": "drop view b;"}
        target.deploy({"main.sql": "\\i a.sql\n\\i b.sql\n", "a.sql": A, **gone})
        found = explained(target, {"main.sql": "\\i c.sql\n", "c.sql": A})
        assert {each.step.unit: each.why for each in found} == {
            "b.sql": 'it has left the tree, and on_removed is "undo"',
            "c.sql": "it says what a.sql said, which is gone",
        }
        assert [loss.what for loss in found[0].consequences.losses] == ["drops view b"]

    def test_the_tree_is_applied_whole(self):
        target = Target(whole=True).deploy({"main.sql": A})
        assert "all of the tree runs" in whys(target, {"main.sql": A + "select 1;"})["main.sql"]


class TestWhatIsThereAlready:
    def test_a_table_of_the_plan_is_nobody_elses_yet(self):
        new = "create table s.t (a int); alter table s.t add b int; update s.t set a = 1; drop table s.t;"
        assert (locks(new), losses(new)) == ([], [])

    def test_a_table_of_an_earlier_version_is(self):
        assert locks(A, A + "alter table a add b int;") == ["ACCESS EXCLUSIVE a"]
        assert losses(A, A + "drop table a;") == ["drops table a"]

    def test_a_name_is_looked_for_where_it_was_made(self):
        set_path = "set search_path = s;"
        assert locks(f"{set_path} create table t (); alter table s.t add a int;") == []
        assert locks(f"{set_path} create table t (); alter table public.t add a int;") == [
            "ACCESS EXCLUSIVE public.t"
        ]
        assert locks("create table public.t (); alter table t add a int;") == []
        assert locks("create temp table t (); alter table t add a int;") == []

    def test_a_name_that_was_given_away(self):
        new = (
            "create table t (); alter table t rename to u; alter table u add a int; alter table t add b int;"
        )
        assert locks(new) == ["ACCESS EXCLUSIVE t"]
        swap = "create table t2 (); drop table t; alter table t2 rename to t; alter table t add a int;"
        assert locks(swap) == ["ACCESS EXCLUSIVE t"]

    def test_a_table_that_may_have_been_there(self):
        assert locks("create table if not exists t (); create index on t (a);") == ["SHARE t scans"]

    def test_a_view_of_a_new_unit_is_new(self):
        assert locks(B + "comment on view b is 'x';") == []
        assert locks(B, B.replace("1", "2")) == ["ACCESS EXCLUSIVE b"]

    def test_code_that_is_put_back_is_not_lost(self):
        drop = "drop function if exists f();"
        create = "create function f() returns int language sql as 'select 1';"
        assert losses(drop + create) == []
        assert losses(create + drop) == ["drops function f"]
        assert losses(drop.replace(";", " cascade;") + create) == [
            "drops function f, and all that depends on it"
        ]


class TestWhatIsNotTold:
    def test_a_block(self):
        assert [each.why for each in page("do $$ begin end $$;").untold] == ["a DO block"]

    def test_sql_that_a_query_makes(self):
        untold = page("select 'drop table ' || x from y \\gexec").untold
        assert [each.why for each in untold] == ["what its rows say, as SQL"]

    def test_a_table_that_a_variable_names(self):
        named = "select 'x' as t \\gset\nalter table :\"t\" add a int;"
        assert locks(named) == ["ACCESS EXCLUSIVE a_variable"]
        assert locks("select 'x' as t, 'y' as u \\gset\ncreate table :\"t\" (); drop table :\"u\";") == [
            "ACCESS EXCLUSIVE a_variable"
        ]
