"""A version in several segments, as a user sees it: planned, stopped, gone on with, taken back."""

FILES = {
    "main.sql": "\\i t.sql\n\\i index.sql\n",
    "t.sql": "create table t (x int);\ninsert into t values (1), (1);\n",
    "index.sql": "-- mainsql: no-transaction\ncreate unique index concurrently by_x on t (x);\n",
}
SEGMENTS = [
    "1. a transaction (t.sql)",
    "2. alone (index.sql): create unique index concurrently by_x on t (x);",
]


def test_it_is_planned_stops_goes_on_and_is_taken_back(repo, program, database):
    repo.commit(FILES)
    planned = program.run("plan").stdout
    assert [line.strip() for line in planned.splitlines()][-2:] == SEGMENTS
    (page,) = program.json("plan")
    assert [each["kind"] for each in page["commits"][0]["segments"]] == ["transaction", "alone"]

    stopped = program.run("deploy")
    assert stopped.returncode == 3
    assert stopped.stderr.startswith("in progress: commit ")
    shown = program.run("status").stdout
    assert "1. finished, a transaction (t.sql)" in shown
    assert "2. to come, alone (index.sql): create unique index" in shown
    (status,) = program.json("status")
    assert status["version"] == 0
    assert [each["state"] for each in status["progress"]["segments"]] == ["finished", "to come"]
    assert "in progress: 1 of 2 segments are finished" in program.run("plan").stdout

    database.execute("delete from t where ctid = (select max(ctid) from t)")
    assert "deployed version 1" in program.run("deploy").stdout
    assert program.json("status")[0]["progress"] is None
    assert program.run("rollback", "--last", "--yes").returncode == 0
    assert database.execute("select to_regclass('t')") == [(None,)]


def test_what_is_in_progress_is_released_by_a_person(repo, program):
    repo.commit(FILES)
    assert program.run("deploy").returncode == 3
    assert program.run("resume", "--statement-done", "--yes").returncode == 3
    released = program.run("resume", "--yes")
    assert "the next deploy goes on with what is in progress" in released.stdout
    assert program.run("watch", "--once").returncode == 3
