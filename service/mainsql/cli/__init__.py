"""The command line: the only place that prints results and knows exit codes."""

from mainsql.cli import adopting, commands, controls, operators
from mainsql.cli.program import main

__all__ = ["adopting", "commands", "controls", "main", "operators"]
