"""What a deploy reads of a database: its own changes, and what they are about."""

from collections.abc import Iterator

import pytest

from mainsql.database import snapshot
from mainsql.database.dropped import dropped_by_others
from mainsql.database.session import Session
from mainsql.undo.catalog import Key, Snapshot

SHOP = """
    create schema shop;
    create type shop.mood as enum ('sad', 'ok');
    create table shop.customers (id int primary key, name text, mood shop.mood default 'ok');
    create table shop.orders (id serial primary key, customer int references shop.customers, total numeric);
    create index by_total on shop.orders (total);
    create view shop.totals as select customer, sum(total) as total from shop.orders group by 1;
    create view shop.large as select * from shop.totals where total > 100;
    create function shop.f() returns trigger language plpgsql as 'begin return new; end';
    create trigger on_orders before insert on shop.orders for each row execute function shop.f();
    comment on table shop.orders is 'orders';
    create table shop.unrelated (id int primary key, note text);
    create view shop.elsewhere as select note from shop.unrelated;
"""


@pytest.fixture
def session(every_server, database) -> Iterator[Session]:
    database.execute(SHOP)
    with Session(database.dsn, application_name="test") as session:
        session.begin()
        yield session


def kinds(read: Snapshot) -> set[str]:
    """The entries but for columns, as kind and name."""
    return {f"{e.kind} {e.identity}" for e in read.entries.values() if e.key.catalog != "pg_attribute"}


def changed(read: Snapshot) -> set[str]:
    """Kinds and names of what the transaction wrote, columns included."""
    assert read.touched is not None
    return {
        f"{read.entries[key].kind} {read.entries[key].identity}"
        for key in read.touched
        if key in read.entries
    }


def test_the_keys_are_those_of_the_whole(session) -> None:
    assert set(snapshot.keys(session)) == set(snapshot.read(session).entries)


def test_a_transaction_that_wrote_nothing_touched_nothing(session) -> None:
    assert not snapshot.touched(session).touched
    session.query("update shop.orders set total = 1")
    assert not snapshot.touched(session).touched


def test_what_was_written_also_in_savepoints_is_touched(session) -> None:
    session.query("alter table shop.unrelated add more int")
    session.query("savepoint a; create table shop.new (x int); savepoint b; alter table shop.new add y int")
    session.query(
        "release savepoint a; savepoint c; create table shop.never (x int); rollback to savepoint c"
    )
    session.query("do $$ begin create sequence shop.s; exception when others then end $$")
    assert changed(snapshot.touched(session)) == {
        "table shop.unrelated",
        "table column shop.unrelated.more",
        "table shop.new",
        "table column shop.new.x",
        "table column shop.new.y",
        "sequence shop.s",
        "sequence definition shop.s",
    }


def test_what_others_commit_meanwhile_is_not_touched(session, database) -> None:
    session.query("create table shop.ours (x int)")
    database.execute("create table shop.theirs (x int); alter table shop.unrelated add theirs int")
    session.query("comment on column shop.ours.x is 'x'")
    found = snapshot.touched(session)
    assert changed(found) == {
        "table shop.ours",
        "table column shop.ours.x",
        "comment table column shop.ours.x",
    }
    assert any(entry.identity == "shop.theirs" for entry in snapshot.read(session).entries.values())


def test_who_dropped_what_is_gone(session, database) -> None:
    database.execute(
        "create table shop.theirs (x int primary key); create function shop.theirs() returns int return 1"
    )
    before = snapshot.keys(session)
    session.query("drop table shop.unrelated; alter table shop.orders drop column total cascade")
    ours = before - snapshot.keys(session)
    assert ours
    assert dropped_by_others(session, ours) == frozenset()
    database.execute("drop table shop.theirs; drop function shop.theirs()")
    gone = before - snapshot.keys(session)
    assert dropped_by_others(session, gone) == gone - ours


def test_what_is_around_a_change_is_read_with_it(session) -> None:
    session.query("alter index shop.by_total set (fillfactor = 50)")
    found = snapshot.touched(session)
    assert changed(found) == {"index shop.by_total"}
    assert {"table shop.orders", "index definition shop.by_total"} <= kinds(found)
    assert {e.identity for e in found.entries.values() if e.key.catalog == "pg_attribute"} >= {
        "shop.orders.id",
        "shop.orders.customer",
        "shop.orders.total",
    }
    assert "table shop.unrelated" not in kinds(found)


def test_the_type_of_a_new_label_is_read_with_it(session) -> None:
    session.query("alter type shop.mood add value 'happy'")
    found = snapshot.touched(session)
    assert changed(found) == {"enum label shop.mood 'happy'"}
    assert {"type shop.mood", "enum label shop.mood 'sad'", "table shop.customers"} <= kinds(found)


