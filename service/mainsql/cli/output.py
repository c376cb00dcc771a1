"""How results look: tables and colours on a terminal, plain text in a pipe, JSON on request."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from textwrap import fill
from typing import TYPE_CHECKING, Any

from mainsql.errors import MainsqlError
from mainsql.model import Inclusion
from mainsql.redaction import redact

# Importing rich takes a third as long as all the rest together, so who does not see it does not wait
# for it. What is for people to look at is in functions that import it themselves.
if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree as Branches

# In a pipe nothing is cut or wrapped: what reads it wants whole lines.
_PIPE_WIDTH = 100_000


def console(*, stderr: bool = False) -> "Console":
    """A console for standard output, or for standard error."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(stderr=stderr, highlight=False, soft_wrap=True, width=width, emoji=False)


def say(text: str = "", style: str | None = None, *, hanging: int | None = None) -> None:
    """Prints text as it is, without passwords.

    With ``hanging`` a terminal breaks it between words, and indents by so many what follows.
    """
    text = redact(text)
    if hanging is not None and not _is_plain():
        text = fill(
            text,
            console().width,
            subsequent_indent=" " * hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )
    _print(text, style)


def warn(text: str, style: str | None = "yellow") -> None:
    """Prints text to standard error."""
    _print(redact(text), style, stderr=True)


def complain(error: MainsqlError) -> None:
    """Prints the report of an error to standard error."""
    headed("error", error.report())


def headed(heading: str, text: str) -> None:
    """Prints a text to standard error, without passwords, behind a heading that shows."""
    first, _, rest = redact(text).partition("\n")
    _print(f"{heading}: ", "bold red", stderr=True, end="")
    _print(first, None, stderr=True)
    if rest:
        _print(rest, None, stderr=True)


def _print(text: str, style: str | None, *, stderr: bool = False, end: str = "\n") -> None:
    if _is_plain(stderr=stderr):
        print(text, end=end, file=sys.stderr if stderr else sys.stdout)
        return
    from rich.markup import escape

    console(stderr=stderr).print(escape(text), style=style, end=end)


def _is_plain(*, stderr: bool = False) -> bool:
    """Whether what is printed goes into a pipe or a file, and nobody wants colours there."""
    stream = sys.stderr if stderr else sys.stdout
    return not (stream.isatty() or os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE") == "1")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table: with rules on a terminal, with aligned columns in a pipe."""
    if not _is_plain():
        _show_table(headings, rows)
        return
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip())


def _show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    shown = Table(*headings, header_style="bold", box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*(escape(cell) for cell in row))
    console().print(shown)


def branches(root: Inclusion, label: dict[str, str]) -> None:
    """Prints an include tree; ``label`` gives what stands behind a unit's name."""
    from rich.tree import Tree as Branches

    top = Branches(_leaf(root, label), guide_style="dim")
    _grow(top, root, label)
    console().print(top)


def _leaf(node: Inclusion, label: dict[str, str]) -> str:
    from rich.markup import escape

    return f"{escape(node.unit)}[dim]{escape(label.get(node.unit, ''))}[/]"


def _grow(branch: "Branches", node: Inclusion, label: dict[str, str]) -> None:
    for child in node.children:
        _grow(branch.add(_leaf(child, label)), child, label)


def as_json(value: Any) -> None:
    """Prints a value as JSON."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(value, default=_plain, indent=indent, ensure_ascii=False))


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def moment(at: datetime) -> str:
    """A time for people, in their own time zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def took(duration: timedelta) -> str:
    """A duration for people."""
    seconds = duration.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def sized(bytes_: int) -> str:
    """An amount of data for people, as PostgreSQL's pg_size_pretty has it: 812 bytes, 16 kB, 1.2 GB."""
    if bytes_ < 10 * 2**10:
        return f"{bytes_} bytes"
    size = bytes_ / 2**10
    for unit in ("kB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}"
        size /= 2**10
    return f"{size:.1f} TB"


def counted(number: int, noun: str) -> str:
    """A number and its noun: 1 statement, 2 statements."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def hush_broken_pipe() -> None:
    """After EPIPE: keeps Python from complaining once more when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
