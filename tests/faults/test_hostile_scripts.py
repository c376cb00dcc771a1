r"""Scripts that would end the transaction, the session or the ledger: refused, detected, or harmless.

docs/reliability.md has the same list, for people.
"""

from uuid import uuid4

import pytest
from tests.conftest import fresh
from tests.postgres.deploying import Shop

from mainsql.database.limits import Limits
from mainsql.errors import DatabaseError
from mainsql.operations.outcome import State
from mainsql.operations.telling import standing

REFUSED = {
    "commit in a block": ("do $$ begin commit; end $$;", "invalid transaction termination [2D000]"),
    "rollback in a block": ("do $$ begin rollback; end $$;", "invalid transaction termination [2D000]"),
    "commit in a procedure": (
        "create procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();",
        "invalid transaction termination [2D000]",
    ),
    "commit in EXECUTE": ("do $$ begin execute 'commit'; end $$;", "[0A000]"),
    "commit from a query": ("select 'commit' \\gexec", "main.sql:2"),
    "rollback": ("rollback;", "main.sql:2:1"),
    "prepare transaction": ("prepare transaction 'x';", "main.sql:2:1"),
    "discard all": ("discard all;", "main.sql:2:1"),
    "strings with backslashes": ("set standard_conforming_strings = off;", "main.sql:2:1"),
    "dropping the ledger": (
        "drop schema mainsql cascade;",
        "dropped the ledger; it is named at main.sql:2:1",
    ),
    "another ledger in its place": (
        "alter schema mainsql rename to old; create schema mainsql; "
        "create table mainsql.versions (like old.versions including all);",
        "changed the ledger",
    ),
    "inserting a version": (
        "insert into mainsql.versions (tree, version, commit_id, author, message, committed_at, applied_by, "
        "duration, digest, undo_script, undo_kind, previous_hash) "
        "select 'shop', 2, 'x', 'x', 'x', now(), 'x', '0 s', 'x', '', 'nothing', '';",
        "changed the ledger (rows of versions); it is named at main.sql:2:1",
    ),
    "changing a version": ("update mainsql.versions set message = 'x';", "(rows of versions)"),
    "deleting what ran": ("delete from mainsql.steps where tree = 'shop';", "(rows of steps)"),
    "a word of an operator": (
        "insert into mainsql.controls (tree, said, said_by, why) values ('shop', 'resumed', 'x', 'x');",
        "(rows of controls)",
    ),
    "writing from a dynamic statement": (
        "do $$ begin execute 'upd' || 'ate main' || 'sql.versions set author = ''x'''; end $$;",
        "changed the ledger (rows of versions)",
    ),
    "truncating": ("truncate mainsql.controls;", "(relation controls)"),
    "disabling the ledger's triggers": (
        "alter table mainsql.steps disable trigger all;",
        "(trigger steps.RI_ConstraintTrigger",
    ),
    "a trigger on the ledger": (
        "create function f() returns trigger language plpgsql as 'begin return null; end'; "
        "create trigger t before insert on mainsql.versions for each row execute function f();",
        "(trigger versions.t)",
    ),
    "a rule on the ledger": (
        "create rule r as on insert to mainsql.versions do instead nothing;",
        "(rule versions.r)",
    ),
    "a policy on the ledger": (
        "alter table mainsql.versions enable row level security; "
        "alter table mainsql.versions force row level security;",
        "(relation versions)",
    ),
    "another hash": (
        "create or replace function mainsql.version_hash(v mainsql.versions) returns text "
        "language sql stable as 'select ''x''';",
        "(function version_hash)",
    ),
    "another owner": ("alter table mainsql.versions owner to pg_monitor;", "changed the ledger"),
    "a transaction that only reads": (
        "set transaction read only; select 1;",
        "cannot execute INSERT in a read-only transaction",
    ),
}
"""By name: what stands in line 2 of the script, and what the report says."""

