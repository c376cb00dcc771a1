"""mainsql.toml → frozen values, or every fault that it has; and where mainsql keeps its files."""

import os
from collections.abc import Mapping
from pathlib import Path

from mainsql.config.durations import LONGEST_AGE, duration
from mainsql.config.places import find_config, state_folder
from mainsql.config.sizes import size
from mainsql.config.template import TEMPLATE
from mainsql.config.values import (
    Apply,
    CatchUp,
    Config,
    Rehearse,
    RepositoryConfig,
    TargetConfig,
    TreeConfig,
    UndoConfig,
    Verify,
)


def load_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """What a configuration file says. Raises ConfigurationError with every fault that it has."""
    # It takes a while to import what validates it, and most commands have no such file.
    from mainsql.config.reading import load_config as load

    return load(path, environment)


__all__ = [
    "LONGEST_AGE",
    "TEMPLATE",
    "Apply",
    "CatchUp",
    "Config",
    "Rehearse",
    "RepositoryConfig",
    "TargetConfig",
    "TreeConfig",
    "UndoConfig",
    "Verify",
    "duration",
    "find_config",
    "load_config",
    "size",
    "state_folder",
]
