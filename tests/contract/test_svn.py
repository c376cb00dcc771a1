"""What only Subversion's repositories have: revisions of everything, folders as branches, properties."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.contract.origins import Opener, Processes, SvnOrigin, svn_file
from tests.svnrepo import SvnRepo, dumped

from mainsql.errors import SourceError


@pytest.fixture
def origin(requires, tmp_path: Path) -> SvnOrigin:
    """A trunk at a file:// URL."""
    requires("svn")
    return svn_file(tmp_path)


def verbs(processes: Processes) -> list[str]:
    """What svn was asked for."""
    return [command[1] for command in processes if command[0] == "svn"]


# How often


def test_nothing_new_costs_one_log(svn_origin: SvnOrigin, opener: Opener, processes: Processes) -> None:
    svn_origin.commit({"a.sql": "1"})
    repository = opener(svn_origin.url)
    processes.clear()
    for _ in range(2):
        repository.fetch()
        repository.head()
    assert verbs(processes) == ["log"] * 2


def test_what_is_known_is_not_asked_again(origin: SvnOrigin, opener: Opener, processes: Processes) -> None:
    first, second = origin.commit({"a.sql": "1"}), origin.commit({"a.sql": "2"})
    repository = opener(origin.url)
    for _ in range(2):
        assert repository.is_ancestor(first, second)
        assert repository.changes(first, second)
        assert repository.files(first).read("a.sql") == b"1"
        asked, _ = verbs(processes), processes.clear()
    assert asked == []
    again = opener(origin.url, fetch=False)
    assert again.files(first).read("a.sql") == b"1"
    assert verbs(processes) == ["info"]


# Revisions


def test_a_revision_that_does_not_touch_the_folder_shows_the_last_that_does(
    origin: SvnOrigin, opener: Opener
) -> None:
    first = origin.commit({"a.sql": "1"})
    elsewhere = origin.repo.change("mkdir", "branches")
    last = origin.commit({"a.sql": "2"})
    origin.repo.change("mkdir", "branches/x")
    repository = opener(origin.url)
    assert repository.head().id == last
    for revision in (first, "1", elsewhere, "2"):
        assert repository.commit(revision).id == first
    for revision in (last, "HEAD", "r4"):
        assert repository.commit(revision).id == last
    assert [c.commit.id for c in repository.changes(first, last)] == [last]
    assert not repository.is_ancestor(elsewhere, last)
    with pytest.raises(SourceError, match="'r5' is no commit of shop") as caught:
        repository.commit("r5")
    assert "the newest one is r3" in (caught.value.hint or "")


def test_an_author_or_a_message_may_be_missing_or_in_any_encoding(origin: SvnOrigin, opener: Opener) -> None:
    latin = {
        "svn:author": b"Zo\xeb",
        "svn:log": b"caf\xe9 \x01\xe2\x80\xae\r\nzweite",
        "svn:date": b"2020-02-29T23:59:59.5Z",
    }
    dump = dumped([(latin, ["trunk"], {"trunk/a.sql": b"1"}), ({}, [], {"trunk/b.sql": b"2"})])
    origin.repo.svn("svnadmin", "load", "-q", "--bypass-prop-validation", str(origin.repo.path), input=dump)
    repository = opener(origin.url)
    first, nameless = repository.commit("r1"), repository.head()
    assert (first.author, first.subject) == ("Zo\ufffd", "caf\ufffd ?\\001?")
    assert first.committed_at.isoformat() == "2020-02-29T23:59:59.500000+00:00"
    assert (nameless.author, nameless.message) == ("(no author)", "")
    assert nameless.committed_at.tzinfo is not None


# Folders that move


