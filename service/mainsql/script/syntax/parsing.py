"""Text → the node of its one statement, and the names in nodes."""

from typing import Any

from pglast.parser import ParseError, fingerprint, parse_sql


def parsed(text: str) -> Any | None:
    """The node of the only statement in a text, or None for what the grammar does not know."""
    try:
        found = parse_sql(text)
    except ParseError:
        return None
    return found[0].stmt if len(found) == 1 else None


def is_known(text: str) -> bool:
    """Whether the grammar knows this statement; faster than ``parsed``."""
    try:
        fingerprint(text)
    except ParseError:
        return False
    return True


def relation(node: Any) -> tuple[str, ...]:
    """The name of a RangeVar."""
    return (node.schemaname, node.relname) if node.schemaname else (node.relname,)


def names(parts: Any) -> tuple[str, ...]:
    """The parts of a name that is a list of strings."""
    return tuple(part.sval for part in parts)


def type_name(node: Any) -> tuple[str, ...]:
    """The name of a type as one part."""
    return (".".join(names(node.names)),)


def items(found: Any) -> tuple[Any, ...]:
    """The items of a list that is not there when it is empty."""
    return found or ()


def says(options: Any, option: str) -> bool:
    """Whether an option of a list in parentheses is on: without a value it is."""
    for each in items(options):
        if each.defname == option:
            value = each.arg
            said = str(getattr(value, "sval", getattr(value, "ival", "")))
            return value is None or said in ("true", "on", "1")
    return False
