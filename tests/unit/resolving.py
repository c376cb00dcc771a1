"""Trees of scripts given as values, for the tests of what is made of them."""

from collections.abc import Mapping

import pytest

from mainsql.errors import ScriptError
from mainsql.model import Tree
from mainsql.script.resolver import resolve


def tree(files: Mapping[str, str | bytes] | str, main: str = "main.sql", **options: object) -> Tree:
    """The tree of ``main``, among files given by path; a string alone is ``main``."""
    if isinstance(files, str):
        files = {main: files}
    contents = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    return resolve("shop", main, contents.get, **options)  # type: ignore[arg-type]


def sent(files: Mapping[str, str | bytes] | str, **options: object) -> list[str]:
    """The text of each statement of the program."""
    return [statement.text for statement in tree(files, **options).program]


def refusal(files: Mapping[str, str | bytes] | str, main: str = "main.sql", **options: object) -> ScriptError:
    """The error with which the tree is refused."""
    with pytest.raises(ScriptError) as caught:
        tree(files, main, **options)
    return caught.value
