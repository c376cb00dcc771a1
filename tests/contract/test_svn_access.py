"""How a Subversion repository is reached: by whom, over what, for how long, and how it is recognized."""

import getpass
import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.contract.githttp import git_server
from tests.contract.inetd import has_sshd, sshd
from tests.contract.origins import Opener, Processes, SvnOrigin, git_bare, svn_file
from tests.contract.svnhttp import PASSWORD, USER, USERINFO, free_port, svn_over_http
from tests.contract.svnhttp import there as apache_is_there
from tests.contract.svnserver import SvnServer, svn_server
from tests.gitrepo import GitRepo
from tests.svnrepo import SvnRepo

from mainsql.errors import Cancelled, Retry, SourceError, SourceUnavailable
from mainsql.model import Vcs
from mainsql.source.access import Access
from mainsql.source.git import GitRepository
from mainsql.source.open import open_repository
from mainsql.source.repository import Repository
from mainsql.source.svn import SvnRepository
from mainsql.source.svnlocation import parse_svn_location


@pytest.fixture
def origin(requires: Callable[..., None], tmp_path: Path) -> SvnOrigin:
    """A trunk with one commit, at a file:// URL."""
    requires("svn")
    made = svn_file(tmp_path)
    made.commit({"a.sql": "1"})
    return made


@pytest.fixture
def server(origin: SvnOrigin, tmp_path: Path):
    with svn_server(tmp_path) as running:
        yield running


# As whom


def locked(repo: SvnRepo) -> None:
    """Lets only Ada in."""
    settings = "[general]\nanon-access = none\nauth-access = read\npassword-db = passwd\n"
    (repo.path / "conf" / "svnserve.conf").write_text(settings)
    (repo.path / "conf" / "passwd").write_text("[users]\nada = s3cret/@:%\n")


def test_a_password_is_given_to_svn_and_seen_by_nobody(
    origin: SvnOrigin, server: SvnServer, opener: Opener, processes: Processes
) -> None:
    locked(origin.repo)
    (opener.state / "subversion").mkdir(parents=True)
    (opener.state / "subversion" / "servers").write_text("[global]\nstore-plaintext-passwords = yes\n")
    repository = opener(server.url("shop/trunk", "ada:s3cret%2F%40%3A%25"))
    assert repository.files(repository.head().id).read("a.sql") == b"1"
    assert repository.location == server.url("shop/trunk")
    arguments = [argument for command in processes for argument in command]
    assert "--username=ada" in arguments
    assert not any("s3cret" in argument for argument in arguments)
    state = [path.read_bytes() for path in opener.state.rglob("*") if path.is_file()]
    assert not any(b"s3cret" in contents for contents in state)


def test_a_password_file_is_read_each_time(
    origin: SvnOrigin, server: SvnServer, opener: Opener, tmp_path: Path, processes: Processes
) -> None:
    locked(origin.repo)
    file = tmp_path / "password"
    repository = opener(server.url("shop/trunk"), fetch=False, access=Access("ada", password_file=file))
    with pytest.raises(SourceUnavailable, match="password' cannot be read: No such file"):
        repository.fetch()
    file.write_bytes(b"w\xf6rong s3cret\n")
    with pytest.raises(SourceUnavailable, match="Password incorrect"):
        repository.fetch()
    file.write_text("s3cret/@:%\r\nmore\n")
    repository.fetch()
    assert repository.head().id == "r1"
    assert opener(server.url("shop/trunk"), access=Access("ada", "s3cret/@:%")).head().id == "r1"
    assert not any("s3cret" in argument for command in processes for argument in command)


@pytest.mark.parametrize("userinfo", ["", "ada", "ada:s3cret"])
def test_who_is_not_let_in_is_told(
    origin: SvnOrigin, server: SvnServer, opener: Opener, userinfo: str
) -> None:
    locked(origin.repo)
    with pytest.raises(SourceUnavailable) as caught:
        opener(server.url("shop/trunk", userinfo))
    assert "check the credentials" in caught.value.report()
    assert "s3cret" not in caught.value.report()
    assert caught.value.retry is Retry.LATER


def test_what_svn_was_told_with_our_configuration_counts(
    origin: SvnOrigin, server: SvnServer, opener: Opener
) -> None:
    locked(origin.repo)
    folder = opener.state / "subversion"
    folder.mkdir(parents=True)
    plain = (
        "--config-option=servers:global:store-plaintext-passwords=yes",
        "--config-option=config:auth:password-stores=",
    )
    login = "--username=ada", "--password=s3cret/@:%", "--non-interactive", f"--config-dir={folder}"
    origin.repo.svn("svn", "info", *plain, *login, server.url("shop"))
    assert opener(server.url("shop/trunk")).head().id == "r1"


