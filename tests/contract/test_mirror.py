"""Mirrors: what is fetched, how often, as whom, and what happens when that goes wrong."""

import fcntl
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.contract.githttp import GitServer, command_lines, git_server
from tests.contract.origins import GitOrigin, Opener, Processes, git_mirror
from tests.gitrepo import GitRepo

from mainsql.errors import Cancelled, MainsqlError, Retry, SourceError, SourceUnavailable
from mainsql.source import mirror as mirror_module


@pytest.fixture
def origin(tmp_path: Path) -> GitOrigin:
    """A bare repository at a file:// URL."""
    return git_mirror(tmp_path)


def verbs(processes: Processes) -> list[str]:
    known = ("ls-remote", "fetch", "init")
    return [verb for command in processes for verb in known if command[0] == "git" and verb in command]


def mirror_of(opener: Opener) -> Path:
    (folder,) = (path for path in opener.state.iterdir() if path.is_dir())
    return folder


# How often


def test_it_fetches_only_when_what_is_watched_differs(
    origin: GitOrigin, opener: Opener, processes: Processes
) -> None:
    origin.commit({"a.sql": "1"})
    repository = opener(origin.url)
    processes.clear()
    repository.fetch()
    opener(origin.url).fetch()
    assert verbs(processes) == ["ls-remote"] * 3
    processes.clear()
    origin.repo.git("branch", "another")
    origin.publish()
    repository.fetch()
    assert verbs(processes) == ["ls-remote"]
    processes.clear()
    origin.commit({"a.sql": "2"})
    repository.fetch()
    assert verbs(processes) == ["ls-remote", "fetch"]
    assert repository.commit("another")


@pytest.mark.parametrize("branch", ["main", None])
def test_a_poll_with_nothing_new_is_one_process(
    origin: GitOrigin, opener: Opener, processes: Processes, branch: str | None
) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    repository = opener(origin.url, branch)
    assert repository.head().id == commit_id
    processes.clear()
    for _ in range(3):
        repository.fetch()
        assert repository.head().id == commit_id
    assert [command[:2] for command in processes] == [("git", "ls-remote")] * 3


def test_what_another_process_did_to_the_mirror_is_not_overlooked(origin: GitOrigin, opener: Opener) -> None:
    first = origin.commit({"a.sql": "1"})
    repository, another = opener(origin.url), opener(origin.url)
    second = origin.commit({"a.sql": "2"})
    another.fetch()
    origin.repo.reset(first)
    origin.publish()
    repository.fetch()  # the origin is as this one saw it last, the mirror is not
    assert repository.head().id == first
    third = origin.commit({"a.sql": "3"})
    for each in (repository, another):
        each.fetch()
        assert each.head().id == third
    assert not repository.is_ancestor(second, third)


def test_branches_of_one_origin_share_a_mirror(origin: GitOrigin, opener: Opener) -> None:
    main = origin.commit({"a.sql": "1"})
    origin.repo.branch("side")
    side = origin.repo.commit({"a.sql": "2"})
    origin.repo.switch("main")
    origin.publish()
    one, other, head = (opener(origin.url, branch) for branch in ("main", "side", None))
    assert [r.head().id for r in (one, other, head)] == [main, side, main]
    assert mirror_of(opener).name.startswith("shop-")


def test_what_the_origin_deletes_is_deleted(origin: GitOrigin, opener: Opener) -> None:
    origin.repo.commit({"a.sql": "1"})
    origin.repo.git("branch", "feature")
    origin.repo.git("tag", "v1")
    origin.publish()
    repository = opener(origin.url)
    assert repository.commit("feature") == repository.commit("v1")
    origin.repo.git("branch", "--quiet", "-D", "feature")
    origin.repo.git("tag", "--delete", "v1")
    origin.repo.git("branch", "feature/more")  # where a file was, there must be a folder now
    origin.commit({"a.sql": "2"})
    repository.fetch()
    assert repository.commit("feature/more")
    for gone in ("feature", "v1"):
        with pytest.raises(SourceError, match="is no commit of shop") as caught:
            repository.commit(gone)
        assert "only what came with the last change" in caught.value.report()


