"""The commands as a user types them."""

import json
import re
import signal

import pytest

LITERAL = """/* main.sql has the following contents: */
BEGIN TRANSACTION
\\i some_directory/bar.sql
\\i some_directory/foo.sql
\\i some_other_directory/baz.sql
COMMIT;
"""


@pytest.fixture
def literal(repo):
    repo.commit(
        {
            "my_db/main.sql": LITERAL,
            "my_db/some_directory/bar.sql": "create table bar (id int);\n",
            "my_db/some_directory/foo.sql": "create table foo (id int);\n",
            "my_db/some_other_directory/baz.sql": "create table baz (id int);\n",
        }
    )
    return repo


@pytest.mark.parametrize("folder", [".", "my_db", "my_db/some_directory"])
def test_the_literal_tree_goes_in_as_one_version_from_any_folder(literal, program, database, folder):
    program.folder = literal.path / folder
    done = program.run("deploy", "--main", "my_db/main.sql")
    assert (done.returncode, done.stderr) == (0, "")
    assert "deployed version 1" in done.stdout
    version = program.json("show", "1")
    assert [step["unit"] for step in version["steps"]] == [
        "some_directory/bar.sql",
        "some_directory/foo.sql",
        "some_other_directory/baz.sql",
    ]
    assert (
        len(
            {
                row[0]
                for row in database.execute(
                    "select xmin::text from pg_class where relname in ('bar', 'foo', 'baz')"
                )
            }
        )
        == 1
    )


def test_when_the_literal_tree_fails_nothing_stays(literal, program, database):
    literal.commit({"my_db/some_other_directory/baz.sql": "create table baz (id int);\n\nselect 1/0;\n"})
    done = program.run("deploy")
    assert done.returncode == 1
    assert (
        "some_other_directory/baz.sql:3:1 (included from main.sql:5): division by zero [22012]" in done.stderr
    )
    assert "Nothing was changed: my_db@" in done.stderr
    assert database.execute("select count(*) from pg_class where relname in ('bar', 'foo', 'baz')") == [(0,)]
    assert database.execute("select to_regnamespace('mainsql')") == [(None,)]


def test_plan_shows_what_deploy_then_does(literal, program, database):
    done = program.run("plan")
    assert done.returncode == 2
    assert "some_directory/foo.sql: new, runs (1 statement; undo: derived)" in done.stdout
    sql = program.run("plan", "--sql").stdout
    assert re.findall(r"^create table (\w+)", sql, re.MULTILINE) == ["bar", "foo", "baz"]
    assert "-- some_other_directory/baz.sql:1\n" in sql
    assert database.execute("select to_regnamespace('mainsql')") == [(None,)]
    assert program.run("deploy").returncode == 0
    done = program.run("plan")
    assert (done.returncode, "up to date at version 1" in done.stdout) == (0, True)


def test_tree_shows_the_order(literal, program):
    done = program.run("tree")
    assert done.returncode == 0
    units = re.findall(r"(\S+\.sql)  1 statement$", done.stdout, re.MULTILINE)
    assert units == ["some_directory/bar.sql", "some_directory/foo.sql", "some_other_directory/baz.sql"]
    assert "BEGIN TRANSACTION has no effect" in done.stdout
    assert program.json("tree")[0]["includes"]["includes"][1]["unit"] == "some_directory/foo.sql"


def test_rollback_shows_asks_and_marks(repo, program, database):
    repo.commit({"main.sql": "\\i a.sql\n", "a.sql": "create table a ();", "a.undo.sql": "drop table a;"})
    program.run("deploy")
    dry = program.run("rollback", "--last", "--dry-run")
    assert (dry.returncode, "drop table a;" in dry.stdout) == (0, True)
    unasked = program.run("rollback", "--last")
    assert (unasked.returncode, "--yes" in unasked.stderr) == (64, True)
    assert database.execute("select to_regclass('a')") == [("a",)]
    done = program.run("rollback", "--to", "0", "--yes", "--why", "a test")
    assert done.returncode == 0, done.stderr
    assert database.execute("select to_regclass('a')") == [(None,)]
    assert program.json("history")[0]["versions"][0]["rolled_back"]["why"] == "a test"
    status = program.run("status").stdout
    assert " was rolled back by " in status
    assert (
        "(a test). Until `mainsql resume` it holds:\n  a.sql: until it changes or leaves the tree\n" in status
    )
    [held] = program.json("status")[0]["held"]
    assert (held["version"], held["units"], held["removed"]) == (1, ["a.sql"], [])
    assert program.run("deploy").returncode == 3
    assert program.run("resume", "--yes").returncode == 0
    assert program.run("deploy").returncode == 0
    assert database.execute("select to_regclass('a')") == [("a",)]