# Over ssh


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands in for ssh, and runs what it would run there here; its arguments are in the file."""
    said, folder = tmp_path / "said", tmp_path / "programs"
    folder.mkdir()
    (folder / "ssh").write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{said}'\nexec svnserve --tunnel\n")
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return said


def test_ssh_never_asks_and_no_tunnel_of_the_user_is_run(
    origin: SvnOrigin, opener: Opener, ssh: Path, tmp_path: Path
) -> None:
    (tmp_path / "home" / ".subversion").mkdir()
    (tmp_path / "home" / ".subversion" / "config").write_text("[tunnels]\nssh = false\n")
    repository = opener(f"svn+ssh://ada@example.org{origin.repo.path}/trunk")
    assert repository.head().id == "r1"
    words = ssh.read_text().split()
    assert words == ["-o", "BatchMode=yes", "--", "ada@example.org", "svnserve", "-t"]


def test_the_environment_may_say_how_ssh_is_called(
    origin: SvnOrigin, opener: Opener, ssh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVN_SSH", "ssh -i /key")
    assert opener(f"svn+ssh://example.org{origin.repo.path}/trunk").head().id == "r1"
    assert ssh.read_text().split()[:2] == ["-i", "/key"]


def test_over_a_real_sshd(
    origin: SvnOrigin,
    opener: Opener,
    requires: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requires("ssh")
    requires("sshd", has_sshd())
    with sshd(tmp_path / "sshd") as running:
        command = f"ssh -p {running.port} -i {running.key} -o BatchMode=yes -o UserKnownHostsFile="
        url = f"svn+ssh://{getpass.getuser()}@127.0.0.1{origin.repo.path}/trunk"
        monkeypatch.setenv("SVN_SSH", f"{command}{running.known_hosts}")
        repository = opener(url)
        assert repository.head().id == "r1"
        monkeypatch.setenv("SVN_SSH", f"{command}{tmp_path}/nobody")
        with pytest.raises(SourceUnavailable, match="cannot be read: Host key verification failed") as caught:
            repository.fetch()
        assert "its host must be known" in (caught.value.hint or "")
        monkeypatch.setenv("SVN_SSH", f"ssh -q -p {running.port} -o BatchMode=yes -o UserKnownHostsFile=none")
        with pytest.raises(SourceUnavailable, match="cannot be read: Network connection closed") as caught:
            repository.fetch()
        assert "its host must be known" in (caught.value.hint or "")


# For how long


def test_a_server_that_says_nothing_is_not_waited_for(
    server: SvnServer, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainsql.source.svnfolder.ASKING_LIMIT", 0.2)
    server.hang()
    with pytest.raises(SourceUnavailable, match=r"svn log was stopped, as it took more than 0\.2 seconds"):
        opener(server.url("shop/trunk"))


def test_closing_ends_what_svn_waits_for(server: SvnServer, opener: Opener) -> None:
    server.hang()
    repository = opener(server.url("shop/trunk"), fetch=False)
    failures: list[Exception] = []

    def fetch() -> None:
        try:
            repository.fetch()
        except Cancelled as error:
            failures.append(error)

    thread = threading.Thread(target=fetch)
    thread.start()
    assert server.asked.wait(60)
    repository.close()
    thread.join(60)
    assert len(failures) == 1


def test_a_server_that_is_not_there_may_come_back(opener: Opener, origin: SvnOrigin, tmp_path: Path) -> None:
    with svn_server(tmp_path) as gone:
        url = gone.url("shop/trunk")
    repository = opener(url, fetch=False)
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        repository.fetch()
    with pytest.raises(SourceUnavailable, match="nothing has been fetched"):
        repository.head()


def test_without_svn_it_is_told_what_is_missing(
    origin: SvnOrigin, opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="svn was not found") as caught:
        opener(origin.url)
    assert "apt install subversion" in (caught.value.hint or "")


# Over HTTP


def test_over_http(
    origin: SvnOrigin, requires: Callable[..., None], opener: Opener, tmp_path: Path, processes: Processes
) -> None:
    requires("apache2 with mod_dav_svn", apache_is_there())
    last = origin.commit({"größe/b@c%.sql": "2"})
    with svn_over_http(tmp_path) as url:
        root = f"{url}/shop".replace("://", f"://{USERINFO}@")
        repository = opener(f"{root}/trunk")
        assert (repository.location, repository.watched) == (f"{url}/shop/trunk", "trunk")
        assert repository.head().id == last
        assert repository.files(last).read("größe/b@c%.sql") == b"2"
        assert [change.paths for change in repository.changes("r1", last)] == [{"größe/b@c%.sql"}]
        assert repository.is_ancestor("r1", last)
        origin.repo.change("mv", "trunk/größe", "trunk/size")
        repository.fetch()
        (change,) = repository.changes(last, repository.head().id)
        assert change.paths == {"größe/b@c%.sql", "size/b@c%.sql"}
        assert not repository.is_ancestor(repository.head().id, last)
        origin.remove()
        repository.fetch()
        with pytest.raises(SourceError, match="has no folder 'trunk'"):
            repository.head()
        with pytest.raises(SourceUnavailable, match="cannot be read") as caught:
            open_repository(f"{url}/shop", branch=None, state=opener.state, vcs=Vcs.SVN).fetch()
        assert "check the credentials" in caught.value.report()
        assert not any("s3cret" in argument for command in processes for argument in command)
        processes.clear()
    assert isinstance(opener(f"{root}/trunk", fetch=False), SvnRepository)
    assert not processes


# Which kind


def test_a_git_server_is_recognized(
    requires: Callable[..., None], opener: Opener, tmp_path: Path, processes: Processes
) -> None:
    requires("svn")
    commit_id = git_bare(tmp_path).commit({"a.sql": "1"})
    (tmp_path / "shop.git").rename(tmp_path / "shop")
    with git_server(tmp_path) as server:
        for asked in (True, False):
            processes.clear()
            repository = opener(server.url("shop"))
            assert repository.head().id == commit_id
            assert any(command[0] == "svn" for command in processes) is asked
        assert isinstance(repository, GitRepository)


def both_are_tried(repository: Repository) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        repository.fetch()
    assert re.search(r"can be read neither by git \(.+\) nor by svn \(.+\)$", caught.value.message)
    assert 'vcs = "svn" (--vcs)' in (caught.value.hint or "")
    assert PASSWORD not in caught.value.report()
    with pytest.raises(SourceUnavailable, match="nothing has been fetched"):
        repository.head()


def test_a_git_server_that_is_away_is_recognized_when_it_is_back(
    requires: Callable[..., None], opener: Opener, tmp_path: Path
) -> None:
    requires("svn")
    commit_id = git_bare(tmp_path).commit({"a.sql": "1"})
    (tmp_path / "shop.git").rename(tmp_path / "shop")
    port = free_port()
    repository = opener(f"http://{USERINFO}@127.0.0.1:{port}/shop", "main", fetch=False)
    assert (repository.name, repository.watched) == ("shop", "main")
    assert repository.location == f"http://127.0.0.1:{port}/shop"
    both_are_tried(repository)
    assert not [path for path in opener.state.glob("*") if path.name != "subversion"]
    with git_server(tmp_path, USER, PASSWORD, port):
        repository.fetch()
    assert repository.head().id == commit_id
    assert repository.files(commit_id).read("a.sql") == b"1"
    assert repository.still_has(repository.commit(commit_id))


def test_a_subversion_server_that_is_away_is_recognized_when_it_is_back(
    origin: SvnOrigin, requires: Callable[..., None], opener: Opener, tmp_path: Path
) -> None:
    requires("apache2 with mod_dav_svn", apache_is_there())
    port = free_port()
    repository = opener(f"http://{USERINFO}@127.0.0.1:{port}/svn/shop", "trunk", fetch=False)
    both_are_tried(repository)
    with svn_over_http(tmp_path, port) as url:
        repository.fetch()
        assert (repository.head().id, repository.location) == ("r1", f"{url}/shop/trunk")
        assert repository.files("r1").read("a.sql") == b"1"
        missing = opener(f"{url}/shop/trnk".replace("://", f"://{USERINFO}@"), fetch=False)
        with pytest.raises(SourceUnavailable, match=r"nor by svn \(there is no such folder\)"):
            missing.fetch()


def test_what_is_not_there_yet_may_be_of_either_kind(
    origin: SvnOrigin, opener: Opener, tmp_path: Path
) -> None:
    repository = opener((tmp_path / "later" / "trunk").as_uri(), fetch=False)
    both_are_tried(repository)
    origin.repo.path.rename(tmp_path / "later")
    repository.fetch()
    assert repository.head().id == "r1"


def test_who_asks_which_kind_it_is_can_be_stopped(server: SvnServer, opener: Opener) -> None:
    server.hang()
    repository = opener(server.url("shop/trunk").replace("svn://", "http://"), fetch=False)
    with ThreadPoolExecutor(1) as pool:
        fetched = pool.submit(repository.fetch)
        assert server.asked.wait(60)
        repository.close()
        assert isinstance(fetched.exception(60), Cancelled)


def test_without_svn_it_is_asked_as_git_alone(
    opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "programs").mkdir()
    for program in ("git", "env"):
        (tmp_path / "programs" / program).symlink_to(str(shutil.which(program)))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    repository = opener(f"http://127.0.0.1:{free_port()}/shop", fetch=False)
    with pytest.raises(SourceUnavailable, match="cannot be fetched") as caught:
        repository.fetch()
    assert "svn" not in caught.value.report()


def test_a_path_is_recognized(origin: SvnOrigin, opener: Opener, tmp_path: Path) -> None:
    origin.repo.svn("svn", "checkout", "-q", origin.url, str(tmp_path / "work"))
    (tmp_path / "work" / "sub").mkdir()
    for path in (tmp_path / "work", tmp_path / "work" / "sub"):
        repository = opener(str(path))
        assert (repository.location, repository.head().id) == (origin.url, "r1")
    assert opener(str(origin.repo.path), "trunk").location == origin.url
    with pytest.raises(SourceError, match="there is no folder") as caught:
        opener(str(origin.repo.path / "trunk"))
    assert origin.url in (caught.value.hint or "")
    inside = GitRepo(tmp_path / "work" / "other")
    assert isinstance(opener(str(inside.path)), GitRepository)
    assert isinstance(opener(origin.repo.url, "trunk"), SvnRepository)
    git = git_bare(tmp_path / "git")
    assert isinstance(opener(git.url), GitRepository)
    assert isinstance(opener(Path(git.url).as_uri()), GitRepository)
    with pytest.raises(SourceError, match="is in no svn checkout or repository"):
        open_repository(git.url, branch=None, state=opener.state, vcs=Vcs.SVN)
    with pytest.raises(SourceError, match="is not in a git repository"):
        open_repository(str(tmp_path / "work"), branch=None, state=opener.state, vcs=Vcs.GIT)


@pytest.mark.parametrize(
    ("url", "branch"),
    [
        ("-x", None),
        ("--config-option=x", None),
        ("svn+evil://h/x", None),
        ("svn://-oProxyCommand=x/y", None),
        ("svn+ssh://-oProxyCommand=x/y", None),
        ("svn+ssh://-l@h/y", None),
        ("https://-x:y@h/y", None),
        ("svn://h/a\nb", None),
        ("svn://ada:a%0Ab@h/x", None),
        ("git://h/x", None),
        ("ext::sh", None),
        ("svn://h/x", "-x"),
        ("svn://h/x", "../y"),
        ("svn://h/x", "a//b"),
        ("svn://h/x", "/a"),
        ("svn://h/x", ""),
        ("svn://h/x", "a\nb"),
    ],
)
def test_what_is_not_given_to_svn_is_refused(url: str, branch: str | None) -> None:
    with pytest.raises(SourceError):
        parse_svn_location(url, branch)


@pytest.mark.parametrize(
    "url",
    [
        "svn+ssh://ada:s3cret@h/x",
        "file://ada:s3cret@h/x",
        "svn://ada:s3cret/x@h/x",
        "https://ada:1/s3cret@h/x",
        "https://ada:1@s3cret/2@h/x",
    ],
)
def test_a_password_that_would_show_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_svn_location(url)
    assert "s3cret" not in caught.value.report()


@pytest.mark.parametrize(
    ("url", "branch", "read", "name", "watched"),
    [
        ("svn://h/shop", None, "svn://h/shop", "shop", "HEAD"),
        ("svn://h/shop/trunk/", None, "svn://h/shop/trunk", "shop", "trunk"),
        ("svn://h/p/shop/branches/x y", None, "svn://h/p/shop/branches/x y", "shop", "branches/x y"),
        ("svn://h/shop", "branches/x y@", "svn://h/shop/branches/x%20y@", "shop", "branches/x y@"),
        ("svn://h/shop/", "/", "svn://h/shop", "shop", "/"),
        ("https://ada:x%40@h:1/trunk", None, "https://h:1/trunk", "h:1", "trunk"),
        ("svn+ssh://ada@h/srv/shop/trunk", None, "svn+ssh://ada@h/srv/shop/trunk", "shop", "trunk"),
        ("file:///srv/my%20shop/trunk/sql", None, "file:///srv/my%20shop/trunk/sql", "sql", "HEAD"),
    ],
)
def test_what_a_url_says(url: str, branch: str | None, read: str, name: str, watched: str) -> None:
    location = parse_svn_location(url, branch)
    assert (location.url, location.name, location.watched) == (read, name, watched)
    assert "x@" not in repr(location) or branch
