"""A database that has by other means what a tree builds is taken over, once it was compared."""

import psycopg2.extensions
import pytest
from tests.postgres.deploying import Shop

from mainsql.database.scratch import nearest_major
from mainsql.errors import DatabaseError, Refused
from mainsql.operations.adopting import adopt, examine
from mainsql.operations.outcome import State

TREE = {
    "main.sql": "\\i schema.sql\n\\i orders.sql\n\\i code.sql\n",
    "schema.sql": "create schema shop;",
    "orders.sql": "set search_path = shop;\n"
    "create type mood as enum ('good', 'bad');\n"
    "create table orders (id int primary key, total numeric check (total > 0));\n"
    "create table lines (of int references orders, said mood);\n"
    "comment on table orders is 'what was ordered';\n"
    "insert into orders values (1, 2);\n",
    "code.sql": "set search_path = shop;\ncreate view dear as select * from orders where total > 100;\n",
}
BY_HAND = """
    create schema shop;
    create type shop.mood as enum ('good', 'bad');
    create table shop.orders (id int primary key, total numeric check (total > 0));
    create table shop.lines (of int references shop.orders, said shop.mood);
    comment on table shop.orders is 'what was ordered';
    create view shop.dear as select * from shop.orders where total > 100;
"""


@pytest.fixture
def adopted(shop, database):
    """A shop whose database was built by hand, as its tree would."""
    shop.repo.commit(TREE, "the tree")
    database.execute(BY_HAND)
    return shop


def look(shop, **options):
    """Examines on the server of the test itself, which is there already; ``on=None``: on one of its own."""
    return examine(shop.deployment, shop.source.head(), **{"on": shop.target.dsn, **options})


def test_what_was_built_by_hand_is_recorded_and_nothing_runs(adopted, database):
    found = look(adopted)
    assert found.complete, found
    assert (found.coverage.beyond, found.major) == ((), found.scratch_major)
    assert database.execute("select to_regnamespace('mainsql')") == [(None,)]
    done = adopt(adopted.deployment, found)
    assert (done.version, done.statements) == (1, 0)
    assert database.execute("select count(*) from shop.orders") == [(0,)]
    assert database.execute(
        "select unit, action from mainsql.steps where tree = 'shop' order by position"
    ) == [
        ("schema.sql", "accept"),
        ("orders.sql", "accept"),
        ("code.sql", "accept"),
    ]
    assert adopted.deploy().state is State.UP_TO_DATE
    grown = {"orders.sql": TREE["orders.sql"] + "alter table orders add note text;\n"}
    assert adopted.push(grown).version == 2
    assert database.execute("select note from shop.orders") == []


@pytest.mark.parametrize(
    ("by_hand", "what", "how"),
    [
        (
            "alter table shop.orders alter total set default 3",
            "table column shop.orders.total",
            "default: 3; the tree makes it none",
        ),
        ("alter table shop.orders add extra int", "table column shop.orders.extra", "the tree has none"),
        ("alter type shop.mood add value 'so so'", "enum label shop.mood 'so so'", "the tree has none"),
        (
            "alter table shop.lines add check (of > 1)",
            "table constraint lines_of_check on shop.lines",
            "the tree has none",
        ),
        ("create unique index extra on shop.lines (of)", "index shop.extra", "the tree has none"),
        ("comment on table shop.orders is 'other'", "table shop.orders", "comment: other; "),
        ("grant select on shop.orders to public", "table shop.orders", "privileges: "),
        ("create policy extra on shop.orders", "policy extra on shop.orders", "the tree has none"),
        (
            "alter table shop.orders enable row level security",
            "table shop.orders",
            "row level security: yes; ",
        ),
    ],
)
def test_what_the_database_has_otherwise_is_found(adopted, database, by_hand, what, how):
    database.execute(by_hand)
    found = look(adopted)
    assert not found.complete
    told = {difference.what: difference.how for difference in found.coverage.different}
    assert told[what][0].startswith(how)


def test_what_the_database_lacks_is_named_once(adopted, database):
    database.execute("drop view shop.dear; drop table shop.lines; drop type shop.mood")
    coverage = look(adopted).coverage
    assert coverage.lacking == ("view shop.dear", "table shop.lines", "type shop.mood")
    assert coverage.different == ()


