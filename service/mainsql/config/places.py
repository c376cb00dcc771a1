"""Where mainsql finds its configuration and keeps its state."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from mainsql.errors import ConfigurationError


def find_config(explicit: Path | None = None) -> Path | None:
    """The configuration to use: ``explicit``, else ./mainsql.toml, the user's, the system's, or None.

    Raises ConfigurationError when the explicit one is not there.
    """
    if explicit is not None:
        if not _is_file(explicit):
            raise ConfigurationError(
                f"there is no configuration file {explicit}",
                hint="`mainsql init` writes one",
            )
        return explicit
    candidates = (folder / "mainsql.toml" for folder in _config_folders())
    return next((path for path in candidates if _is_file(path)), None)


def _config_folders() -> Iterator[Path]:
    yield Path()
    with contextlib.suppress(RuntimeError):  # A user without a home has no configuration there.
        yield platformdirs.user_config_path("mainsql")
    yield platformdirs.site_config_path("mainsql")


def _is_file(path: Path) -> bool:
    try:
        # Not is_file(): a configuration may come from a pipe, as in --config <(…).
        return path.exists() and not path.is_dir()
    except OSError:  # Behind a folder that may not be entered, as HOME may be for a service.
        return False


def state_folder() -> Path:
    """Where mainsql keeps mirrors and the embedded server; absolute, and perhaps not there yet.

    ``MAINSQL_STATE``, else systemd's ``STATE_DIRECTORY``, else /var/lib/mainsql for root (a
    PostgreSQL server does not run as root, so it cannot live below /root), else the user's own.
    Raises ConfigurationError when the user has no home.
    """
    if given := os.environ.get("MAINSQL_STATE"):
        return _absolute(given)
    if given := os.environ.get("STATE_DIRECTORY", "").split(":")[0]:
        return _absolute(given)
    if os.geteuid() == 0:
        return Path("/var/lib/mainsql")
    try:
        folder = platformdirs.user_state_path("mainsql")
    except RuntimeError:
        folder = Path("~")
    if folder.is_absolute():  # Before 4.14 platformdirs leaves the ~ that it cannot replace.
        return folder
    raise ConfigurationError(
        "there is no place to keep state: this user has no home folder",
        hint="set MAINSQL_STATE to a folder that may be written",
    )


def _absolute(given: str) -> Path:
    with contextlib.suppress(RuntimeError):  # No such user: then it is a folder of that name.
        return Path(given).expanduser().absolute()
    return Path(given).absolute()
