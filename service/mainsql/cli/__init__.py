"""The command line: the only place that prints results and knows exit codes."""

from mainsql.cli import commands, comparing, controls, operators, planning
from mainsql.cli.program import main

__all__ = ["commands", "comparing", "controls", "main", "operators", "planning"]
