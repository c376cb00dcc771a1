"""What objects of all kinds have: a name, a schema, an owner, privileges."""

from collections.abc import Iterator

from mainsql.undo import fields, grants, objects, spelling
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes
from mainsql.undo.grants import Granted
from mainsql.undo.steps import Move, Part, Rename, Step


def alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to the name, schema, owner and privileges that it had."""
    kind = objects.KINDS[before.key.catalog]
    differing = fields.differing(before, after)
    follows = _follows_another(changes, before)
    if kind.schema in differing and not follows:
        yield _move(changes, before, after)
    elif kind.name in differing and not _is_named_by_another(changes, before):
        yield _rename(changes, before, after)
    if kind.owner in differing and not follows:
        role = changes.before.snapshot.roles[fields.number(before, kind.owner)]
        yield Step(before.key, (f"ALTER {objects.word(before)} {before.identity} OWNER TO {role}",))
    if kind.privileges and before.document.get(kind.privileges) != after.document.get(kind.privileges):
        yield Step(before.key, _privileges(changes, before, after))


def _privileges(changes: Changes, before: Entry, after: Entry) -> tuple[str, ...]:
    kind = objects.KINDS[before.key.catalog]
    were, are = (fields.listed(each.document.get(kind.privileges)) for each in (before, after))
    on = f"{_granted_as(objects.word(before))} {before.identity}"
    owner = owner_of(changes, before)
    return grants.statements(were, handed_back(changes, before, after, are), Granted(on, owner))


def owner_of(changes: Changes, before: Entry) -> str:
    """The owner that it had, as SQL has him."""
    column = objects.KINDS[before.key.catalog].owner
    return changes.before.snapshot.roles[fields.number(before, column)]


def handed_back(changes: Changes, before: Entry, after: Entry, items: tuple[str, ...]) -> tuple[str, ...]:
    """Privileges on an object or its columns as they are once it has its owner again."""
    column = objects.KINDS[before.key.catalog].owner
    old, new = fields.number(before, column), fields.number(after, column)
    if old == new:
        return items
    return grants.handed_over(items, changes.after.snapshot.roles[new], changes.before.snapshot.roles[old])


def _granted_as(word: str) -> str:
    match word:
        case "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE":
            return "TABLE"
        case "DOMAIN":
            return "TYPE"
        case "SERVER":
            return "FOREIGN SERVER"
    return word


def _follows_another(changes: Changes, entry: Entry) -> bool:
    """Whether schema and owner are those of something else: of a table, of a range, of an extension."""
    if any(edge.kind == "e" for edge in changes.after.needs.get(entry.key, ())):
        return True
    match entry.key.catalog:
        case "pg_class":
            kind = fields.text(entry, "relkind")
            if kind in {"i", "I", "c"}:
                return True
            return kind == "S" and any(
                edge.kind in {"a", "i"} and edge.on.catalog == "pg_attribute"
                for edge in changes.after.needs.get(entry.key, ())
            )
        case "pg_type":
            return fields.text(entry, "typtype") == "m" or _is_row_type(changes, entry)
        case "pg_proc":
            return changes.after.is_internal(entry.key)
    return False


def _is_row_type(changes: Changes, entry: Entry) -> bool:
    relation = Key("pg_class", fields.text(entry, "typrelid"))
    return relation in changes.before and changes.before.relation_kind(relation) != "c"


def _is_named_by_another(changes: Changes, entry: Entry) -> bool:
    match entry.key.catalog:
        case "pg_class":
            if fields.text(entry, "relkind") == "c":
                return True
            return changes.before.attached_constraint(entry.key) is not None
        case "pg_type":
            return _is_row_type(changes, entry)
    return False


def _move(changes: Changes, before: Entry, after: Entry) -> Move:
    kind = objects.KINDS[after.key.catalog]
    # Schemas are named back before anything moves.
    where = fields.number(after, kind.schema)
    side = changes.before if Key("pg_namespace", str(where)) in changes.before else changes.after
    scope = spelling.name(objects.schema_name(side, after, kind.schema)) + "."
    former_scope = spelling.name(objects.schema_name(changes.before, before, kind.schema))
    word, arguments = objects.word(after), objects.arguments(after)

    def rename(scope: str, current: str, new: str) -> str:
        return f"ALTER {word} {scope}{_name(after, current)}{arguments} RENAME TO {_name(after, new)}"

    def move(name: str) -> str:
        return f"ALTER {word} {scope}{_name(after, name)}{arguments} SET SCHEMA {former_scope}"

    current, former = (fields.text(each, kind.name) for each in (after, before))
    return Move(after.key.catalog, scope, current, f"{former_scope}.", former, rename, move)


def _rename(changes: Changes, before: Entry, after: Entry) -> Rename:
    kind = objects.KINDS[before.key.catalog]
    scope = ""
    if kind.schema:
        scope = spelling.name(objects.schema_name(changes.before, before, kind.schema)) + "."
    word, arguments = objects.word(before), objects.arguments(after)

    def statement(current: str, former: str) -> str:
        return f"ALTER {word} {scope}{_name(before, current)}{arguments} RENAME TO {_name(before, former)}"

    current, former = (fields.text(each, kind.name) for each in (after, before))
    return Rename(before.key.catalog, scope, current, former, statement)


def _name(entry: Entry, text: str) -> str:
    return text if entry.key.catalog == "pg_operator" else spelling.name(text)


_DEFAULTS = {"pg_class": "r", "pg_proc": "f", "pg_type": "T", "pg_namespace": "n"}
_TO_PUBLIC = {"f": "EXECUTE", "T": "USAGE"}


def leveled(changes: Changes, entry: Entry) -> tuple[str, ...]:
    """Takes from something just made what default privileges may have given it: to PUBLIC, to anybody.

    Then it has those that the server comes with, which is what the GRANTs of pg_dump go on from.
    """
    kind = objects.KINDS.get(entry.key.catalog)
    letter = _DEFAULTS.get(entry.key.catalog, "")
    if kind is None or not letter:
        return ()
    match fields.text(entry, "relkind"):
        case "S":
            letter = "S"
        case "i" | "I":
            return ()
    schemas = {0, fields.number(entry, kind.schema) if kind.schema else 0}
    given = {
        grantee
        for side in (changes.before, changes.after)
        for default in side.default_privileges
        if fields.text(default, "defaclobjtype") == letter
        and fields.number(default, "defaclnamespace") in schemas
        for grantee in grants.grantees(
            [*fields.listed(default.document.get("defaclacl")), *fields.listed(default.facts.get("builtin"))]
        )
    }
    if not given:
        return ()
    on = f"{_granted_as(objects.word(entry))} {entry.identity}"
    owner = owner_of(changes, entry)
    others = sorted(given - {owner})
    return (
        *((f"REVOKE ALL ON {on} FROM {', '.join(others)}",) if others else ()),
        f"GRANT ALL ON {on} TO {owner}",
        *((f"GRANT {_TO_PUBLIC[letter]} ON {on} TO PUBLIC",) if letter in _TO_PUBLIC else ()),
    )


def alter(before: Entry, action: str) -> Step:
    """``ALTER <what it is> <its name> <action>``."""
    return Step(before.key, (f"ALTER {objects.word(before)} {before.identity} {action}",))
