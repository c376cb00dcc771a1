"""The database of the corpus, one on each server, for all cases together."""

from collections.abc import Iterator

import pytest
from tests.undo.corpus import Ground
from tests.undo.ground import DATABASE, build

from mainsql.database.embedded import EmbeddedServer


@pytest.fixture(scope="module")
def ground(every_server: EmbeddedServer) -> Iterator[Ground]:
    """The database of base.sql and what it was, on each server in turn; gone at the end, with its roles."""
    with build(every_server.dsn(), every_server.dsn(DATABASE)) as ground:
        yield ground
