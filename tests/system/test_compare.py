"""mainsql compare, as a user types it."""

import json

import pytest

SHOP = "create schema shop; create table shop.orders (id int primary key, placed date, total numeric(10, 2))"


@pytest.fixture
def both(database, another_database):
    """Two databases in which the same was done."""
    for each in (database, another_database):
        each.execute(SHOP)
    return database, another_database


def test_equal(program, both):
    done = program.run("compare", both[0].dsn, both[1].dsn)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{both[0].name} and {both[1].name} are equal\n"


def test_different(program, both):
    both[1].execute(
        "alter table shop.orders alter total type numeric(12, 2); create index late on shop.orders (placed)"
    )
    done = program.run("compare", both[0].dsn, both[1].dsn)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        f"index shop.late: only in {both[1].name}",
        "table column shop.orders.total: type numeric(12,2), was numeric(10,2)",
        f"{both[0].name} and {both[1].name} differ in 2 objects",
    ]


def test_different_for_programs(program, both):
    both[1].execute("alter table shop.orders alter total set not null")
    done = program.run("compare", both[0].dsn, both[1].dsn, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["a"], found["b"], found["verdict"]) == (both[0].name, both[1].name, "different")
    column = next(each for each in found["differences"] if each["kind"] == "table column")
    assert column == {
        "kind": "table column",
        "identity": "shop.orders.total",
        "before": True,
        "after": True,
        "changes": [
            {"property": "not null", "column": "pg_attribute.attnotnull", "before": False, "after": True}
        ],
    }


def test_only_the_order_of_columns(program, both):
    both[1].execute("alter table shop.orders drop placed, add placed date")
    done = program.run("compare", both[0].dsn, both[1].dsn)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "table shop.orders: column order id, total, placed, was id, placed, total",
        f"{both[0].name} and {both[1].name} are equal but for the order of columns",
    ]
    assert program.run("compare", both[0].dsn, both[1].dsn, "--strict").returncode == 1


def test_targets_of_the_configuration(program, repo, both):
    repo.commit({"main.sql": "select 1;"})
    (repo.path / "mainsql.toml").write_text(
        f"""
        [repositories.shop]
        url = "{repo.path}"
        [trees.shop]
        repository = "shop"
        [targets.staging]
        tree = "shop"
        database = "{both[0].dsn}"
        [targets.production]
        tree = "shop"
        database = "{both[1].dsn}"
        """
    )
    done = program.run("compare", "staging", "production")
    assert (done.returncode, done.stdout) == (0, "staging and production are equal\n"), done.stderr
    done = program.run("compare", "staging", both[0].dsn)
    assert (done.returncode, done.stdout) == (0, f"staging and {both[0].name} are equal\n")
    done = program.run("compare", "staging", "elsewhere")
    assert done.returncode == 64
    assert "there is no target elsewhere" in done.stderr


def test_what_is_neither_a_connection_nor_a_target(program, database):
    done = program.run("compare", database.dsn, "elsewhere")
    assert done.returncode == 64
    assert "elsewhere is no connection string" in done.stderr


def test_the_same_database_twice(program, database):
    done = program.run("compare", database.dsn, database.dsn)
    assert (done.returncode, done.stdout) == (0, f"{database.name} (A) and {database.name} (B) are equal\n")


def test_with_what_a_tree_builds(program, repo, database):
    repo.commit({"main.sql": "create table t (id int);"})
    database.execute("create table t (id int)")
    same = program.run("compare", database.dsn, "commit:HEAD", "--on", database.dsn)
    assert (same.returncode, same.stderr) == (0, "")
    database.execute("alter table t alter id type bigint")
    done = program.run("compare", database.dsn, "commit:", "--on", database.dsn)
    assert (done.returncode, done.stderr) == (1, "")
    assert "table column public.t.id: type integer, was bigint" in done.stdout
    other_way = program.run("compare", "commit:", database.dsn, "--on", database.dsn)
    assert "table column public.t.id: type bigint, was integer" in other_way.stdout
    both = program.run("compare", "commit:", "commit:HEAD")
    assert (both.returncode, "plan A..B" in both.stderr) == (64, True)
