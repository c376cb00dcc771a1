"""Undo scripts that are derived while a version runs, and proven when they run."""

import pytest
from tests.conftest import major
from tests.postgres.deploying import Shop

from mainsql.database.dumping import dump_definitions
from mainsql.errors import Refused
from mainsql.model import Proof, UndoPolicy
from mainsql.operations.drifting import find_drift
from mainsql.operations.outcome import State
from mainsql.operations.rolling_back import preview_rollback
from mainsql.operations.telling import history_of
from mainsql.operations.watching import Watcher


def structure(database):
    """What makes up the database, as pg_dump says it; OIDs left out."""
    return sorted(
        (entry.type, entry.schema, entry.name, entry.text)
        for entry in dump_definitions(database.dsn, major(database.server)).entries
    )


def undos(database, version):
    return database.execute(
        "select unit, undo_kind, undo_script, undo_losses from mainsql.steps "
        f"where tree = 'shop' and version = {version} order by position"
    )


BASE = {
    "main.sql": "\\i tables.sql\n\\i views.sql\n",
    "tables.sql": """
        create schema shop;
        create table shop.orders (id int primary key, total numeric(10, 2) not null, rebate numeric(3));
        create table shop.items (id int primary key, "order" int references shop.orders);
        insert into shop.orders values (1, 10.50, 0), (2, 20, 1);
    """,
    "views.sql": """
        create or replace view shop.dear as select id from shop.orders where total > 15;
        create or replace function shop.count() returns bigint language sql
            as 'select count(*) from shop.orders';
        grant select on shop.dear to public;
    """,
}


@pytest.fixture
def base(shop):
    assert shop.push(BASE).version == 1
    return shop


def test_what_is_new_is_dropped(base, database):
    empty = [entry for entry in structure(database) if entry[1] not in ("shop", "-") and entry[2] != "shop"]
    assert [row[1] for row in undos(database, 1)] == ["derived", "derived"]
    base.roll_back(0)
    # Up to 14 pg_dump always has something to say of this schema.
    assert [entry for entry in structure(database) if "public" not in entry[2]] == empty


def test_what_is_altered_is_altered_back(base, database):
    before = structure(database)
    grown = (
        BASE["tables.sql"]
        + """
        alter table shop.orders add note text default 'none', alter rebate type numeric(6);
        alter table shop.items rename to lines;
        create index on shop.lines ("order");
        comment on table shop.orders is 'All of them.';
        do $$ begin execute 'create table shop.' || 'hidden ()'; end $$;
    """
    )
    outcome = base.push({"tables.sql": grown})
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 2), outcome.report
    assert structure(database) != before
    base.roll_back()
    assert structure(database) == before
    assert database.execute("select id, total from shop.orders order by 1") == [(1, 10.5), (2, 20)]


def test_code_goes_back_to_what_it_was(base, database):
    before = structure(database)
    code = BASE["views.sql"].replace("total > 15", "total > 5").replace("count(*)", "max(id)")
    outcome = base.push({"views.sql": code + "create or replace function shop.two() returns int return 2;"})
    assert outcome.version == 2, outcome.report
    base.roll_back()
    assert structure(database) == before


def test_what_is_dropped_is_made_again_without_its_rows(base, database):
    before = structure(database)
    outcome = base.push(
        {"drop.sql": "drop schema shop cascade;", "main.sql": BASE["main.sql"] + "\\i drop.sql\n"}
    )
    assert outcome.version == 2, outcome.report
    assert preview_rollback(base.target, 1).losses == ("rows of shop.orders", "rows of shop.items")
    base.roll_back()
    assert structure(database) == before


def test_what_somebody_else_drops_meanwhile_is_none_of_the_undo(base, database):
    database.execute("create table shop.theirs (id int primary key)")

    class Other(Watcher):
        def statement(self, statement):
            database.execute("drop table if exists shop.theirs")

    text = "create table shop.more (theirs int); drop table shop.items;"
    base.repo.commit({"more.sql": text, "main.sql": BASE["main.sql"] + "\\i more.sql\n"}, "more")
    outcome = base.deploy(watcher=Other())
    assert outcome.version == 2, outcome.report
    (row,) = undos(database, 2)
    assert "shop.items" in row[2]
    assert "theirs (" not in row[2]
    base.roll_back()
    assert database.execute("select to_regclass('shop.theirs'), to_regclass('shop.items') is null") == [
        (None, False)
    ]


