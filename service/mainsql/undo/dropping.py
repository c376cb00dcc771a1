"""What was created → the statements that drop it."""

from collections.abc import Callable, Mapping

from mainsql.undo import fields, objects, spelling
from mainsql.undo.altering import settings
from mainsql.undo.catalog import MEMBERSHIP, SYSTEM_ACL, Entry, Key
from mainsql.undo.changes import Changes, Irreversible

Statements = tuple[str, ...]

_MADE_WITH_ANOTHER = frozenset(
    """
    pg_index pg_sequence pg_partitioned_table pg_foreign_table pg_aggregate pg_range pg_ts_config_map
    """.split()
)
"""Rows that go with another row."""


def drop(changes: Changes, entry: Entry) -> Statements:
    """How to drop what was created; nothing for what goes by itself. Raises Irreversible."""
    if entry.key.catalog in _MADE_WITH_ANOTHER:
        return ()
    if (way := _WAYS.get(entry.key.catalog)) is not None:
        return way(changes, entry)
    if changes.after.is_internal(entry.key):
        return ()
    if is_base_type(entry):
        return (f"DROP TYPE {entry.identity} CASCADE",)
    if not (word := objects.word(entry)):
        raise Irreversible(f"{objects.title(entry)}: there is no rule for how to drop it")
    return (f"DROP {word} {entry.identity}",)


def is_base_type(entry: Entry) -> bool:
    """Whether it is a type with functions of its own that read and write its values."""
    return entry.key.catalog == "pg_type" and fields.text(entry, "typtype") == "b"


def _relation(changes: Changes, entry: Entry) -> Statements:
    if (whole := changes.after.part_of(entry.key)) is not None:
        return _identity(changes, whole) if whole.catalog == "pg_attribute" else ()
    dropped = f"DROP {objects.word(entry)} {entry.identity}"
    if fields.text(entry, "relkind") in {"i", "I"}:
        _check_detachable(changes, entry)
    elif _is_referenced_as_partition(changes, entry):
        for key in changes.after.parents(entry.key):
            parent = changes.after.relation(fields.ids(key)[1])
            if parent.key not in changes.created:
                detached = f"ALTER TABLE {parent.identity} DETACH PARTITION {entry.identity}"
                return (detached, dropped)
    return (dropped,)


def _check_detachable(changes: Changes, index: Entry) -> None:
    """Raises Irreversible for an index of a partition that stays, unless it came with the one above it."""
    table = Key("pg_class", fields.text(changes.after[Key("pg_index", index.key.id)], "indrelid"))
    if changes.stands_alone(table):
        return
    for key in changes.after.parents(index.key):
        above = changes.after.relation(fields.ids(key)[1])
        if key in changes.created and not (changes.is_created(index.key) and changes.is_created(above.key)):
            reason = f"it was attached to {above.identity}, and an index cannot be detached"
            raise Irreversible(f"{objects.title(index)}: {reason}")


def _identity(changes: Changes, column: Key) -> Statements:
    """An old column that became an identity column: its sequence goes when it is none any more."""
    relation = changes.after.relation(fields.ids(column)[0])
    name = objects.column_name(changes.after[column])
    return (f"ALTER {objects.word(relation)} {relation.identity} ALTER COLUMN {name} DROP IDENTITY",)


def _is_referenced_as_partition(changes: Changes, entry: Entry) -> bool:
    """Whether a foreign key leads to it since it is a partition of what the key references."""
    parts = (entry.key, *changes.after.columns(entry.key))
    return any(
        edge.dependent.catalog == "pg_constraint"
        and fields.text(changes.after[edge.dependent], "confrelid") == entry.key.id
        and fields.number(changes.after[edge.dependent], "conparentid")
        for part in parts
        for edge in changes.after.needed_by.get(part, ())
    )


