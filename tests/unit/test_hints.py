"""Hints for errors of the server, from what the tree knows."""

import pytest
from tests.unit.resolving import tree

from mainsql.errors import Place
from mainsql.script.hints import hint_for

FILES = {
    "main.sql": "\\i views/v.sql\n\\i tables/prices.sql\n",
    "views/v.sql": "create view v as\nselect * from prices;\n",
    "tables/prices.sql": "create table if not exists prices (id int);\n",
}


def test_a_relation_that_a_later_file_creates():
    hint = hint_for("42P01", 'relation "prices" does not exist', Place("views/v.sql", 2, 15), tree(FILES))
    assert (
        hint
        == "prices is created by tables/prices.sql, included later, at main.sql:2: include it before this"
    )


def test_a_relation_that_nothing_creates():
    place = Place("views/v.sql", 2, 15)
    assert hint_for("42P01", 'relation "price" does not exist', place, tree(FILES)) is None


def test_a_relation_that_an_earlier_file_creates_is_missing_for_another_reason():
    files = {**FILES, "main.sql": "\\i tables/prices.sql\n\\i views/v.sql\n"}
    place = Place("views/v.sql", 2, 15)
    assert hint_for("42P01", 'relation "prices" does not exist', place, tree(files)) is None


@pytest.mark.parametrize(
    ("create", "sqlstate", "message"),
    [
        ("create table app.prices ()", "42P01", 'relation "app.prices" does not exist'),
        ("create table app.prices ()", "42P01", 'relation "prices" does not exist'),
        ('create unlogged table "Prices" ()', "42P01", 'relation "Prices" does not exist'),
        ("create materialized view m as select 1", "42P01", 'relation "m" does not exist'),
        (
            "create or replace function f(int) returns int as 'x'",
            "42883",
            "function f(integer) does not exist",
        ),
        ("create function app.f() returns int as 'x'", "42883", "function app.f() does not exist"),
        ("create type mood as enum ('x')", "42704", 'type "mood" does not exist'),
        ("create schema app", "3F000", 'schema "app" does not exist'),
    ],
)
def test_what_is_created_later_in_the_same_file(create, sqlstate, message):
    resolved = tree(f"select 1;\n{create};\n")
    hint = hint_for(sqlstate, message, Place("main.sql", 1, 1), resolved)
    assert hint is not None
    assert hint.endswith("is created later in this file, in line 2")


def test_a_table_of_another_schema_is_not_the_one():
    resolved = tree("select 1;\ncreate table other.prices ();\n")
    assert hint_for("42P01", 'relation "app.prices" does not exist', Place("main.sql", 1), resolved) is None


@pytest.mark.parametrize(
    "user",
    [
        "create or replace view v as select b.y from app.b;",
        "create or replace function v() returns int language sql as $$ select y from b where x = $1 $$;",
        "create or replace function v() returns int language sql as 'select y from b';",
    ],
)
def test_code_that_is_there_but_replaced_later(user):
    files = {
        "main.sql": "\\i v.sql\n\\i b.sql\n",
        "v.sql": user,
        "b.sql": "create or replace view app.b as select 1 as y;",
    }
    place = Place("v.sql", 1, 35)
    assert hint_for("42703", 'column "y" does not exist', place, tree(files)) == (
        "this may need app.b as it is put in place by b.sql, included later, at main.sql:2: "
        "include it before this"
    )
    early = {**files, "main.sql": "\\i b.sql\n\\i v.sql\n"}
    assert hint_for("42703", 'column "y" does not exist', place, tree(early)) is None
    other = {**files, "b.sql": "create or replace view c as select 1 as y;"}
    assert hint_for("42703", 'column "y" does not exist', place, tree(other)) is None


@pytest.mark.parametrize("sqlstate", ["55P04", "25001", "2D000"])
def test_codes_that_tell_enough(sqlstate):
    assert hint_for(sqlstate, "whatever the server says", None, None)


def test_a_line_of_a_dump_that_older_servers_do_not_know():
    message = 'unrecognized configuration parameter "transaction_timeout"'
    assert "take the line out" in str(hint_for("42704", message, None, None))
    assert hint_for("42704", 'unrecognized configuration parameter "other"', None, None) is None


@pytest.mark.parametrize("asked", [":vat", ":'vat'", ':"vat"'])
def test_a_variable_that_is_not_set(asked):
    script = tree(f"select 1;\nselect 2, {asked};")
    hint = hint_for("42601", 'syntax error at or near ":"', Place("main.sql", 2, 11), script)
    assert hint == "the variable vat is not set"
    assert hint_for("42601", 'syntax error at or near ","', Place("main.sql", 2, 9), script) is None
