"""What may be away when the daemon starts, and what may not be wrong."""

import shutil
import signal

import pytest
from psycopg2.extensions import make_dsn, parse_dsn
from tests.contract.githttp import git_server
from tests.contract.svnhttp import PASSWORD, USER, USERINFO, free_port, svn_over_http
from tests.contract.svnhttp import there as apache_is_there
from tests.gitrepo import GitRepo
from tests.svnrepo import SvnRepo
from tests.system.test_watch import tables, version


@pytest.fixture
def configure(repo, database, tmp_path):
    def write(url=".", dsn=database.dsn, more=""):
        file = tmp_path / "mainsql.toml"
        file.write_text(
            f'[repositories.shop]\nurl = "{url}"\ninterval = "100ms"\n[trees.shop]\n'
            f'[targets.test]\ndatabase = "{dsn}"\n{more}'
        )
        return str(file)

    return write


def test_a_repository_and_a_database_that_are_away_may_come_later(
    repo, program, database, configure, tmp_path
):
    repo.commit(version(1), "first")
    origin, server = tmp_path / "origin.git", tmp_path / "server"
    dsn = make_dsn(database.dsn, host=str(server))
    with program.watch("--config", configure(f"file://{origin}", dsn)) as daemon:
        failed = daemon.until("poll_failed")
        assert failed["level"] == "warning"
        assert str(origin) in failed["report"]
        GitRepo(repo.path).git("clone", "-q", "--bare", str(repo.path), str(origin))
        daemon.until("polled_again")
        assert f"cannot connect to database {database.name}" in daemon.until("waiting")["report"]
        server.symlink_to(parse_dsn(database.dsn)["host"])
        daemon.until("deployed", version=1)
        assert tables(database) == ["a"]

        # And the same once more, in the middle.
        shutil.move(origin, tmp_path / "away.git")
        daemon.until("poll_failed")
        shutil.move(tmp_path / "away.git", origin)
        daemon.until("polled_again")
        assert daemon.stop() == 0
    assert "Traceback" not in "".join(daemon.lines)


@pytest.mark.parametrize("kind", ["git", "svn"])
def test_a_server_that_comes_later_is_recognized(requires, program, database, configure, tmp_path, kind):
    requires("svn")
    port, files = free_port(), {"main.sql": "create table a ();\n"}
    if kind == "svn":
        requires("apache2 with mod_dav_svn", apache_is_there())
        SvnRepo(tmp_path / "repo").commit(files)
        url, serving = f"http://{USERINFO}@127.0.0.1:{port}/svn/repo/trunk", svn_over_http(tmp_path, port)
    else:
        GitRepo(tmp_path / "work").commit(files)
        GitRepo(tmp_path / "work").push(tmp_path / "repo")
        url = f"http://{USERINFO}@127.0.0.1:{port}/repo"
        serving = git_server(tmp_path, USER, PASSWORD, port)
    with program.watch("--config", configure(url)) as daemon:
        failed = daemon.until("poll_failed")
        assert "can be read neither by git (" in failed["report"]
        with serving:
            daemon.until("deployed", version=1)
            assert daemon.stop() == 0
    assert tables(database) == ["a"]
    assert PASSWORD not in "".join(daemon.lines)


def test_one_that_hangs_keeps_no_other_from_beginning(
    repo, program, database, configure, tmp_path, deaf_port
):
    repo.commit(version(1), "first")
    more = (
        f'[repositories.hangs]\nurl = "git://127.0.0.1:{deaf_port}/x.git"\n'
        '[trees.hangs]\nrepository = "hangs"\n[targets.hangs]\ntree = "hangs"\ndatabase = "dbname=x"\n'
    )
    text = configure(str(repo.path), more=more)
    (tmp_path / "mainsql.toml").write_text(
        (tmp_path / "mainsql.toml")
        .read_text()
        .replace("[trees.shop]\n", '[trees.shop]\nrepository = "shop"\n')
        .replace("[targets.test]\n", '[targets.test]\ntree = "shop"\n')
    )
    with program.watch("--config", text) as daemon:
        daemon.until("deployed", version=1, target="shop@test")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.until("stopping")
        assert daemon.stop() == 0  # hurried, it leaves what hangs


@pytest.mark.parametrize(
    ("url", "more", "code", "said"),
    [
        (".", "nonsense = 1\n", 64, "targets.test.nonsense: unknown key"),
        (".", "this is no TOML\n", 64, "mainsql.toml:7:"),
        ("nowhere", "", 1, "there is no folder"),
    ],
)
def test_what_is_wrong_ends_it_at_once(repo, program, configure, url, more, code, said):
    repo.commit(version(1), "first")
    done = program.run("watch", "--config", configure(str(repo.path) if url == "." else url, more=more))
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_one_that_was_killed_is_in_the_way(repo, program, database):
    repo.commit(version(1), "first")
    for _ in range(2):
        with program.watch("--interval", "100ms") as daemon:
            daemon.until("head")
            daemon.process.kill()
    with program.watch() as daemon:
        daemon.until("head")
        assert daemon.stop() == 0
    assert program.run("watch", "--once").returncode == 0
    assert tables(database) == ["a"]