def _column(changes: Changes, entry: Entry) -> Statements:
    relation = changes.after.relation(fields.number(entry, "attrelid"))
    name = objects.column_name(entry)
    match fields.text(relation, "relkind"):
        case "v" | "m":
            return ()
        case "i" | "I":  # It has a row of its own in a snapshot only once it has a statistics target.
            number = fields.number(entry, "attnum")
            return (f"ALTER INDEX {relation.identity} ALTER COLUMN {number} SET STATISTICS -1",)
        case "c":
            return (f"ALTER TYPE {relation.identity} DROP ATTRIBUTE {name} CASCADE",)
    if follows_another(entry, relation) and not _is_set_free(changes, relation):
        return ()
    return (f"ALTER {objects.word(relation)} {relation.identity} DROP COLUMN {name}",)


def _default(changes: Changes, entry: Entry) -> Statements:
    """Only what is in the way of a drop; else the alteration of the column takes a default back."""
    column = changes.after.column_of_default(entry.key)
    if column is None or (changes.survives(column) and entry.key not in changes.recreated):
        return ()
    relation = changes.after.relation(fields.ids(column)[0])
    name = objects.column_name(changes.after[column])
    return (f"ALTER {objects.word(relation)} {relation.identity} ALTER COLUMN {name} DROP DEFAULT",)


def _constraint(changes: Changes, entry: Entry) -> Statements:
    if fields.text(entry, "contype") == "t":
        return ()
    name = objects.column_name(entry, "conname")
    if domain := fields.number(entry, "contypid"):
        return (f"ALTER DOMAIN {changes.after[Key('pg_type', str(domain))].identity} DROP CONSTRAINT {name}",)
    relation = changes.after.relation(fields.number(entry, "conrelid"))
    if not _remains(changes, entry, relation):
        return ()
    return (f"ALTER TABLE {relation.identity} DROP CONSTRAINT {name}",)


def _remains(changes: Changes, constraint: Entry, relation: Entry) -> bool:
    """Whether it is still there when its parent is gone, or the relation is no partition any more."""
    return not _is_inherited(constraint) or _is_set_free(changes, relation)


def _is_set_free(changes: Changes, relation: Entry) -> bool:
    """Whether an old table was given a parent, which is taken from it first: what it has is its own then."""
    if relation.key in changes.created:
        return False
    return any(key in changes.created for key in changes.after.parents(relation.key))


def _is_inherited(constraint: Entry) -> bool:
    return fields.number(constraint, "conparentid") != 0 or inherited(constraint, "coninhcount", "conislocal")


def follows_another(column: Entry, relation: Entry) -> bool:
    """Whether a column is there and what it is because of a parent, or of the type that the table is of."""
    return inherited(column, "attinhcount", "attislocal") or fields.number(relation, "reloftype") != 0


def inherited(entry: Entry, count: str, local: str) -> bool:
    """Whether a column or constraint is only there because a parent has it."""
    return fields.number(entry, count) > 0 and not fields.flag(entry, local)


def _trigger(changes: Changes, entry: Entry) -> Statements:
    if fields.flag(entry, "tgisinternal") or fields.number(entry, "tgparentid"):
        return ()
    relation = changes.after.relation(fields.number(entry, "tgrelid"))
    return (f"DROP TRIGGER {objects.column_name(entry, 'tgname')} ON {relation.identity}",)


def _rule(changes: Changes, entry: Entry) -> Statements:
    if changes.after.is_return_rule(entry.key):
        return ()
    relation = changes.after.relation(fields.number(entry, "ev_class"))
    return (f"DROP RULE {objects.column_name(entry, 'rulename')} ON {relation.identity}",)


def _policy(changes: Changes, entry: Entry) -> Statements:
    relation = changes.after.relation(fields.number(entry, "polrelid"))
    return (f"DROP POLICY {objects.column_name(entry, 'polname')} ON {relation.identity}",)


def _inheritance(changes: Changes, entry: Entry) -> Statements:
    child, parent = map(changes.after.relation, fields.ids(entry.key))
    if fields.text(child, "relkind") in {"i", "I"}:
        _check_detachable(changes, child)
        return ()
    if fields.flag(child, "relispartition"):
        return (f"ALTER TABLE {parent.identity} DETACH PARTITION {child.identity}",)
    return (f"ALTER {objects.word(child)} {child.identity} NO INHERIT {parent.identity}",)


def _label(_: Changes, entry: Entry) -> Statements:
    raise Irreversible(f"{objects.title(entry)}: a label of an enum cannot be removed")


