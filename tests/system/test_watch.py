"""The installed daemon on a real repository and a real database."""

import signal

from tests.system.program import Program

MAIN = "\\i a.sql\n\\i b.sql\n\\i c.sql\n"


def version(number):
    """A commit that adds the file of version 1, 2 or 3, with its undo script."""
    name = "abc"[number - 1]
    return {
        "main.sql": "".join(f"\\i {n}.sql\n" for n in "abc"[:number]),
        f"{name}.sql": f"create table {name} (id int);\n",
        f"{name}.undo.sql": f"drop table {name};\n",
    }


def tables(database):
    rows = database.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
    return [row[0] for row in rows]


def test_pushed_commits_become_versions_and_a_rollback_stays(repo, program, database):
    repo.commit(version(1), "first")
    with program.watch("--interval", "100ms") as daemon:
        daemon.until("deployed", version=1)
        repo.commit(version(2), "second")
        daemon.until("deployed", version=2)
        repo.commit(version(3), "third")
        daemon.until("deployed", version=3)
        assert tables(database) == ["a", "b", "c"]

        done = program.run("rollback", "--to", "1", "--yes")
        assert done.returncode == 0, done.stderr
        assert tables(database) == ["a"]
        held = daemon.until("refused")
        assert "was rolled back with version 2" in held["report"]
        assert tables(database) == ["a"]

        fix = {"b.sql": "create table b (id bigint);\n", "c.sql": "create table c (id bigint);\n"}
        repo.commit(fix, "mend what was rolled back")
        daemon.until("deployed", version=4)
        assert tables(database) == ["a", "b", "c"]
        assert daemon.stop() == 0

    history = program.json("history")[0]["versions"]
    assert [v["version"] for v in history] == [1, 2, 3, 4]
    assert [bool(v["rolled_back"]) for v in history] == [False, True, True, False]
    assert "Traceback" not in "".join(daemon.lines)


def test_commits_that_came_meanwhile_are_applied_one_by_one(repo, program, database):
    repo.commit(version(1), "first")
    with program.watch() as daemon:
        daemon.until("deployed", version=1)
        assert daemon.stop(signal.SIGTERM) == 0
    repo.commit(version(2), "second")
    repo.commit({"README": "nothing that matters"}, "a note")
    repo.commit(version(3), "third")
    with program.watch() as daemon:
        assert daemon.until("deployed", version=2)["subject"] == "second"
        assert daemon.until("deployed", version=3)["subject"] == "third"
        assert daemon.stop() == 0
    assert len(program.json("history")[0]["versions"]) == 3


def test_the_next_commit_is_tried_on_top_of_what_is_there(repo, program, database):
    repo.commit(version(1), "first")
    with program.watch("--interval", "100ms") as daemon:
        daemon.until("deployed", version=1)
        repo.commit({"main.sql": "\\i a.sql\n\\i b.sql\n", "b.sql": "create table b (id nonsense);\n"}, "bad")
        failed = daemon.until("failed")
        assert (
            'b.sql:1:20 (included from main.sql:2): type "nonsense" does not exist [42704]'
            in failed["report"]
        )
        assert "shop@" in failed["report"]
        assert "is still at version 1" in failed["report"]
        assert "failed" in program.run("status").stdout
        repo.commit(version(2), "good")
        daemon.until("deployed", version=2)
        assert daemon.stop() == 0


def test_a_transaction_in_hand_is_finished_before_it_stops(repo, program, database, until_seen):
    repo.commit({"main.sql": "create table a ();\nselect pg_advisory_lock(1);\ncreate table z ();\n"})
    other = database.connect()
    other.cursor().execute("select pg_advisory_lock(1)")
    with program.watch("--interval", "100ms") as daemon:
        daemon.until("head")
        until_seen("wait_event = 'advisory'")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.until("stopping")
        other.cursor().execute("select pg_advisory_unlock(1)")
        daemon.until("deployed", version=1)
        assert daemon.process.wait(60) == 0
    other.close()
    assert tables(database) == ["a", "z"]


def test_a_second_signal_cancels_and_leaves_nothing(repo, program, database, until_seen):
    repo.commit({"main.sql": "create table a ();\nselect pg_sleep(3600);\n"})
    with program.watch("--interval", "100ms") as daemon:
        daemon.until("head")
        until_seen("wait_event = 'PgSleep'")
        daemon.process.send_signal(signal.SIGINT)
        daemon.until("stopping")
        daemon.process.send_signal(signal.SIGINT)
        daemon.until("cancelled")
        assert daemon.process.wait(60) == 0
    assert tables(database) == []
    assert database.execute("select to_regclass('mainsql.versions')") == [(None,)]


def test_a_database_that_is_away_is_waited_for(repo, tmp_path, closed_port):
    repo.commit(version(1))
    dsn = f"postgresql://nobody:s3cret@127.0.0.1:{closed_port}/shop"
    program = Program(repo.path, tmp_path / "state", MAINSQL_DATABASE=dsn)
    with program.watch("--interval", "100ms") as daemon:
        waiting = daemon.until("waiting")
        assert f"127.0.0.1, port {closed_port}, as nobody" in waiting["report"]
        assert "hint:" in waiting["report"]
        assert daemon.stop() == 0
    assert "s3cret" not in "".join(daemon.lines)


def test_once_is_for_cron(repo, program, database):
    repo.commit(version(1), "first")
    done = program.run("watch", "--once")
    assert (done.returncode, tables(database)) == (0, ["a"])
    assert "deployed version 1" in done.stdout
    assert program.run("watch", "--once").returncode == 0
    repo.commit({"a.sql": "create table a (id bigint);\n"}, "an edit")
    done = program.run("watch", "--once")
    assert done.returncode == 3
    assert "a.sql was edited after it was applied with version 1" in done.stderr
    repo.commit({"a.sql": "create table a (id int);\nselect 1/0;\n"}, "a mistake")
    done = program.run("watch", "--once")
    assert done.returncode == 1
    assert "[22012]" in done.stderr