HARMLESS = {
    "session authorization": "set session authorization {poor};",
    "a role": "set role {poor};",
    "names that mean something else": "create schema trap; set search_path = trap, pg_catalog; "
    "create table trap.versions (); create function trap.now() returns text language sql as 'select ''x'''; "
    "create function trap.pg_current_xact_id() returns text language sql as 'select ''1'''; "
    "create function trap.set_config(text, text, boolean) returns text language sql as 'select ''x''';",
    "temporary names": "create temp table versions (x int); create temp table pg_class (x int); "
    "create temp table pg_stat_activity (x int); create temp view pg_roles as select 1 as x;",
    "read-only sessions": "set default_transaction_read_only = on;",
    "another encoding": "set client_encoding = 'latin1';\ninsert into kept values ('größe');",
    "strings with backslashes": "select set_config('standard_conforming_strings', 'off', false);",
    "no row security": "set row_security = off;",
    "times and intervals": "set timezone = 'Asia/Kathmandu'; set intervalstyle = 'iso_8601'; "
    "set datestyle = 'SQL, DMY'; select set_config('intervalstyle', 'sql_standard', false);",
    "time limits": "set lock_timeout = '1ms'; set statement_timeout = '30s';",
    "replication": "set session_replication_role = replica;",
    "a commit that is not waited for": "set synchronous_commit = off;",
    "prepared statements": "prepare commit_it as select 1;",
    "listening": "listen anything; notify anything;",
    "advisory locks": "select pg_advisory_lock(hashtextextended('mainsql/shop', 0));",
    "locking the ledger": "lock mainsql.versions;",
    "reading the ledger": "select * from mainsql.versions; grant select on mainsql.versions to {poor};",
    "a savepoint of its own": "savepoint mainsql_snapshot; savepoint x; rollback to savepoint x;",
    "cursors": "declare c cursor with hold for select 1;",
    "names that need quotes": 'create table "a""b\n%s {{}} \'c\'" ("%(x)s" int, "{longest}" text); '
    "comment on table \"a\"\"b\n%s {{}} 'c'\" is '%s''';",
}
"""By name: what stands in the script."""


KEPT = "create table kept (what text);\n"


@pytest.fixture(scope="module")
def place(request, every_server, tmp_path_factory):
    """A database and a shop for all of these tests, on each server: what one script does harms no other."""
    with fresh(request) as database:
        shop = Shop(tmp_path_factory.mktemp("hostile"), database.dsn, limits=Limits(statement_timeout=60))
        shop.push({"main.sql": KEPT})
        yield shop, database
        shop.close()


def everything(database):
    """All that a refused script must leave as it was."""
    return [
        database.execute(f"select * from {table} order by 1, 2")
        for table in ("mainsql.versions", "mainsql.steps", "mainsql.controls")
    ] + [database.execute("select oid, relname from pg_class where relnamespace = 'public'::regnamespace")]


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_and_nothing_is_changed(place, name):
    shop, database = place
    script, said = REFUSED[name]
    before, version = everything(database), shop.version
    outcome = shop.push({"main.sql": f"{KEPT}{script}\n"}, name)
    assert (outcome.state.value, outcome.version) in [("failed", version), ("refused", version)]
    assert said in outcome.report
    assert f"Nothing was changed: shop@test is still at version {version}." in outcome.report
    assert everything(database) == before


@pytest.mark.parametrize("name", HARMLESS)
def test_it_reaches_neither_the_ledger_nor_the_next_version(place, name):
    shop, database = place
    version = shop.version
    poor = f"poor_{uuid4().hex}"
    database.execute(f"create role {poor}; grant insert on kept to {poor}")
    file = name.replace(" ", "-") + ".sql"
    script = HARMLESS[name].format(poor=poor, longest="l" * 63) + "\nselect 1;\n"
    outcome = shop.push({"main.sql": f"{KEPT}\\i {file}\n", file: script}, name)
    assert (outcome.report, outcome.version) == (None, version + 1)
    rows = database.execute(
        "select commit_id, transaction_id::text::bigint > 0, applied_at > now() - interval '1h' "
        "from mainsql.versions where tree = 'shop' and version = %s",
        (version + 1,),
    )
    assert rows == [(shop.source.head().id, True, True)]
    outcome = shop.push({file: f"{script}reset role;\nreset session authorization;\nselect 2;\n"})
    assert (outcome.report, outcome.version) == (None, version + 2)
    assert standing(shop.target).broken_links == []
    database.execute(f"drop owned by {poor}; drop role {poor}")


def test_another_encoding_changes_no_letter(place):
    _, database = place
    assert database.execute("select what from kept") == [("größe",)]


@pytest.mark.parametrize("commit", ["select 1\\; commit\\; select 2;", "commit and chain;", "end;"])
def test_a_commit_that_does_not_hide_is_taken_out(place, commit):
    shop, database = place
    version = shop.version
    file = f"c{version}.sql"
    script = f"create table t{version} ();\n{commit}\nselect 1/0;\n"
    outcome = shop.push({"main.sql": f"{KEPT}\\i {file}\n", file: script})
    assert (outcome.state, shop.version) == (State.FAILED, version)
    assert database.execute(f"select to_regclass('t{version}')") == [(None,)]


def test_names_that_need_quotes_are_taken_back(place):
    shop, database = place
    version = shop.version
    script = HARMLESS["names that need quotes"].format(longest="m" * 63).replace('a""b', 'a""c')
    assert shop.push({"main.sql": f"{KEPT}\\i n.sql\n", "n.sql": script}).version == version + 1
    before = database.execute("select count(*) from pg_class")
    shop.roll_back(version)
    assert database.execute("select count(*) from pg_class") < before