def test_nothing_is_known_before_the_first_fetch(origin: GitOrigin, opener: Opener) -> None:
    origin.commit({"a.sql": "1"})
    with pytest.raises(SourceUnavailable, match="nothing has been fetched from"):
        opener(origin.url, fetch=False).head()


def test_what_was_fetched_is_there_without_the_origin(
    origin: GitOrigin, opener: Opener, tmp_path: Path
) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    opener(origin.url)
    (tmp_path / "shop.git").rename(tmp_path / "away")
    repository = opener(origin.url, fetch=False)
    assert repository.files(repository.head().id).read("a.sql") == b"1"
    with pytest.raises(SourceUnavailable):
        repository.fetch()
    assert repository.head().id == commit_id


def test_housekeeping_leaves_what_is_large(
    origin: GitOrigin, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainsql.source.mirror._BIG_PACK", "20k")
    settings = {"fetch.unpackLimit": "1", "gc.autoPackLimit": "2"}
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(settings)))
    for number, (key, value) in enumerate(settings.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    origin.commit({"noise.dat": random.Random(1).randbytes(50_000)})  # noqa: S311 - nothing is secret here
    repository = opener(origin.url)
    packs = mirror_of(opener) / "objects" / "pack"
    (large,) = packs.glob("*.pack")
    for number in range(3):
        origin.commit({"a.sql": str(number)})
        repository.fetch()
    assert large.exists()
    assert len(list(packs.glob("*.pack"))) == 2  # the others were put together
    assert repository.files(repository.head().id).read("a.sql") == b"2"


# What goes wrong here


def test_a_mirror_heals_from_whatever_a_kill_leaves(origin: GitOrigin, opener: Opener) -> None:
    origin.commit({"a.sql": "1"})
    repository = opener(origin.url)
    mirror = mirror_of(opener)
    new = mirror.with_name(f"{mirror.name}.new")
    for left in (
        mirror / "refs" / "heads" / "main.lock",
        mirror / "packed-refs.lock",
        mirror / "HEAD.lock",
        mirror / "shallow.lock",
        mirror / "objects" / "pack" / "tmp_pack_x",
        mirror / "objects" / "00" / "tmp_obj_x",
        mirror / "objects" / "tmp_objdir-x" / "pack" / "x",
        new / "HEAD",
    ):
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(b"")
    second = origin.commit({"a.sql": "2"})
    repository.fetch()
    assert repository.head().id == second
    assert not [left for left in mirror.rglob("*") if left.name.startswith("tmp_")]
    origin.repo.branch("trunk")
    third = origin.commit({"a.sql": "3"})
    repository.fetch()
    assert repository.head().id == third
    mirror.rename(mirror.with_name("gone"))
    repository.fetch()
    assert repository.files(repository.head().id).read("a.sql") == b"3"
    assert not new.exists()


def test_an_empty_mirror_in_the_place_of_another_is_filled(
    origin: GitOrigin, tmp_path: Path, opener: Opener
) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    repository = opener(origin.url)
    opener.state, first = tmp_path / "another", mirror_of(opener)
    opener(origin.url, fetch=False)
    # In the same folder: what a new folder gets for its number is the file system's choice.
    for each in first.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    for each in mirror_of(opener).iterdir():
        shutil.move(each, first)
    repository.fetch()
    assert repository.head().id == commit_id


def test_a_clone_that_was_killed_is_taken_up_again(origin: GitOrigin, tmp_path: Path, opener: Opener) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    code = (
        "import pathlib, sys\n"
        "from mainsql.source.open import open_repository\n"
        "open_repository(sys.argv[1], branch=None, state=pathlib.Path(sys.argv[2])).fetch()\n"
    )
    with git_server(tmp_path) as server:
        server.hang_on = "/git-upload-pack"
        url = server.url("shop.git")
        with subprocess.Popen([sys.executable, "-c", code, url, str(opener.state)]) as process:
            assert server.hanging.wait(60)
            process.send_signal(signal.SIGKILL)
        server.hang_on = "nothing"
        assert opener(url).head().id == commit_id


def test_many_at_once_on_one_mirror_fetch_once_and_do_not_break_each_other(
    origin: GitOrigin, opener: Opener, processes: Processes
) -> None:
    for number in range(3):
        commit_id = origin.commit({"a.sql": str(number)})
        repositories = [opener(origin.url, fetch=False) for _ in range(6)]
        processes.clear()
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda repository: repository.fetch(), repositories))
        assert {repository.head().id for repository in repositories} == {commit_id}
        assert verbs(processes).count("fetch") == 1


