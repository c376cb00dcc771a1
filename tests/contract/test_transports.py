"""Each way by which git fetches, against a real server of its kind on this machine."""

import getpass
import logging
import shutil
import subprocess
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.contract.githttp import command_lines, git_server
from tests.contract.inetd import Sshd, git_daemon, has_sshd, sshd
from tests.contract.origins import GitOrigin, Opener, Processes, git_bare
from tests.gitrepo import GitRepo
from tests.signing import SshKey

from mainsql.errors import MainsqlError, Retry, SourceError, SourceUnavailable
from mainsql.source.access import Access

SECRET = "p@ss w/rd%#é"  # noqa: S105


@pytest.fixture
def origin(tmp_path: Path) -> GitOrigin:
    """A bare repository, ``shop.git``."""
    return git_bare(tmp_path)


@dataclass(frozen=True)
class Served:
    """Where a server offers the repository, and who may fetch it."""

    url: str
    access: Access | None = None


@pytest.fixture
def ssh_server(tmp_path: Path, requires: Callable[..., None]) -> Iterator[Sshd]:
    requires("ssh")
    requires("sshd", has_sshd())
    with sshd(tmp_path / "sshd") as server:
        yield server


@pytest.fixture(params=["path", "file", "http", "git", "ssh"])
def served(request: pytest.FixtureRequest, origin: GitOrigin, tmp_path: Path) -> Iterator[Served]:
    assert origin.bare is not None
    with ExitStack() as stack:
        match request.param:
            case "path":
                yield Served(str(origin.bare))
            case "file":
                yield Served(origin.bare.as_uri())
            case "http":
                server = stack.enter_context(git_server(tmp_path, "ada", SECRET))
                yield Served(server.url("shop.git"), Access("ada", SECRET))
            case "git":
                daemon = stack.enter_context(git_daemon(tmp_path))
                yield Served(f"git://127.0.0.1:{daemon.port}/shop.git")
            case "ssh":
                server = request.getfixturevalue("ssh_server")
                access = Access(ssh_key=server.key, known_hosts=server.known_hosts)
                yield Served(server.url(origin.bare), access)


def test_what_is_committed_is_fetched(origin: GitOrigin, opener: Opener, served: Served) -> None:
    first = origin.commit({"main.sql": "1", "größe.sql": b"\xff"})
    repository = opener(served.url, access=served.access)
    assert repository.head().id == first
    assert repository.files(first).read("größe.sql") == b"\xff"
    second = origin.commit({"main.sql": "2"})
    repository.fetch()
    assert repository.head().id == second
    origin.repo.reset(first)
    other = origin.commit({"main.sql": "3"})
    repository.fetch()
    assert repository.head().id == other
    assert not repository.is_ancestor(second, other)


def test_a_repository_that_is_not_there_is_said_to_be_missing(
    origin: GitOrigin, opener: Opener, served: Served
) -> None:
    origin.commit({"main.sql": "1"})
    with pytest.raises(SourceError) as caught:
        opener(served.url.replace("shop.git", "missing.git"), access=served.access)
    assert "missing.git" in caught.value.report()


# Passwords


