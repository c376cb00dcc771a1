"""Statements → flat SQL text, with their origins as comments, that reads back as the same statements."""

from collections.abc import Iterable, Iterator

from mainsql.model import Gexec, Gset, Statement, Stored
from mainsql.script.normal import ends_in_semicolon
from mainsql.script.rows import ends_in_crlf

LEFT_OUT = "not shown:"
"""What a comment says in place of rows that are too many to be part of a text."""


ALONE = "-- mainsql: no-transaction"
"""What stands in the line before a statement that runs outside a transaction."""


def render(statements: Iterable[Statement]) -> str:
    """The statements as one script that psql and mainsql both read; empty for none.

    Stored rows of a COPY are left out: a comment says how many.
    """
    return "".join(rendered(statements))


def rendered(statements: Iterable[Statement]) -> Iterator[str]:
    """The same, in pieces: a script may be long."""
    return map(_render, statements)


def _render(statement: Statement) -> str:
    place = statement.place
    name = place.path.replace("\n", "\\n").replace("\r", "\\r")
    text = statement.text
    if statement.alone:
        text = f"{ALONE}\n{text}"
    if statement.command:
        return text + "\n"
    if (then := statement.then) is not None:
        if ends_in_semicolon(text):
            text = text[: text.rindex(";")]
        return f"-- {name}:{place.line}\n{text}\n{_sent_on(then)}\n"
    if not text.endswith(";") or not ends_in_semicolon(text):
        # On a line of its own where a comment at the end would swallow it.
        text += "\n;" if "--" in text.rpartition("\n")[2] else ";"
    data = statement.copy_data
    if isinstance(data, Stored):
        return f"-- {name}:{place.line}\n-- {LEFT_OUT} {data.size} bytes of rows\n{text}\n\\.\n"
    if data is not None:
        line_break = "\r\n" if ends_in_crlf(data) else "\n"
        text += "\n" + data + ("" if not data or data.endswith("\n") else line_break) + "\\."
    return f"-- {name}:{place.line}\n{text}\n"


def _sent_on(then: Gset | Gexec) -> str:
    match then:
        case Gset(prefix):
            return f"\\gset {prefix}".rstrip()
        case Gexec():
            return "\\gexec"
