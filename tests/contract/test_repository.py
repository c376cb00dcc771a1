"""What every kind of repository must do; a new kind joins by one line in conftest's KINDS."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.origins import Opener, Origin
from tests.gitrepo import Link

from mainsql.errors import Retry, SourceError
from mainsql.model import Commit, Stored


def messages(commits: list[Commit]) -> list[str]:
    return [commit.subject for commit in commits]


def test_head_is_the_newest_commit_and_what_it_says(origin: Origin, opener: Opener) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    origin.commit({"main.sql": "select 1;"}, "first")
    newest = origin.commit(
        {"main.sql": "select 2;"}, "Prix à jour\n\nzweite Zeile\n", author="Zoë <zoe@x.org>"
    )
    head = opener(origin.url).head()
    assert head.id == newest
    assert head.subject == "Prix à jour"
    assert head.message.strip() == "Prix à jour\n\nzweite Zeile"
    assert head.author == "Zoë <zoe@x.org>"
    assert head.committed_at.tzinfo is not None
    assert before <= head.committed_at <= datetime.now(UTC) + timedelta(seconds=2)


def test_it_is_named_after_its_folder_or_url(origin: Origin, opener: Opener) -> None:
    assert opener(origin.url).name == "shop"


def test_its_location_is_the_same_each_time(origin: Origin, opener: Opener) -> None:
    location = opener(origin.url).location
    assert location == opener(origin.url).location
    assert location.rstrip("/").removesuffix(".git").removesuffix("/trunk").endswith("/shop")


def test_a_new_commit_is_seen_after_a_fetch(origin: Origin, opener: Opener) -> None:
    origin.commit({"main.sql": "select 1;"}, "first")
    repository = opener(origin.url)
    first = repository.head()
    second = origin.commit({"main.sql": "select 2;"}, "second")
    repository.fetch()
    assert repository.head().id == second
    assert repository.files(first.id).read("main.sql") == b"select 1;"
    assert repository.files(second).read("main.sql") == b"select 2;"


def test_a_repository_without_commits_says_so(origin: Origin, opener: Opener) -> None:
    with pytest.raises(SourceError, match="shop has no commits yet"):
        opener(origin.url).head()


def test_the_first_commit_to_an_empty_repository_is_seen(origin: Origin, opener: Opener) -> None:
    repository = opener(origin.url)
    first = origin.commit({"main.sql": ""})
    repository.fetch()
    assert repository.head().id == first


CONTENTS = {
    "main.sql": b"\\i a.sql\n",
    "empty.sql": b"",
    "binary.dat": bytes(range(256)) * 300,
    "no newline": b"select 1",
    "newlines.sql": b"\n\n\r\n\r",
    "deep/er/and/deeper/x.sql": b"deep",
    "größe/naïve – 表.sql": "Ünïcode ✓".encode(),
    "with space/a  b.sql": b"spaces",
    "quo'te\"s\\back.sql": b"quotes",
    "*?[a].sql": b"glob",
    ":(top)magic": b"pathspec",
    "-rf": b"dash",
    "HEAD": b"not a reference",
    "a:b@{1}": b"colon",
    "100%20.sql": b"percent",
}


def test_files_are_read_byte_for_byte(origin: Origin, opener: Opener) -> None:
    contents = CONTENTS | ({"new\nline\tand tab.sql": b"newline"} if origin.any_name else {})
    commit_id = origin.commit(contents)
    files = opener(origin.url).files(commit_id)
    assert set(files.paths()) == set(contents)
    assert {path: files.read(path) for path in files.paths()} == contents


def test_what_is_no_file_reads_as_none(origin: Origin, opener: Opener) -> None:
    commit_id = origin.commit({"a/b.sql": "x"})
    files = opener(origin.url).files(commit_id)
    for path in ("a", "a/", "a/c.sql", "b.sql", "a/b.sql/c", "A/b.sql", "", "nothing/at/all"):
        assert files.read(path) is None, path


def test_a_deleted_file_is_gone_but_stays_in_the_commit_before(origin: Origin, opener: Opener) -> None:
    before = origin.commit({"a.sql": "1", "b.sql": "2"})
    after = origin.commit({"a.sql": None})
    repository = opener(origin.url)
    assert repository.files(after).read("a.sql") is None
    assert set(repository.files(after).paths()) == {"b.sql"}
    assert repository.files(before).read("a.sql") == b"1"


def test_changes_come_oldest_first_with_their_paths(origin: Origin, opener: Opener) -> None:
    base = origin.commit({"a.sql": "1", "gone.sql": "2"}, "base")
    name = "b/ü\n.sql" if origin.any_name else "b/ü%20.sql"
    origin.commit({name: "1", "a.sql": "2"}, "one")
    origin.commit({"gone.sql": None}, "two")
    last = origin.commit({"main.sql": "3"}, "three\n\n:100644 colon\nb/ü\n")
    changes = opener(origin.url).changes(base, last)
    assert messages([c.commit for c in changes]) == ["one", "two", "three"]
    assert [c.paths for c in changes] == [{name, "a.sql"}, {"gone.sql"}, {"main.sql"}]
    assert changes[-1].commit.id == last


def test_a_change_is_the_same_commit_as_the_repository_gives(origin: Origin, opener: Opener) -> None:
    base = origin.commit({"a.sql": "1"})
    last = origin.commit({"a.sql": "2"}, "zwei\n\nmehr\n", author="Zoë <z@x.org>")
    repository = opener(origin.url)
    assert [c.commit for c in repository.changes(base, last)] == [repository.head()]
    assert repository.commit(last) == repository.head()


def test_there_are_no_changes_up_to_itself(origin: Origin, opener: Opener) -> None:
    only = origin.commit({"a.sql": "1"})
    assert list(opener(origin.url).changes(only, only)) == []


def test_a_moved_file_is_a_change_of_both_paths(origin: Origin, opener: Opener) -> None:
    base = origin.commit({"old.sql": "select 1;\n" * 50})
    moved = origin.commit({"old.sql": None, "new.sql": "select 1;\n" * 50})
    assert [c.paths for c in opener(origin.url).changes(base, moved)] == [{"old.sql", "new.sql"}]


def test_ancestry_is_the_order_of_commits(origin: Origin, opener: Opener) -> None:
    first, second = origin.commit({"a": "1"}), origin.commit({"a": "2"})
    repository = opener(origin.url)
    assert repository.is_ancestor(first, second)
    assert repository.is_ancestor(second, second)
    assert not repository.is_ancestor(second, first)
    assert repository.still_has(repository.commit(first))
    assert repository.still_has(repository.head())


def test_a_rewritten_history_has_none_of_the_commits_before(origin: Origin, opener: Opener) -> None:
    first, second = origin.commit({"a.sql": "1"}), origin.commit({"a.sql": "2"})
    repository = opener(origin.url)
    assert repository.is_ancestor(first, second)
    third = origin.rewrite({"a.sql": "3"})
    repository.fetch()
    assert repository.head().id == third
    assert not repository.is_ancestor(first, third)
    assert not repository.is_ancestor(second, third)
    assert repository.files(third).read("a.sql") == b"3"


def test_a_branch_may_go_and_come_back(origin: Origin, opener: Opener) -> None:
    origin.commit({"a.sql": "1"})
    repository = opener(origin.url, origin.branch)
    origin.remove()
    repository.fetch()
    with pytest.raises(SourceError, match=r"has no (branch 'main'|folder 'trunk')") as caught:
        repository.head()
    assert caught.value.retry is Retry.NEVER
    again = origin.rewrite({"a.sql": "2"})
    repository.fetch()
    assert repository.head().id == again


def test_a_link_is_followed_inside_the_commit(origin: Origin, opener: Opener) -> None:
    commit_id = origin.commit(
        {
            "here.sql": Link("real/there.sql"),
            "folder": Link("real"),
            "real/there.sql": "select 1;",
            "real/up.sql": Link("../here.sql"),
        }
    )
    files = opener(origin.url).files(commit_id)
    assert {"here.sql", "folder", "real/up.sql"} <= set(files.paths())
    for path in ("here.sql", "folder/there.sql", "real/up.sql", "folder/up.sql", "./real//there.sql"):
        assert files.read(path) == b"select 1;", path


@pytest.mark.parametrize("target", ["../outside.sql", "/etc/passwd", "a.sql", "sub/../../x"])
def test_a_link_that_leads_elsewhere_is_refused(origin: Origin, opener: Opener, target: str) -> None:
    commit_id = origin.commit({"a.sql": Link(target), "sub/x.sql": "x"})
    files = opener(origin.url).files(commit_id)
    with pytest.raises(SourceError, match=r"leads (out of the repository|back to itself)"):
        files.read("a.sql")


NO_COMMIT = (
    "0" * 40,
    "r999999",
    "nonsense",
    "",
    "-1",
    "--all",
    "--help",
    "HEAD..HEAD",
    "^HEAD",
    "a\nb",
    "a\0b",
)


def test_an_unknown_revision_is_an_error(origin: Origin, opener: Opener) -> None:
    known = origin.commit({"a": "1"})
    repository = opener(origin.url)
    ask = (
        repository.commit,
        repository.files,
        lambda revision: repository.changes(revision, known),
        lambda revision: repository.changes(known, revision),
    )
    for revision in NO_COMMIT:
        for question in ask:
            with pytest.raises(SourceError):
                question(revision)
        assert not repository.is_ancestor(revision, known)
        assert not repository.is_ancestor(known, revision)


def test_many_threads_read_what_one_would(origin: Origin, opener: Opener) -> None:
    contents = {f"f{n}.sql": f"select {n};\n" * (n + 1) for n in range(60)}
    first = origin.commit(contents)
    second = origin.commit({"f0.sql": "select 'second';"})
    repository = opener(origin.url)

    def read_all(number: int) -> dict[str, bytes | None]:
        repository.fetch()
        files = repository.files((first, second)[number % 2])
        return {path: files.read(path) for path in contents}

    one = {path: text.encode() for path, text in contents.items()}
    other = one | {"f0.sql": b"select 'second';"}
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read_all, range(32))) == [one, other] * 16


def test_it_can_be_used_again_after_it_was_closed(origin: Origin, opener: Opener) -> None:
    commit_id = origin.commit({"a.sql": "1"})
    repository = opener(origin.url)
    files = repository.files(commit_id)
    assert files.read("a.sql") == b"1"
    repository.close()
    repository.close()
    assert files.read("a.sql") == b"1"
    repository.fetch()
    assert repository.head().id == commit_id


def test_a_commit_may_have_no_message(origin: Origin, opener: Opener) -> None:
    base = origin.commit({"a.sql": "1"})
    origin.commit({"a.sql": "2"}, "")
    last = origin.commit({"a.sql": "3"}, "said")
    changes = opener(origin.url).changes(base, last)
    assert messages([c.commit for c in changes]) == ["", "said"]


def test_a_large_file_is_a_stream_that_can_be_read_again(origin: Origin, opener: Opener) -> None:
    content = bytes(range(256)) * 40_000
    commit_id = origin.commit({"large.bin": content, "small.sql": "x"})
    repository = opener(origin.url)
    files = repository.files(commit_id)
    large = files.read("large.bin")
    assert isinstance(large, Stored)
    assert large.size == len(content)
    with large.open() as one, large.open() as other:
        assert one.read(1000) == content[:1000]
        # What was begun does not keep others from being read.
        assert files.read("small.sql") == b"x"
        assert other.read() == content
        assert one.read() == content[1000:]
        assert one.read() == b""
    again = files.read("large.bin")
    assert isinstance(again, Stored)
    assert again.digest == large.digest
    stream = again.open()
    stream.read(10)
    repository.close()
    assert stream.closed
