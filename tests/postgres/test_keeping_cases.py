"""What makes it hard to keep rows, or to put them back."""

import psycopg2.extensions
import pytest
from tests.postgres.deploying import Shop

from mainsql.errors import Refused
from mainsql.model import UndoPolicy
from mainsql.operations.outcome import State

KEEP = "-- mainsql: keep-data\n"


@pytest.fixture
def shop(tmp_path, database):
    shop = Shop(tmp_path, database.dsn, keeps_data=True)
    yield shop
    shop.close()


def push(shop, *texts, **others):
    """Each text is what main.sql has on top of those before it, and a version of its own."""
    for count in range(len(texts)):
        outcome = shop.push({"main.sql": "\n".join(texts[: count + 1]), **others})
        assert outcome.state is State.UP_TO_DATE, outcome.report


def archives(database):
    return database.execute(
        "select kind, identity, row_count from mainsql.archives where dropped_at is null order by 2"
    )


def losses(database, version=2):
    found = database.execute(
        f"select undo_losses from mainsql.steps where tree = 'shop' and version = {version}"
    )
    return [loss for (each,) in found for loss in each]


def rows(database, table):
    return database.execute(f"select tableoid::regclass::text, t::text from {table} t order by 1, 2")


# Types

PRICES = """
create table prices (id int primary key, amount numeric, at timestamptz, words text);
insert into prices values
    (1, 10.55, '2026-01-02 03:04:05.678+00', '7'), (2, 3, '2026-01-02', '8'),
    (3, 2.5, null, null), (4, null, 'infinity', '08');
"""


def test_values_that_a_change_of_type_loses_come_back(shop, database):
    push(shop, PRICES)
    before = rows(database, "prices")
    push(
        shop,
        PRICES,
        "alter table prices alter amount type int using amount, alter at type date using at, "
        "alter words type int using words::int;",
    )
    kept = {identity: count for _, identity, count in archives(database)}
    # Only what a cast back does not give: 10.55 and 2.5, a time of day, 08.
    assert kept == {"public.prices.amount": 2, "public.prices.at": 1, "public.prices.words": 1}
    shop.roll_back()
    assert rows(database, "prices") == before
    assert archives(database) == []


def test_what_was_written_since_stays_as_it_was_written(shop, database):
    push(shop, PRICES, "alter table prices alter amount type int using amount;")
    database.execute("update prices set amount = 77 where id = 1; insert into prices values (9, 99)")
    database.execute("delete from prices where id = 2; insert into prices values (2, 22)")
    shop.roll_back()
    assert database.execute("select id, amount::text from prices order by id") == [
        (1, "77"),
        (2, "22"),
        (3, "2.5"),
        (4, None),
        (9, "99"),
    ]


def test_a_change_of_type_that_loses_nothing_keeps_nothing(shop, database):
    push(shop, PRICES, "alter table prices alter id type bigint, alter words type varchar(100);")
    assert archives(database) == []


def test_values_that_cannot_be_cast_back_at_all_leave_no_undo(shop, database):
    made = "create table t (id int primary key, tags text[]); insert into t values (1, '{a,b}');"
    push(shop, made, "alter table t alter tags type text using tags[1];")
    with pytest.raises(Refused, match=r"can be cast back from text to text\[\]: malformed array literal"):
        shop.roll_back()
    assert archives(database) == [("column", "public.t.tags", 1)]


# Tables and what hangs on them

PARTED = """
create table parted (id int, region text not null, note text, primary key (id, region))
    partition by list (region);
create table parted_a partition of parted for values in ('a');
create table parted_b partition of parted for values in ('b') partition by range (id);
create table parted_b1 partition of parted_b for values from (1) to (100);
create table parted_rest partition of parted default;
insert into parted values (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z');
"""


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("drop table parted;", ["parted_a", "parted_b1", "parted_rest"]),
        ("drop table parted_b;", ["parted_b1"]),
        ("alter table parted detach partition parted_a; drop table parted_a;", ["parted_a"]),
        ("alter table parted drop column note;", ["parted_a.note", "parted_b1.note", "parted_rest.note"]),
        (
            "alter table parted alter note type char(1) using 'q';",
            ["parted_a.note", "parted_b1.note", "parted_rest.note"],
        ),
    ],
)
def test_partitions(shop, database, change, kept):
    push(shop, PARTED)
    before = database.execute("select tableoid::regclass::text, id, region, note from parted order by 2")
    push(shop, PARTED, change)
    assert [identity for _, identity, _ in archives(database)] == [f"public.{each}" for each in kept]
    assert [each for each in losses(database) if "that are written since" not in each] == []
    shop.roll_back()
    after = database.execute("select tableoid::regclass::text, id, region, note from parted order by 2")
    assert after == before


