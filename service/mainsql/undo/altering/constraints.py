"""pg_constraint and pg_index: constraints of tables and domains, and what indexes are marked as."""

from collections.abc import Iterator

from mainsql.undo import dropping, fields, objects, spelling
from mainsql.undo.altering import settings
from mainsql.undo.altering.standing import alter
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.side import Side
from mainsql.undo.steps import Part, Rename, Step

_FOLLOWS = frozenset(
    """
    conname connamespace conindid coninhcount conislocal conparentid
    """.split()
)
"""What is renamed, or follows the table, the index and the parent."""
_WHEN = frozenset({"condeferrable", "condeferred"})


def alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to what a constraint was. Raises Irreversible."""
    kind = fields.text(before, "contype")
    _check_local(changes, before, after)
    if kind == "t" or (_follows_its_parent(changes, before) and _follows_its_parent(changes, after)):
        return
    differing = fields.differing(before, after)
    owner = _owner(changes.before, before)
    if "conname" in differing:
        yield _rename(before, after, owner)
    name = objects.column_name(before, "conname")
    rest = differing - _FOLLOWS - (frozenset({"conkey"}) if kind == "n" else frozenset())
    if not rest:
        return
    if rest <= _WHEN:
        yield Step(before.key, (f"{owner} ALTER CONSTRAINT {name} {_deferral(before)}",))
    elif kind == "f" and "conenforced" in rest and fields.flag(before, "conenforced"):
        yield Step(before.key, (f"{owner} ALTER CONSTRAINT {name} ENFORCED",))
    elif kind == "n" and rest == {"connoinherit"}:
        inherit = "NO INHERIT" if fields.flag(before, "connoinherit") else "INHERIT"
        yield Step(before.key, (f"{owner} ALTER CONSTRAINT {name} {inherit}",))
    elif kind in "cfn":
        added = f"{owner} ADD CONSTRAINT {name} {fields.said(before, 'definition')}"
        yield Step(before.key, (f"{owner} DROP CONSTRAINT {name}", added, *_comments(changes, before)))
    else:
        what = ", ".join(sorted(rest))
        raise Irreversible(f"{before.kind} {before.identity}: there is no way back from a changed {what}")


def _check_local(changes: Changes, before: Entry, after: Entry) -> None:
    """As for columns: what was only inherited and is the table's own now does not turn back."""
    if fields.flag(before, "conislocal") or not fields.flag(after, "conislocal"):
        return
    relation = changes.before.relation(fields.number(before, "conrelid"))
    attached = any(key in changes.vanished for key in changes.before.parents(relation.key))
    if not (attached and fields.flag(relation, "relispartition")):
        raise Irreversible(f"{before.kind} {before.identity}: it was inherited, and is the table's own now")


def _follows_its_parent(changes: Changes, constraint: Entry) -> bool:
    """Whether it turns back with that of a parent. ATTACH makes foreign keys and triggers, and no checks."""
    if fields.number(constraint, "conparentid"):
        return True
    relation = Key("pg_class", fields.text(constraint, "conrelid"))
    return dropping.inherited(constraint, "coninhcount", "conislocal") and not changes.stands_alone(relation)


def _owner(side: Side, constraint: Entry) -> str:
    """``ALTER TABLE shop.orders``, or the domain."""
    if domain := fields.number(constraint, "contypid"):
        return f"ALTER DOMAIN {side[Key('pg_type', str(domain))].identity}"
    relation = side.relation(fields.number(constraint, "conrelid"))
    return f"ALTER {objects.word(relation)} {relation.identity}"


def _rename(before: Entry, after: Entry, owner: str) -> Rename:
    def statement(current: str, former: str) -> str:
        return f"{owner} RENAME CONSTRAINT {spelling.name(current)} TO {spelling.name(former)}"

    current, former = (fields.text(each, "conname") for each in (after, before))
    return Rename("pg_constraint", owner, current, former, statement, late=True)


def _deferral(constraint: Entry) -> str:
    if not fields.flag(constraint, "condeferrable"):
        return "NOT DEFERRABLE"
    return "DEFERRABLE INITIALLY " + ("DEFERRED" if fields.flag(constraint, "condeferred") else "IMMEDIATE")


def _comments(changes: Changes, constraint: Entry) -> Iterator[str]:
    for entry in changes.before.comments(constraint.key):
        yield settings.comment(entry, fields.said(entry, "description"))


def restore(changes: Changes, constraint: Entry) -> Iterator[Part]:
    """A constraint that vanished and that pg_dump has no entry for, its table or domain being there."""
    kind = fields.text(constraint, "contype")
    if kind == "t" or _follows_its_parent(changes, constraint):
        return
    number = fields.number(constraint, "conrelid")
    columns = [Key("pg_attribute", f"{number}:{each}") for each in fields.numbers(constraint, "conkey")]
    if kind == "n" and any(column in changes.vanished for column in columns):
        return  # The column brings it.
    name = objects.column_name(constraint, "conname")
    added = f"ADD CONSTRAINT {name} {fields.said(constraint, 'definition')}"
    yield Step(constraint.key, (f"{_owner(changes.before, constraint)} {added}",))


def index_alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to whether an index is the one to cluster on or to identify rows by. Raises Irreversible."""
    differing = fields.differing(before, after)
    index = changes.before.relation(before.key.id)
    relation = changes.before.relation(fields.number(before, "indrelid"))
    name = objects.column_name(index, "relname")
    if "indisclustered" in differing:
        if fields.flag(before, "indisclustered"):
            yield Step(before.key, alter(relation, f"CLUSTER ON {name}").statements)
        elif not _clustered(changes, relation):
            yield Step(before.key, alter(relation, "SET WITHOUT CLUSTER").statements)
    if "indisreplident" in differing and fields.flag(before, "indisreplident"):
        yield Step(before.key, alter(relation, f"REPLICA IDENTITY USING INDEX {name}").statements)
    rest = differing - {"indisclustered", "indisreplident", "indisvalid"}
    if rest:
        what = ", ".join(sorted(rest))
        raise Irreversible(f"index {index.identity}: there is no way back from a changed {what}")


def _clustered(changes: Changes, relation: Entry) -> bool:
    """Whether another index was the one that the table was clustered on."""
    return any(
        fields.flag(changes.before[definition], "indisclustered")
        for index in changes.before.indexes(relation.key)
        if (definition := Key("pg_index", index.id)) in changes.before
    )
