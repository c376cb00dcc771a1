"""Over TLS: whose certificates count for git and for svn, and what is told of those that do not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.contract.certificates import Authority, Certificate
from tests.contract.githttp import git_server
from tests.contract.origins import Opener, Origin, Processes, git_bare, svn_file
from tests.contract.svnhttp import PASSWORD, USER, svn_over_http
from tests.contract.svnhttp import there as apache_is_there

from mainsql.errors import Retry, SourceError, SourceUnavailable
from mainsql.source.access import Access


@dataclass(frozen=True)
class Kind:
    """A repository with one commit, and what serves it with a certificate."""

    name: str
    folder: Path
    origin: Origin
    commit_id: str

    @contextmanager
    def served(self, certificate: Certificate) -> Iterator[str]:
        """The server runs, and gives the URL."""
        if self.name == "git":
            with git_server(self.folder, USER, PASSWORD, certificate=certificate) as server:
                yield server.url("shop.git")
                assert not [line for line in server.seen if PASSWORD in line]
        else:
            with svn_over_http(self.folder, certificate=certificate) as url:
                yield f"{url}/shop/trunk"


@pytest.fixture(params=["git", "svn"])
def kind(request: pytest.FixtureRequest, tmp_path: Path, requires: Callable[..., None]) -> Kind:
    requires("openssl")
    if request.param == "svn":
        requires("svn")
        requires("apache2 with mod_dav_svn", apache_is_there())
    origin = git_bare(tmp_path) if request.param == "git" else svn_file(tmp_path)
    return Kind(request.param, tmp_path, origin, origin.commit({"a.sql": "1"}))


@pytest.fixture
def authority(kind: Kind, tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def test_a_certificate_of_the_authority_that_is_configured_is_trusted(
    kind: Kind, authority: Authority, opener: Opener, processes: Processes
) -> None:
    access = Access(USER, PASSWORD, ca_file=authority.file)
    with kind.served(authority.certificate("localhost")) as url:
        repository = opener(url, access=access)
        assert repository.head().id == kind.commit_id
        assert repository.files(kind.commit_id).read("a.sql") == b"1"
    assert not [word for command in processes for word in command if PASSWORD in word]


def test_no_other_certificate_is_accepted_and_nobody_is_asked(
    kind: Kind, authority: Authority, opener: Opener, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    with kind.served(authority.certificate("localhost")) as url:
        for ca_file in (None, other.file):
            for _ in range(2):  # nor is it taken for known the second time
                with pytest.raises(
                    SourceUnavailable, match=r"certificate (verification failed|problem)"
                ) as caught:
                    opener(url, access=Access(USER, PASSWORD, ca_file=ca_file))
                assert 'ca_file = "FILE" names the authority' in (caught.value.hint or "")
                assert caught.value.retry is Retry.LATER
                assert PASSWORD not in caught.value.report()


def test_a_certificate_of_another_host_is_not_accepted(
    kind: Kind, authority: Authority, opener: Opener
) -> None:
    access = Access(USER, PASSWORD, ca_file=authority.file)
    with (
        kind.served(authority.certificate("elsewhere.example.org")) as url,
        pytest.raises(SourceUnavailable, match=r"does not match target host name|a different hostname"),
    ):
        opener(url, access=access)


def test_an_authority_that_git_or_svn_is_configured_with_counts(
    kind: Kind, authority: Authority, opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind.name == "git":
        (tmp_path / "gitconfig").write_text(f"[http]\nsslCAInfo = {authority.file}\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    else:
        servers = opener.state / "subversion" / "servers"
        servers.parent.mkdir(parents=True)
        servers.write_text(f"[global]\nssl-authority-files = {authority.file}\n")
    with kind.served(authority.certificate("localhost")) as url:
        assert opener(url, access=Access(USER, PASSWORD)).head().id == kind.commit_id


def test_a_file_of_authorities_that_cannot_be_read_is_named(kind: Kind, opener: Opener) -> None:
    with pytest.raises(SourceUnavailable, match="'/nowhere/authority' cannot be read: No such file"):
        opener(_anywhere(kind), access=Access(ca_file=Path("/nowhere/authority")))


@pytest.mark.parametrize("name", ["a;b", "%(x)s"])
def test_svn_is_given_no_path_that_it_reads_otherwise(opener: Opener, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match="svn cannot be given the path"):
        opener("svn://127.0.0.1:9/x", access=Access(ca_file=tmp_path / name))


def _anywhere(kind: Kind) -> str:
    return "https://localhost:9/shop.git" if kind.name == "git" else "svn://localhost:9/shop"