INHERITED = """
create table parent (id int primary key, note text);
create table child (more int, primary key (id)) inherits (parent);
create table keyless () inherits (parent);
insert into parent values (1, 'p'); insert into child values (2, 'c', 5); insert into keyless values (3, 'k');
"""


def test_inheritance(shop, database):
    push(shop, INHERITED)
    before = rows(database, "parent")
    push(shop, INHERITED, "drop table child, keyless;")
    shop.roll_back()
    assert rows(database, "parent") == before
    push(shop, INHERITED, "alter table parent drop column note;")
    assert [identity for _, identity, _ in archives(database)] == ["public.child.note", "public.parent.note"]
    assert losses(database, 3) == [
        "values of column public.keyless.note, which has no key left to find its rows by"
    ]
    shop.roll_back()
    assert database.execute("select id, note from parent order by id") == [(1, "p"), (2, "c"), (3, None)]


LOUD = """
create table log (what text);
create table loud (id int primary key, note text, other text);
create function shout() returns trigger language plpgsql as $$
    begin insert into log values (tg_op); return coalesce(new, old); end $$;
create trigger shout before insert or update or delete on loud for each row execute function shout();
alter table loud enable always trigger shout;
create trigger each_statement after insert or update on loud execute function shout();
create rule no_updates as on update to loud do instead nothing;
"""


@pytest.mark.parametrize("change", ["drop table loud;", "alter table loud drop column note;"])
def test_triggers_and_rules_do_not_fire(shop, database, change):
    push(shop, LOUD)
    database.execute("insert into loud values (1, 'a', 'b'); truncate log")
    push(shop, LOUD, change)
    shop.roll_back()
    assert database.execute("select id, note, other from loud") == [(1, "a", "b")]
    assert database.execute("select * from log") == []
    states = "select tgname, tgenabled from pg_trigger where tgrelid = 'loud'::regclass order by 1"
    assert database.execute(states) == [("each_statement", "O"), ("shout", "A")]


def test_a_foreign_key_in_a_circle(shop, database):
    circle = """
        create table a (id int primary key, b int);
        create table b (id int primary key, a int references a);
        alter table a add foreign key (b) references b;
        insert into a values (1, null); insert into b values (1, 1); update a set b = 1;
    """
    push(shop, circle, "drop table a cascade;", "drop table b;")
    shop.roll_back(1)
    assert (rows(database, "a"), rows(database, "b")) == ([("a", "(1,1)")], [("b", "(1,1)")])
    with pytest.raises(Exception, match="violates foreign key"):
        database.execute("delete from b")


# Keys


def test_without_a_key_it_is_said_that_values_are_lost(shop, database):
    loose = "create table loose (a int, b int); insert into loose values (1, 2);"
    push(shop, loose, "alter table loose drop column b;")
    assert archives(database) == []
    assert losses(database) == ["values of column public.loose.b, which has no key left to find its rows by"]
    shop.roll_back()
    assert rows(database, "loose") == [("loose", "(1,)")]


def test_the_key_itself_has_no_other_to_find_its_rows_by(shop, database):
    made = "create table t (a int primary key, b int); insert into t values (1, 2);"
    push(shop, made, "alter table t drop column a;")
    assert archives(database) == []
    with pytest.raises(Refused, match="it was NOT NULL, and there is nothing to put into it again"):
        shop.roll_back()


