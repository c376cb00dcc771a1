"""pg_class: what a table, view, index or sequence is set to."""

from collections.abc import Iterator

from mainsql.undo import fields
from mainsql.undo.altering.standing import alter
from mainsql.undo.catalog import Entry
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.steps import Last, Part

_REPLICA_IDENTITY = {"d": "DEFAULT", "f": "FULL", "n": "NOTHING"}
_STANDING = frozenset({"relname", "relnamespace", "relowner", "relacl"})
_FOLLOWS = frozenset({"relispartition", "relpartbound", "reltype"})
"""What attaching and detaching does, and the row type."""


def alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to the settings that a relation had. Raises Irreversible."""
    if fields.text(before, "relkind") == "c":
        return
    differing = fields.differing(before, after) - _STANDING - _FOLLOWS
    yield from _options(before, after)
    if "relispopulated" in differing:
        without = "" if fields.flag(before, "relispopulated") else " WITH NO DATA"
        yield Last(f"REFRESH MATERIALIZED VIEW {before.identity}{without}")
    for column in sorted(differing - {"reloptions", "relispopulated"}):
        if (action := _action(before, column)) is None:
            what = f"{before.kind} {before.identity}"
            raise Irreversible(f"{what}: there is no way back from a changed {column}")
        if action:
            yield alter(before, action)


def _options(before: Entry, after: Entry) -> Iterator[Part]:
    for prefix, column in (("", "reloptions"), ("toast.", "toast")):
        were, are = (fields.options(each.document.get(column)) for each in (before, after))
        if reset := [prefix + name for name in are if name not in were]:
            yield alter(before, f"RESET ({', '.join(reset)})")
        if put := [f"{prefix}{name}={value}" for name, value in were.items() if are.get(name) != value]:
            yield alter(before, f"SET ({', '.join(put)})")


def _action(before: Entry, column: str) -> str | None:
    """What ALTER has to do; nothing for what another row sees to, None where there is no way."""
    match column:
        case "relpersistence" if fields.text(before, "relkind") in {"r", "S"}:
            return f"SET {'LOGGED' if fields.text(before, column) == 'p' else 'UNLOGGED'}"
        case "relpersistence" if fields.text(before, "relkind") in {"i", "I"}:
            return ""
        case "relrowsecurity":
            return f"{'ENABLE' if fields.flag(before, column) else 'DISABLE'} ROW LEVEL SECURITY"
        case "relforcerowsecurity":
            return f"{'' if fields.flag(before, column) else 'NO '}FORCE ROW LEVEL SECURITY"
        case "relreplident":
            identity = _REPLICA_IDENTITY.get(fields.text(before, column))
            return f"REPLICA IDENTITY {identity}" if identity else ""  # By index: pg_index says which.
        case "reloftype":
            type_ = fields.said(before, column)
            return f"OF {type_}" if type_ and type_ != "-" else "NOT OF"
        case "relam":
            return f"SET ACCESS METHOD {fields.said(before, column)}"
        case "reltablespace":
            tablespace = fields.said(before, column)
            return f"SET TABLESPACE {tablespace or 'pg_default'}"
    return None