def test_one_waits_for_another_that_fetches_and_can_be_stopped(origin: GitOrigin, opener: Opener) -> None:
    first = origin.commit({"a.sql": "1"})
    repository = opener(origin.url)
    second = origin.commit({"a.sql": "2"})
    lock = mirror_of(opener).with_name(f"{mirror_of(opener).name}.lock")
    caught: list[BaseException] = []

    def fetch() -> None:
        try:
            repository.fetch()
        except Cancelled as error:
            caught.append(error)

    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = threading.Thread(target=fetch)
        waiting.start()
        while waiting.is_alive():
            repository.close()
            waiting.join(0.05)
        assert caught
        assert repository.head().id == first
    repository.fetch()
    assert repository.head().id == second


def test_a_lock_held_for_too_long_is_reported(
    origin: GitOrigin, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.commit({"a.sql": "1"})
    repository = opener(origin.url)
    monkeypatch.setattr(mirror_module, "FETCH_LIMIT", 0.0)
    lock = mirror_of(opener).with_name(f"{mirror_of(opener).name}.lock")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        repository.fetch()  # there is nothing to bring, and so nothing to wait for
        origin.commit({"a.sql": "2"})
        with pytest.raises(SourceUnavailable, match="another process has been fetching"):
            repository.fetch()


def test_a_state_folder_that_cannot_be_written_is_an_error(origin: GitOrigin, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    opener = Opener(tmp_path / "file" / "state")
    with pytest.raises(SourceError, match=r"the mirror of .* cannot be written") as caught:
        opener(origin.url)
    assert str(tmp_path / "file" / "state") in (caught.value.hint or "")


# What goes wrong there


def git_processes(url: str) -> list[str]:
    return [line for line in command_lines() if url in line]


def test_closing_ends_a_fetch_that_hangs(origin: GitOrigin, tmp_path: Path, opener: Opener) -> None:
    origin.commit({"a.sql": "1"})
    with git_server(tmp_path) as server:
        server.hang_on = "/git-upload-pack"
        repository = opener(server.url("shop.git"), fetch=False)
        with ThreadPoolExecutor(1) as pool:
            fetch = pool.submit(repository.fetch)
            assert server.hanging.wait(60)
            assert git_processes(server.url("shop.git"))
            repository.close()
            with pytest.raises(Cancelled):
                fetch.result()
        _all_gone(server)


def test_closing_ends_a_read_that_hangs(origin: GitOrigin, tmp_path: Path, opener: Opener) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    origin.repo.git("--git-dir", str(origin.bare), "config", "uploadpack.allowFilter", "true")
    with git_server(tmp_path) as server:
        url, clone = server.url("shop.git"), tmp_path / "partial"
        origin.repo.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", url, str(clone))
        server.hang_on = "/git-upload-pack"
        repository = opener(str(clone))
        files = repository.files(commit_id)
        with ThreadPoolExecutor(1) as pool:
            read = pool.submit(files.read, "a.sql")
            assert server.hanging.wait(60)
            repository.close()
            with pytest.raises(SourceError):
                read.result()
        server.released.set()
        assert files.read("a.sql") == b"1"


def test_a_fetch_that_takes_too_long_is_ended(
    origin: GitOrigin, tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    with git_server(tmp_path) as server:
        server.hang_on = "/info/refs"
        repository = opener(server.url("shop.git"), fetch=False)
        with monkeypatch.context() as patch:
            patch.setattr(mirror_module, "LISTING_LIMIT", 0.5)
            with pytest.raises(SourceUnavailable, match=r"took more than 0\.5 seconds") as caught:
                repository.fetch()
        assert caught.value.retry is Retry.LATER
        _all_gone(server)
        server.hang_on = "nothing"
        repository.fetch()
        assert repository.head().id == commit_id


def _all_gone(server: GitServer) -> None:
    """git's helper gets its signal with git, but may end after it."""
    gone = threading.Event()
    for _ in range(200):
        if not git_processes(server.url("shop.git")):
            return
        gone.wait(0.05)
    raise AssertionError(git_processes(server.url("shop.git")))


@pytest.mark.parametrize(
    ("url", "says", "advice"),
    [
        ("file:///no/such/repository", "does not appear to be a git repository", "check the path"),
        ("http://127.0.0.1:1/shop.git", "127.0.0.1", "check the host"),
        ("git://127.0.0.1:1/shop.git", "Connection refused", "check the host"),
    ],
)
def test_an_origin_out_of_reach_is_tried_later(opener: Opener, url: str, says: str, advice: str) -> None:
    with pytest.raises(SourceUnavailable, match=says) as caught:
        opener(url)
    assert caught.value.retry is Retry.LATER
    assert url in str(caught.value)
    assert advice in (caught.value.hint or "")
    assert f"git ls-remote '{url}'" in (caught.value.hint or "")
    assert " ms" not in caught.value.report()  # what differs each time would be logged each time


def test_an_origin_that_comes_back_is_fetched(origin: GitOrigin, tmp_path: Path, opener: Opener) -> None:
    repository = opener(origin.url)
    (tmp_path / "shop.git").rename(tmp_path / "away")
    with pytest.raises(SourceUnavailable):
        repository.fetch()
    (tmp_path / "away").rename(tmp_path / "shop.git")
    commit_id = origin.commit({"a.sql": "1"})
    repository.fetch()
    assert repository.head().id == commit_id


# Passwords

SECRET = "p@ss/w:rd%#é"  # noqa: S105
QUOTED = "p%40ss%2Fw%3Ard%25%23%C3%A9"


def shows(secret: str, *texts: str) -> list[str]:
    return [text for text in texts for form in (secret, QUOTED) if form.lower() in text.lower()]


def test_a_password_in_the_url_lets_in_and_is_seen_nowhere(
    origin: GitOrigin,
    tmp_path: Path,
    opener: Opener,
    processes: Processes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    configuration = tmp_path / "gitconfig"
    configuration.write_text("[credential]\nhelper=store\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    commit_id = origin.commit({"a.sql": "1"})
    with git_server(tmp_path, "ada@example.org", SECRET) as server:
        repository = opener(server.url("shop.git", f"ada%40example.org:{QUOTED}"))
        assert repository.head().id == commit_id
        assert server.let_in > 1
        assert git_processes(server.url("shop.git")) == []
        assert any("ls-remote" in line for line in server.seen), "the server looked at nothing"
    assert not shows(SECRET, *server.seen)
    assert not shows(SECRET, *(" ".join(command) for command in processes))
    assert not shows(SECRET, caplog.text, repository.location, repository.name, repr(repository))
    kept = [path for folder in (opener.state, tmp_path / "home") for path in folder.rglob("*")]
    assert not [p for p in kept if p.is_file() and shows(SECRET, p.read_text(errors="replace"), str(p))]


@pytest.mark.parametrize("userinfo", ["ada:{}x", "ada:{}x{}", "ada", ""])
def test_a_failure_to_log_in_shows_no_password_and_asks_nobody(
    origin: GitOrigin,
    tmp_path: Path,
    opener: Opener,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    userinfo: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = tmp_path / "asked"
    asker = tmp_path / "askpass"
    asker.write_text(f"#!/bin/sh\ntouch '{asked}'\n")
    asker.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(asker))
    monkeypatch.setenv("SSH_ASKPASS", str(asker))
    origin.commit({"a.sql": "1"})
    with (
        git_server(tmp_path, "ada", SECRET) as server,
        pytest.raises(SourceUnavailable) as caught,
    ):
        opener(server.url("shop.git", userinfo.format(QUOTED, QUOTED)))
    text = "".join(traceback.format_exception(caught.value)) + caught.value.report() + caplog.text
    assert not shows(SECRET, text)
    assert not asked.exists()
    assert server.let_in == 0
    assert "check the credentials" in (caught.value.hint or "")


def test_the_helper_of_the_user_is_asked_for_the_name_in_the_url(
    origin: GitOrigin, tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "gitconfig"
    helper = "!f() { grep -q ^username=ada$ && echo password=of-ada; }; f"
    GitRepo(tmp_path / "x").git("config", "--file", str(configuration), "credential.helper", helper)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    commit_id = origin.commit({"a.sql": "1"})
    with git_server(tmp_path, "ada", "of-ada") as server:
        assert opener(server.url("shop.git", "ada")).head().id == commit_id


def test_what_the_user_configured_by_environment_stays(
    origin: GitOrigin, tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    with git_server(tmp_path, "ada", SECRET) as server:
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{server.url('shop')}.insteadOf")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", server.url("short"))
        assert opener(server.url("short.git", f"ada:{QUOTED}")).head().id == commit_id


# ssh


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ssh that writes its arguments down, and runs git here instead of there."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/arguments"\n'
        'for last; do :; done\ncase "$*" in *unreachable*)\n'
        "  echo 'ssh: connect to host unreachable port 22: Connection refused' >&2; exit 255\n"
        'esac\nexec sh -c "$last"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "arguments"


def test_ssh_is_told_never_to_ask(origin: GitOrigin, opener: Opener, ssh: Path) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    for url in (f"git@example.org:{origin.bare}", f"ssh://git@example.org{origin.bare}"):
        assert opener(url).head().id == commit_id
        assert "-o\nBatchMode=yes\n" in ssh.read_text()
        assert "git@example.org" in ssh.read_text()


@pytest.mark.parametrize("way", ["GIT_SSH_COMMAND", "GIT_SSH", "core.sshCommand"])
def test_the_ssh_of_the_user_is_left_alone(
    origin: GitOrigin, opener: Opener, ssh: Path, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "core.sshCommand":
        (tmp_path / "gitconfig").write_text("[core]\nsshCommand=ssh\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    else:
        monkeypatch.setenv(way, "ssh")
    commit_id = origin.commit({"a.sql": "1"})
    assert opener(f"git@example.org:{origin.bare}").head().id == commit_id
    assert "BatchMode" not in ssh.read_text()


def test_the_reason_of_ssh_is_given_and_not_the_platitudes_of_git(opener: Opener, ssh: Path) -> None:
    with pytest.raises(SourceUnavailable, match="connect to host unreachable port 22: Connection refused"):
        opener("git@unreachable:shop.git")


@pytest.mark.parametrize(
    "url", ["-x", "--upload-pack=touch x", "ext::touch x", "ext://touch", "fd::0", "x::y"]
)
def test_a_hostile_url_starts_nothing(opener: Opener, processes: Processes, url: str) -> None:
    with pytest.raises(MainsqlError):
        opener(url)
    assert processes == []