def test_history_goes_on_where_the_folder_had_another_name(svn_origin: SvnOrigin, opener: Opener) -> None:
    repo = svn_origin.repo
    first = svn_origin.commit({"a.sql": "1", "sub/b.sql": "1"})
    second = svn_origin.commit({"a.sql": "2"})
    repo.change("mkdir", "shop", "mv", "trunk", "shop/main")
    repo.folder = "shop/main"
    third = repo.commit({"sub/b.sql": "2"})
    moved = repo.change("mv", "shop", "store")
    repo.folder = "store/main"
    last = repo.commit({"c.sql": "3"})
    repository = opener(svn_origin.url.replace("/trunk", "/store/main"))
    changes = repository.changes(first, last)
    assert [c.commit.id for c in changes] == [second, "r3", third, moved, last]
    assert [c.paths for c in changes] == [{"a.sql"}, set(), {"sub/b.sql"}, set(), {"c.sql"}]
    assert repository.is_ancestor(first, last)
    assert repository.files(first).read("a.sql") == b"1"
    assert repository.files(third).read("sub/b.sql") == b"2"
    assert set(repository.files(second).paths()) == {"a.sql", "sub/b.sql"}


def test_a_branch_in_the_place_of_the_trunk_brings_its_own_history(origin: SvnOrigin, opener: Opener) -> None:
    repo = origin.repo
    first = origin.commit({"a.sql": "1"})
    repo.change("mkdir", "branches", "cp", "HEAD", "trunk", "branches/x")
    on_trunk = origin.commit({"a.sql": "trunk"})
    repo.folder = "branches/x"
    on_branch = repo.commit({"a.sql": "branch"})
    repository = opener(origin.url)
    assert repository.is_ancestor(on_trunk, repository.head().id)
    replaced = repo.change("rm", "trunk", "cp", "HEAD", "branches/x", "trunk")
    repository.fetch()
    assert repository.head().id == replaced
    assert repository.is_ancestor(first, replaced)
    assert repository.is_ancestor(on_branch, replaced)
    assert not repository.is_ancestor(on_trunk, replaced)
    assert repository.files(on_branch).read("a.sql") == b"branch"
    assert repository.files(first).read("a.sql") == b"1"
    with pytest.raises(SourceError):
        repository.changes(on_trunk, replaced)


def test_folders_that_come_and_go_are_changes_of_their_files(svn_origin: SvnOrigin, opener: Opener) -> None:
    repo = svn_origin.repo
    base = svn_origin.commit({"old/a.sql": "1", "old/ü%/b.sql": "1", "gone/c.sql": "1"})
    repo.change("mv", "trunk/old", "trunk/new")
    repo.change("rm", "trunk/gone", message="gone")
    last = repo.change("cp", "1", "trunk/gone", "trunk/back", "mkdir", "trunk/empty")
    paths = [c.paths for c in opener(svn_origin.url).changes(base, last)]
    old = {"old/a.sql", "old/ü%/b.sql"}
    assert paths == [old | {path.replace("old", "new") for path in old}, {"gone/c.sql"}, {"back/c.sql"}]


@pytest.mark.parametrize("name", ["v1@2", "@", "a b", "größe%20", "x@"])
def test_any_name_of_a_branch_will_do(origin: SvnOrigin, opener: Opener, name: str) -> None:
    first = origin.commit({"a.sql": "1"})
    copied = origin.repo.change(
        "mkdir", "branches", "cp", "HEAD", "trunk", f"branches/{name.replace('%', '%25')}"
    )
    repository = opener(origin.repo.url, f"branches/{name}")
    assert repository.name == "shop"
    assert repository.watched == f"branches/{name}"
    assert repository.head().id == copied
    assert repository.is_ancestor(first, copied)
    assert repository.files(copied).read("a.sql") == b"1"


def test_a_whole_repository_is_watched_only_when_somebody_says_so(origin: SvnOrigin, opener: Opener) -> None:
    repository = opener(origin.repo.url)
    with pytest.raises(SourceError, match="shop has no commits yet"):
        repository.head()
    commit_id = origin.commit({"a.sql": "1"})
    with pytest.raises(SourceError, match="is a whole repository, with a trunk") as caught:
        repository.fetch()
    assert f"{origin.repo.url}/trunk" in (caught.value.hint or "")
    assert opener(origin.repo.url, "/").files(commit_id).read("trunk/a.sql") == b"1"


