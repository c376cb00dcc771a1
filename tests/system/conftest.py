import socket

import pytest
from tests.gitrepo import GitRepo
from tests.system.program import Program


@pytest.fixture
def repo(tmp_path):
    return GitRepo(tmp_path / "shop")


@pytest.fixture
def program(repo, tmp_path, database):
    """mainsql in the repository's folder, with the test's database."""
    return Program(repo.path, tmp_path / "state", MAINSQL_DATABASE=database.dsn)


@pytest.fixture
def closed_port():
    """A port of this machine on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        # It stays bound, and so nobody else's, but nobody listens.
        yield found.getsockname()[1]


@pytest.fixture
def deaf_port():
    """A port of this machine that takes connections, and never says a word."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen()
        yield found.getsockname()[1]


@pytest.fixture
def until_seen(database):
    """Waits until a session of the test's database is as the condition on pg_stat_activity says."""

    def wait(condition):
        database.execute(
            f"""
            do $$
            begin
                for n in 1..3000 loop
                    if exists (select from pg_stat_activity
                               where datname = current_database() and pid <> pg_backend_pid() and {condition})
                    then
                        return;
                    end if;
                    perform pg_sleep(0.02), pg_stat_clear_snapshot();
                end loop;
                raise 'no such session within a minute';
            end
            $$
            """
        )

    return wait