def test_rows_have_no_derived_undo(base, database):
    base.push(
        {
            "more.sql": "insert into shop.orders values (3, 1);",
            "main.sql": BASE["main.sql"] + "\\i more.sql\n",
        }
    )
    assert base.version == 2
    with pytest.raises(Refused) as refused:
        base.roll_back()
    assert "rows of shop.orders (1 inserted) were changed" in refused.value.report()


def test_rows_beside_a_change_are_declared(base, database):
    base.push(
        {
            "tables.sql": BASE["tables.sql"]
            + "alter table shop.orders add vat int; update shop.orders set vat = 19;"
        }
    )
    (row,) = undos(database, 2)
    assert (row[1], row[3]) == ("derived", ["rows of shop.orders (2 updated)"])
    base.roll_back()
    assert database.execute("select * from shop.orders where id = 1") == [(1, 10.5, 0)]


def test_a_truncated_table_is_declared(base, database):
    base.push(
        {"tables.sql": BASE["tables.sql"] + "truncate shop.items, shop.orders; create table shop.t ();"}
    )
    (row,) = undos(database, 2)
    assert row[3] == ["rows of shop.orders (truncated)"]


def test_what_was_changed_by_other_means_is_not_taken_back(base, database):
    base.push({"tables.sql": BASE["tables.sql"] + "alter table shop.orders add note text;"})
    database.execute("alter table shop.orders alter note type varchar(10), add mine int")
    with pytest.raises(Refused) as refused:
        base.roll_back()
    report = refused.value.report()
    assert "somebody has changed by other means what these versions of shop@test made" in report
    assert "table column shop.orders.note: type" in report
    assert base.version == 2
    base.roll_back(force=True)
    assert database.execute("select * from shop.orders where id = 1") == [(1, 10.5, 0, None)]


def test_an_undo_script_that_forgets_a_column_is_caught(base, database):
    grown = BASE["tables.sql"] + "alter table shop.orders add one int, add two int;"
    base.push({"tables.sql": grown, "tables.undo.sql": "alter table shop.orders drop one;"})
    assert undos(database, 2)[0][1] == "written"
    with pytest.raises(Refused) as refused:
        base.roll_back()
    assert "table column shop.orders.two: only in what the undo scripts leave" in refused.value.report()
    assert database.execute("select count(one) from shop.orders") == [(0,)]
    base.roll_back(force=True)
    assert base.version == 1


def test_a_written_script_stands_between_derived_ones(shop, database):
    empty = structure(database)
    shop.push(
        {
            "main.sql": "\\i a.sql\n\\i b.sql\n\\i c.sql\n",
            "a.sql": "create table a (id int primary key);",
            "b.sql": "create table b (id int primary key references a);",
            "b.undo.sql": "drop table b;",
            "c.sql": "create table c (id int references b); alter table a add more int;",
        }
    )
    assert [row[1] for row in undos(database, 1)] == ["derived", "written", "derived"]
    shop.roll_back(0)
    assert structure(database) == empty


def test_nothing_to_take_back(base, database):
    base.push({"nothing.sql": "select 1;", "main.sql": BASE["main.sql"] + "\\i nothing.sql\n"})
    assert undos(database, 2) == [("nothing.sql", "nothing", "", [])]
    base.roll_back()


def test_the_ledger_says_what_became_of_each_object(base, database):
    base.push({"tables.sql": BASE["tables.sql"] + "alter table shop.orders alter total drop not null;"})
    rows = database.execute(
        "select catalog, identity, before ->> 'attnotnull', after ->> 'attnotnull' from mainsql.objects "
        "where version = 2 and catalog = 'pg_attribute'"
    )
    assert rows == [("pg_attribute", "shop.orders.total", "true", "false")]
    assert history_of(base.target).versions[-1].proof.value == "unproven"


@pytest.fixture
def strict(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, undo=UndoPolicy.REQUIRED)
    assert shop.push(BASE).version == 1
    yield shop
    shop.close()


def test_a_required_undo_is_tried(strict, database):
    assert history_of(strict.target).versions[-1].proof is Proof.PROVEN
    strict.push({"tables.sql": BASE["tables.sql"] + "alter table shop.orders drop rebate;"})
    assert history_of(strict.target).versions[-1].proof is Proof.LOSSY
    assert database.execute("select * from shop.orders where id = 1") == [(1, 10.5)]


