"""What has changed from one commit's files to another's, for who has read some of them."""

import pytest
from tests.contract.origins import GIT_KINDS, Opener, Origin, svn_file
from tests.gitrepo import Link

from mainsql.config import RepositoryConfig, TreeConfig
from mainsql.operations.loading import Trees

# Of svn's one will do: it is decided on what was exported, wherever that came from.
pytestmark = pytest.mark.parametrize(
    "origin", [*GIT_KINDS, svn_file], indirect=True, ids=lambda kind: kind.__name__
)

FILES = {"main.sql": "\\i a.sql\n\\i b.sql\n", "a.sql": "select 1;", "b.sql": "select 2;", "notes.txt": "x"}
READ = ("main.sql", "a.sql", "b.sql")


@pytest.mark.parametrize(
    ("change", "edited"),
    [
        ({"a.sql": "select 3;"}, {"a.sql"}),
        ({"a.sql": "select 3;", "b.sql": "select 4;"}, {"a.sql", "b.sql"}),
        ({"notes.txt": "y"}, set()),
        ({}, set()),
        ({"c.sql": "select 3;"}, None),
        ({"a.undo.sql": "select 3;"}, None),
        ({"notes.txt": None}, None),
        ({"notes.txt": Link("a.sql")}, None),
        ({"a.sql": Link("b.sql")}, None),
    ],
)
def test_edited_since(origin: Origin, opener: Opener, change, edited) -> None:
    first = origin.commit(FILES, "first")
    second = origin.commit(change, "second")
    repository = opener(origin.url)
    repository.fetch()
    assert repository.files(second).edited_since(repository.files(first), READ) == edited


def test_what_is_read_through_a_link_is_not_told(origin: Origin, opener: Opener) -> None:
    first = origin.commit({**FILES, "b.sql": Link("notes.txt"), "notes.txt": "select 2;"}, "first")
    second = origin.commit({"notes.txt": "select 3;"}, "second")
    repository = opener(origin.url)
    repository.fetch()
    assert repository.files(second).edited_since(repository.files(first), READ) is None


def test_another_target_of_a_link_is_told(origin: Origin, opener: Opener) -> None:
    first = origin.commit({**FILES, "a.undo.sql": Link("nothing.sql")}, "first")
    second = origin.commit({"a.undo.sql": Link("b.sql")}, "second")
    repository = opener(origin.url)
    repository.fetch()
    assert repository.files(second).edited_since(repository.files(first), READ) is None


@pytest.mark.parametrize(
    "change",
    [
        {"a.sql": "select 3;\nselect 4;"},
        {"a.sql": "select 3;", "notes.txt": "y"},
        {"a.sql": "\\echo x\nselect 3;"},
        {"main.sql": "\\i b.sql\n"},
        {"a.undo.sql": "select 3;"},
        {"a.sql": Link("b.sql")},
        {"a.sql": "x" * 100 + ";"},
        {"other/main.txt": "x", "a.sql": "select 5;"},
    ],
)
def test_a_tree_is_the_same_whether_one_before_it_is_known(origin: Origin, opener: Opener, change) -> None:
    first = origin.commit(FILES, "first")
    second = origin.commit(change, "second")
    repository = opener(origin.url)
    repository.fetch()
    config = TreeConfig("shop", RepositoryConfig("source", origin.url, None, 5.0), None)
    known = Trees(repository, config)
    known.at(first)
    found, fresh = known.at(second), Trees(repository, config).at(second)
    assert (found, found.files, found.digest) == (fresh, fresh.files, fresh.digest)
    assert known.at(first) == Trees(repository, config).at(first)
