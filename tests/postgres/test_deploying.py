"""One commit, one transaction, one version, on a real server."""

from uuid import uuid4

import pytest
from tests.postgres.deploying import Shop

from mainsql.config import Apply
from mainsql.database.limits import Limits
from mainsql.database.session import Interrupt
from mainsql.errors import Cancelled, Locked, StatementError
from mainsql.operations.deploying import Watcher, reconcile
from mainsql.operations.outcome import State
from mainsql.operations.telling import standing


def tables(database):
    rows = database.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
    return [row[0] for row in rows]


def test_sql_and_ledger_are_one_transaction(shop, database):
    outcome = shop.push({"main.sql": "create table a ();"})
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 1)
    assert database.execute(
        "select count(distinct xmin::text) from (select xmin from pg_class where relname = 'a' "
        "union all select xmin from mainsql.versions union all select xmin from mainsql.steps) rows"
    ) == [(1,)]


def test_the_ledger_is_itself_a_tree_with_versions(shop, database):
    shop.push({"main.sql": "create table a ();"})
    assert database.execute("select tree, version from mainsql.versions order by tree") == [
        ("mainsql", 1),
        ("shop", 1),
    ]
    shop.push({"main.sql": "create table a ();\ncreate table b ();"})
    assert database.execute("select count(*) from mainsql.versions where tree = 'mainsql'") == [(1,)]


def test_every_object_of_the_ledger_has_a_comment(shop, database):
    shop.push({"main.sql": "select 1;"})
    assert (
        database.execute(
            """
            select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'mainsql'::regnamespace and c.relkind = 'r' and a.attnum > 0
              and col_description(c.oid, a.attnum) is null
            """
        )
        == []
    )


def test_a_failure_leaves_nothing_but_an_attempt(shop, database):
    shop.push({"main.sql": "create table a ();"})
    outcome = shop.push({"main.sql": "create table a ();\ncreate table b ();\nselect 1/0;"})
    assert (outcome.state, outcome.version, tables(database)) == (State.FAILED, 1, ["a"])
    assert outcome.report.endswith("Nothing was changed: shop@test is still at version 1.")
    rows = database.execute("select onto_version, sqlstate from mainsql.attempts")
    assert rows == [(1, "22012")]


def test_a_commit_that_failed_is_not_tried_again_by_itself(shop, database):
    shop.push({"main.sql": "create table a ();"})
    shop.push({"main.sql": "create table a ();\nselect count(*) from b;"})
    database.execute("create table b ()")
    again = Shop.deploy(shop)
    assert (again.state, again.version) == (State.FAILED, 1)
    assert "select count(*) from b" in again.report
    by_a_person = shop.deploy(retry_failed=True)
    assert (by_a_person.state, by_a_person.version) == (State.UP_TO_DATE, 2)


def test_the_first_deploy_that_fails_is_not_tried_again_either(shop, database):
    shop.push({"main.sql": "select * from missing;"})
    database.execute("create table missing ()")
    assert shop.deploy().state is State.FAILED
    assert database.execute("select to_regnamespace('mainsql')") == [(None,)]


def test_commits_become_versions_in_order(shop):
    shop.push({"main.sql": "create table a ();"})
    shop.repo.commit({"main.sql": "create table a ();\ncreate table b ();"}, "second")
    shop.repo.commit({"README": "x"}, "does not matter")
    shop.repo.commit({"main.sql": "create table a ();\ncreate table b ();\ncreate table c ();"}, "third")
    outcome = shop.deploy()
    assert [(d.version, d.commit.subject) for d in outcome.deployed] == [(2, "second"), (3, "third")]


def test_a_failed_commit_is_superseded_by_the_next(shop, database):
    shop.push({"main.sql": "create table a ();"})
    shop.repo.commit({"main.sql": "create table a ();\ncreate table b (x nonsense);"}, "bad")
    shop.repo.commit({"main.sql": "create table a ();\ncreate table b (x int);"}, "good")
    outcome = shop.deploy()
    assert [(d.version, d.commit.subject) for d in outcome.deployed] == [(2, "good")]
    assert (outcome.state, tables(database)) == (State.UP_TO_DATE, ["a", "b"])


