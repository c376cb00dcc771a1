"""Databases in which somebody has changed by other means what was deployed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.faults.proxy import Fault, Proxy, Way
from tests.postgres.deploying import Shop

from mainsql.daemon.adapters import GuardedTarget
from mainsql.database.listening import Listening, Wake, Word
from mainsql.model import OnDrift, UndoPolicy
from mainsql.operations.drifting import find_drift
from mainsql.operations.outcome import State
from mainsql.operations.telling import standing

BASE = {
    "main.sql": "\\i tables.sql\n\\i views.sql\n",
    "tables.sql": """
        create schema shop;
        create table shop.orders (id int primary key, total numeric(10, 2) not null, rebate numeric(3));
        create table shop.items (id int primary key, "order" int references shop.orders);
    """,
    "views.sql": "create or replace view shop.dear as select id from shop.orders where total > 15;",
}


@pytest.fixture
def base(shop):
    assert shop.push(BASE).version == 1
    return shop


def test_drift_is_found(base, database):
    assert not find_drift(base.target).found
    base.push({"tables.sql": BASE["tables.sql"] + "alter table shop.orders add note text;"})
    base.roll_back()
    assert not find_drift(base.target).found
    database.execute(
        "alter table shop.orders add mine int, alter rebate set default 1; drop view shop.dear; "
        'create index on shop.items ("order"); alter schema shop owner to pg_database_owner; '
        "create table shop.theirs ()"
    )
    found = find_drift(base.target)
    assert list(found.lines()) == [
        "schema shop: privileges pg_database_owner=UC/pg_database_owner, was postgres=UC/postgres",
        "schema shop: owner pg_database_owner, was postgres",
        "view shop.dear: only in the ledger",
        "index shop.items_order_idx: only in the database",
        "table column shop.orders.mine: only in the database",
        "table column shop.orders.rebate: default 1, was none",
    ]


def test_a_column_that_a_rollback_has_put_behind_the_others_is_no_drift(base, database):
    tables = BASE["tables.sql"] + "alter table shop.orders alter total drop not null;"
    base.push({"tables.sql": tables})
    base.push({"tables.sql": tables + "alter table shop.orders drop total cascade;"})
    base.roll_back()
    assert not find_drift(base.target).found
    database.execute("alter table shop.items add other int")
    base.push({"tables.sql": tables + "alter table shop.items add mine int;"})
    database.execute(
        "alter table shop.orders alter total set default 1;"
        'alter table shop.items drop "order"; alter table shop.items add "order" int references shop.orders'
    )
    # What somebody else has put behind the others has lost its values.
    assert list(find_drift(base.target).lines()) == [
        "table shop.items: column order id, mine, order, was id, order, mine",
        "table column shop.items.other: only in the database",
        "table column shop.orders.total: default 1, was none",
    ]


def test_what_a_rollback_leaves_on_purpose_is_no_drift(base, database):
    files = {
        "main.sql": BASE["main.sql"] + "\\i more.sql\n",
        "more.sql": "create table shop.stays (); create index on shop.orders (total);",
        "more.undo.sql": "-- nothing to take back",
    }
    base.push(files)
    base.roll_back()
    assert not find_drift(base.target).found
    database.execute("alter table shop.stays add x int; alter index shop.orders_total_idx rename to mine")
    assert find_drift(base.target).found
    database.execute("alter table shop.stays drop x; alter index shop.mine rename to orders_total_idx")
    assert not find_drift(base.target).found
    base.push({"more.sql": "drop table shop.stays;", "more.undo.sql": "create table shop.stays ();"})
    assert not find_drift(base.target).found
    database.execute("create table shop.stays ()")
    assert find_drift(base.target).found


def test_so_is_what_it_leaves_by_a_script_that_was_recorded_later(base, database):
    label = "alter type shop.mood add value 'fine';"
    base.push({"views.sql": BASE["views.sql"] + "create type shop.mood as enum ('good');"})
    base.push({"main.sql": BASE["main.sql"] + "\\i more.sql\n", "more.sql": label})
    base.push({"more.undo.sql": "-- a label stays"})
    base.roll_back(2)
    assert database.execute("select enumlabel from pg_enum order by 1") == [("fine",), ("good",)]
    assert list(find_drift(base.target).lines()) == []


def test_what_the_daemon_sees_is_in_the_ledger_until_it_is_gone(base, database):
    guard = GuardedTarget(base.target)
    assert list(guard.look()) == []
    assert standing(base.target).drift is None
    database.execute("alter table shop.orders alter total drop not null")
    ear = Listening(database.dsn)
    seen = guard.look()
    assert any("shop.orders.total" in line for line in seen)
    assert standing(base.target).drift.report == "\n".join(seen)
    guard.look()
    assert database.execute("select count(*) from mainsql.drifts") == [(1,)]
    database.execute("alter table shop.orders alter total set not null")
    assert list(guard.look()) == []
    assert standing(base.target).drift is None
    # Once each time that it is something else: what waited for it is tried again.
    assert ear.heard() == [Word(Wake.LOOK, "shop")] * 2
    ear.close()


def test_nothing_is_deployed_over_what_was_changed_where_that_is_refused(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, on_drift=OnDrift.REFUSE)
    shop.push(BASE)
    database.execute("alter table shop.items add mine int")
    outcome = shop.push({"views.sql": BASE["views.sql"] + "create table shop.other ();"})
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 2)
    outcome = shop.push({"tables.sql": BASE["tables.sql"] + "alter table shop.items add theirs int;"})
    assert outcome.state is State.REFUSED
    assert "table column shop.items.mine: only in the database" in outcome.report
    assert "Nothing was changed: shop@test is still at version 2." in outcome.report
    # Nothing is wrong with the commit: it is deployed as soon as the database is right again.
    database.execute("alter table shop.items drop mine")
    again = shop.deploy()
    assert again.version == 3, again.report
    shop.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("comment on table shop.orders is 'mine'", "table shop.orders: comment mine, was ours"),
        ("comment on column shop.orders.id is 'mine'", "table column shop.orders.id: comment mine, was ours"),
        ("drop index shop.dear_ones", "index shop.dear_ones: only in the ledger"),
        ("alter table shop.orders drop constraint positive", "positive on shop.orders: only in the ledger"),
        ("alter table shop.orders disable trigger loud", "trigger loud on shop.orders: "),
        ("revoke select on shop.orders from public", "table shop.orders: privileges"),
    ],
)
def test_what_belongs_to_a_table_is_a_part_of_it(tmp_path, database, change, told):
    shop = Shop(tmp_path, database.dsn, on_drift=OnDrift.REFUSE)
    more = """
        comment on table shop.orders is 'ours'; comment on column shop.orders.id is 'ours';
        create index dear_ones on shop.orders (total);
        alter table shop.orders add constraint positive check (total > 0);
        create trigger loud before update on shop.orders
            for each row execute function suppress_redundant_updates_trigger();
        grant select on shop.orders to public;
    """
    shop.push({**BASE, "more.sql": more, "main.sql": BASE["main.sql"] + "\\i more.sql\n"})
    database.execute(change)
    outcome = shop.push({"views.sql": BASE["views.sql"] + "alter table shop.items add theirs int;"})
    assert outcome.state is State.UP_TO_DATE, outcome.report
    outcome = shop.push({"tables.sql": BASE["tables.sql"] + "alter table shop.orders add theirs int;"})
    assert outcome.state is State.REFUSED
    assert told in outcome.report
    shop.close()


def test_versions_that_nobody_looked_at_are_told(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, undo=UndoPolicy.OPTIONAL)
    shop.push(BASE)
    found = find_drift(shop.target)
    assert (found.found, found.objects, found.unrecorded) == (False, 0, (1,))
    shop.close()


def test_what_is_deployed_while_it_is_looked_at_is_no_drift(base, every_server, database):
    base.push({"tables.sql": BASE["tables.sql"] + "create table shop.bills ();"})

    def at(_, message):
        return b"from mainsql.objects" in message

    with Proxy(every_server.socket_folder, Fault(Way.PAUSE, at)) as proxy:
        looking = GuardedTarget(replace(base.target, dsn=proxy.dsn(database.dsn)))
        with ThreadPoolExecutor() as threads:
            looked = threads.submit(looking.look)
            proxy.await_place()
            base.roll_back()
            proxy.release()
            assert looked.result() == ()
    assert database.execute("select count(*) from mainsql.drifts") == [(0,)]