def _member_operator(changes: Changes, entry: Entry) -> Statements:
    number = fields.number(entry, "amopstrategy")
    return _member(changes, entry, "amop", f"OPERATOR {number}")


def _member_function(changes: Changes, entry: Entry) -> Statements:
    return _member(changes, entry, "amproc", f"FUNCTION {fields.number(entry, 'amprocnum')}")


def _member(changes: Changes, entry: Entry, prefix: str, what: str) -> Statements:
    family = changes.after[Key("pg_opfamily", fields.text(entry, f"{prefix}family"))]
    types = ", ".join(fields.said(entry, f"{prefix}{side}type") for side in ("left", "right"))
    return (f"ALTER OPERATOR FAMILY {family.identity} DROP {what} ({types})",)


def _published_table(changes: Changes, entry: Entry) -> Statements:
    publication = changes.after[Key("pg_publication", fields.text(entry, "prpubid"))]
    relation = changes.after.relation(fields.number(entry, "prrelid"))
    return (f"ALTER PUBLICATION {publication.identity} DROP TABLE {relation.identity}",)


def _published_schema(changes: Changes, entry: Entry) -> Statements:
    publication = changes.after[Key("pg_publication", fields.text(entry, "pnpubid"))]
    schema = changes.after.schema(fields.number(entry, "pnnspid"))
    return (f"ALTER PUBLICATION {publication.identity} DROP TABLES IN SCHEMA {schema.identity}",)


def _user_mapping(changes: Changes, entry: Entry) -> Statements:
    return (f"DROP USER MAPPING {settings.user_mapping(changes.after, entry)}",)


def _large_object(_: Changes, entry: Entry) -> Statements:
    return (f"SELECT pg_catalog.lo_unlink({entry.key.id})",)


def _comment(_: Changes, entry: Entry) -> Statements:
    return (settings.comment(entry, None),)


def _label_of_security(_: Changes, entry: Entry) -> Statements:
    return (settings.security_label(entry, None),)


def _default_privileges(changes: Changes, entry: Entry) -> Statements:
    return settings.default_privileges(changes.after, None, entry)


def _settings(changes: Changes, entry: Entry) -> Statements:
    return settings.settings(changes.after, None, entry)


def _system_privileges(changes: Changes, entry: Entry) -> Statements:
    return settings.system_privileges(changes.after, None, entry)


def _membership(changes: Changes, entry: Entry) -> Statements:
    return settings.leave(changes, entry)


_WAYS: Mapping[str, Callable[[Changes, Entry], Statements]] = {
    "pg_class": _relation,
    "pg_attribute": _column,
    "pg_attrdef": _default,
    "pg_constraint": _constraint,
    "pg_trigger": _trigger,
    "pg_rewrite": _rule,
    "pg_policy": _policy,
    "pg_inherits": _inheritance,
    "pg_enum": _label,
    "pg_amop": _member_operator,
    "pg_amproc": _member_function,
    "pg_publication_rel": _published_table,
    "pg_publication_namespace": _published_schema,
    "pg_user_mapping": _user_mapping,
    "pg_largeobject_metadata": _large_object,
    "pg_description": _comment,
    "pg_seclabel": _label_of_security,
    "pg_default_acl": _default_privileges,
    "pg_db_role_setting": _settings,
    SYSTEM_ACL: _system_privileges,
    MEMBERSHIP: _membership,
}


def set_aside(entry: Entry) -> tuple[str, Entry] | None:
    """A statement that gives a created object another name, and the object under it.

    For what cannot be dropped before its name is needed; None for kinds that have no such statement.
    """
    kind = objects.KINDS.get(entry.key.catalog)
    if kind is None or entry.key.catalog not in {"pg_class", "pg_type", "pg_proc"}:
        return None
    name = spelling.name(fields.text(entry, kind.name))
    new = spelling.name(fields.text(entry, kind.name)[:50] + "__undo")
    arguments = objects.arguments(entry)
    stem = entry.identity.removesuffix(arguments).removesuffix(name)
    aside = Entry(entry.key, stem + new + arguments, entry.kind, entry.document, entry.raw)
    return f"ALTER {objects.word(entry)} {entry.identity} RENAME TO {new}", aside
