"""The installed program with a Subversion repository."""

import shutil

import pytest
from tests.svnrepo import SvnRepo
from tests.system.program import Program


@pytest.fixture
def svn(requires, tmp_path):
    requires("svn")
    return SvnRepo(tmp_path / "shop")


@pytest.fixture
def program(svn, tmp_path, database):
    """mainsql in a folder of no repository, with the test's database."""
    return Program(tmp_path, tmp_path / "state", MAINSQL_DATABASE=database.dsn)


def tables(database):
    rows = database.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
    return [row[0] for row in rows]


def test_commits_become_versions_and_a_rollback_takes_them_back(svn, program, database):
    trunk = f"{svn.url}/trunk"
    svn.commit({"main.sql": "\\i a.sql\n", "a.sql": "create table a (id int);\n"}, "Orders")
    with program.watch(trunk, "--interval", "100ms") as daemon:
        daemon.until("deployed", version=1, commit="r1")
        svn.commit({"readme.txt": "nothing that matters"}, "a note")
        svn.change("mkdir", "branches", message="not of the trunk")
        svn.commit(
            {"main.sql": "\\i a.sql\n\\i b.sql\n", "b.sql": "create table b (id int);\n"}, "Prix à jour"
        )
        daemon.until("deployed", version=2, commit="r4")
        assert daemon.stop() == 0
    assert tables(database) == ["a", "b"]

    (status,) = program.json("status")
    assert (status["version"], status["current"]["commit"]["id"]) == (2, "r4")
    history = program.json("history")[0]["versions"]
    assert [(v["commit"]["id"], v["commit"]["author"]) for v in history] == [("r1", "ada"), ("r4", "ada")]

    planned = program.run("plan", "--source", trunk, "r1..r4")
    assert "r4 (Prix à jour)" in planned.stdout, planned.stderr
    done = program.run("rollback", "--last", "--yes")
    assert done.returncode == 0, done.stderr
    assert tables(database) == ["a"]


def test_a_configuration_names_the_branch(svn, program, database):
    svn.commit({"main.sql": "create table a (id int);\n"})
    svn.change("mkdir", "branches", "cp", "HEAD", "trunk", "branches/next")
    (program.folder / "mainsql.toml").write_text(
        f'[repositories.shop]\nurl = "{svn.url}"\nvcs = "svn"\nbranch = "branches/next"\n'
        "[trees.shop]\n[targets.test]\n"
    )
    done = program.run("deploy", "--revision", "r1")
    assert "deployed version 1 from r1" in done.stdout + done.stderr, done.stderr
    done = program.run("deploy")
    assert done.returncode == 0, done.stderr
    assert tables(database) == ["a"]


def test_what_cannot_be_signed_is_refused(svn, program, database):
    svn.commit({"main.sql": "create table a (id int);\n"}, "Orders")
    (program.folder / "keys").touch()
    (program.folder / "mainsql.toml").write_text(
        f'[repositories.shop]\nurl = "{svn.url}/trunk"\nverify = "head"\nallowed_signers = "keys"\n'
        "[trees.shop]\n[targets.test]\n"
    )
    done = program.run("deploy")
    assert done.returncode == 3, done.stderr
    assert "it is not known who signed r1 (Orders): the revisions of shop cannot be signed" in done.stderr
    assert tables(database) == []


def test_a_number_that_was_given_out_again_is_rewritten_history(svn, program, database, tmp_path):
    trunk = f"{svn.url}/trunk"
    svn.commit({"main.sql": "create table a (id int);\n"}, "Orders")
    shutil.copytree(svn.path, tmp_path / "backup")
    svn.commit({"main.sql": "create table a (id int);\ncreate table b (id int);\n"}, "Prices")
    assert program.run("deploy", "--source", trunk).returncode == 0
    shutil.rmtree(svn.path)
    (tmp_path / "backup").rename(svn.path)
    svn.commit({"main.sql": "create table a (id int);\ncreate table c (id int);\n"}, "Clients", author="bob")
    svn.commit({"readme.txt": "hello"})
    done = program.run("deploy", "--source", trunk)
    assert done.returncode == 3, done.stderr
    assert "history was rewritten: r2 (Prices) of " in done.stderr
    assert "was brought to, is another commit now: r2 (Clients) by bob of " in done.stderr
    assert "restored from a backup" in done.stderr
    assert tables(database) == ["a", "b"]
    assert program.run("resume", "--accept-history", "--yes", "--why", "restored").returncode == 0
    svn.commit({"main.sql": "create table a (id int);\ncreate table b (id int);\ncreate table c (id int);\n"})
    done = program.run("deploy", "--source", trunk)
    assert done.returncode == 0, done.stderr
    assert tables(database) == ["a", "b", "c"]


def test_a_revision_that_is_not_there_is_told(svn, program):
    svn.commit({"main.sql": "select 1;\n"})
    done = program.run("deploy", "--source", f"{svn.url}/trunk", "--revision", "r99")
    assert done.returncode == 1
    assert "'r99' is no commit of shop" in done.stderr
    assert "the newest one is r1" in done.stderr