def test_a_unique_key_will_do(shop, database):
    made = "create table t (a text not null unique, b int); insert into t values ('x', 1), ('y', 2);"
    push(shop, made, "alter table t drop column b;")
    shop.roll_back()
    assert rows(database, "t") == [("t", "(x,1)"), ("t", "(y,2)")]


# Who may see them


def test_rows_that_the_deploying_role_may_not_see_are_not_left_out(shop, database, tmp_path):
    dsn = database.role("hidden")
    role = psycopg2.extensions.parse_dsn(dsn)["user"]
    database.execute(f"grant create on database {database.name} to {role}")
    database.execute(f"grant create on schema public to {role}")
    poor = Shop(tmp_path / "poor", dsn, tree="poor", keeps_data=True)
    made = (
        "create table secret (id int primary key, mine bool);"
        "insert into secret values (1, true), (2, false);"
        "alter table secret enable row level security; alter table secret force row level security;"
        "create policy p on secret using (mine);"
    )
    outcome = poor.push({"main.sql": made})
    assert outcome.state is State.UP_TO_DATE, outcome.report
    outcome = poor.push({"main.sql": f"{made}\ndrop table secret;"})
    assert outcome.state is State.FAILED
    assert "row-level security" in outcome.report
    assert "no policy that hides rows from it" in outcome.report
    assert database.execute("select count(*) from secret") == [(2,)]
    poor.close()


# Whose rows are kept

ORDERS = "create table orders (id int primary key, note text); insert into orders values (1, 'a');"


@pytest.mark.parametrize("undo", [UndoPolicy.DERIVED, UndoPolicy.OPTIONAL, UndoPolicy.REQUIRED])
def test_a_file_that_says_so_whatever_the_target_demands(tmp_path, database, undo):
    shop = Shop(tmp_path, database.dsn, undo=undo)
    push(shop, f"{ORDERS}\n\\ir change.sql", **{"change.sql": KEEP})
    push(shop, f"{ORDERS}\n\\ir change.sql", **{"change.sql": f"{KEEP}alter table orders drop column note;"})
    database.execute("insert into orders values (2)")
    shop.roll_back()
    shop.close()
    assert rows(database, "orders") == [("orders", "(1,a)"), ("orders", "(2,)")]


def test_nothing_is_kept_where_nobody_says_so(tmp_path, database):
    shop = Shop(tmp_path, database.dsn)
    push(shop, ORDERS, "drop table orders;")
    assert archives(database) == []
    assert losses(database) == ["rows of public.orders"]
    shop.close()


def test_rows_are_kept_beside_a_written_undo_which_does_not_need_them(shop, database):
    push(shop, f"{ORDERS}\n\\ir change.sql", **{"change.sql": "select 1;"})
    changed = {
        "change.sql": "select 1; drop table orders;",
        "change.undo.sql": ORDERS.partition(" insert")[0],
    }
    push(shop, f"{ORDERS}\n\\ir change.sql", **changed)
    assert archives(database) == [("table", "public.orders", 1)]
    shop.roll_back()
    assert rows(database, "orders") == []
    # Nobody has put them back, so they stay.
    assert archives(database) == [("table", "public.orders", 1)]


def test_rows_that_the_version_itself_has_made_are_not_kept(shop, database):
    push(
        shop,
        "create table stays (a int);",
        "\\ir one.sql\n\\ir two.sql\n\\ir three.sql",
        **{
            "one.sql": ORDERS,
            "two.sql": "select 1;",
            "two.undo.sql": "select 'undo';",
            "three.sql": "drop table orders;",
        },
    )
    assert archives(database) == []
    with pytest.raises(Refused, match=r"table public\.orders: it was dropped, and pg_dump does not"):
        shop.roll_back()


def test_required_refuses_what_cannot_be_taken_back_even_so(tmp_path, database):
    shop = Shop(tmp_path, database.dsn, undo=UndoPolicy.REQUIRED, keeps_data=True)
    loose = "create table loose (a int, b int not null); insert into loose values (1, 2);"
    push(shop, loose)
    outcome = shop.push({"main.sql": f"{loose}\nalter table loose drop column b;"})
    shop.close()
    assert outcome.state is State.FAILED
    assert "it was NOT NULL, and there is nothing to put into it again" in outcome.report
