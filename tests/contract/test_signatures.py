"""Signatures of commits, with real keys: whose count, and what is said of those that do not."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.contract.origins import GitOrigin, Opener, git_checkout, git_mirror
from tests.signing import GpgHome, SshKey, gpg_home

from mainsql.errors import SourceError
from mainsql.model import Signer
from mainsql.source.git import GitRepository
from mainsql.source.keys import Keys
from mainsql.source.repository import Signature, Unverified, Verified

ADA = "ada@example.org"


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    for name in ("ssh-keygen", "gpg"):
        if shutil.which(name) is None:
            if os.environ.get("MAINSQL_TESTS_REQUIRE") == "all":
                pytest.fail(f"this test requires {name}, and MAINSQL_TESTS_REQUIRE=all")
            pytest.skip(f"this test requires {name}")


@pytest.fixture(scope="module")
def gnupg() -> Iterator[GpgHome]:
    with gpg_home() as home:
        yield home


@pytest.fixture
def ada(tmp_path: Path) -> SshKey:
    return SshKey.make(tmp_path / "ada")


@pytest.fixture
def eve(tmp_path: Path) -> SshKey:
    return SshKey.make(tmp_path / "eve")


@pytest.fixture
def origin(tmp_path: Path) -> GitOrigin:
    return git_checkout(tmp_path)


def write(path: Path, contents: str | bytes) -> Path:
    path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    return path


def signatures(opener: Opener, origin: GitOrigin, keys: Keys, *after: str) -> Sequence[Signature]:
    repository = opener(origin.url)
    return repository.signatures(repository.head().id, after, keys)


def the_only(opener: Opener, origin: GitOrigin, keys: Keys) -> Signature:
    repository = opener(origin.url)
    (found,) = repository.signatures(repository.head().id, None, keys)
    assert found.commit == repository.head()
    return found


def unverified(opener: Opener, origin: GitOrigin, keys: Keys) -> Unverified:
    found = the_only(opener, origin, keys)
    assert isinstance(found, Unverified)
    return found


def tampered(origin: GitOrigin) -> None:
    """Makes the newest commit another one with the old one's signature."""
    raw = origin.repo.git("cat-file", "commit", "HEAD")
    assert b"a change" in raw
    command = ("hash-object", "-t", "commit", "-w", "--stdin")
    other = origin.repo.git(*command, input=raw.replace(b"a change", b"a charge"))
    origin.repo.reset(other.decode().strip())


# SSH


def test_an_allowed_signer_is_named_with_the_key(
    tmp_path: Path, opener: Opener, ada: SshKey, eve: SshKey
) -> None:
    origin = git_mirror(tmp_path)
    origin.repo.commit({"main.sql": "1"})
    ada.sign(origin.repo)
    origin.publish()
    lines = f"# people\n{eve.allowed('eve@example.org')}{ada.allowed(ADA)}"
    keys = Keys(allowed_signers=write(tmp_path / "allowed", lines))
    found = the_only(opener, origin, keys)
    assert found == Verified(found.commit, Signer(ADA, ada.fingerprint))


@pytest.mark.parametrize(
    ("lines", "what", "hint"),
    [
        (lambda ada, eve: eve.allowed(ADA), "unknown SSH key {ada}", "allowed_signers"),
        (lambda ada, eve: "", "unknown SSH key {ada}", "allowed_signers"),
        (
            lambda ada, eve: ada.allowed(ADA, 'namespaces="file"'),
            "not allowed to sign for git",
            "allowed_signers",
        ),
        (
            lambda ada, eve: ada.allowed(ADA, 'valid-before="20200101"'),
            "had expired at the commit's",
            "valid",
        ),
        (
            lambda ada, eve: ada.allowed(ADA, 'valid-after="20990101"'),
            "not valid yet at the commit's",
            "valid",
        ),
    ],
    ids=["another's key", "no key", "for files", "expired", "not yet"],
)
def test_a_signer_who_is_not_allowed(
    tmp_path: Path,
    origin: GitOrigin,
    opener: Opener,
    ada: SshKey,
    eve: SshKey,
    lines: Callable[[SshKey, SshKey], str],
    what: str,
    hint: str,
) -> None:
    origin.repo.commit({"main.sql": "1"})
    ada.sign(origin.repo)
    found = unverified(opener, origin, Keys(write(tmp_path / "allowed", lines(ada, eve))))
    assert what.format(ada=ada.fingerprint) in found.what
    assert hint in found.hint


