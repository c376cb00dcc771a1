"""The command line: the only place that prints results and knows exit codes."""

from mainsql.cli.commands import main

__all__ = ["main"]
