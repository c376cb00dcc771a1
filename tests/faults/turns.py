"""Cases that need not be tried on every server: each on one of them."""

from collections.abc import Iterable
from itertools import product
from typing import Any

from tests.conftest import VERSIONS


def in_turn(*things: Iterable[Any]) -> list[tuple[Any, ...]]:
    """All combinations of these, each behind the version of the server whose turn it is."""
    numbered = product(*(enumerate(each) for each in things))
    return [
        (VERSIONS[sum(number for number, _ in pairs) % len(VERSIONS)], *(thing for _, thing in pairs))
        for pairs in numbered
    ]