def test_a_repository_without_a_trunk_is_a_tree(requires, tmp_path: Path, opener: Opener) -> None:
    requires("svn")
    repo = SvnRepo(tmp_path / "shop", "")
    commit_id = repo.commit({"a.sql": "1", "sub/b.sql": "2"})
    repository = opener(repo.url)
    assert repository.watched == "HEAD"
    assert repository.files(commit_id).read("sub/b.sql") == b"2"


def test_a_file_is_no_tree(origin: SvnOrigin, opener: Opener) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    with pytest.raises(SourceError, match=r"a\.sql is a file in r1"):
        opener(f"{origin.url}/a.sql").files(commit_id)


def test_what_is_not_there_is_told_with_what_is(svn_origin: SvnOrigin, opener: Opener) -> None:
    svn_origin.commit({"a.sql": "1"})
    svn_origin.repo.change("mkdir", "branches")
    repository = opener(svn_origin.url.replace("trunk", "trnk/sql"))
    with pytest.raises(SourceError, match="has no folder 'trnk'") as caught:
        repository.head()
    assert caught.value.hint.endswith("/shop there is: branches, trunk")


# Properties


def test_externals_are_refused_where_something_is_read_of_them(origin: SvnOrigin, opener: Opener) -> None:
    origin.commit({"a.sql": "1", "sub/b.sql": "2"})
    value = (
        "https://127.0.0.1:9/x lib\n-r 5 ^/trunk/a.sql@1 'one file.sql'\n# no/comment.sql\nold -r1 svn://h/y"
    )
    commit_id = origin.repo.set_property("svn:externals", value, "trunk/sub")
    files = opener(origin.url).files(commit_id)
    assert files.read("a.sql") == b"1"
    assert files.read("sub/b.sql") == b"2"
    assert files.read("sub/comment.sql") is None
    for path in ("sub/lib/x.sql", "sub/one file.sql", "sub/old/deep/er.sql"):
        with pytest.raises(SourceError, match=r"is in the external 'sub/.*', which is not read"):
            files.read(path)


def test_contents_are_those_that_were_committed(origin: SvnOrigin, opener: Opener) -> None:
    origin.commit({"k.sql": "-- $Id$ $Rev$\n", "dos.sql": "a\r\nb\r\n", "native.sql": "a\nb\n"})
    properties = ("svn:keywords", "Id Rev", "trunk/k.sql"), ("svn:eol-style", "CRLF", "trunk/dos.sql")
    commit_id = origin.repo.change(
        *(word for each in properties for word in ("propset", *each)),
        *("propset", "svn:eol-style", "native", "trunk/native.sql"),
    )
    files = opener(origin.url).files(commit_id)
    assert files.read("k.sql") == b"-- $Id$ $Rev$\n"
    assert files.read("dos.sql") == b"a\r\nb\r\n"
    assert files.read("native.sql") == b"a\nb\n"


# Exports


def exports_of(opener: Opener) -> list[Path]:
    return [place for place in opener.state.glob("*.svn/*") if not place.name.startswith(".")]


def test_an_export_that_was_removed_or_damaged_is_made_again(origin: SvnOrigin, opener: Opener) -> None:
    commit_id = origin.commit({"a.sql": "select 1;", "large.bin": b"x" * 9_000_000})
    files = opener(origin.url).files(commit_id)
    large = files.read("large.bin")
    (place,) = exports_of(opener)
    (place / "files" / "a.sql").write_bytes(b"select 2;")
    assert files.read("a.sql") == b"select 1;"
    shutil.rmtree(place)
    assert files.read("a.sql") == b"select 1;"
    (place,) = exports_of(opener)
    (place / "files" / "large.bin").write_bytes(b"")
    with large.open() as stream:
        assert stream.read() == b"x" * 9_000_000
    (place,) = exports_of(opener)
    (place / "listing.json").write_bytes(b"\0" * 100)
    assert opener(origin.url).files(commit_id).read("a.sql") == b"select 1;"


