"""What is said about objects, roles and the database: comments, default privileges, settings, membership."""

from collections.abc import Mapping

from mainsql.undo import fields, grants, spelling
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.grants import Granted
from mainsql.undo.side import Side

_COMMENTED: Mapping[str, str] = {
    "table constraint": "CONSTRAINT",
    "domain constraint": "CONSTRAINT",
    "statistics object": "STATISTICS",
    "foreign-data wrapper": "FOREIGN DATA WRAPPER",
    "aggregate": "ROUTINE",
}
_DEFAULTS: Mapping[str, str] = {
    "r": "TABLES",
    "S": "SEQUENCES",
    "f": "FUNCTIONS",
    "T": "TYPES",
    "n": "SCHEMAS",
    "L": "LARGE OBJECTS",
}
_SYSTEM: Mapping[str, str] = {
    "schema": "SCHEMA",
    "language": "LANGUAGE",
    "type": "TYPE",
    "function": "FUNCTION",
    "procedure": "PROCEDURE",
    "aggregate": "ROUTINE",
}
_LISTS = frozenset(
    """
    search_path temp_tablespaces session_preload_libraries local_preload_libraries shared_preload_libraries
    unix_socket_directories
    """.split()
)
"""Settings that are lists of names: their value is written as one (PostgreSQL source, GUC_LIST_QUOTE)."""


def comment(entry: Entry, text: str | None) -> str:
    """Sets or (None) removes the comment that an entry of pg_description is."""
    return f"COMMENT ON {_target(entry)} IS {'NULL' if text is None else spelling.literal(text)}"


def security_label(entry: Entry, text: str | None) -> str:
    """Sets or (None) removes the label that an entry of pg_seclabel is."""
    provider = spelling.name(fields.text(entry, "provider"))
    label = "NULL" if text is None else spelling.literal(text)
    return f"SECURITY LABEL FOR {provider} ON {_target(entry)} IS {label}"


def _target(entry: Entry) -> str:
    kind, identity = (str(entry.facts.get(name)) for name in ("object_kind", "object_identity"))
    if kind.endswith(" column"):
        return f"COLUMN {identity}"
    if kind == "domain constraint":
        name, _, domain = identity.rpartition(" on ")
        return f"CONSTRAINT {name} ON DOMAIN {domain}"
    return f"{_COMMENTED.get(kind, kind.upper())} {identity}"


def default_privileges(side: Side, before: Entry | None, after: Entry | None) -> tuple[str, ...]:
    """From the default privileges ``after`` back to ``before``; None: as if none were set."""
    entry = before or after
    assert entry is not None
    schema = fields.number(entry, "defaclnamespace")
    stem = f"ALTER DEFAULT PRIVILEGES FOR ROLE {side.snapshot.roles[fields.number(entry, 'defaclrole')]}"
    if schema:
        stem += f" IN SCHEMA {side.schema(schema).identity}"
    builtin = fields.listed(entry.facts.get("builtin"))
    were, are = (
        fields.listed(each.document.get("defaclacl")) if each is not None else builtin
        for each in (before, after)
    )
    word = _DEFAULTS[fields.text(entry, "defaclobjtype")]
    return grants.statements(were, are, Granted(word, None, defaults=stem))


def settings(side: Side, before: Entry | None, after: Entry | None) -> tuple[str, ...]:
    """From the settings of a role or of the database back to what they were."""
    entry = before or after
    assert entry is not None
    if role := fields.number(entry, "setrole"):
        stem = f"ALTER ROLE {side.snapshot.roles[role]}"
        if fields.number(entry, "setdatabase"):
            stem += f" IN DATABASE {side.snapshot.database}"
    elif fields.number(entry, "setdatabase"):
        stem = f"ALTER DATABASE {side.snapshot.database}"
    else:
        stem = "ALTER ROLE ALL"
    were, are = (
        fields.options(each.document.get("setconfig")) if each is not None else {} for each in (before, after)
    )
    reset = [f"{stem} RESET {name}" for name in are if name not in were]
    put = [
        f"{stem} SET {name} = {_value(name, value)}" for name, value in were.items() if are.get(name) != value
    ]
    return (*reset, *put)


def _value(name: str, value: str) -> str:
    return value if name in _LISTS and value else spelling.literal(value)


def system_privileges(side: Side, before: Entry | None, after: Entry | None) -> tuple[str, ...]:
    """From the privileges on an object of the server's own back to what they were."""
    entry = before or after
    assert entry is not None
    initial = entry.facts.get("initial")
    if initial is None:
        raise Irreversible(f"privileges of {entry.identity}: what it came with is not known")
    were, are = (
        fields.listed(each.document.get("acl") if each is not None else initial) for each in (before, after)
    )
    kind = str(entry.facts.get("object_kind"))
    owner = side.snapshot.roles.get(10)  # The role that initdb made, whatever it is called.
    on = f"{_SYSTEM.get(kind, 'TABLE')} {entry.facts.get('object_identity')}"
    return grants.statements(were, are, Granted(on, owner))


def user_mapping(side: Side, entry: Entry) -> str:
    """``FOR somebody SERVER somewhere``."""
    role = fields.number(entry, "umuser")
    server = side[Key("pg_foreign_server", fields.text(entry, "umserver"))]
    return f"FOR {side.snapshot.roles[role] if role else 'PUBLIC'} SERVER {server.identity}"


def leave(changes: Changes, entry: Entry) -> tuple[str, ...]:
    """Takes back that an object depends on an extension, or that a column owns a sequence."""
    match kind_of_membership(entry):
        case "x":
            return (f"ALTER {_target(entry)} NO DEPENDS ON EXTENSION {entry.facts.get('of_identity')}",)
        case "a" if not _owned(changes, entry):
            return (f"ALTER SEQUENCE {entry.facts.get('object_identity')} OWNED BY NONE",)
        case "e":
            return (f"ALTER EXTENSION {entry.facts.get('of_identity')} DROP {_target(entry)}",)
    return ()


def join(entry: Entry) -> tuple[str, ...]:
    """Puts back what ``leave`` takes."""
    match kind_of_membership(entry):
        case "x":
            return (f"ALTER {_target(entry)} DEPENDS ON EXTENSION {entry.facts.get('of_identity')}",)
        case "a":
            owner = entry.facts.get("of_identity")
            return (f"ALTER SEQUENCE {entry.facts.get('object_identity')} OWNED BY {owner}",)
        case "e":
            return (f"ALTER EXTENSION {entry.facts.get('of_identity')} ADD {_target(entry)}",)
    return ()


def kind_of_membership(entry: Entry) -> str:
    """The deptype of the row of pg_depend."""
    return fields.ids(entry.key)[-1]


def _owned(changes: Changes, entry: Entry) -> bool:
    """Whether a column owned the sequence before, too: that takes it back by itself."""
    catalog, sequence, *_ = fields.ids(entry.key)
    return any(
        fields.ids(key)[:2] == [catalog, sequence] and key.id.endswith(":a")
        for key in changes.before.memberships
    )
