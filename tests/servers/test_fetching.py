"""Which release of a server is fetched."""

import pytest
from tests.servers.fetching import newest

PUBLISHED = ["14.9.0-beta.15", "14.10.0-beta.17", "14.10.0-beta.9", "15.2.0-beta.17", "140.0.0"]


def test_the_newest_release_of_a_major_version_is_taken() -> None:
    assert newest(14, PUBLISHED) == "14.10.0-beta.17"


def test_a_version_that_nobody_published_is_named() -> None:
    with pytest.raises(LookupError, match="no PostgreSQL 13"):
        newest(13, PUBLISHED)