def test_a_password_file_is_read_for_each_fetch_and_its_contents_seen_nowhere(
    origin: GitOrigin,
    opener: Opener,
    tmp_path: Path,
    processes: Processes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    first = origin.commit({"main.sql": "1"})
    token = tmp_path / "token"
    token.write_bytes(f"{SECRET}\r\nmore\n".encode())
    access = Access("ada", password_file=token)
    with git_server(tmp_path, "ada", SECRET) as server:
        repository = opener(server.url("shop.git"), access=access)
        assert repository.head().id == first
        server.credentials = "ada:another"
        second = origin.commit({"main.sql": "2"})
        with pytest.raises(SourceUnavailable, match="Authentication failed") as caught:
            repository.fetch()
        token.write_text("another")
        repository.fetch()
        assert repository.head().id == second
        token.unlink()
        with pytest.raises(SourceUnavailable, match=f"'{token}' cannot be read: No such file") as missing:
            repository.fetch()
        assert missing.value.retry is Retry.LATER
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(access)
    commands = (" ".join(command) for command in processes)
    assert not [text for text in (told, *server.seen, *commands) if SECRET in text or "another" in text]


def test_a_password_without_a_name_has_one_that_servers_take(
    origin: GitOrigin, opener: Opener, tmp_path: Path
) -> None:
    commit_id = origin.commit({"main.sql": "1"})
    with git_server(tmp_path, "git", SECRET) as server:
        access = Access(password=SECRET)
        assert SECRET not in repr(access)
        assert opener(server.url("shop.git"), access=access).head().id == commit_id
        assert not [line for line in (*command_lines(), *server.seen) if SECRET in line]
    with git_server(tmp_path, "eve", SECRET) as server:
        # What the configuration says goes before what the URL says.
        url = server.url("shop.git", "ada:wrong")
        assert opener(url, access=Access("eve", SECRET)).head().id == commit_id


def test_a_token_in_the_place_of_a_user_is_not_shown(
    origin: GitOrigin, opener: Opener, tmp_path: Path, processes: Processes
) -> None:
    token = "ghp_0123456789/abc"  # noqa: S105
    commit_id = origin.commit({"main.sql": "1"})
    with git_server(tmp_path, token, "x") as server:
        url = server.url("shop.git", quote(token, safe=""))
        with pytest.raises(SourceUnavailable, match="could not read Password") as caught:
            opener(url)
        assert token not in caught.value.report()
        assert quote(token, safe="") not in caught.value.report()
        assert opener(url, access=Access(token, "x")).head().id == commit_id
        with pytest.raises(SourceUnavailable) as caught:  # also where it is not known whether it is git's
            opener(url.removesuffix(".git"))
        assert "ghp_" not in caught.value.report()
        assert not [line for line in server.seen if "ghp_" in line]
    assert not [word for command in processes for word in command if "ghp_" in word]


# ssh


def test_a_host_that_is_not_known_is_not_talked_to(
    origin: GitOrigin, opener: Opener, ssh_server: Sshd, tmp_path: Path
) -> None:
    assert origin.bare is not None
    origin.commit({"main.sql": "1"})
    unknown = tmp_path / "unknown"
    unknown.touch()
    with pytest.raises(SourceUnavailable, match="Host key verification failed") as caught:
        opener(ssh_server.url(origin.bare), access=Access(ssh_key=ssh_server.key, known_hosts=unknown))
    assert "to accept its key" in (caught.value.hint or "")
    assert unknown.read_bytes() == b""
    other = SshKey.make(tmp_path / "other").public
    unknown.write_text(ssh_server.known_hosts.read_text().split()[0] + " " + other)
    with pytest.raises(SourceUnavailable, match="Host key verification failed"):
        opener(ssh_server.url(origin.bare), access=Access(ssh_key=ssh_server.key, known_hosts=unknown))


def test_as_scp_writes_it_and_by_the_command_that_the_user_has_chosen(
    origin: GitOrigin, opener: Opener, ssh_server: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_id = origin.commit({"main.sql": "1"})
    known = f"-o UserKnownHostsFile={ssh_server.known_hosts}"
    command = f"ssh -p {ssh_server.port} -i {ssh_server.key} -o BatchMode=yes {known}"
    monkeypatch.setenv("GIT_SSH_COMMAND", command)
    repository = opener(f"{getpass.getuser()}@127.0.0.1:{origin.bare}")
    assert repository.name == "shop"
    assert repository.head().id == commit_id


def test_another_key_is_not_let_in_and_nobody_is_asked(
    origin: GitOrigin, opener: Opener, ssh_server: Sshd, tmp_path: Path
) -> None:
    assert origin.bare is not None
    origin.commit({"main.sql": "1"})
    key = SshKey.make(tmp_path / "a key 100%").path
    with pytest.raises(SourceUnavailable, match="Permission denied") as caught:
        opener(ssh_server.url(origin.bare), access=Access(ssh_key=key, known_hosts=ssh_server.known_hosts))
    assert "check the credentials" in (caught.value.hint or "")
    key.with_suffix(".pub").unlink()
    shutil.copy(ssh_server.key, key)
    access = Access(ssh_key=key, known_hosts=ssh_server.known_hosts)
    assert opener(ssh_server.url(origin.bare), access=access).head()


def test_a_key_that_ssh_does_not_use_is_explained(
    origin: GitOrigin, opener: Opener, ssh_server: Sshd, tmp_path: Path
) -> None:
    assert origin.bare is not None
    key = tmp_path / "key"
    shutil.copy(ssh_server.key, key)
    access = Access(ssh_key=key, known_hosts=ssh_server.known_hosts)
    key.chmod(0o644)
    with pytest.raises(SourceUnavailable, match="Permission denied") as caught:
        opener(ssh_server.url(origin.bare), access=access)
    assert "chmod 600" in (caught.value.hint or "")
    key.chmod(0o600)
    change = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "a passphrase", "-f", str(key)]
    subprocess.run(change, check=True, capture_output=True)
    with pytest.raises(SourceUnavailable, match="Permission denied") as caught:
        opener(ssh_server.url(origin.bare), access=access)
    assert "one with a passphrase is used only through an agent" in (caught.value.hint or "")


def test_a_key_that_is_not_there_is_named(
    origin: GitOrigin, opener: Opener, ssh_server: Sshd, tmp_path: Path
) -> None:
    assert origin.bare is not None
    with pytest.raises(SourceUnavailable, match="'/nowhere/key' cannot be read"):
        opener(ssh_server.url(origin.bare), access=Access(ssh_key=Path("/nowhere/key")))
    quoted = tmp_path / 'a"b'
    quoted.touch()
    with pytest.raises(SourceError, match="ssh cannot be given the path") as caught:
        opener(ssh_server.url(origin.bare), access=Access(ssh_key=quoted))
    assert caught.value.retry is Retry.NEVER


# What is not let in


@pytest.mark.parametrize("url", ["--upload-pack=touch x", "ext::sh -c touch% x", "fd::7", "foo://host/x"])
def test_what_git_would_run_is_no_url(opener: Opener, processes: Processes, url: str) -> None:
    with pytest.raises(MainsqlError):
        opener(url)
    assert processes == []


@pytest.mark.parametrize("setting", ["protocol.ext.allow", "protocol.allow"])
def test_no_configuration_lets_git_run_a_remote_helper(
    opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    configuration, proof = tmp_path / "gitconfig", tmp_path / "proof"
    make = GitRepo(tmp_path / "x").git
    make("config", "--file", str(configuration), setting, "always")
    make("config", "--file", str(configuration), f"url.ext::touch {proof} .insteadOf", "git://host/")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    with pytest.raises(SourceUnavailable, match="transport 'ext' not allowed"):
        opener("git://host/shop.git")
    assert not proof.exists()