def test_the_oldest_of_many_exports_go(
    origin: SvnOrigin, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainsql.source.exports.KEPT", 3)
    commits = [origin.commit({"a.sql": str(number)}) for number in range(5)]
    repository = opener(origin.url)
    files = [repository.files(commit_id) for commit_id in commits]
    assert {place.name.partition("-")[0] for place in exports_of(opener)} == set(commits[-3:])
    assert [each.read("a.sql") for each in files] == [b"0", b"1", b"2", b"3", b"4"]
    assert len(exports_of(opener)) == 3
    monkeypatch.setattr("mainsql.source.exports.MOST_BYTES", 0)
    opener(origin.url).files(origin.commit({"a.sql": "6"}))
    assert len(exports_of(opener)) == 2


def test_what_nobody_finished_goes_some_day(origin: SvnOrigin, opener: Opener) -> None:
    repository = opener(origin.url)
    for number, (prefix, age) in enumerate([(".new-", 0), (".new-", 86400), (".gone-", 86400)]):
        repository.files(origin.commit({"a.sql": str(number)}))
        (folder,) = opener.state.glob("*.svn")
        left = folder / f"{prefix}{age}"
        left.mkdir()
        os.utime(left, (time.time() - age,) * 2)
    opener(origin.url).files(origin.commit({"a.sql": "last"}))
    assert [place.name for place in folder.iterdir() if place.name.startswith(".")] == [".new-0"]


def test_any_number_of_processes_may_share_the_exports(origin: SvnOrigin, opener: Opener) -> None:
    commits = [origin.commit({f"f{n}.sql": str(n) for n in range(20)} | {"a.sql": str(m)}) for m in range(3)]

    def read(number: int) -> set[bytes]:
        files = opener(origin.url).files(commits[number % 3])
        if number == 4:  # somebody removes what others read
            for place in exports_of(opener):
                place.rename(place.with_name(f".gone-{place.name}"))
        assert files.read("a.sql") == str(number % 3).encode()
        return {files.read(path) for path in files.paths()}

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(read, range(12)))
    assert len(exports_of(opener)) <= 3


def test_a_restored_repository_has_other_revisions(origin: SvnOrigin, opener: Opener, tmp_path: Path) -> None:
    first = origin.commit({"a.sql": "1"})
    shutil.copytree(origin.repo.path, tmp_path / "backup")
    lost = origin.commit({"a.sql": "lost"})
    repository = opener(origin.url)
    kept, gone = repository.commit(first), repository.commit(lost)
    assert repository.files(lost).read("a.sql") == b"lost"
    assert repository.still_has(gone)
    shutil.rmtree(origin.repo.path)
    (tmp_path / "backup").rename(origin.repo.path)
    repository.fetch()
    assert not repository.still_has(gone)
    assert origin.commit({"a.sql": "new"}) == lost
    repository.fetch()
    for each in (repository, opener(origin.url)):
        assert each.files(lost).read("a.sql") == b"new"
        assert each.still_has(kept)
        assert not each.still_has(gone)


def test_what_is_corrected_of_a_revision_makes_it_no_other_one(origin: SvnOrigin, opener: Opener) -> None:
    hook = origin.repo.path / "hooks" / "pre-revprop-change"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    origin.commit({"a.sql": "1"}, "Ordres")
    before = opener(origin.url).head()
    for name, value in (("svn:log", "Orders"), ("svn:author", "bob")):
        origin.repo.svn("svn", "propset", "-q", "--revprop", "-r", "1", name, value, origin.repo.url)
    repository = opener(origin.url)
    assert repository.head().subject == "Orders"
    assert repository.still_has(before)


def test_a_state_folder_that_cannot_be_written_is_told(origin: SvnOrigin, tmp_path: Path) -> None:
    origin.commit({"a.sql": "1"})
    (tmp_path / "state").write_text("a file")
    with pytest.raises(SourceError, match="cannot be kept") as caught:
        Opener(tmp_path / "state")(origin.url)
    assert str(tmp_path / "state") in (caught.value.hint or "")