def test_a_version_without_undo_is_not_rolled_back_and_the_file_is_named(literal, program, database):
    program.run("deploy")
    foo = (literal.path / "my_db/some_directory/foo.sql").read_text()
    literal.commit({"my_db/some_directory/foo.sql": f"{foo}\ninsert into foo default values;\n"})
    assert program.run("deploy").returncode == 0
    done = program.run("rollback", "--last", "--yes")
    assert done.returncode == 3
    assert "there is no some_directory/foo.undo.sql" in done.stderr
    assert "rows of public.foo (1 inserted) were changed" in done.stderr
    literal.commit({"my_db/some_directory/foo.undo.sql": "delete from foo;"})
    assert program.run("deploy").returncode == 0
    assert program.run("rollback", "--to", "0", "--yes").returncode == 0
    assert database.execute("select count(*) from pg_class where relname in ('bar', 'foo', 'baz')") == [(0,)]


def test_init_writes_a_configuration_that_loads(repo, program, database):
    repo.commit({"main.sql": "create table a ();"})
    assert program.run("init").returncode == 0
    done = program.run("deploy")
    assert (done.returncode, done.stderr) == (0, "")
    again = program.run("init")
    assert (again.returncode, "is there already" in again.stderr) == (64, True)


def test_a_configuration_describes_several_targets(repo, program, database, tmp_path):
    repo.commit({"one/main.sql": "create table one ();", "two/main.sql": "create table two ();"})
    (repo.path / "mainsql.toml").write_text(
        f"""
        [repositories.here]
        url = "."
        [trees.one]
        main = "one/main.sql"
        [trees.two]
        main = "two/main.sql"
        [targets.first]
        tree = "one"
        database = "{database.dsn}"
        [targets.second]
        tree = "two"
        database = "{database.dsn}"
        """
    )
    assert program.run("watch", "--once").returncode == 0
    labels = {found["tree"] + "@" + found["target"]: found["version"] for found in program.json("status")}
    assert labels == {"one@first": 1, "two@second": 1}
    assert "several" not in program.run("history", "first").stderr
    ambiguous = program.run("rollback", "--last", "--yes")
    assert (ambiguous.returncode, "one@first, two@second" in ambiguous.stderr) == (64, True)


def test_one_target_that_is_out_of_reach_hides_no_other(repo, program, database):
    repo.commit({"main.sql": "create table one ();"})
    (repo.path / "mainsql.toml").write_text(
        f"""
        [repositories.here]
        url = "."
        [trees.shop]
        [targets.away]
        database = "{database.dsn} port=1"
        [targets.there]
        database = "{database.dsn}"
        """
    )
    done = program.run("status")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert (done.returncode, lines[1:]) == (
        4,
        [["shop@away", "?", "cannot", "be", "told"], ["shop@there", "none", "ok"]],
    )
    assert done.stderr.startswith("shop@away: cannot connect to database ")
    away, there = json.loads(program.run("status", "--json").stdout)
    assert (set(away), "port 1, as " in away["error"]) == (
        {"target", "tree", "heard_at", "source_problem", "error"},
        True,
    )
    assert (there["version"], there["error"]) == (0, None)