def test_an_ssh_key_is_judged_at_the_time_that_the_commit_says(
    tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey
) -> None:
    keys = Keys(write(tmp_path / "allowed", ada.allowed(ADA, 'valid-before="20210101"')))
    origin.repo.commit({"main.sql": "1"})
    ada.sign(origin.repo, date="2020-06-01T00:00:00Z")
    assert isinstance(the_only(opener, origin, keys), Verified)
    ada.sign(origin.repo, date="2021-06-01T00:00:00Z")
    assert "had expired at the commit's time" in unverified(opener, origin, keys).what


def test_a_revoked_ssh_key(tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey) -> None:
    origin.repo.commit({"main.sql": "1"})
    ada.sign(origin.repo)
    allowed = write(tmp_path / "allowed", ada.allowed(ADA))
    keys = Keys(allowed, write(tmp_path / "revoked", ada.public + "\n"))
    found = unverified(opener, origin, keys)
    assert found.what == f"is signed with the key {ada.fingerprint}, which was revoked"
    assert "not in revoked_signers, a line there is no key" in found.hint
    tampered(origin)
    assert "bad signature" in unverified(opener, origin, keys).what


def test_a_commit_that_is_not_signed(tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey) -> None:
    origin.repo.commit({"main.sql": "1"})
    found = unverified(opener, origin, Keys(write(tmp_path / "allowed", ada.allowed(ADA))))
    assert found.what == "is not signed"
    assert "git commit --amend" in found.hint


def test_what_was_changed_after_it_was_signed(
    tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey
) -> None:
    origin.repo.commit({"main.sql": "1"})
    ada.sign(origin.repo)
    tampered(origin)
    found = unverified(opener, origin, Keys(write(tmp_path / "allowed", ada.allowed(ADA))))
    assert found.what == "has a bad signature: it is not what was signed"


# OpenPGP


def test_a_key_in_the_keyring_is_named(
    tmp_path: Path, origin: GitOrigin, opener: Opener, gnupg: GpgHome
) -> None:
    key = gnupg.make("Zoë <zoe@example.org>")
    origin.repo.commit({"main.sql": "1"})
    key.sign(origin.repo)
    for ring in (key.public, gnupg.gpg("--export", key.fingerprint)):
        found = the_only(opener, origin, Keys(keyring=write(tmp_path / "ring", ring)))
        assert found == Verified(found.commit, Signer("Zoë <zoe@example.org>", key.fingerprint))
    tampered(origin)
    assert "bad signature" in unverified(opener, origin, Keys(keyring=tmp_path / "ring")).what


