"""What two snapshots are equal in, and what a snapshot leaves alone."""

import contextlib
import subprocess
from dataclasses import replace

import psycopg2.extensions
import pytest
from tests.conftest import VERSIONS, major
from tests.parity.comparing import PROGRAMS, PSQL
from tests.postgres.fingerprint_script import base_script

from mainsql.database import snapshot
from mainsql.database.catalog_columns import Column
from mainsql.database.catalogs import read_catalogs
from mainsql.database.embedded import EmbeddedServer
from mainsql.database.reading import reading
from mainsql.database.session import Session
from mainsql.errors import DatabaseError
from mainsql.undo.catalog import Snapshot
from mainsql.undo.comparing import Verdict, compare, compare_moments
from mainsql.undo.differences import lines

# A database with a subscription cannot be dropped, and pg_dump forgets the handlers of a language.
_LEFT_OUT = ("create subscription", "alter database", "create language")


def script(server: EmbeddedServer) -> str:
    """fingerprint.sql, without what cannot be had here."""
    lines = base_script(major(server)).splitlines()
    return "\n".join(line for line in lines if not line.startswith(_LEFT_OUT))


ORDERS = """
    create schema shop;
    create table shop.customers (id int primary key, name text);
    create table shop.orders (
        id int primary key, customer int references shop.customers, total numeric(10, 2)
    );
    create view shop.totals as select customer, sum(total) from shop.orders group by 1;
"""


def look(dsn: str) -> Snapshot:
    with Session(dsn, application_name="test") as session:
        return snapshot.read(session)


def read_often(session: Session) -> None:
    for _ in range(1000):
        snapshot.read(session)


def difference(before: Snapshot, after: Snapshot) -> list[str]:
    return lines(compare(before, after))


@pytest.fixture
def session(database):
    with Session(database.dsn, application_name="test") as session:
        yield session


def test_a_script_that_ran_in_two_databases_leaves_no_difference(
    every_server, database, another_database
) -> None:
    database.execute(script(database.server))
    # So that not one OID is the same.
    another_database.execute("create table gone (id serial primary key, a text unique); drop table gone")
    another_database.execute(script(database.server))
    assert difference(look(database.dsn), look(another_database.dsn)) == []


