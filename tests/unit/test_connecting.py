"""What is added to connection strings, and how they are shown."""

import pytest

from mainsql.database.connecting import application_name, connection_parameters, psql_line, settings


@pytest.mark.parametrize(
    ("label", "version", "name"),
    [
        ("shop@production", None, "mainsql shop@production"),
        ("shop@production", 42, "mainsql shop@production v42"),
        ("x" * 100, 42, "mainsql " + "x" * 51 + " v42"),
        ("ä" * 100, 7, "mainsql " + "ä" * 26 + " v7"),
    ],
)
def test_the_server_is_told_which_target_and_which_version(label, version, name):
    assert application_name(label, version) == name
    assert len(name.encode()) <= 63


def test_dead_peers_are_found_out_unless_the_connection_string_says_how(monkeypatch):
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    added = settings({"tcp_user_timeout": "5000", "keepalives_idle": "1"}, "mainsql")
    assert added == {
        "application_name": "mainsql",
        "client_encoding": "UTF8",
        "connect_timeout": 10,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    assert "connect_timeout" not in settings({}, "mainsql")


def test_several_hosts_are_shown_without_the_password():
    dsn = "postgresql://eve:secret@one:5432,two:5433/shop?target_session_attrs=read-write"
    shown = psql_line(dsn)
    assert "secret" not in shown
    for part in ("host=one,two", "port=5432,5433", "target_session_attrs=read-write", "user=eve"):
        assert part in shown
    assert connection_parameters(dsn)["password"] == "secret"  # noqa: S105
