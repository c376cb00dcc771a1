"""mainsql.toml → frozen values, or every fault that it has; and where mainsql keeps its files."""

from mainsql.config.durations import duration
from mainsql.config.places import find_config, state_folder
from mainsql.config.reading import load_config
from mainsql.config.template import TEMPLATE
from mainsql.config.values import Apply, CatchUp, Config, RepositoryConfig, TargetConfig, TreeConfig

__all__ = [
    "TEMPLATE",
    "Apply",
    "CatchUp",
    "Config",
    "RepositoryConfig",
    "TargetConfig",
    "TreeConfig",
    "duration",
    "find_config",
    "load_config",
    "state_folder",
]
