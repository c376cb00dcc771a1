"""mainsql adopt, as a user types it."""

import pytest


@pytest.fixture
def tree(repo, database):
    repo.commit({"main.sql": "\\i a.sql\n", "a.sql": "create table a (id int);\ncreate table b (id int);\n"})
    database.execute("create table a (id int); create table beyond (id int)")
    return repo


def test_what_is_missing_is_shown_and_refused(tree, program, database):
    done = program.run("adopt", "--dry-run")
    assert done.returncode == 3
    assert "  missing: table public.b\n" in done.stdout
    assert "  only in the database, left alone: table public.beyond\n" in done.stdout
    assert "does not have what the tree builds" in done.stderr
    assert "--force" in done.stderr
    assert program.json("adopt", "--dry-run", "--on", database.dsn)["missing"] == ["table public.b"]
    assert program.run("adopt", "--yes", "--on", database.dsn).returncode == 3
    assert database.execute("select to_regnamespace('mainsql')") == [(None,)]


def test_what_is_there_is_recorded_after_asking(tree, program, database):
    database.execute("create table b (id int)")
    unasked = program.run("adopt", "--on", database.dsn)
    assert (unasked.returncode, "--yes" in unasked.stderr) == (64, True)
    done = program.run("adopt", "--yes", "--on", database.dsn)
    assert (done.returncode, done.stderr) == (0, "")
    assert "version 1 records 1 unit as in" in done.stdout
    assert "nothing was run" in done.stdout
    assert program.run("plan").returncode == 0
    again = program.run("adopt", "--yes")
    assert (again.returncode, "mainsql accept" in again.stderr) == (3, True)


def test_force_records_what_differs_and_what_cannot_be_built(repo, program, database):
    repo.commit({"main.sql": "create table a (id of_another_tree);"})
    database.execute("create type of_another_tree as (id int); create table a (id of_another_tree)")
    done = program.run("adopt", "--yes", "--on", database.dsn)
    assert (done.returncode, "main.sql:1:" in done.stdout) == (3, True)
    assert 'type "of_another_tree" does not exist' in done.stdout
    assert program.run("adopt", "--yes", "--force", "--on", database.dsn).returncode == 0
    assert program.run("plan").returncode == 0