def test_what_the_server_calls_by_itself_may_be_called_otherwise_afterwards(strict):
    """A partition that was detached keeps the names of the NOT NULL constraints: its table gets others."""
    parted = """
        create table shop.parted (id int primary key) partition by range (id);
        create table shop.part partition of shop.parted for values from (1) to (2);
    """
    tables = BASE["tables.sql"] + parted
    strict.push({"tables.sql": tables})
    tables += "alter table shop.parted detach partition shop.part;"
    strict.push({"tables.sql": tables})
    outcome = strict.push({"tables.sql": tables + "drop table shop.parted;"})
    assert outcome.version == 4, outcome.report
    strict.roll_back()
    assert not find_drift(strict.target).found
    tables += "alter table shop.parted add more int;"
    assert strict.push({"tables.sql": tables + "drop table shop.parted;"}).version == 5
    strict.roll_back(1)
    assert not find_drift(strict.target).found


def test_a_required_undo_that_there_is_not_is_refused(strict):
    enum = "create type shop.color as enum ('red');\n"
    strict.push({"tables.sql": BASE["tables.sql"] + enum})
    outcome = strict.push(
        {"tables.sql": BASE["tables.sql"] + enum + "alter type shop.color add value 'blue';"}
    )
    assert outcome.state is State.FAILED
    assert 'it cannot be taken back, and undo = "required" for this target' in outcome.report
    assert "a label of an enum cannot be removed" in outcome.report
    assert "still at version 2" in outcome.report


def test_a_required_undo_that_does_not_lead_back_is_refused(strict, database):
    grown = BASE["tables.sql"] + "alter table shop.orders add one int, add two int;"
    outcome = strict.push({"tables.sql": grown, "tables.undo.sql": "alter table shop.orders drop one;"})
    assert outcome.state is State.FAILED
    assert "table column shop.orders.two: only in what its undo leaves" in outcome.report
    wrong = strict.push({"tables.sql": grown, "tables.undo.sql": "alter table shop.orders drop three;"})
    assert 'column "three" of relation "orders" does not exist' in wrong.report
    assert strict.version == 1


def test_settings_of_the_database_are_proven_too(base, database):
    change = f"alter database \"{database.name}\" set work_mem = '12MB';"
    outcome = base.push({"settings.sql": change, "main.sql": BASE["main.sql"] + "\\i settings.sql\n"})
    assert outcome.version == 2, outcome.report
    database.execute(f"alter database \"{database.name}\" set work_mem = '13MB'")
    with pytest.raises(Refused, match="somebody has changed by other means"):
        base.roll_back()
    database.execute(f"alter database \"{database.name}\" set work_mem = '12MB'")
    base.roll_back()
    assert database.execute(
        "select count(*) from pg_db_role_setting where setdatabase <> 0 and setdatabase = "
        f"(select oid from pg_database where datname = '{database.name}')"
    ) == [(0,)]


PARTED = (
    "create table p (x int, y int) partition by range (x);\n"
    "create table p1 partition of p for values from (1) to (10);\n"
)
ABOVE, BELOW = "create index i on only p (y);\n", "create index i1 on p1 (y);\n"
ATTACH = "alter index i attach partition i1;\n"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (ABOVE + BELOW, ATTACH),
        (ABOVE, BELOW + ATTACH),
        (BELOW, ABOVE + ATTACH),
        (BELOW, "create index i on p (y);\n"),
        ("", "\\i x.sql\n"),
    ],
)
def test_an_index_that_is_attached_cannot_be_detached(shop, first, then):
    shop.push({"main.sql": PARTED + first})
    alone = BELOW.replace("index", "index concurrently")
    outcome = shop.push(
        {"main.sql": PARTED + first + then, "x.sql": f"-- mainsql: no-transaction\n{ABOVE}{alone}{ATTACH}"}
    )
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 2)
    with pytest.raises(Refused, match=r"index public\.i1: it was attached to public\.i, and"):
        shop.roll_back()


@pytest.mark.parametrize(
    "then",
    [
        ABOVE + BELOW + ATTACH,
        "create index i on p (y);\n",
        "create index i on p (y);\ncreate table p2 partition of p for values from (10) to (20);\n",
    ],
)
def test_one_that_came_with_what_it_is_attached_to_goes_with_it(shop, database, then):
    shop.push({"main.sql": PARTED})
    shop.push({"main.sql": PARTED + then})
    shop.roll_back()
    assert database.execute("select from pg_index where indrelid = 'p1'::regclass") == []
