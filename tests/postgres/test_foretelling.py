"""A plan tells beforehand what it will keep of the rows that it takes away, and how much that is."""

import pytest
from tests.postgres.deploying import Shop

from mainsql.model import Plan
from mainsql.operations.foretelling import with_kept
from mainsql.operations.planning import preview

TABLES = """
create schema shop;
create table shop.orders (id int primary key, note text, code text not null unique);
insert into shop.orders select n, repeat('x', 100), n from generate_series(1, 20000) n;
create table loose (note text);
insert into loose values ('a');
create table parted (id int, at int, primary key (id, at)) partition by range (at);
create table parted_1 partition of parted for values from (1) to (2);
create table parted_2 partition of parted for values from (2) to (3);
insert into parted values (1, 1), (2, 2);
create table "Odd Name" ("The Key" int primary key, "A Note" text);
"""


@pytest.fixture
def shop(tmp_path, database):
    shop = Shop(tmp_path, database.dsn, keeps_data=True)
    shop.push({"main.sql": TABLES})
    database.execute("analyze")
    yield shop
    shop.close()


def foretold(shop, statements, files=()):
    """What will be kept, or not, by unit."""
    shop.repo.commit({"main.sql": TABLES + statements, **dict(files)})
    *_, found = with_kept(shop.target, preview(shop.deployment, shop.source.head()))
    assert isinstance(found.outcome, Plan)
    return found.keeps


def told(shop, statements):
    return [(each.what, each.rows, each.why_not) for each in foretold(shop, statements).get("main.sql", ())]


def test_tables_with_all_that_goes_with_them(shop):
    assert told(shop, "drop table shop.orders, parted;") == [
        ("rows of shop.orders", 20000, None),
        ("rows of public.parted_1", 1, None),
        ("rows of public.parted_2", 1, None),
    ]


def test_what_is_dropped_with_its_parent_and_by_itself_is_kept_once(shop):
    assert told(shop, "drop table parted_2; drop table parted, parted_1; drop schema shop cascade;") == [
        ("rows of public.parted_2", 1, None),
        ("rows of public.parted_1", 1, None),
        ("rows of shop.orders", 20000, None),
    ]


def test_a_whole_schema(shop):
    assert told(shop, "drop schema shop cascade;") == [("rows of shop.orders", 20000, None)]


@pytest.mark.parametrize(("path", "rows"), [("", []), ("set search_path = shop;", [20000])])
def test_names_are_looked_for_where_the_script_says(shop, path, rows):
    assert [count for _, count, _ in told(shop, f"{path} drop table orders;")] == rows


def test_columns_and_what_they_lack(shop):
    change = """
        alter table shop.orders drop column note, alter column code type int using code::int;
        alter table loose drop column note;
        alter table "Odd Name" drop column "A Note", drop column "The Key";
    """
    no_key = "has no key to find each row by"
    assert told(shop, change) == [
        ("values of column shop.orders.note", 20000, None),
        ("values of column shop.orders.code", 20000, None),
        ("values of column public.loose.note", 1, f"public.loose {no_key}"),
        ('values of column public."Odd Name"."A Note"', 0, None),
        ('values of column public."Odd Name"."The Key"', 0, f'public."Odd Name" {no_key}'),
    ]


def test_the_size_is_about_what_is_kept_then(shop, database):
    change = "alter table shop.orders drop column note;"
    [column] = foretold(shop, change)["main.sql"]
    shop.deploy()
    [(kept,)] = database.execute("select bytes from mainsql.archives")
    assert kept / 2 < column.bytes < kept * 2


@pytest.mark.parametrize(
    ("directive", "expected"), [("", {}), ("-- mainsql: keep-data\n", {"drop.sql": (False, 20000)})]
)
def test_only_where_it_is_said(tmp_path, shop, database, directive, expected):
    other = Shop(tmp_path / "other", database.dsn, tree="other")
    other.repo.commit({"main.sql": "\\ir drop.sql", "drop.sql": f"{directive}drop table shop.orders;"})
    [found] = with_kept(other.target, preview(other.deployment, other.source.head()))
    other.close()
    assert {unit: (kept.written, kept.rows) for unit, (kept,) in found.keeps.items()} == expected


def test_what_a_written_undo_does_not_put_back_by_itself(shop):
    files = {"drop.sql": "drop table shop.orders;", "drop.undo.sql": "select 'undo';"}
    [kept] = foretold(shop, "\\ir drop.sql", files)["drop.sql"]
    assert (kept.written, kept.rows) == (True, 20000)
