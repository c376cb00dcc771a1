"""From a ``[repositories.NAME]`` to its value."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from mainsql.config.schema import RepositorySection
from mainsql.config.values import RepositoryConfig, Verify
from mainsql.model import Vcs
from mainsql.source.access import Access
from mainsql.source.keys import Keys
from mainsql.source.location import is_local


def repository(name: str, section: RepositorySection, folder: Path) -> RepositoryConfig:
    """The repository; paths that are relative are so to ``folder``."""
    return RepositoryConfig(
        name,
        _url(section.url, folder),
        section.branch,
        section.interval,
        vcs=Vcs(section.vcs) if section.vcs else None,
        tags=tuple(section.tags),
        partial=section.partial,
        access=Access(
            section.username,
            section.password,
            _path(section.password_file, folder),
            _path(section.ssh_key, folder),
            _path(section.known_hosts, folder),
            _path(section.ca_file, folder),
        ),
        verify=Verify(section.verify),
        keys=Keys(
            _path(section.allowed_signers, folder),
            _path(section.revoked_signers, folder),
            _path(section.keyring, folder),
        ),
        signed_after=section.signed_after,
    )


def contradictions(section: RepositorySection) -> Iterator[tuple[str, str]]:
    """What does not go together: the key, and why."""
    if section.branch is not None and section.tags:
        yield "tags", "goes without branch: it is either the newest commit of a branch, or a tag"
    if section.password is not None and section.password_file is not None:
        yield "password_file", "goes without password"
    yield from _misplaced(section)
    yield from _unverifiable(section)


def _misplaced(section: RepositorySection) -> Iterator[tuple[str, str]]:
    """What says how to get in where it cannot be used, and nobody would learn why it is not."""
    url = getattr(section, "url", "").lower()
    takes_password = url.startswith(("http://", "https://", "svn://"))
    is_ssh = not (takes_password or is_local(url) or url.startswith(("file://", "git://", "svn+ssh://")))
    for key in ("username", "password", "password_file"):
        if url and not takes_password and getattr(section, key) is not None:
            yield key, "goes with http://, https:// and svn:// only; for ssh use ssh_key"
    if url and is_local(url) and section.partial:
        yield "partial", "goes with a URL: what is at a path is read in place"
    if url and not url.startswith("https://") and section.ca_file is not None:
        yield "ca_file", "goes with https:// only"
    for key in ("ssh_key", "known_hosts"):
        if url and not is_ssh and getattr(section, key) is not None:
            yield key, "goes with ssh:// and host:path of git only"


def _unverifiable(section: RepositorySection) -> Iterator[tuple[str, str]]:
    if section.verify != "none" and not (section.allowed_signers or section.keyring):
        yield "verify", "needs keys to verify with: allowed_signers (SSH), keyring (OpenPGP), or both"
    if section.revoked_signers and not section.allowed_signers:
        yield "revoked_signers", "goes with allowed_signers"
    for key in ("allowed_signers", "revoked_signers", "keyring", "signed_after"):
        if section.verify == "none" and getattr(section, key) is not None:
            yield key, 'has no effect without verify = "head" or "every"'


def _url(url: str, folder: Path) -> str:
    """A path as an absolute one, a URL (``https://…``, ``git@host:path``) as it is."""
    if "://" in url or ":" in url.partition("/")[0]:
        return url
    return os.path.normpath(folder / _home(url))


def _path(path: str | None, folder: Path) -> Path | None:
    return None if path is None else folder / _home(path)


def _home(path: str) -> Path:
    with contextlib.suppress(RuntimeError):  # No such user: then it is a folder of that name.
        return Path(path).expanduser()
    return Path(path)
