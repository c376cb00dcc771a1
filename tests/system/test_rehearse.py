"""mainsql rehearse, as a user types it."""

import pytest

TABLE = "create table t (id int primary key);\n"


@pytest.fixture
def begun(repo, program):
    repo.commit({"main.sql": "\\i a.sql\n", "a.sql": TABLE, "a.undo.sql": "drop table t;\n"})
    assert program.run("deploy").returncode == 0
    repo.commit(
        {"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "alter table t drop x;\n"}, "more"
    )
    return repo


def test_by_default_it_is_tried_in_a_scratch_database(begun, program, database):
    done = program.run("rehearse", "--times", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert "(more): proven\n" in done.stdout
    assert "  a.sql; undo: written\n" in done.stdout
    assert "public.t (ACCESS EXCLUSIVE)" in done.stdout
    assert database.execute("select max(version) from mainsql.versions where tree <> 'mainsql'") == [(1,)]


def test_in_place_it_says_how_long_it_held_its_locks(begun, program, database):
    done = program.run("rehearse", "--in-place")
    assert done.returncode == 0, done.stderr
    assert "were held for" in done.stdout
    assert database.execute("select count(*) from pg_attribute where attname = 'x'") == [(0,)]


@pytest.mark.parametrize("where", ["--in-place", "--on"])
def test_what_would_be_kept_of_the_rows_of_the_target_is_told(begun, program, database, where):
    database.execute("insert into t select generate_series(1, 1000); analyze t")
    begun.reset("HEAD~1")
    begun.commit({"b.sql": "-- mainsql: keep-data\ndrop table t;\n", "main.sql": "\\i a.sql\n\\i b.sql\n"})
    options = [where] if where == "--in-place" else [where, database.dsn]
    shown = program.run("rehearse", *options).stdout
    assert "  kept: rows of public.t (about 1000 rows, " in shown
    [*_, found] = program.json("rehearse", *options)["versions"]
    [kept] = found["keeps"]
    assert (kept["of"], kept["rows"], kept["put_back"]) == ("public.t", 1000, True)


def test_why_there_is_no_undo_is_told_once(begun, program, database):
    begun.commit({"main.sql": "\\i a.sql\n\\i b.sql\n", "b.sql": "insert into t values (1);\n"})
    done = program.run("rehearse", "--on", database.dsn)
    assert (done.returncode, done.stdout.count("rows of public.t (1 inserted)")) == (1, 1)


def test_what_fails_ends_with_1_and_the_difference(begun, program, database):
    begun.reset("HEAD~1")
    begun.commit({"a.sql": TABLE + "alter table t add x int;\n", "a.undo.sql": "select 1;\n"})
    found = program.run("rehearse", "--on", database.dsn, "--json")
    assert found.returncode == 1
    assert '"verdict": "failed"' in found.stdout
    shown = program.run("rehearse", "--on", database.dsn).stdout
    assert "table column public.t.x: only in what its undo leaves" in shown


def test_what_is_refused_ends_with_3(begun, program, database):
    begun.commit({"a.sql": "create table t (id bigint);\n"})
    done = program.run("rehearse", "--on", database.dsn)
    assert (done.returncode, "would not be deployed" in done.stdout) == (3, True)


def test_rows_are_loaded_from_a_file(begun, program, database, tmp_path):
    begun.reset("HEAD~1")
    begun.commit({"a.sql": TABLE + "delete from t;\n", "a.undo.sql": "-- nothing\n"})
    rows = tmp_path / "rows.sql"
    rows.write_text("insert into t values (1);\n")
    done = program.run("rehearse", "--on", database.dsn, "--data", str(rows))
    assert (done.returncode, "does not bring all rows back" in done.stdout) == (1, True)
    rows.write_text("insert into nothing values (1);\n")
    done = program.run("rehearse", "--on", database.dsn, "--data", str(rows))
    assert (done.returncode, 'rows.sql:1:13: relation "nothing" does not exist' in done.stderr) == (1, True)
    done = program.run("rehearse", "--data", str(tmp_path / "missing.sql"))
    assert (done.returncode, "cannot read" in done.stderr) == (64, True)


def test_one_place_only(program):
    done = program.run("rehearse", "--in-place", "--on", "dbname=x")
    assert (done.returncode, "--in-place" in done.stderr) == (64, True)
