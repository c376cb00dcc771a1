"""The command line: the only place that prints results and knows exit codes."""

from mainsql.cli import adopting, commands, comparing, controls, drifting, operators, planning
from mainsql.cli.program import main

__all__ = ["adopting", "commands", "comparing", "controls", "drifting", "main", "operators", "planning"]
