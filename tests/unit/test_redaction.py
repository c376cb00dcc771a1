"""No password gets through."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mainsql.redaction import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://bob:secret@host:5432/db", "postgresql://bob:***@host:5432/db"),
        ("postgresql://:secret@/db?host=/tmp", "postgresql://:***@/db?host=/tmp"),
        ("https://x:p@ss/word@host/repo.git", "https://x:***@host/repo.git"),
        ("host=a password=secret user=b", "host=a password=*** user=b"),
        ("password = 'it\\'s secret' host=a", "password = *** host=a"),
        ("PASSWORD=secret", "PASSWORD=***"),
        ("postgresql:///db?user=a&password=secret&host=b", "postgresql:///db?user=a&password=***&host=b"),
        ("sslpassword=secret passphrase=secret", "sslpassword=*** passphrase=***"),
        ("cannot reach ssh://git@host/repo", "cannot reach ssh://git@host/repo"),
        ("postgresql://bob@host/db", "postgresql://bob@host/db"),
        ("select 1 where a::int = b", "select 1 where a::int = b"),
    ],
)
def test_shows_everything_but_the_password(text: str, shown: str) -> None:
    assert redact(text) == shown


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8)


@given(SECRETS)
def test_no_password_in_a_url_gets_through(secret: str) -> None:
    message = "cannot reach postgresql://bob:{}@host.example/db: timeout"
    assume(secret not in message)  # as "postgres"
    assert secret not in redact(message.format(secret))


@given(SECRETS)
def test_no_quoted_password_gets_through(secret: str) -> None:
    quoted = secret.replace("\\", "\\\\").replace("'", "\\'")
    message = "connection to host=a password='{}' dbname=b failed"
    assume(quoted not in message)  # as "password"
    assert quoted not in redact(message.format(quoted))


@given(st.text())
def test_redacting_twice_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)
