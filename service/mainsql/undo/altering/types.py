"""pg_type and pg_enum: domains, enums and other types."""

from collections.abc import Iterator

from mainsql.undo import fields, spelling
from mainsql.undo.altering.standing import alter
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.steps import Part, Rename

_STANDING = frozenset({"typname", "typnamespace", "typowner", "typacl", "typarray", "typrelid"})
_PROPERTIES = {
    "typreceive": "RECEIVE",
    "typsend": "SEND",
    "typmodin": "TYPMOD_IN",
    "typmodout": "TYPMOD_OUT",
    "typanalyze": "ANALYZE",
    "typsubscript": "SUBSCRIPT",
}
_STORAGE = {"p": "plain", "e": "external", "x": "extended", "m": "main"}


def alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to what a type was. Raises Irreversible."""
    differing = fields.differing(before, after) - _STANDING
    if fields.text(before, "typtype") == "d":
        if differing & {"typdefault", "typdefaultbin"}:
            default = fields.said(before, "typdefaultbin")
            yield alter(before, f"SET DEFAULT {default}" if default else "DROP DEFAULT")
        # From PostgreSQL 17 on NOT NULL is a constraint of the domain.
        if "typnotnull" in differing and changes.before.snapshot.server_version < 170000:
            yield alter(before, f"{'SET' if fields.flag(before, 'typnotnull') else 'DROP'} NOT NULL")
        differing -= {"typdefault", "typdefaultbin", "typnotnull"}
    for column in sorted(differing):
        if column == "typstorage":
            storage = _STORAGE[fields.text(before, column)]
            yield alter(before, f"SET (STORAGE = {storage})")
        elif column in _PROPERTIES:
            function = (
                fields.said(before, column) if fields.text(before, column) not in {"", "-", "0"} else ""
            )
            yield alter(before, f"SET ({_PROPERTIES[column]} = {function.partition('(')[0] or 'NONE'})")
        else:
            what = f"{before.kind} {before.identity}"
            raise Irreversible(f"{what}: there is no way back from a changed {column}")


def label_alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to the name of a label; labels keep their order."""
    if fields.text(before, "enumlabel") == fields.text(after, "enumlabel"):
        return
    type_ = changes.before[Key("pg_type", fields.text(before, "enumtypid"))].identity

    def statement(current: str, former: str) -> str:
        names = f"{spelling.literal(current)} TO {spelling.literal(former)}"
        return f"ALTER TYPE {type_} RENAME VALUE {names}"

    current, former = (fields.text(each, "enumlabel") for each in (after, before))
    yield Rename("pg_enum", type_, current, former, statement, late=True)