def test_what_a_script_sets_does_not_reach_the_ledger_or_the_next_version(shop, database):
    role = f"poor_{uuid4().hex}"
    database.execute(f"create schema trap; create table trap.versions (); create role {role}")
    stage = (
        f"set search_path = trap; set role {role}; set datestyle = 'SQL'; "
        "set default_transaction_read_only = on; set lock_timeout = '1ms';"
        "create temp table pg_class (x int);"
    )
    shop.push({"main.sql": stage})
    assert shop.version == 1
    shop.push({"main.sql": f"{stage}\nreset role; reset search_path; create table plain ();"})
    assert (shop.version, tables(database)) == (2, ["plain"])
    database.execute(f"drop role {role}")


@pytest.mark.parametrize(
    "escape",
    [
        "do $$ begin commit; end $$;",
        "create procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();",
        "do $$ begin execute 'commit'; end $$;",
    ],
)
def test_a_commit_that_hides_is_an_error(shop, database, escape):
    outcome = shop.push({"main.sql": f"create table a ();\n{escape}\n"})
    assert (outcome.state, tables(database)) == (State.FAILED, [])


def test_deferred_constraints_are_checked_before_it_counts(shop, database):
    outcome = shop.push(
        {
            "main.sql": "create table p (id int primary key);\n"
            "create table c (id int references p deferrable initially deferred);\n"
            "insert into c values (1);\n"
        }
    )
    assert (outcome.state, tables(database)) == (State.FAILED, [])
    assert "checking deferred constraints at the end" in outcome.report
    assert "[23503]" in outcome.report


def test_dropping_the_ledger_is_refused_by_itself(shop, database):
    shop.push({"main.sql": "create table a ();"})
    outcome = shop.push({"main.sql": "create table a ();\ndrop schema mainsql cascade;"})
    assert (outcome.state, shop.version) == (State.FAILED, 1)


def test_an_error_without_a_position_names_its_statement(shop):
    lines = "".join(f"insert into a values ({n});\n" for n in [*range(50), 7, *range(60, 90)])
    outcome = shop.push({"main.sql": "create table a (id int primary key);\n" + lines})
    assert outcome.state is State.FAILED
    assert 'main.sql:52:1: duplicate key value violates unique constraint "a_pkey" [23505]' in outcome.report
    assert "    52 | insert into a values (7);" in outcome.report
    assert "detail: Key (id)=(7) already exists." in outcome.report


def test_an_error_with_a_position_names_the_word(shop):
    outcome = shop.push({"main.sql": "create table a (id int);\n\n/* äöü */ select 1,\n\tnope from a;\n"})
    assert 'main.sql:4:2: column "nope" does not exist [42703]' in outcome.report
    assert "     4 | \tnope from a;\n       | \t^" in outcome.report


def test_the_context_of_a_function_is_told(shop):
    outcome = shop.push({"main.sql": "do $$ begin perform 1/0; end $$;"})
    assert "context: SQL" in outcome.report
    assert "PL/pgSQL function inline_code_block line 1 at PERFORM" in outcome.report


def test_notices_are_kept_with_their_place(shop):
    outcome = shop.push(
        {
            "main.sql": "\\i a.sql\n\\echo done\n",
            "a.sql": "create table a ();\n\ndo $$ begin raise warning 'look here'; end $$;\n",
        }
    )
    notes = [f"{note.place}: {note.text}" for note in outcome.deployed[0].notes]
    assert notes == ["a.sql:3:1 (included from main.sql:1): WARNING: look here"]


