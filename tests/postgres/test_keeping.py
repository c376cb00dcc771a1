"""Rows that a version takes away are kept, and its undo puts them back."""

import pytest
from tests.postgres.deploying import Shop

from mainsql.operations.outcome import State


@pytest.fixture
def shop(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, keeps_data=True)
    yield shop
    shop.close()


def push(shop, text, version=1):
    outcome = shop.push({"main.sql": text})
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, version), outcome.report


def undo(database, version=2):
    """The kind, script and losses of the only unit of a version."""
    [row] = database.execute(
        "select undo_kind, undo_script, undo_losses from mainsql.steps "
        f"where tree = 'shop' and version = {version}"
    )
    return row


def rows(database, table):
    """The rows of a table as the server writes them, wherever they are in it."""
    return database.execute(f"select tableoid::regclass::text, t::text from {table} t order by 1, 2")


def archives(database):
    return database.execute(
        "select kind, identity, row_count, dropped_at is null from mainsql.archives order by 2"
    )


def tables_of_archives(database):
    found = database.execute(
        "select relname from pg_class where relnamespace = 'mainsql_archive'::regnamespace order by 1"
    )
    return [name for (name,) in found]


ORDERS = """
create schema shop;
create type shop.mood as enum ('sad', 'happy');
create domain shop.price as numeric(10, 2) check (value >= 0);
create type shop.span as ("from" timestamptz, "to" interval, weight double precision);
create collation shop.german (provider = libc, locale = 'C');
create table shop.orders (
    id int generated always as identity primary key,
    total shop.price not null,
    twice numeric generated always as (total * 2) stored,
    mood shop.mood,
    moods shop.mood[],
    note text collate "C",
    name varchar(20) collate shop.german,
    at timestamptz default '2026-01-01 12:00:00.123456+01',
    weight double precision,
    photo bytea,
    span shop.span
);
insert into shop.orders (total, mood, moods, note, name, weight, photo, span) values
    (10.50, 'happy', '{sad,happy}', 'a', 'Ä  ', 0.1, '\\x00ff', row(now(), '-1 day 2 hours', 0.1)),
    (20, null, null, null, null, 'NaN', null, null),
    (0, 'sad', '{}', '', '', -0.0, '', row(null, null, null));
"""


def test_rows_of_a_table_are_put_back(shop, database):
    push(shop, ORDERS)
    before = rows(database, "shop.orders")
    push(shop, ORDERS + "drop table shop.orders;", 2)
    assert archives(database) == [("table", "shop.orders", 3, True)]
    assert tables_of_archives(database) == ["shop_2_1_shop.orders"]
    assert undo(database)[2] == []
    shop.roll_back()
    assert rows(database, "shop.orders") == before
    assert archives(database) == [("table", "shop.orders", 3, False)]
    assert tables_of_archives(database) == []
    assert database.execute("insert into shop.orders (total) values (1) returning id") == [(4,)]


def test_what_is_kept_needs_nothing_that_users_made(shop, database):
    push(shop, ORDERS)
    before = rows(database, "shop.orders")
    foreign = "set intervalstyle = sql_standard; set datestyle = 'sql, dmy';"
    push(shop, f"{ORDERS} {foreign} drop schema shop cascade;", 2)
    name = database.name
    database.execute(f"alter database {name} set intervalstyle = sql_standard")
    database.execute(f"alter database {name} set datestyle = 'sql, dmy'")
    shop.roll_back(1)
    database.execute(f"alter database {name} reset all")
    assert rows(database, "shop.orders") == before


COLUMNS = ("total", "mood", "moods", "note", "name", "at", "weight", "photo", "span")


def test_values_of_columns_are_put_back(shop, database):
    push(shop, ORDERS)
    select = (
        f"select id, twice, {', '.join(f'{each}::text' for each in COLUMNS)} from shop.orders order by id"
    )
    before = database.execute(select)
    dropped = ", ".join(f"drop column {each} cascade" for each in COLUMNS)
    push(shop, f"{ORDERS} alter table shop.orders {dropped}; drop type shop.mood, shop.span;", 2)
    assert archives(database) == [("column", f"shop.orders.{each}", 3, True) for each in sorted(COLUMNS)]
    assert undo(database)[2] == []
    shop.roll_back()
    assert database.execute(select) == before
    assert tables_of_archives(database) == []


def test_rows_that_come_later_get_the_default_and_rows_that_go_stay_away(shop, database):
    push(shop, ORDERS)
    push(shop, ORDERS + "alter table shop.orders drop column at;", 2)
    database.execute("insert into shop.orders (total) values (99)")
    database.execute("delete from shop.orders where id = 2; update shop.orders set total = 5 where id = 3")
    shop.roll_back()
    assert database.execute("select id, total, at = '2026-01-01 12:00:00.123456+01' from shop.orders") == [
        (1, 10.5, True),
        (3, 5, True),
        (4, 99, True),
    ]


def test_a_column_that_was_not_null_takes_no_rows_without_a_value(shop, database):
    push(shop, ORDERS)
    push(shop, ORDERS + "alter table shop.orders drop column total cascade;", 2)
    database.execute("insert into shop.orders default values")
    with pytest.raises(Exception, match='column "total" of relation "orders" contains null values'):
        shop.roll_back()
    database.execute("delete from shop.orders where id = 4")
    shop.roll_back()
    assert database.execute("select sum(total) from shop.orders") == [(30.5,)]