def test_a_role_that_cannot_tell_who_wrote_a_row_reads_all_of_them(session, database) -> None:
    database.execute("create foreign data wrapper w; create server s foreign data wrapper w")
    database.execute("create user mapping for public server s")
    with Session(database.role(), application_name="test") as poor:
        poor.begin()
        before = snapshot.concerning(poor, ["nothing"])
        poor.query("create temporary table t (x int)")
        after = snapshot.touched(poor)
        assert changed(after) == {"user mapping public on server s"}
        assert before.lacking(after) == frozenset()


def test_what_names_concern(session) -> None:
    found = snapshot.concerning(session, ["orders", "no_such_thing"])
    assert kinds(found) >= {
        "table shop.orders",
        "view shop.totals",
        "view shop.large",
        "index shop.by_total",
        "index shop.orders_pkey",
        "sequence shop.orders_id_seq",
        "trigger on_orders on shop.orders",
        "function shop.f()",
        "table constraint orders_customer_fkey on shop.orders",
        "default value shop.orders.id",
        "comment table shop.orders",
        "schema shop",
        "table shop.customers",
    }
    assert not kinds(found) & {"table shop.unrelated", "view shop.elsewhere"}
    assert not found.complete
    assert any(d.catalog == "pg_rewrite" and d.kind == "n" for d in found.dependencies)


@pytest.mark.parametrize(
    ("words", "statement"),
    [
        (["customers"], "alter table shop.customers alter name type varchar(9)"),
        (["orders"], "drop table shop.orders cascade"),
        (["customers"], "drop table shop.customers cascade"),
        (["totals"], "drop view shop.totals cascade"),
        (["totals", "large"], "create or replace view shop.large as select * from shop.totals"),
        (["orders", "by_total"], "drop index shop.by_total; create index by_total on shop.orders (id)"),
        (["mood"], "alter type shop.mood rename value 'sad' to 'blue'; drop type shop.mood cascade"),
        (["f"], "drop function shop.f() cascade"),
        (["on_orders"], "drop trigger on_orders on shop.orders"),
        (["orders"], "comment on table shop.orders is null; grant select on shop.orders to public"),
        (["orders_customer_fkey"], "alter table shop.orders drop constraint orders_customer_fkey"),
        (["orders"], "alter table shop.orders rename to sales; alter table shop.sales drop total cascade"),
    ],
)
def test_what_the_words_of_a_statement_concern_is_enough_before_it(session, words, statement) -> None:
    before = snapshot.concerning(session, words)
    session.query(statement)
    after = snapshot.touched(session)
    assert changed(after) or before.vanished(after)
    assert before.lacking(after) == frozenset()


def test_what_was_not_foreseen_is_lacking_and_can_be_read(session) -> None:
    before = snapshot.concerning(session, ["unrelated"])
    session.query("savepoint version")
    script = "do $$ begin execute 'drop table shop.' || 'customers cascade'; end $$"
    session.query(script)
    lacking = before.lacking(snapshot.touched(session))
    assert Key("pg_class", str(_oid(before, session, "shop.customers"))) in lacking
    session.query("rollback to savepoint version")
    before = before.joined(snapshot.entries(session, lacking))
    session.query(script)
    after = snapshot.touched(session)
    assert before.lacking(after) == frozenset()
    vanished = {before.entries[key].identity for key in before.vanished(after)}
    assert {"shop.customers", "orders_customer_fkey on shop.orders"} <= vanished


def _oid(before: Snapshot, session: Session, name: str) -> int:
    session.query("savepoint looking; rollback to savepoint version")
    return int(session.query("select %s::regclass::oid::bigint", [name])[0][0])


def test_positions_of_sequences_and_files_of_tables(session) -> None:
    before = snapshot.concerning(session, ["orders_id_seq"])
    session.query("select setval('shop.orders_id_seq', 42); truncate shop.orders")
    after = snapshot.concerning(session, ["orders_id_seq"])
    [(oid, position)] = after.positions.items()
    assert (before.positions[oid], position) == ((1, False), (42, True))
    table = next(e.key for e in before.entries.values() if (e.kind, e.identity) == ("table", "shop.orders"))
    assert before.entries[table].facts["relfilenode"] != after.entries[table].facts["relfilenode"]


def test_thousands_of_sequences_do_not_use_up_the_locks(database) -> None:
    database.execute(
        "do $$ begin for n in 1..3000 loop execute format('create sequence s%s', n);"
        " if n % 500 = 0 then commit; end if; end loop; end $$"
    )
    with Session(database.dsn, application_name="test") as session:
        assert len(snapshot.read(session).positions) == 3000