def test_what_mainsql_does_itself_makes_no_notes(shop):
    shop.push(
        {
            "main.sql": "\\i t.sql\n\\i v.sql\n",
            "t.sql": "create table t (a int);\n",
            "v.sql": "create or replace view v as select a from t;\n",
        }
    )
    # How the view was made before is not known until it has been replaced: all of it is done again then.
    outcome = shop.push(
        {
            "v.sql": "create or replace view v as select a, 1 as one from t;\n",
            "t.sql": "create table t (a int);\nselect 1;",
        }
    )
    assert [deployed.notes for deployed in outcome.deployed] == [()]


def test_copy_reads_its_rows_and_prints_none(shop, database):
    shop.push(
        {
            "main.sql": "create table a (id int, name text);\n"
            "copy a from stdin;\n1\tone; \\\\i x\n2\t\\N\n\\.\ncopy a to stdout;\n"
        }
    )
    assert database.execute("select * from a order by id") == [(1, "one; \\i x"), (2, None)]


def test_percent_signs_and_question_marks_are_just_text(shop, database):
    shop.push({"main.sql": "create table a as select '%s %(x)s %' as t, '{\"a\":1}'::jsonb ? 'a' as q;"})
    assert database.execute("select * from a") == [("%s %(x)s %", True)]


def test_one_at_a_time(shop, database):
    shop.push({"main.sql": "create table a ();"})
    shop.repo.commit({"main.sql": "create table a ();\ncreate table b ();"})
    with database.connect() as other:
        cursor = other.cursor()
        cursor.execute("begin")
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (shop.target.lock_key,))
        with pytest.raises(Locked, match=r"somebody else is deploying to shop@test now: pid \d+"):
            shop.deploy()
        other.rollback()
    other.close()
    assert shop.deploy().version == 2


def test_a_lock_that_is_not_had_in_time_may_work_later(tmp_path, database):
    shop = Shop(tmp_path, database.dsn, limits=Limits(lock_timeout=1.0))
    shop.push({"main.sql": "create table a ();"})
    shop.repo.commit({"main.sql": "create table a ();\nalter table a add x int;"})
    with database.connect() as other:
        pid = other.info.backend_pid
        other.cursor().execute("set application_name = 'a reader'")
        other.commit()
        other.cursor().execute("begin; lock table a in access share mode")
        with pytest.raises(StatementError) as raised:
            shop.deploy()
        other.rollback()
    other.close()
    assert (raised.value.sqlstate, raised.value.retry.value) == ("55P03", "later")
    assert raised.value.outcome == "Nothing was changed: shop@test is still at version 1."
    assert (
        f"detail: blocked by pid {pid} (user postgres, a reader, in its transaction" in raised.value.report()
    )
    assert ": begin; lock table a in access share mode" in raised.value.report()
    assert database.execute("select count(*) from mainsql.attempts") == [(0,)]
    assert shop.deploy().version == 2
    shop.close()


def test_cancelling_leaves_nothing(shop, database):
    interrupt = Interrupt()

    class Impatient(Watcher):
        def statement(self, statement):
            if "sleep" in statement.text:
                interrupt.request()

    shop.repo.commit({"main.sql": "create table a ();\nselect pg_sleep(3600);"})
    with pytest.raises(Cancelled):
        shop.deploy(interrupt=interrupt, watcher=Impatient())
    assert (tables(database), shop.version) == ([], 0)


def test_history_that_was_rewritten_is_refused(shop, database):
    shop.repo.commit({"main.sql": "create table a ();"}, "root")
    root = shop.repo.head
    shop.push({"main.sql": "create table a ();\ncreate table b ();"}, "deployed")
    shop.repo.branch("main", root)
    outcome = shop.push({"main.sql": "create table a ();\ncreate table c ();"}, "another past")
    assert outcome.state is State.REFUSED
    assert "history was rewritten" in outcome.report
    assert "(deployed)" in outcome.report
    assert "(another past)" in outcome.report


def test_an_older_commit_is_refused_with_the_way_out(shop):
    shop.push({"main.sql": "create table a ();"})
    root = shop.repo.head
    shop.push({"main.sql": "create table a ();\ncreate table b ();"})
    shop.repo.switch(root)
    outcome = shop.deploy()
    assert outcome.state is State.REFUSED
    assert "mainsql rollback" in outcome.report