def test_what_only_the_database_has_is_left_alone(adopted, database):
    database.execute(
        """
        create schema other;
        create table other.notes (id int primary key, ordered int references shop.orders);
        comment on table other.notes is 'not ours';
        create index by_total on shop.orders (total);
        create function other.f() returns int language sql return 1;
        """
    )
    found = look(adopted)
    assert found.complete, found.coverage
    assert found.coverage.beyond == (
        "schema other",
        "function other.f()",
        "table other.notes",
        "index shop.by_total",
    )


def test_another_order_of_columns_is_noted(adopted, database):
    database.execute(
        "drop table shop.lines; create table shop.lines (said shop.mood, of int references shop.orders)"
    )
    found = look(adopted)
    assert found.complete
    assert found.coverage.reordered == ("table shop.lines",)


def test_what_the_tree_drops_must_be_gone(shop, database):
    shop.repo.commit({"main.sql": "drop schema public;"})
    assert look(shop).coverage.different[0].what == "schema public"
    database.execute("drop schema public")
    assert look(shop).complete


def test_another_tree_in_the_database_does_not_matter(adopted, database, tmp_path):
    other = Shop(tmp_path / "other", database.dsn, tree="other")
    try:
        other.push({"main.sql": "create schema of_the_other; create table of_the_other.t (id int);"})
        found = look(adopted)
        assert found.complete
        assert "table of_the_other.t" in found.coverage.beyond
        assert adopt(adopted.deployment, found).version == 1
    finally:
        other.close()


def test_the_owner_is_the_one_who_deploys(tmp_path, every_server, database):
    """The role that deploys is no superuser, and what it owns is not taken for another's."""
    deployer = database.role("deployer")
    name = psycopg2.extensions.parse_dsn(deployer)["user"]
    database.execute(f"grant create on database {database.name} to {name}")
    shop = Shop(tmp_path, deployer)
    try:
        shop.repo.commit({"main.sql": "create schema mine; create table mine.t (id int);"})
        database.execute("create schema mine; create table mine.t (id int)")
        assert f"owner: postgres; the tree makes it {name}" in look(shop, on=None).coverage.different[0].how
        database.execute(f"alter schema mine owner to {name}; alter table mine.t owner to {name}")
        assert look(shop, on=None).complete
    finally:
        shop.close()


def test_a_tree_may_create_roles_and_name_others(shop, database):
    names = [
        psycopg2.extensions.parse_dsn(database.role(name, "nologin"))["user"] for name in ("own", "given")
    ]
    shop.repo.commit(
        {"main.sql": f"Create Role {names[0]};\ncreate table t ();\ngrant select on t to {', '.join(names)};"}
    )
    database.execute(f"create table t (); grant select on t to {', '.join(names)}")
    database.execute(f"grant connect on database {database.name} to {names[0]}")
    found = look(shop, on=None)
    assert found.complete, found


def test_it_is_compared_on_a_server_of_its_own(adopted):
    found = look(adopted, on=None)
    assert found.complete, found
    assert found.scratch_major == nearest_major(found.major)


def test_a_tree_that_cannot_be_built_is_told_with_its_place(shop):
    shop.repo.commit(
        {"main.sql": "\\i a.sql\n", "a.sql": "create table t ();\ncreate table u (t of_another_tree);\n"}
    )
    found = look(shop)
    assert not found.complete
    assert found.failure.startswith("a.sql:2:")
    assert 'type "of_another_tree" does not exist' in found.failure


def test_who_has_versions_is_not_adopted(shop):
    shop.push({"main.sql": "create table t ();"})
    with pytest.raises(Refused, match="not to be adopted") as raised:
        look(shop)
    assert "mainsql accept" in raised.value.hint


def test_who_got_a_version_meanwhile_is_not_adopted(adopted, database):
    found = look(adopted)
    adopt(adopted.deployment, found)
    with pytest.raises(Refused, match="not to be adopted"):
        adopt(adopted.deployment, found)
    assert database.execute("select count(*) from mainsql.versions where tree = 'shop'") == [(1,)]


def test_an_empty_tree_is_nothing_to_adopt(shop):
    shop.repo.commit({"main.sql": "set search_path = public;"})
    with pytest.raises(Refused, match="nothing to adopt"):
        look(shop)


def test_a_scratch_server_that_cannot_be_reached_is_told(adopted):
    with pytest.raises(DatabaseError, match="cannot connect"):
        look(adopted, on="host=/nowhere dbname=postgres")