def test_a_function_that_sleeps_for_ever_meets_the_statement_timeout(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn, limits=Limits(statement_timeout=0.3))
    outcome = shop.push({"main.sql": "create table a ();\nselect pg_sleep(3600);\n"})
    assert (outcome.state, database.execute("select to_regclass('a')")) == (State.FAILED, [(None,)])
    assert "canceling statement due to statement timeout [57014]" in outcome.report
    shop.close()


@pytest.fixture
def shop(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn)
    shop.push({"main.sql": KEPT})
    yield shop
    shop.close()


def test_what_a_role_was_given_for_ever_does_not_mislead_mainsql(shop, database):
    user, name = database.execute("select current_user, current_database()")[0]
    trap = (
        "create schema trap; create function trap.to_regclass(text) returns regclass "
        "language sql as 'select null::regclass';\n"
        f"alter role {user} in database {name} set search_path = trap, pg_catalog, public;\n"
        f"alter role {user} in database {name} set intervalstyle = 'iso_8601';\n"
        f"alter role {user} in database {name} set statement_timeout = '1s';\n"
    )
    main = KEPT + trap
    assert shop.push({"main.sql": main}).version == 2
    assert shop.push({"main.sql": f"{main}select 1;\n"}).version == 3
    assert standing(shop.target).history.number == 3


def test_a_trigger_that_somebody_else_put_on_the_ledger_is_found_out(shop, database):
    database.execute("create rule r as on insert to mainsql.versions do instead nothing")
    outcome = shop.push({"main.sql": f"{KEPT}select 1;\n"})
    assert (outcome.state, shop.version) == (State.FAILED, 1)
    assert (
        'the ledger cannot be used: cannot perform INSERT RETURNING on relation "versions"' in outcome.report
    )


def test_an_undo_script_keeps_its_hands_off_the_ledger_too(shop, database):
    shop.push(
        {
            "main.sql": f"{KEPT}\\i a.sql\n",
            "a.sql": "select 1;\n",
            "a.undo.sql": "update mainsql.versions set author = 'nobody';\n",
        }
    )
    before = everything(database)
    with pytest.raises(DatabaseError, match="changed the ledger") as raised:
        shop.roll_back(1)
    assert "named at undo of a.sql in version 2:2:1" in raised.value.report()
    assert everything(database) == before


OUTSIDE = {
    "update mainsql.versions set author = 'x'": "changed the ledger (rows of versions)",
    "delete from mainsql.steps": "changed the ledger (rows of steps)",
    "delete from mainsql.segments; delete from mainsql.progress": "(rows of progress, rows of segments)",
    "drop schema mainsql cascade": "dropped the ledger",
    "alter table mainsql.versions disable trigger all": "(trigger versions.RI_ConstraintTrigger",
}
"""What a procedure does that commits, and what the report says of it."""

ALONE = "-- mainsql: no-transaction\n"


@pytest.mark.parametrize("does", OUTSIDE)
def test_outside_a_transaction_it_is_found_out_and_told_that_it_stays(tmp_path, database, does):
    shop = Shop(tmp_path, database.dsn)
    shop.push({"main.sql": KEPT})
    database.execute(f"create procedure p() language plpgsql as $$ begin {does}; commit; end $$")
    outcome = shop.push({"main.sql": KEPT + "\\i p.sql\n", "p.sql": ALONE + "call p();"})
    assert outcome.state in (State.FAILED, State.IN_PROGRESS)
    assert f"{OUTSIDE[does]}" in outcome.report
    assert "p.sql:2:1 (included from main.sql:2): this has" in outcome.report
    assert "What the statement did stays" in outcome.report
    assert "Nothing was changed" not in outcome.report
    shop.close()


def test_what_only_moves_the_ledger_is_harmless_outside_of_one(tmp_path, every_server, database):
    shop = Shop(tmp_path, database.dsn)
    shop.push({"main.sql": KEPT})
    script = (
        "vacuum full mainsql.versions;\nreindex (concurrently) schema mainsql;\n"
        "cluster mainsql.versions using versions_pkey;\nvacuum;\n"
    )
    outcome = shop.push({"main.sql": KEPT + "\\i v.sql\n", "v.sql": ALONE + script})
    assert (outcome.state, outcome.version, outcome.report) == (State.UP_TO_DATE, 2, None)
    shop.close()


def test_where_the_server_does_not_count_the_rows_tell(tmp_path, every_server, database):
    database.execute(f"alter database {database.name} set track_counts = off")
    shop = Shop(tmp_path, database.dsn)
    shop.push({"main.sql": KEPT})
    outcome = shop.push({"main.sql": KEPT + "update mainsql.versions set author = 'x';"})
    assert (outcome.state, outcome.version) == (State.FAILED, 1)
    assert "changed the ledger (rows of versions)" in outcome.report
    shop.close()
