"""The command line: the only place that prints results and knows exit codes."""

from mainsql.cli import (
    adopting,
    archiving,
    commands,
    comparing,
    controls,
    drifting,
    health,
    operators,
    planning,
    rehearsing,
    showing,
)
from mainsql.cli.program import main

__all__ = [
    "adopting",
    "archiving",
    "commands",
    "comparing",
    "controls",
    "drifting",
    "health",
    "main",
    "operators",
    "planning",
    "rehearsing",
    "showing",
]
