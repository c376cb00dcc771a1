"""What an operator says is noticed at once, wherever it is said."""

from tests.system.test_watch import tables, version


def until_listening(until_seen):
    until_seen("application_name = 'mainsql listens' and query like 'LISTEN%'")


def test_a_poke_makes_it_look_for_commits_now(repo, program, database, until_seen):
    repo.commit(version(1), "first")
    with program.watch("--interval", "1h") as daemon:
        daemon.until("deployed", version=1)
        until_listening(until_seen)
        repo.commit(version(2), "second")
        done = program.run("poke")
        assert done.returncode == 0, done.stderr
        assert "the daemon that listens there looks now" in done.stdout
        daemon.until("deployed", version=2)
        assert daemon.stop() == 0
    assert "no daemon is seen to listen there" in program.run("poke").stdout


def test_a_repository_is_poked_by_its_name(repo, program, database, until_seen):
    repo.commit(version(1), "first")
    (repo.path / "mainsql.toml").write_text(
        '[repositories.shop]\nurl = "."\ninterval = "1h"\n[trees.shop]\n[targets.test]\n'
    )
    with program.watch() as daemon:
        daemon.until("deployed", version=1)
        until_listening(until_seen)
        repo.commit(version(2), "second")
        wrong = program.run("poke", "shp")
        assert (wrong.returncode, "there is no repository shp" in wrong.stderr) == (64, True)
        assert program.run("poke", "shop").stdout.startswith("shop@test: ")
        daemon.until("deployed", version=2)
        assert daemon.stop() == 0


def test_a_pause_a_resume_and_a_rollback_are_noticed_at_once(repo, program, database, until_seen):
    repo.commit(version(1), "first")
    with program.watch("--interval", "1h") as daemon:
        daemon.until("deployed", version=1)
        until_listening(until_seen)
        assert program.run("pause", "--why", "a look").returncode == 0
        daemon.until("paused")
        assert program.run("resume", "--yes").returncode == 0
        daemon.until("up_to_date", version=1)
        assert program.run("rollback", "--to", "0", "--yes").returncode == 0
        daemon.until("refused")
        assert tables(database) == []
        assert program.run("resume", "--yes").returncode == 0
        daemon.until("deployed", version=2)
        assert daemon.stop() == 0


def test_what_is_deployed_by_hand_is_noticed_at_once(repo, program, database, until_seen):
    repo.commit(version(1), "first")
    with program.watch("--interval", "1h") as daemon:
        daemon.until("deployed", version=1)
        until_listening(until_seen)
        repo.commit(version(2), "second")
        assert program.run("deploy").returncode == 0
        daemon.until("up_to_date", version=2)
        assert daemon.stop() == 0


def test_a_connection_that_was_cut_is_made_again_and_what_was_said_meanwhile_is_found(
    repo, program, database, until_seen
):
    repo.commit(version(1), "first")
    with program.watch("--interval", "1h") as daemon:
        daemon.until("deployed", version=1)
        until_listening(until_seen)
        database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s",
            ("mainsql listens",),
        )
        daemon.until("not_listening")
        assert program.run("pause", "--why", "nobody hears it").returncode == 0
        daemon.until("paused")
        assert daemon.stop() == 0
