"""Which units can run again when they have changed, read from their SQL."""

import pytest
from tests.unit.resolving import tree

from mainsql.script.repeating import once


def found(script):
    return once(tree(script).units[0].counted)


@pytest.mark.parametrize(
    "script",
    [
        "create or replace function f() returns int language sql as 'select 1';",
        "create or replace procedure f() begin atomic select 1; end;",
        "create or replace view v as select 1; grant select on v to public; comment on view v is 'x';",
        "create or replace trigger t after insert on a execute function f();",
        "create or replace aggregate a(int) (sfunc = f, stype = int);",
        "create or replace rule r as on insert to t do nothing;",
        "create or replace transform for int language plperl (from sql with function f(internal));",
        "create or replace trusted language l handler h;",
        "revoke all on t from x; grant x to y;",
        "security label on table t is 'x';",
        "alter default privileges grant select on tables to x;",
        "alter table t owner to x; alter function f() owner to x; alter view v owner to y;",
        "drop trigger if exists a on t; create trigger a after insert on t execute function f();",
        "drop policy if exists p on s.t; create policy p on s.t;",
        "drop function if exists f(int); create function f(text) returns int language sql as 'select 1';",
        "drop procedure if exists s.f; create procedure s.f() begin atomic end;",
        "drop view if exists v; create view v as select 1;",
        "drop cast if exists (int as a.b); create cast (int as a.b) with inout;",
        "drop operator if exists === (int, int); create operator === (function = f, leftarg = int);",
        "set search_path = x; create or replace view v as select 1;",
        "select 1 as a \\gset\n\\if :a\ncreate or replace view v as select :'a';\n\\endif",
        "create or replace view :\"USER\" as select :'DBNAME', :ROW_COUNT as n;",
    ],
)
def test_what_replaces_itself_can_run_again(script):
    assert found(script) is None


@pytest.mark.parametrize(
    ("script", "index", "why"),
    [
        ("create or replace view v as select 1; create table t ();", 1, "would not replace"),
        ("create table if not exists t ();", 0, "does nothing where it is there already"),
        ("create index if not exists i on t (a);", 0, "does nothing where it is there already"),
        ("alter table t add column if not exists a int;", 0, "does nothing where it is there already"),
        ("create schema if not exists s;", 0, "does nothing where it is there already"),
        ("create extension if not exists s;", 0, "does nothing where it is there already"),
        ("insert into t values (1) on conflict do nothing;", 0, "writes rows: a seed runs again only if"),
        ("merge into t using s on true when matched then delete;", 0, "writes rows: a seed runs again"),
        ("insert into t values (1);", 0, "writes rows"),
        ("update t set a = 1;", 0, "writes rows"),
        ("copy t from stdin;\n\\.\n", 0, "writes rows"),
        ("do $$ begin end $$;", 0, "would not replace"),
        ("select f();", 0, "would not replace"),
        ("create view v as select 1; drop view if exists v;", 0, "would not replace"),
        ("drop view if exists v;", 0, "drops view v, and nothing behind it creates it again"),
        ("drop view v; create view v as select 1;", 0, "would not replace"),
        ("drop view if exists v cascade; create view v as select 1;", 0, "would not replace"),
        ("drop table if exists t; create table t ();", 0, "would not replace"),
        ("drop materialized view if exists v; create materialized view v as select 1;", 0, "would"),
        ("drop trigger if exists a on t; create trigger a after insert on u execute function f()", 1, "wo"),
        ("alter table t owner to x, add column b int;", 0, "would not replace"),
        ("frobnicate the database;", 0, "is not known to the grammar"),
    ],
)  # fmt: skip
def test_what_does_not_replace_itself_runs_once(script, index, why):
    reason = found(script)
    assert reason.statement == tree(script).units[0].counted[index]
    assert reason.why.startswith(why)
