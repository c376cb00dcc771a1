"""Trees that were resolved are remembered, as long as that takes no more memory than one may."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from mainsql.config import RepositoryConfig, TreeConfig
from mainsql.operations.loading import Trees
from mainsql.script.limits import MOST_STATEMENTS
from mainsql.source.open import open_repository


@pytest.fixture
def trees(git_repo, tmp_path) -> Iterator[Trees]:
    source = open_repository(str(git_repo.path), branch=None, state=tmp_path)
    yield Trees(source, TreeConfig("shop", RepositoryConfig("shop", "", None, 5.0), "main.sql"))
    source.close()


@pytest.mark.parametrize(("statements", "kept"), [(3, True), (MOST_STATEMENTS * 2 // 3, False)])
def test_two_that_are_too_much_together_are_not_remembered(git_repo, trees, statements, kept):
    script = "select 1;\n" * statements
    first, second = (git_repo.commit({"main.sql": script + more}) for more in ("", "select 2;\n"))
    remembered = weakref.ref(trees.at(first))
    assert remembered() is trees.at(first)
    trees.at(second)
    gc.collect()
    assert (remembered() is not None) is kept
