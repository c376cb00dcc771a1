"""The unit for systemd, as systemd itself sees it."""

import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "mainsql.service"


@pytest.fixture
def analyze(requires):
    requires("systemd-analyze")

    def run(*arguments):
        done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


def test_it_is_valid(analyze, tmp_path):
    # It looks whether the program is there.
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text().replace("/opt/mainsql/bin/mainsql", "/bin/true"))
    assert analyze("verify", "--man=no", str(here)) == (0, "")


def test_it_is_as_closed_as_a_service_can_be_that_speaks_to_the_network(analyze):
    # The sum of what it could still do, in tenths; without any hardening it is 96.
    code, said = analyze("security", "--offline=true", "--threshold=12", str(UNIT))
    assert code == 0, said
