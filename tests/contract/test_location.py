"""What the URL of a repository is taken for."""

import pytest

from mainsql.errors import SourceError
from mainsql.source.location import Location, is_local, name_in, parse_location

LOCAL = (".", "/srv/shop", "shop", "../x y", "~/shop", "./host:path", "/a:b", "a/b:c", "file.git", "", "C/x")
FETCHED = (
    "https://example.org/shop.git",
    "http://example.org/shop",
    "ssh://git@example.org:22/shop",
    "git://example.org/shop",
    "file:///srv/shop",
    "git@example.org:group/shop.git",
    "host:shop",
    "HTTPS://example.org/shop",
    "[::1]:shop",
    "git:/srv/shop@2",
    "host:a@b/c:d",
)


@pytest.mark.parametrize("url", LOCAL)
def test_a_path_is_local(url: str) -> None:
    assert is_local(url)


@pytest.mark.parametrize("url", [*FETCHED, "ext::sh -c x", "ext://x", "::x", "foo::/bar"])
def test_a_url_is_not_local(url: str) -> None:
    assert not is_local(url)


@pytest.mark.parametrize("url", FETCHED)
def test_a_url_without_a_password_stays_as_it_is(url: str) -> None:
    assert parse_location(url).url.lower() == url.lower()


@pytest.mark.parametrize(
    ("url", "stripped", "username", "password"),
    [
        ("https://ada:secret@h.org/x", "https://h.org/x", "ada", "secret"),
        ("https://ada@h.org:8443/x?y=1", "https://h.org:8443/x?y=1", "ada", None),
        ("http://token:@h.org/x", "http://h.org/x", "token", ""),
        ("https://:token@h.org/x", "https://h.org/x", None, "token"),
        ("https://a%40b:p%40s%2Fs%25@h.org/x", "https://h.org/x", "a@b", "p@s/s%"),
        ("https://ada:p@ss@h.org/x", "https://h.org/x", "ada", "p@ss"),
        ("https://ada:secret@[::1]:8080/x", "https://[::1]:8080/x", "ada", "secret"),
    ],
)
def test_user_and_password_are_taken_out_of_the_url(
    url: str, stripped: str, username: str | None, password: str | None
) -> None:
    location = parse_location(url)
    assert (location.url, location.username, location.password) == (stripped, username, password)
    assert not password or password not in repr(location)


@pytest.mark.parametrize(
    "url",
    [
        "-oProxyCommand=x",
        "--upload-pack=x",
        "ext::sh -c touch% /tmp/x",
        "ext://sh",
        "fd::17",
        "::x",
        "foo::bar",
        "foo://bar/x",
        "https://h.org/a\nb",
        "host:a\0b",
        "https://",
        "https://ada@/x",
        "https:/h.org/x",
    ],
)
def test_what_is_not_given_to_git_is_refused(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_location(url)
    assert "a repository is a folder, or a URL" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "url",
    [
        "ssh://ada:s3cret@h.org/x",
        "git://ada:s3cret@h.org/x",
        "file://ada:s3cret@h.org/x",
        "https://ada:s3cret/x@h.org/x",
        "https://ada:1/s3cret@h.org/x",
        "https://ada:1?s3cret@h.org/x",
        "https://ada:1#s3cret@h.org/x",
        "https://[ada:s3cret@h.org/x",
        "https://ada:1@s3cret/2@h.org/x",
        "https:/ada:s3cret@h.org/x",
        "ada:s3cret@h.org:x",
        "ada:1@s3cret@h.org:x",
        "https://ada:s3cret%0Ahost=evil.org@h.org/x",
        "https://ada:s3cret%00@h.org/x",
    ],
)
def test_a_password_that_would_show_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_location(url)
    assert "s3cret" not in caught.value.report()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/group/shop.git", "shop"),
        ("https://example.org/shop/", "shop"),
        ("https://ada:secret@example.org", "example.org"),
        ("git@example.org:group/shop.git", "shop"),
        ("host:shop", "shop"),
        ("host:", "host"),
        ("file:///srv/my%20shop.git", "my shop"),
        ("/srv/shop/.git", "shop"),
        ("/srv/shop.git/", "shop"),
        ("../shop", "shop"),
        ("/", "repository"),
        ("https://[broken", "[broken"),
        ("https://ada:sec/ret@example.org/shop.git", "shop"),
    ],
)
def test_the_name_is_the_last_part(url: str, name: str) -> None:
    assert name_in(url) == name


def test_locations_are_compared_by_all_their_parts() -> None:
    assert parse_location("https://h.org/x") == Location("https://h.org/x", "x")
