"""The command line: the only place that prints results and knows exit codes."""

from mainsql.cli import adopting, commands, comparing, controls, operators, planning
from mainsql.cli.program import main

__all__ = ["adopting", "commands", "comparing", "controls", "main", "operators", "planning"]
