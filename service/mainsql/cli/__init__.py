"""The command line: the only place that prints results and knows exit codes."""

from mainsql.cli import commands, controls, operators, planning
from mainsql.cli.program import main

__all__ = ["commands", "controls", "main", "operators", "planning"]
