"""Scratch databases: fresh, with the roles and settings of another one, and gone at the end."""

import contextlib
import subprocess
import sys
import tempfile
from dataclasses import replace

import psycopg2
import pytest
from tests.conftest import major

from mainsql.database.embedded import embedded_server
from mainsql.database.scratch import clear_away, nearest_major, scratch_database
from mainsql.database.session import Session
from mainsql.database.surroundings import read_surroundings
from mainsql.errors import DatabaseError


@pytest.fixture
def around(database):
    """What is around the test's database, as a role sees it."""

    def read(dsn=None):
        with Session(dsn or database.dsn, application_name="test") as session:
            return read_surroundings(session)

    return read


def execute(dsn, sql, parameters=None):
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []


def databases(database):
    return {name for (name,) in database.execute("select datname from pg_database")}


@pytest.mark.parametrize(("major", "nearest"), [(12, 16), (16, 16), (17, 18), (18, 18), (19, 18)])
def test_the_embedded_version_that_is_most_alike(major, nearest):
    assert nearest_major(major) == nearest


def test_a_server_of_its_own_is_gone_with_its_folder(every_server, database, around, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch_database(around()) as scratch:
        assert [folder.name.rpartition("-")[0] for folder in tmp_path.iterdir()] == ["mainsql-scratch"]
        assert execute(
            scratch.dsn, "select current_database()::text, current_setting('server_version_num')::int / 10000"
        ) == [(database.name, nearest_major(major(every_server)))]
        assert execute(scratch.dsn, "select count(*) from pg_class where oid >= 16384") == [(0,)]
        dsn = scratch.dsn
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(dsn)


def test_the_database_may_have_the_name_of_one_that_every_server_has(database, around):
    with scratch_database(replace(around(), database="postgres")) as scratch:
        assert execute(scratch.dsn, "select current_database()::text") == [("postgres",)]


KILLED = """
import os, sys
from pathlib import Path
from mainsql.database.embedded import embedded_server

server = embedded_server(Path(sys.argv[1]), settings={"fsync": "off"})
print(server.__enter__().dsn(), flush=True)
os._exit(1)
"""


def test_what_a_killed_process_left_behind_is_cleared_away(tmp_path):
    left = tmp_path / "mainsql-scratch-left"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(left)], stdout=subprocess.PIPE, text=True, check=False
    )
    dsn = killed.stdout.strip()
    assert execute(dsn, "select 1") == [(1,)]
    clear_away(tmp_path)
    assert execute(dsn, "select 1") == [(1,)]
    clear_away(tmp_path, older_than=0)
    assert not left.exists()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(dsn)


def test_what_is_in_use_is_not_cleared_away(tmp_path):
    left = tmp_path / "mainsql-scratch-used"
    with embedded_server(left) as server:
        clear_away(tmp_path, older_than=0)
        assert execute(server.dsn(), "select 1") == [(1,)]


def test_the_roles_are_there_and_may_what_they_may(every_server, database, around):
    deployer = database.role("deployer", "login createrole noinherit")
    owner = database.role("owner", "nologin")
    names = [psycopg2.extensions.parse_dsn(dsn)["user"] for dsn in (deployer, owner)]
    database.execute(f"grant {names[1]} to {names[0]} with admin option")
    database.execute(f"alter database {database.name} owner to {names[1]}")
    database.execute(f"grant create on database {database.name} to {names[0]}")
    database.execute(f"""alter role {names[0]} set search_path = "$user", 'a b'""")
    database.execute(f"alter database {database.name} set work_mem = '5MB'")
    seen = around(deployer)
    with scratch_database(seen) as scratch:
        assert execute(
            scratch.dsn,
            """
            select current_user::text, current_setting('search_path'), current_setting('work_mem'),
                   rolsuper, rolcreaterole, rolinherit,
                   pg_has_role(current_user, %s, 'member with admin option'),
                   has_database_privilege(current_database(), 'create')
            from pg_roles where rolname = current_user
            """,
            (names[1],),
        ) == [(names[0], '"$user", "a b"', "5MB", False, True, False, True, True)]
        with Session(scratch.dsn, application_name="test") as session:
            assert read_surroundings(session).owner == names[1]
    with scratch_database(seen, superuser=True) as scratch:
        assert execute(scratch.dsn, "select rolsuper from pg_roles where rolname = current_user") == [(True,)]


def test_on_a_given_server_a_database_comes_and_goes(database, another_database, around):
    another_database.execute("create table of_somebody_else ()")
    before = databases(database)
    with scratch_database(around(), on=another_database.dsn) as scratch:
        assert not scratch.ours
        execute(scratch.dsn, "create table mine ()")
        assert len(databases(database) - before) == 1
        open_still = psycopg2.connect(scratch.dsn)
    open_still.close()
    assert databases(database) == before
    assert another_database.execute("select to_regclass('of_somebody_else'), to_regclass('mine')") == [
        ("of_somebody_else", None)
    ]


def test_on_a_given_server_it_is_gone_after_a_failure_too(database, another_database, around):
    before = databases(database)
    with (
        pytest.raises(ZeroDivisionError),
        scratch_database(around(), on=another_database.dsn),
    ):
        raise ZeroDivisionError
    assert databases(database) == before


def test_on_a_given_server_scripts_run_as_the_role_that_deploys(database, another_database, around):
    deployer = database.role("deployer")
    name = psycopg2.extensions.parse_dsn(deployer)["user"]
    with (
        scratch_database(around(deployer), on=another_database.dsn) as scratch,
        Session(scratch.dsn, application_name="test") as session,
    ):
        session.reset_stage()
        session.query("create schema mine")
        assert session.query("select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'mine'") == [
            (name,)
        ]


def test_on_a_given_server_who_owns_the_database_may_what_its_owner_may(database, another_database, around):
    owner = database.role("owner")
    name = psycopg2.extensions.parse_dsn(owner)["user"]
    builder = another_database.role("builder", "login createdb")
    database.execute(f"alter database {database.name} owner to {name}")
    another_database.execute(f"grant {name} to {psycopg2.extensions.parse_dsn(builder)['user']}")
    for on in another_database.dsn, builder:
        with scratch_database(around(owner), on=on) as scratch:
            assert execute(scratch.dsn, "create table t (); select current_user") == [(name,)]
    assert execute(another_database.dsn, "select 1 from pg_database where datname ~ '^mainsql_scratch'") == []
    database.execute(f"alter database {database.name} owner to current_user")


def test_who_may_not_create_databases_is_told(database, another_database, around):
    poor = database.role("poor")
    with pytest.raises(DatabaseError, match="may not create the scratch database") as raised:
        scratch_database(around(), on=poor).__enter__()
    assert "CREATEDB" in raised.value.hint


def test_who_may_not_act_as_the_deploying_role_is_told(database, another_database, around):
    builder = database.role("builder", "login createdb")
    with pytest.raises(DatabaseError, match="may not act as postgres"):
        scratch_database(around(), on=builder).__enter__()


def test_a_server_without_the_role_is_refused(database, another_database, around):
    deployer = database.role("deployer")
    seen = around(deployer)
    name = psycopg2.extensions.parse_dsn(deployer)["user"]
    database.execute(f"alter role {name} rename to {name}_moved")
    try:
        with pytest.raises(DatabaseError, match=f"no role {name}"):
            scratch_database(seen, on=another_database.dsn).__enter__()
    finally:
        database.execute(f"alter role {name}_moved rename to {name}")
