"""No room for the mirror, or no place for state at all: a clear error, and all is well once there is."""

import resource
import subprocess

import pytest
from tests.svnrepo import SvnRepo
from tests.system.program import MAINSQL
from tests.system.test_watch import version


@pytest.fixture
def remote(repo, database, tmp_path):
    """A configuration with a repository of which a mirror is needed; it does not compress."""
    noise = "".join(f"-- {n * 7919 % 1000003:x}{n * n:x}{n**5:x}\n" for n in range(100_000))
    repo.commit({**version(1), "noise.sql": noise}, "first")
    file = tmp_path / "mainsql.toml"
    file.write_text(
        f'[repositories.shop]\nurl = "file://{repo.path}"\ninterval = "100ms"\n[trees.shop]\n'
        f'[targets.test]\ndatabase = "{database.dsn}"\n'
    )
    return str(file)


def test_a_state_folder_that_cannot_be_made(program, remote, tmp_path):
    (tmp_path / "file").write_text("")
    nowhere = program.with_environment(MAINSQL_STATE=str(tmp_path / "file" / "state"))
    for command in ("deploy", "watch"):
        done = nowhere.run(command, "--config", remote)
        assert done.returncode == 1
        assert f"'{tmp_path}/file/state/mirrors', which must be writable" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_file_that_may_not_be_so_large(program, remote):
    with program.watch("--config", remote, under=("prlimit", "--fsize=500000:")) as daemon:
        failed = daemon.until("poll_failed")
        assert "cannot be written: it would get larger than a file of this process may be" in failed["report"]
        limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limits)
        daemon.until("polled_again")
        daemon.until("deployed", version=1)
        assert daemon.stop() == 0


def test_a_full_disk(requires, program, remote, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ("unshare", "--mount", "--map-root-user", "sh", "-euc")
    on_small = f"mount -t tmpfs -o size=1m none {small}; exec"
    can = subprocess.run([*mount, f"{on_small} true"], capture_output=True, check=False).returncode == 0
    requires("unshare, and the right to mount", can)
    done = subprocess.run(
        [*mount, f"{on_small} {MAINSQL} deploy --config {remote}"],
        env=program.with_environment(MAINSQL_STATE=str(small)).environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert f"cannot be written: No space left on device\nhint: make room under '{small}" in done.stderr
    assert program.run("deploy", "--config", remote).returncode == 0


def test_an_export_that_may_not_be_so_large(requires, program, database, tmp_path):
    requires("svn")
    origin = SvnRepo(tmp_path / "svn")
    origin.commit({"main.sql": "create table a ();\n", "noise.sql": "-- noise\n" * 100_000})
    file = tmp_path / "mainsql.toml"
    file.write_text(
        f'[repositories.shop]\nurl = "{origin.url}/trunk"\ninterval = "100ms"\n[trees.shop]\n[targets.test]\n'
    )
    with program.watch("--config", str(file), under=("prlimit", "--fsize=500000:")) as daemon:
        failed = daemon.until("waiting")
        assert f"what comes from {origin.url}/trunk cannot be written: File too large" in failed["report"]
        assert "make room under" in failed["report"]
        limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limits)
        daemon.until("deployed", version=1)
        assert daemon.stop() == 0
    assert not list(program.folder.parent.glob("state/mirrors/*.svn/.*"))
