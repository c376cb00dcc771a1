"""What is watched: the newest of some tags, in the order of versions."""

from pathlib import Path

import pytest
from tests.contract.origins import GitOrigin, Opener, Processes, git_mirror

from mainsql.errors import SourceError, SourceUnavailable
from mainsql.source.references import Reference


def release(origin: GitOrigin, tag: str, *, annotated: bool = False) -> str:
    """A commit with a tag on it; its id."""
    commit_id = origin.repo.commit({"main.sql": tag}, f"release {tag}")
    origin.repo.git("tag", *(("--annotate", "--message", tag) if annotated else ()), tag)
    origin.publish()
    return commit_id


def test_the_newest_version_is_watched_not_the_newest_tag(git_origin: GitOrigin, opener: Opener) -> None:
    nine = release(git_origin, "v1.9", annotated=True)
    repository = opener(git_origin.url, tags=("v*",))
    assert repository.head().id == nine
    assert repository.watched == "tags v*"
    ten = release(git_origin, "v1.10")
    release(git_origin, "nightly-2")
    git_origin.repo.commit({"main.sql": "not released"})
    repository.fetch()
    assert repository.head().id == ten
    git_origin.repo.branch("old", nine)
    release(git_origin, "v1.9.1")
    repository.fetch()
    assert repository.head().id == ten
    assert opener(git_origin.url, tags=("v1.9*", "nightly-*")).head().subject == "release v1.9.1"


def test_a_pre_release_comes_before_its_release_and_only_where_it_is_wanted(
    git_origin: GitOrigin, opener: Opener
) -> None:
    tags = ("v1.2", "v2.0-rc1", "v2.0-rc2", "v2.0-rc10")
    one, *_, ten = [release(git_origin, tag) for tag in tags]
    releases, everything = opener(git_origin.url, tags=("v*",)), opener(git_origin.url, tags=("v*", "v*-*"))
    assert (releases.head().id, everything.head().id) == (one, ten)
    two = release(git_origin, "v2.0", annotated=True)
    for repository in (releases, everything):
        repository.fetch()
        assert repository.head().id == two


@pytest.mark.parametrize(
    ("pattern", "tag", "takes"),
    [
        ("v*", "v1", True),
        ("v*", "x1", False),
        ("v*", "v1-rc1", False),
        ("v*-rc*", "v1-rc1", True),
        ("v[0-9]-*", "v1-rc1", True),
        ("release-*", "release-1.0", True),
        ("release-*", "release-1.0-rc1", False),
        ("release-*-*", "release-1.0-rc1", True),
        ("20*", "2026-11-25", True),
        ("shop/*", "shop/1.0", True),
    ],
)
def test_which_tags_count(pattern: str, tag: str, takes: bool) -> None:
    reference = Reference(tags=(pattern,))
    assert reference.takes(f"refs/tags/{tag}") is takes
    assert not reference.takes(f"refs/heads/{tag}")


def test_a_tag_that_moves_or_goes_is_followed(git_origin: GitOrigin, opener: Opener) -> None:
    one, two = release(git_origin, "v1"), release(git_origin, "v2")
    repository = opener(git_origin.url, tags=("v*",))
    assert repository.head().id == two
    moved = git_origin.repo.commit({"main.sql": "moved"})
    git_origin.repo.git("tag", "--force", "v2")
    git_origin.publish()
    repository.fetch()
    assert repository.head().id == moved
    git_origin.repo.git("tag", "--delete", "v2")
    git_origin.publish()
    repository.fetch()
    assert repository.head().id == one
    git_origin.repo.git("tag", "--delete", "v1")
    git_origin.publish()
    repository.fetch()
    with pytest.raises(SourceError, match=r"shop has no tag on a commit that matches v\*") as caught:
        repository.head()
    assert caught.value.hint == "it has no tags yet"


def test_without_a_tag_that_matches_those_that_there_are_are_listed(
    git_origin: GitOrigin, opener: Opener
) -> None:
    git_origin.repo.commit({"main.sql": "1"})
    for number in range(12):
        git_origin.repo.git("tag", f"build-{number}")
    git_origin.repo.git("tag", "v1-a-tree", "HEAD^{tree}")
    git_origin.repo.git("tag", "v1", "HEAD^{tree}")
    git_origin.publish()
    with pytest.raises(SourceError, match=r"no tag on a commit that matches v\*") as caught:
        opener(git_origin.url, tags=("v*",)).head()
    assert "its tags are: v1, " in (caught.value.hint or "")
    assert "build-11, build-10" in (caught.value.hint or "")
    assert (caught.value.hint or "").endswith(" and 4 more")


def test_between_two_versions_there_are_those_that_have_a_tag(git_origin: GitOrigin, opener: Opener) -> None:
    base = release(git_origin, "v1")
    git_origin.repo.commit({"a.sql": "1"}, "not released")
    first = release(git_origin, "v2", annotated=True)
    git_origin.repo.commit({"b.sql": "1"}, "nor this")
    git_origin.repo.git("tag", "nightly")
    last = release(git_origin, "v3")
    repository = opener(git_origin.url, tags=("v*",))
    changes = repository.changes(base, last)
    assert [(change.commit.id, set(change.paths)) for change in changes] == [
        (first, {"a.sql", "main.sql"}),
        (last, {"b.sql", "main.sql"}),
    ]
    assert [c.commit.id for c in opener(git_origin.url, tags=("x*",)).changes(base, last)] == [last]


def test_nothing_is_fetched_while_no_tag_that_counts_changes(
    tmp_path: Path, opener: Opener, processes: Processes
) -> None:
    origin = git_mirror(tmp_path)
    one = release(origin, "v1", annotated=True)
    origin.repo.git("tag", "v0", "HEAD^{tree}")
    origin.publish()
    opener(origin.url, tags=("v*",))
    processes.clear()
    repository = opener(origin.url, tags=("v*",))
    release(origin, "nightly")
    repository.fetch()
    assert repository.head().id == one
    assert not [command for command in processes if "fetch" in command]
    with pytest.raises(SourceUnavailable, match="nothing has been fetched"):
        opener(origin.url + "/", tags=("v*",), fetch=False).head()


def test_a_branch_and_tags_of_one_origin_share_a_mirror(tmp_path: Path, opener: Opener) -> None:
    origin = git_mirror(tmp_path)
    released = release(origin, "v1")
    newest = origin.commit({"main.sql": "2"})
    tags, branch, head = opener(origin.url, tags=("v*",)), opener(origin.url, "main"), opener(origin.url)
    for repository in (tags, branch, head):
        repository.fetch()
    assert [each.head().id for each in (tags, branch, head)] == [released, newest, newest]
    assert head.watched == "main"