@pytest.mark.parametrize(
    "command",
    [
        "watch",
        "tree",
        "plan",
        "deploy",
        "status",
        "history",
        "show",
        "rollback",
        "pause",
        "resume",
        "accept",
        "init",
    ],
)
def test_each_command_has_a_help_text(program, command):
    done = program.run(command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 5


class TestBadInput:
    """Each with a clear message, a nonzero exit, no traceback, and nothing changed."""

    @pytest.fixture
    def fails(self, program, database):
        def run(*arguments, code=1, **environment):
            done = program.run(*arguments, environment=environment)
            assert done.returncode == code, done.stdout + done.stderr
            assert "Traceback" not in done.stdout + done.stderr
            assert database.execute("select to_regnamespace('mainsql')") == [(None,)]
            return done.stderr

        return run

    def test_no_repository(self, fails, program, tmp_path):
        program.folder = tmp_path
        assert "not a git repository" in fails("deploy")

    def test_no_such_branch(self, fails, repo):
        repo.commit({"main.sql": "select 1;"})
        (repo.path / "mainsql.toml").write_text(
            '[repositories.r]\nurl="."\nbranch="mian"\n[trees.t]\n[targets.x]\n'
        )
        assert "main" in fails("deploy")

    def test_no_such_main(self, fails, repo):
        repo.commit({"sub/main.sql": "select 1;"})
        assert "sub/main.sql" in fails("deploy", "--main", "main.sql")

    def test_several_mains(self, fails, repo):
        repo.commit({"one/main.sql": "select 1;", "two/main.sql": "select 1;"})
        report = fails("watch")
        assert "one/main.sql" in report
        assert "two/main.sql" in report

    def test_no_commits(self, fails, repo):
        assert "no commit" in fails("deploy")

    def test_an_unreachable_database(self, fails, repo, closed_port):
        repo.commit({"main.sql": "select 1;"})
        url = f"postgresql://joe:s3cret@127.0.0.1:{closed_port}/shop"
        report = fails("deploy", "--database", url, code=4)
        assert f"database shop on 127.0.0.1, port {closed_port}, as joe" in report
        assert "s3cret" not in report

    def test_a_connection_string_that_is_none(self, fails, repo):
        repo.commit({"main.sql": "select 1;"})
        assert "s3cret" not in fails("deploy", "--database", "postgresql://joe:s3cret@[::1/x")

    def test_a_time_limit_that_is_none(self, fails, repo, database):
        repo.commit({"main.sql": "select 1;"})
        assert "connect_timeout" in fails(
            "deploy", "--database", f"{database.dsn} connect_timeout=soon", code=4
        )

    def test_a_plan_tells_it_too(self, fails, program, repo):
        repo.commit({"main.sql": "\\i missing.sql\n"})
        fails("plan")
        [found] = json.loads(program.run("plan", "--json").stdout)
        assert found["commits"][0]["outcome"] == "failed"
        assert "missing.sql is not in the commit" in found["commits"][0]["error"]
        assert "missing.sql is not in the commit" in fails("plan", "--sql")

    def test_a_role_that_may_not_create_the_schema(self, fails, repo, database):
        repo.commit({"main.sql": "select 1;"})
        assert "GRANT CREATE ON DATABASE" in fails("deploy", "--database", database.role("poor"))

    def test_bytes_that_are_not_utf_8(self, fails, repo):
        repo.commit({"main.sql": b"select 1;\nselect '\xe4';\n"})
        assert "main.sql:2:9: this is not UTF-8: byte 0xe4" in fails("deploy")

    def test_an_empty_tree(self, fails, repo):
        repo.commit({"main.sql": "-- nothing\n"})
        assert "there is no SQL in this tree" in fails("deploy")

    def test_a_circle(self, fails, repo):
        repo.commit({"main.sql": "\\i a.sql\n", "a.sql": "\\i main.sql\n"})
        assert "main.sql → a.sql → main.sql" in fails("deploy")

    def test_a_broken_configuration(self, fails, repo):
        repo.commit({"main.sql": "select 1;"})
        (repo.path / "mainsql.toml").write_text(
            '[trees.t]\nmian = "x"\n[targets.x]\ntree = "y"\nlock_timeout = "soon"\n'
        )
        report = fails("deploy", code=64)
        for key in ("trees.t.mian", "targets.x.tree", "targets.x.lock_timeout"):
            assert key in report


def test_a_ledger_from_a_newer_mainsql_is_left_alone(repo, program, database):
    repo.commit({"main.sql": "create table a ();"})
    assert program.run("deploy").returncode == 0
    database.execute(
        "update mainsql.steps set digests = digests || 'ff'::text where tree = 'mainsql' and position = 1"
    )
    repo.commit({"main.sql": "create table a ();\ncreate table b ();"})
    done = program.run("deploy")
    assert (done.returncode, "newer than this one" in done.stderr) == (1, True)
    assert database.execute("select to_regclass('b')") == [(None,)]


def test_a_row_changed_by_hand_shows(repo, program, database):
    for table in ("a", "b"):
        repo.commit({"main.sql": f"\\i {table}.sql\n", f"{table}.sql": f"create table {table} ();"})
        program.run("deploy")
    database.execute(
        "update mainsql.versions set author = 'somebody else' where tree = 'shop' and version = 1"
    )
    assert "changed by hand" in program.run("status").stdout
    assert program.json("status")[0]["broken_links"] == [2]


def test_ctrl_c_cancels_a_deploy_and_says_that_nothing_was_changed(repo, program, database, until_seen):
    repo.commit({"main.sql": "create table a ();\nselect pg_sleep(3600);\n"})
    with program.start("deploy") as deploy:
        until_seen("wait_event = 'PgSleep'")
        deploy.send_signal(signal.SIGINT)
        deploy.send_signal(signal.SIGINT)
        _, complaint = deploy.communicate(timeout=60)
    assert deploy.returncode == 130
    assert "cancelled at main.sql:2:1" in complaint
    assert "Nothing was changed: shop@" in complaint
    assert database.execute("select to_regclass('a')") == [(None,)]


def test_a_rollback_waits_for_the_deploy_that_is_under_way(repo, program, database):
    repo.commit({"main.sql": "\\i a.sql\n", "a.sql": "create table a ();", "a.undo.sql": "drop table a;"})
    program.run("deploy")
    deploying = database.connect()
    key = "select pg_advisory_xact_lock(hashtextextended('mainsql/shop', 0))"
    deploying.cursor().execute(key)
    with program.start("rollback", "--last", "--yes") as rollback:
        assert "somebody else is deploying to shop@" in rollback.stderr.readline()
        deploying.rollback()
        said, _ = rollback.communicate(timeout=60)
    assert rollback.returncode == 0
    assert "is at version 0" in said


def test_ctrl_c_keeps_the_other_targets_from_being_deployed(repo, program, database, until_seen):
    repo.commit({"one/main.sql": "select pg_sleep(3600);", "two/main.sql": "create table two ();"})
    (repo.path / "mainsql.toml").write_text(
        "[repositories.here]\nurl = '.'\n"
        "[trees.one]\nmain = 'one/main.sql'\n[trees.two]\nmain = 'two/main.sql'\n"
        "[targets.first]\ntree = 'one'\n[targets.second]\ntree = 'two'\n"
    )
    with program.start("deploy") as deploy:
        until_seen("wait_event = 'PgSleep'")
        deploy.send_signal(signal.SIGINT)
        deploy.communicate(timeout=60)
    assert deploy.returncode == 130
    assert database.execute("select to_regclass('two')") == [(None,)]


def test_variables_from_the_command_line_and_of_mainsqls_own(program, repo, database):
    repo.commit(
        {
            "main.sql": "\\i seeds/:mainsql_target.sql\ncreate table :name (a text default :'stage');\n"
            "select 1 < 2 as less \\gset\n\\if :less\nselect 'less';\n\\endif\n",
            f"seeds/{database.name}.sql": "select :'mainsql_version';",
        }
    )
    missing = program.run("plan", "--set", "name=t")
    assert "  main.sql: new, runs (3 statements, 1 conditional; undo: derived)" in (missing.stdout)
    done = program.run("deploy", "--set", "name=t", "--set", "stage=a=b")
    assert (done.returncode, done.stderr) == (0, "")
    assert "deployed version 1 from" in done.stdout
    assert ": 4 statements in" in done.stdout
    assert database.execute("insert into t default values returning a") == [("a=b",)]
    for wrong, why in [("name", "name: write NAME=VALUE"), ("a-b=1", "a-b: a variable has only letters")]:
        done = program.run("plan", "--set", wrong)
        assert (done.returncode, done.stdout) == (64, "")
        assert why in done.stderr


def test_variables_on_the_command_line_go_before_those_of_the_configuration(program, repo):
    (repo.path / "mainsql.toml").write_text(
        '[repositories.here]\nurl = "."\n[trees.shop]\nvariables = { a = "file", b = "file" }\n'
        'environment = ["STAGE"]\n[targets.test]\n'
    )
    repo.commit({"main.sql": "\\getenv stage STAGE\nselect :'a', :'b', :'stage', :'mainsql_target';"})
    done = program.run("plan", "--sql", "--set", "b=line", environment={"STAGE": "night"})
    assert "select 'file', 'line', 'night', 'test';" in done.stdout
    assert "main.sql  1 statement" in program.run("tree", "--set", "b=line").stdout


def test_pausing_and_accepting_by_hand(program, repo, database):
    repo.commit({"main.sql": "\\i a.sql\n", "a.sql": "create table a ();"})
    assert program.run("pause", "--why", "x").returncode == 3
    assert program.run("deploy").returncode == 0
    assert program.run("pause", "--why", "the auditors are here").stdout == (
        f"{repo.path.name}@{database.name} is paused; mainsql resume releases it\n"
    )
    assert "paused by" in program.run("status").stdout
    assert program.json("status")[0]["paused"]["why"] == "the auditors are here"
    repo.commit({"a.sql": "create table a (id int);"})
    for command in (["deploy"], ["watch", "--once"]):
        done = program.run(*command)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith("paused: ")
        assert "the auditors are here" in done.stderr
        assert "Nothing was changed" in done.stderr
    assert "no longer paused" in program.run("resume", "--yes", "--all").stdout
    refused = program.run("deploy")
    assert refused.returncode == 3
    assert "  - create table a ();\n  + create table a (id int);\n" in refused.stderr
    assert "mainsql accept a.sql" in refused.stderr
    done = program.run("accept", "a.sql", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "version 2 records a.sql as in " in done.stdout
    assert program.run("deploy").returncode == 0
    assert program.run("accept", "b.sql", "--yes").returncode == 3
    assert program.run("accept", "a.sql").returncode == 64


ROWS = "create table old (id int primary key);\ninsert into old select generate_series(1, 1000);\n"


def test_what_is_kept_is_listed_and_pruned(repo, program, database):
    repo.commit({"main.sql": "-- mainsql: keep-data\n" + ROWS})
    program.run("deploy")
    assert program.run("archives").stdout.endswith(": nothing is kept\n")
    repo.commit({"main.sql": f"-- mainsql: keep-data\n{ROWS}drop table old;\n"})
    program.run("deploy")
    [found] = program.json("archives")
    [archive] = found["archives"]
    assert (archive["of"], archive["rows"], archive["needed"]) == ("public.old", 1000, True)
    assert archive["bytes"] == found["bytes"] > 0
    assert "rows of public.old  1000" in program.run("archives").stdout
    assert database.execute(f"select count(*) from {archive['table']}") == [(1000,)]
    shown = program.run("show", "2").stdout
    assert "\nundo         derived (unproven)\n" in shown
    assert re.search(
        r"\nkept         rows of public\.old \(1000 rows, \d+ kB\) in mainsql_archive\.\"", shown
    )
    done = program.run("archives", "--prune")
    assert (done.returncode, "say --older-than AGE" in done.stderr) == (64, True)
    assert "there is nothing to prune" in program.run("archives", "--prune", "--older-than", "0").stdout
    forced = ("archives", "--prune", "--older-than", "0", "--force")
    assert program.run(*forced).returncode == 64
    done = program.run(*forced, "--yes")
    assert (done.returncode, done.stderr) == (
        0,
        "these rows do not come back then when version 2 is rolled back\n",
    )
    shown = program.run("rollback", "--last", "--dry-run").stdout
    assert "-- not as before: rows of public.old: they were kept, and pruned by" in shown
    assert program.run("rollback", "--last", "--yes").returncode == 0
    assert database.execute("select count(*) from old") == [(0,)]
    assert re.search(
        r"\nkept .*, dropped .*: mainsql archives --prune --force\n", program.run("show", "2").stdout
    )
    [archive] = program.json("show", "2")["archives"]
    assert (archive["rows"], archive["dropped"]["why"]) == (1000, "mainsql archives --prune --force")


def test_what_cannot_be_taken_back_is_told_when_it_is_deployed(repo, program, database):
    files = {f"{name}.sql": "insert into t values (1);\n" for name in "abcde"}
    tree = "create table t (id int);\n"
    repo.commit({"main.sql": tree, **files})
    assert "cannot be taken back" not in program.run("deploy").stdout
    repo.commit({"main.sql": tree + "".join(f"\\i {name}\n" for name in files)})
    shown = program.run("deploy").stdout
    why = "there is no a.undo.sql; and none was derived: rows of public.t (5 inserted) were changed"
    assert f"\n  cannot be taken back: a.sql: {why}" in shown
    assert "\n  cannot be taken back: 2 units more, see mainsql show 2\n" in shown
    repo.commit(
        {"main.sql": tree + "".join(f"\\i {name}\n" for name in files) + "insert into t values (2);\n"}
    )
    config = program.folder / "mainsql.toml"
    config.write_text(
        f'repositories.r.url = "."\ntrees.shop = {{}}\n'
        f'[targets.here]\ndatabase = "{database.dsn}"\nundo = "optional"\n'
    )
    assert "cannot be taken back" not in program.run("deploy").stdout


def test_what_is_known_of_an_undo_is_shown(repo, program, database):
    repo.commit({"main.sql": "create table t (id int, note text);\n"})
    program.run("deploy")
    repo.commit({"main.sql": "create table t (id int, note text);\nalter table t drop note;\n"})
    config = program.folder / "mainsql.toml"
    config.write_text(
        f'repositories.r.url = "."\ntrees.shop = {{}}\n'
        f'[targets.here]\ndatabase = "{database.dsn}"\nundo = "required"\n'
    )
    assert program.run("deploy").returncode == 0
    shown = program.run("show", "2").stdout
    assert "\nundo         derived (lossy)\n" in shown
    assert "\n-- lost when it is taken back: values of column public.t.note\n" in shown


def test_options_of_archives_that_do_not_go_together(program):
    assert "go with --prune" in program.run("archives", "--force").stderr
    assert "does not go with --prune" in program.run("archives", "--prune", "--json").stderr
