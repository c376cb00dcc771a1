"""From a ``[repositories.NAME]`` to its value."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from mainsql.config.schema import RepositorySection
from mainsql.config.values import RepositoryConfig, Verify
from mainsql.source.keys import Keys


def repository(name: str, section: RepositorySection, folder: Path) -> RepositoryConfig:
    """The repository; paths that are relative are so to ``folder``."""
    return RepositoryConfig(
        name,
        _url(section.url, folder),
        section.branch,
        section.interval,
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