def test_a_key_that_is_not_in_the_keyring(
    tmp_path: Path, origin: GitOrigin, opener: Opener, gnupg: GpgHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, other = gnupg.make("Bob <bob@example.org>"), gnupg.make("Cy <cy@example.org>")
    origin.repo.commit({"main.sql": "1"})
    key.sign(origin.repo)
    # What whoever runs mainsql trusts himself does not count.
    monkeypatch.setenv("GNUPGHOME", str(gnupg.folder))
    found = unverified(opener, origin, Keys(keyring=write(tmp_path / "ring", other.public)))
    assert found.what == f"is signed with the unknown OpenPGP key {key.fingerprint}"


def test_a_revoked_openpgp_key(tmp_path: Path, origin: GitOrigin, opener: Opener, gnupg: GpgHome) -> None:
    key = gnupg.make("Di <di@example.org>")
    origin.repo.commit({"main.sql": "1"})
    key.sign(origin.repo)
    ring = write(tmp_path / "ring", key.public)
    assert isinstance(the_only(opener, origin, Keys(keyring=ring)), Verified)
    key.revoke()
    ring.write_bytes(key.public)  # what was remembered with the other keys does not count any more
    assert (
        f"the key {key.fingerprint}, which was revoked" in unverified(opener, origin, Keys(keyring=ring)).what
    )


def test_an_expired_openpgp_key(tmp_path: Path, origin: GitOrigin, opener: Opener, gnupg: GpgHome) -> None:
    """It counts no more, be it that it was valid then: gpg judges a key by today."""
    key = gnupg.make("Flo <flo@example.org>", at="20200101T000000", expires="2d")
    origin.repo.commit({"main.sql": "1"})
    key.sign(origin.repo)
    found = unverified(opener, origin, Keys(keyring=write(tmp_path / "ring", key.public)))
    assert found.what == f"is signed with the key {key.fingerprint}, which has expired"
    assert "prolong" in found.hint


# What counts for what


def test_a_kind_of_signature_without_keys_does_not_count(
    tmp_path: Path, origin: GitOrigin, opener: Opener, gnupg: GpgHome, ada: SshKey
) -> None:
    key = gnupg.make("Gil <gil@example.org>")
    ring, allowed = write(tmp_path / "ring", key.public), write(tmp_path / "allowed", ada.allowed(ADA))
    origin.repo.commit({"main.sql": "1"})
    key.sign(origin.repo)
    assert unverified(opener, origin, Keys(allowed)).what == "is signed with OpenPGP, and there is no keyring"
    assert isinstance(the_only(opener, origin, Keys(allowed, keyring=ring)), Verified)
    ada.sign(origin.repo)
    assert "there are no allowed_signers" in unverified(opener, origin, Keys(keyring=ring)).what
    assert isinstance(the_only(opener, origin, Keys(allowed, keyring=ring)), Verified)
    raw = origin.repo.git("cat-file", "commit", "HEAD").replace(b"SSH SIGNATURE", b"SIGNED MESSAGE")
    command = ("hash-object", "-t", "commit", "-w", "--stdin")
    origin.repo.reset(origin.repo.git(*command, input=raw).decode().strip())
    assert "is signed with X.509" in unverified(opener, origin, Keys(allowed, keyring=ring)).what


@pytest.mark.parametrize("where", ["repository", "user"])
def test_no_configuration_of_git_makes_a_signature_count(
    tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey, eve: SshKey, monkeypatch, where: str
) -> None:
    yes = write(
        tmp_path / "yes",
        '#!/bin/sh\ntouch "$0.ran"\n'
        "printf '\\n[GNUPG:] GOODSIG 0123456789ABCDEF Eve\\n[GNUPG:] TRUST_ULTIMATE\\n"
        "[GNUPG:] VALIDSIG 0123456789ABCDEF0123 2020-01-01 1 0 4 0 22 8 00 0123456789ABCDEF0123\\n'\n"
        'echo "Good \\"git\\" signature for eve with ED25519 key SHA256:x"\n',
    )
    yes.chmod(0o755)
    mine = write(tmp_path / "mine", eve.allowed("eve@example.org"))
    settings = {
        "gpg.program": yes,
        "gpg.openpgp.program": yes,
        "gpg.ssh.program": yes,
        "gpg.x509.program": yes,
        "gpg.ssh.allowedSignersFile": mine,
        "gpg.minTrustLevel": "undefined",
    }
    configuration = tmp_path / "gitconfig" if where == "user" else origin.repo.path / ".git" / "config"
    for key, value in settings.items():
        origin.repo.git("config", "--file", str(configuration), key, str(value))
    if where == "user":
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    keys = Keys(write(tmp_path / "allowed", ada.allowed(ADA)))
    origin.repo.commit({"main.sql": "1"})
    headers, _, message = origin.repo.git("cat-file", "commit", "HEAD").partition(b"\n\n")
    for kind in (b"PGP SIGNATURE", b"SIGNED MESSAGE"):
        signature = b"\ngpgsig -----BEGIN %s-----\n \n x\n -----END %s-----\n\n" % (kind, kind)
        command = ("hash-object", "-t", "commit", "-w", "--stdin")
        signed = origin.repo.git(*command, input=headers + signature + message)
        origin.repo.reset(signed.decode().strip())
        assert isinstance(the_only(opener, origin, keys), Unverified)
    origin.repo.commit({"main.sql": "2"})
    origin.repo.git(
        *("-c", "gpg.ssh.program=ssh-keygen", "-c", "gpg.format=ssh", "-c", f"user.signingKey={eve.path}"),
        *("commit", "--quiet", "--amend", "--no-edit", "-S"),
    )
    assert f"unknown SSH key {eve.fingerprint}" in unverified(opener, origin, keys).what
    assert not yes.with_suffix(".ran").exists()


# Which commits


def test_all_that_a_merge_brings_is_looked_at(
    tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey
) -> None:
    repo = origin.repo
    keys = Keys(write(tmp_path / "allowed", ada.allowed(ADA)))
    repo.commit({"main.sql": "1"}, "unsigned, and applied")
    base = repo.head
    repo.branch("feature")
    ridden = repo.commit({"feature.sql": "1"}, "unsigned rider")
    signed = (repo.commit({"more.sql": "1"}, "signed rider"), ada.sign(repo))[1]
    repo.switch("main")
    repo.merge("feature", "a merge")
    merge = ada.sign(repo)
    found = signatures(opener, origin, keys, base)
    assert [each.commit.id for each in found] == [ridden, signed, merge]
    assert [type(each) for each in found] == [Unverified, Verified, Verified]
    assert signatures(opener, origin, keys, base, ridden) == found[1:]
    assert signatures(opener, origin, keys, merge) == []
    # What is not there leaves nothing out: as after history was rewritten, or from another repository.
    for absent in ("1" * 40, "r12", "main"):
        assert [each.commit.id for each in signatures(opener, origin, keys, absent)] == [
            base,
            *(each.commit.id for each in found),
        ]


def test_nothing_is_hidden_by_a_shallow_clone(
    tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey
) -> None:
    keys = Keys(write(tmp_path / "allowed", ada.allowed(ADA)))
    repo = origin.repo
    repo.commit({"main.sql": "1"})
    base = ada.sign(repo)
    hidden = repo.commit({"main.sql": "2"}, "unsigned")
    repo.commit({"main.sql": "3"})
    end = ada.sign(repo)
    repo.commit({"main.sql": "4"})
    ada.sign(repo)
    assert [type(each) for each in signatures(opener, origin, keys, base)] == [Unverified, Verified, Verified]
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth=2", repo.path.as_uri(), str(clone))
    for url in (str(clone), clone.as_uri()):
        shallow = GitOrigin(repo, url)
        ended, last = signatures(opener, shallow, keys, base)
        assert (ended.commit.id, type(last)) == (end, Verified)
        assert isinstance(ended, Unverified)
        assert "is where a shallow clone ends" in ended.what
        (last,) = signatures(opener, shallow, keys, end)
        assert isinstance(last, Verified)
    # Nor by an object that was taken away.
    (repo.path / ".git" / "objects" / hidden[:2] / hidden[2:]).unlink()
    with pytest.raises(SourceError, match="git cannot read the history"):
        signatures(opener, origin, keys, base)


def test_a_commit_that_is_not_there_is_not_verified(
    tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey
) -> None:
    origin.commit({"main.sql": "1"})
    keys = Keys(write(tmp_path / "allowed", ada.allowed(ADA)))
    repository = opener(origin.url)
    assert isinstance(repository, GitRepository)
    for commit_id in ("1" * 40, "main", "--all"):
        with pytest.raises(SourceError):
            repository.signatures(commit_id, None, keys)


# A guard that cannot run


@pytest.mark.parametrize("field", ["allowed_signers", "revoked_signers", "keyring"])
def test_a_file_of_keys_that_is_not_there_is_an_error(
    tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey, field: str
) -> None:
    origin.commit({"main.sql": "1"})
    given = {"allowed_signers": write(tmp_path / "allowed", ada.allowed(ADA)), field: tmp_path / "missing"}
    with pytest.raises(SourceError, match=r"missing' cannot be read .* no signature can be verified"):
        the_only(opener, origin, Keys(**given))


def test_a_keyring_without_keys_is_an_error(tmp_path: Path, origin: GitOrigin, opener: Opener) -> None:
    origin.commit({"main.sql": "1"})
    for contents in ("", "no key\n"):
        with pytest.raises(SourceError, match="the keyring has no OpenPGP key in it"):
            the_only(opener, origin, Keys(keyring=write(tmp_path / "ring", contents)))


def test_a_program_that_is_not_there_is_an_error(
    tmp_path: Path, origin: GitOrigin, opener: Opener, ada: SshKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.commit({"main.sql": "1"})
    repository = opener(origin.url)
    assert isinstance(repository, GitRepository)
    git = Path(shutil.which("git") or "")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    head = repository.head().id
    for keys, name in (
        (Keys(write(tmp_path / "allowed", ada.public)), "ssh-keygen"),
        (Keys(keyring=write(tmp_path / "ring", "x")), "gpg"),
    ):
        with pytest.raises(SourceError, match=f"{name} was not found"):
            repository.signatures(head, None, keys)
