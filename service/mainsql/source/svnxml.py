"""What svn answers with ``--xml``, as values."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from mainsql.errors import SourceError
from mainsql.model import Commit
from mainsql.source.commits import legible

NOBODY = "(no author)"
"""As svn-log(1) calls who made a revision without a name."""

_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Touched:
    """A path, from the repository's root, that a revision touched, and what it was copied from.

    ``kind`` is ``file``, ``dir``, or empty where an old server does not say.
    """

    path: str
    action: str
    kind: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision in the log of a folder; what it touched is there if it was asked for."""

    revision: int
    commit: Commit
    touched: tuple[Touched, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """What was at a URL in a revision: its ``url`` then, its path from the root, when it was last changed."""

    url: str
    path: str
    root: str
    uuid: str
    revision: int
    is_folder: bool
    changed: str


def log_entries(output: bytes) -> list[Entry]:
    """The revisions of ``svn log --xml``, with what they touched after ``-v``."""
    return [_entry(found) for found in _parse(output).iter("logentry")]


def info_node(output: bytes) -> Node:
    """The only entry of ``svn info --xml``."""
    entry = _parse(output).find("entry")
    if entry is None:
        raise _unreadable("no entry")
    root, url = _text(entry, "repository/root"), _text(entry, "url")
    commit = entry.find("commit")
    changed = "" if commit is None else f"{commit.get('revision')} {commit.findtext('date', '')}"
    return Node(
        url,
        unquote(url[len(root) :], errors="surrogateescape").strip("/"),
        root,
        _text(entry, "repository/uuid"),
        int(entry.get("revision", "0")),
        entry.get("kind") == "dir",
        changed,
    )


def differing_files(output: bytes, url: str) -> Iterator[str]:
    """The files of ``svn diff --summarize --xml``, relative to the URL that was asked for."""
    folder = unquote(url, errors="surrogateescape") + "/"
    for found in _parse(output).iter("path"):
        path = unquote(found.text or "", errors="surrogateescape")
        if found.get("kind") != "dir" and path.startswith(folder):
            yield path.removeprefix(folder)


def property_values(output: bytes, url: str) -> Iterator[tuple[str, str]]:
    """The folders of ``svn propget --xml -R``, relative to the URL that was asked for, with the values."""
    top = unquote(url, errors="surrogateescape")
    for target in _parse(output).iter("target"):
        path = unquote(target.get("path", ""), errors="surrogateescape")
        yield path.removeprefix(top).strip("/"), target.findtext("property", "")


def listed_folders(output: bytes) -> list[str]:
    """The names of the folders of ``svn list --xml``."""
    return [
        found.findtext("name", "") for found in _parse(output).iter("entry") if found.get("kind") == "dir"
    ]


def _entry(found: ElementTree.Element) -> Entry:
    revision = int(found.get("revision", "0"))
    date = found.findtext("date")
    commit = Commit(
        f"r{revision}",
        legible(found.findtext("author") or NOBODY).replace("\n", " "),
        legible(found.findtext("msg") or ""),
        datetime.fromisoformat(date) if date else _LONG_AGO,
    )
    touched = tuple(
        Touched(
            (path.text or "").strip("/"),
            path.get("action", "M"),
            path.get("kind", ""),
            source.strip("/") if (source := path.get("copyfrom-path")) is not None else None,
        )
        for path in found.iter("path")
    )
    return Entry(revision, commit, touched)


def _text(element: ElementTree.Element, path: str) -> str:
    if found := element.findtext(path):
        return found
    raise _unreadable(f"no {path}")


def _parse(output: bytes) -> ElementTree.Element:
    # A message that an old client committed in another encoding stands as it is in what should be UTF-8.
    text = output.decode("utf-8", "replace")
    # Nothing that svn writes declares entities, which are what makes XML dangerous to read.
    if "<!DOCTYPE" in text:
        raise _unreadable("a document type")
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - see above
    except ElementTree.ParseError as error:
        raise _unreadable(str(error)) from None


def _unreadable(what: str) -> SourceError:
    return SourceError(f"the answer of svn cannot be read: {what}", hint="see which svn it is: svn --version")