def test_whole_runs_all_of_it_each_time(tmp_path, database):
    shop = Shop(tmp_path, database.dsn, apply=Apply.WHOLE)
    main = "create table if not exists a (n int);\ninsert into a values (1);\n"
    shop.push({"main.sql": main})
    shop.push({"README": "x"})
    assert database.execute("select count(*) from a") == [(1,)]
    outcome = shop.push({"main.sql": main + "-- said\nselect 1;\n"})
    assert (outcome.version, database.execute("select count(*) from a")) == (2, [(2,)])
    shop.close()


def test_two_trees_share_a_ledger_and_nothing_else(tmp_path, database):
    shops = [Shop(tmp_path / name, database.dsn, tree=name) for name in ("one", "two")]
    shops[0].push({"main.sql": "create table one ();"})
    shops[1].push({"main.sql": "create table two ();"})
    assert [shop.version for shop in shops] == [1, 1]
    for shop in shops:
        shop.close()


def test_tampering_shows(shop, database):
    shop.push({"main.sql": "create table a ();"})
    shop.push({"main.sql": "create table a ();\ncreate table b ();"})
    assert standing(shop.target).broken_links == []
    database.execute("update mainsql.versions set message = 'innocent' where tree = 'shop' and version = 1")
    assert standing(shop.target).broken_links == [2]


def test_numbers_of_versions_have_no_gaps_after_failures(shop, database):
    shop.push({"main.sql": "create table a ();"})
    for n in range(3):
        shop.push({"main.sql": f"create table a ();\nselect {n}/0;"})
    shop.push({"main.sql": "create table a ();\nselect 1;"})
    rows = database.execute("select version from mainsql.versions where tree = 'shop' order by 1")
    assert rows == [(1,), (2,)]


def test_the_hint_names_the_file_that_creates_what_is_missing(shop):
    outcome = shop.push(
        {
            "main.sql": "\\i v.sql\n\\i t.sql\n",
            "v.sql": "create view v as select * from t;",
            "t.sql": "create table t ();",
        }
    )
    assert (
        "hint: t is created by t.sql, included later, at main.sql:2: include it before this" in outcome.report
    )


def test_a_new_enum_value_that_is_used_at_once_gets_a_hint(shop):
    shop.push({"main.sql": "create type mood as enum ('glad');"})
    grown = "create type mood as enum ('glad');\nalter type mood add value 'sad';\nselect 'sad'::mood;"
    outcome = shop.push({"main.sql": grown})
    assert "[55P04]" in outcome.report
    assert "put its use into the next commit" in outcome.report


def test_what_only_the_server_knows_to_refuse_a_transaction_gets_a_hint(shop):
    shop.push({"main.sql": "create table p (i int primary key) partition by range (i);"})
    outcome = shop.push(
        {"main.sql": "create table p (i int primary key) partition by range (i);\nreindex table p;"}
    )
    assert outcome.state is State.FAILED
    assert "[25001]" in outcome.report
    assert '"-- mainsql: no-transaction" in the first line' in outcome.report


def test_more_locks_than_the_server_has_room_for_are_not_waited_for(shop):
    outcome = shop.push(
        {"main.sql": "select count(pg_advisory_xact_lock(i)) from generate_series(1, 1000000) i;"}
    )
    assert outcome.state is State.FAILED
    assert "[53200]" in outcome.report
    assert "max_locks_per_transaction" in outcome.report


def test_who_is_asked_to_stop_is_behind_only_where_something_is_left_to_do(shop):
    shop.push({"main.sql": "create table a ();"})

    def stopped():
        return reconcile(shop.deployment, shop.source.head(), stopping=lambda: True)

    assert (stopped().state, stopped().version) == (State.UP_TO_DATE, 1)
    shop.repo.commit({"main.sql": "create table a ();\ncreate table b ();"})
    assert (stopped().state, stopped().version) == (State.BEHIND, 1)