def test_a_dump_that_is_restored_leaves_no_difference(every_server, database, another_database) -> None:
    database.execute(script(database.server))
    dump = subprocess.run(
        [PROGRAMS / "pg_dump", "-d", database.dsn], capture_output=True, text=True, check=True
    )
    # What pg_dump 18 sets, an older server may not know.
    restored = "\n".join(line for line in dump.stdout.splitlines() if line != "SET transaction_timeout = 0;")
    done = subprocess.run(
        [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", another_database.dsn],
        input=restored,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert difference(look(database.dsn), look(another_database.dsn)) == []


def test_only_the_order_of_columns(database, another_database) -> None:
    database.execute("create table t (a int, b int, c int)")
    another_database.execute("create table t (a int, c int, b int)")
    found = compare(look(database.dsn), look(another_database.dsn))
    assert found.verdict is Verdict.ORDER
    assert lines(found) == ["table public.t: column order a, c, b, was a, b, c"]


def test_a_column_that_only_one_has_does_not_move_the_others(database, another_database) -> None:
    database.execute("create table t (a int, b int, c int); create type e as enum ('x', 'z')")
    another_database.execute("create table t (a int, c int); create type e as enum ('x', 'y', 'z')")
    assert difference(look(database.dsn), look(another_database.dsn)) == [
        "enum label public.e 'y': only in after",
        "table column public.t.b: only in before",
    ]


def test_a_not_null_is_not_known_by_a_name_that_the_server_made_up(since, database, another_database) -> None:
    since(18)
    database.execute("create table t (a int not null, b int constraint filled not null)")
    another_database.execute("create table other (a int not null, b int constraint named not null)")
    another_database.execute("alter table other rename to t")
    assert difference(look(database.dsn), look(another_database.dsn)) == [
        "table constraint filled on public.t: only in before",
        "table constraint named on public.t: only in after",
    ]
    another_database.execute("alter table t alter a drop not null")
    assert "table column public.t.a: not null no, was yes" in difference(
        look(database.dsn), look(another_database.dsn)
    )


def test_servers_of_two_major_versions_are_compared_by_what_both_have(servers) -> None:
    snapshots = []
    versions = sorted({*VERSIONS, 16, 18})
    for version in versions:
        with contextlib.closing(psycopg2.connect(servers(version).dsn())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("create database of_two_versions template template0")
        try:
            dsn = servers(version).dsn("of_two_versions")
            with contextlib.closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
                cursor.execute(script(servers(versions[0])))
                connection.commit()
            snapshots.append(look(dsn))
        finally:
            with contextlib.closing(psycopg2.connect(servers(version).dsn())) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute("drop database of_two_versions")
    newest = snapshots.pop()
    found = [line for each in snapshots for line in difference(each, newest)]
    # The schema public has another owner and other privileges since 15, in every database.
    assert [line for line in found if not line.startswith("schema public: ")] == []


def test_differences_read_well(since, database, another_database) -> None:
    since(16)  # how views are written
    for each in (database, another_database):
        each.execute(ORDERS)
    another_database.execute(
        """
        alter table shop.orders alter total set default 0;
        alter table shop.orders alter customer set not null;
        comment on table shop.customers is 'who buys';
        grant select on shop.customers to pg_monitor;
        create table shop.returns (id int primary key, why text check (why <> ''));
        create index on shop.returns (why);
        create or replace view shop.totals as select customer, sum(total) from shop.orders
            where total > 0 group by 1;
        """
    )
    found = [
        line for line in difference(look(database.dsn), look(another_database.dsn)) if "not_null" not in line
    ]
    assert found == [
        "table shop.customers: privileges pg_monitor=r/postgres too",
        "table shop.customers: comment who buys, was none",
        "table column shop.orders.customer: not null yes, was no",
        "table column shop.orders.total: default 0, was none",
        "table shop.returns: only in after",
        "view shop.totals: definition:",
        "        FROM shop.orders",
        "    +  WHERE (total > (0)::numeric)",
        "       GROUP BY customer;",
    ]


def test_the_settings_of_a_database_count_only_within_one(database) -> None:
    before = look(database.dsn)
    database.execute(f"alter database {database.name} set work_mem = '5MB'")
    after = look(database.dsn)
    assert compare(before, after).verdict is Verdict.EQUAL
    assert lines(compare(before, after, one_database=True)) == ["setting in this database: only in after"]


def test_a_renamed_table_is_one_change_of_one_database(database) -> None:
    database.execute(ORDERS)
    before = look(database.dsn)
    database.execute("alter table shop.orders rename to sales")
    found = compare_moments(before, look(database.dsn))
    assert lines(found) == ["table shop.sales: name sales, was orders"]


def test_the_settings_of_a_session_make_no_difference(database) -> None:
    database.execute(ORDERS)
    database.execute(
        "create table shop.t (at timestamptz default '2020-02-03 04:05:06+07', d date default '2020-02-03')"
    )
    before = look(database.dsn)
    with Session(database.dsn, application_name="test") as session:
        settings = {
            "search_path": "shop, public",
            "datestyle": "German",
            "timezone": "Asia/Tokyo",
            "quote_all_identifiers": "on",
        }
        for name, value in settings.items():
            session.query("select set_config(%s, %s, false)", [name, value])
        assert compare_moments(before, snapshot.read(session)).differences == ()
        session.begin()
        session.query("set local search_path = shop")
        assert compare_moments(before, snapshot.read(session)).differences == ()
        assert session.query("select current_setting('search_path') ~ '^.?shop.?$'") == [(True,)]
        session.rollback()
        for name, value in settings.items():
            assert session.query(f"show {name}")[0][0].startswith(value)


def test_nothing_stays_when_it_fails(database, session) -> None:
    session.begin()
    session.query("set local search_path = public; set local statement_timeout = '1ms'")
    with pytest.raises(DatabaseError, match="statement timeout"):
        read_often(session)
    session.query("set local statement_timeout = 0")
    assert session.query("show search_path") == [("public",)]
    assert compare_moments(snapshot.read(session), look(database.dsn)).differences == ()


def test_what_is_mainsqls_own_or_temporary_is_not_there(database, session) -> None:
    before = snapshot.read(session)
    session.query(
        """
        create schema mainsql;
        create type mainsql.kind as enum ('a');
        create table mainsql.versions (
            id int primary key, kind mainsql.kind, parent int references mainsql.versions
        );
        comment on table mainsql.versions is 'x';
        comment on column mainsql.versions.id is 'x';
        comment on constraint versions_pkey on mainsql.versions is 'x';
        create function mainsql.f() returns trigger language plpgsql as 'begin end';
        comment on function mainsql.f() is 'x';
        create trigger t after insert on mainsql.versions for each row execute function mainsql.f();
        comment on trigger t on mainsql.versions is 'x';
        create view mainsql.v as select * from mainsql.versions;
        alter default privileges in schema mainsql grant select on tables to public;
        create schema mainsql_archive;
        create table mainsql_archive.rows (id serial primary key, a text);
        create temporary table t (id serial primary key, a text default 'x');
        create temporary view v as select * from t;
        """
    )
    after = snapshot.read(session)
    assert compare_moments(before, after).differences == ()
    assert before.keys == after.keys
    assert set(snapshot.keys(session)) == set(after.keys)


def test_a_role_that_may_little_reads_what_it_may_and_says_what_it_may_not(every_server, database) -> None:
    database.execute(script(database.server))
    poor = look(database.role())
    assert poor.notes == ("pg_user_mapping: this role may read only a part of it",)
    rich = look(database.dsn)
    assert rich.notes == ()
    assert {change.name for each in compare(rich, poor).differences for change in each.changes} == {
        "umoptions"
    }
    with Session(database.role(), application_name="test") as session:
        session.begin()
        assert set(snapshot.keys(session)) == set(poor.keys)


def test_a_subscription_without_its_connection(database, session) -> None:
    session.begin()
    session.query("create subscription s connection 'dbname=x' publication p with (connect = false)")
    rich = snapshot.read(session)
    user = psycopg2.extensions.parse_dsn(database.role())["user"]
    session.query(f"set local role {user}")
    poor = snapshot.read(session)
    session.rollback()
    assert poor.notes == ("pg_subscription.subconninfo: this role may not read it",)
    [found] = compare(rich, poor).differences
    assert (found.kind, [change.name for change in found.changes]) == ("subscription", ["subconninfo"])


@pytest.mark.parametrize(
    ("column", "note"),
    [
        (
            Column("pg_class", "relnew", "jsonpath"),
            "pg_class.relnew: the unknown type jsonpath; compared as text",
        ),
        (
            Column("pg_class", "relnew", "pg_node_tree"),
            "pg_class.relnew: an unknown kind of expression; only its digest is compared",
        ),
        (
            Column("pg_class", "relnew", "oid"),
            "pg_class.relnew: OIDs of an unknown kind; they are compared as numbers",
        ),
    ],
)
def test_a_new_column_that_is_not_understood_is_noted(session, column: Column, note: str) -> None:
    with reading(session):
        catalog = read_catalogs(session).catalogs["pg_class"]
    changed = replace(catalog, columns=(*catalog.columns, column))
    assert changed.notes() == [note]
    assert "relnew" in changed.properties()
    assert "relnew" in changed.raw()
