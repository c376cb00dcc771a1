"""What vanished → its definition from pg_dump, or what makes it again without one; and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, auto

from mainsql.undo import archive as archives
from mainsql.undo import fields, objects, spelling
from mainsql.undo.altering import columns, constraints, settings, standing
from mainsql.undo.archive import Archive
from mainsql.undo.catalog import MEMBERSHIP, SYSTEM_ACL, Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.dump import Definition, Definitions
from mainsql.undo.side import Side
from mainsql.undo.steps import Loss, Part, Step

_WITHOUT_DEFINITION = frozenset(
    f"""
    pg_attribute pg_attrdef pg_description pg_seclabel pg_inherits pg_db_role_setting pg_default_acl
    pg_index pg_sequence pg_partitioned_table pg_aggregate pg_range pg_foreign_table pg_ts_config_map
    pg_enum pg_user_mapping {MEMBERSHIP} {SYSTEM_ACL}
    """.split()
)
_UNUSED = frozenset({"TABLE ATTACH", "INDEX ATTACH", "SEQUENCE OWNED BY"})
"""What is written here, since it also happens between objects that are there all along."""
_NEEDS_PARTITIONS = frozenset(
    {"RULE", "TRIGGER", "FK CONSTRAINT", "POLICY", "ROW SECURITY", "PUBLICATION TABLE"}
)
"""What goes from a partitioned table to its partitions, or needs its indexes to be complete."""


class Phase(IntEnum):
    """Parts of an undo that follow each other."""

    SEQUENCES = auto()
    OBJECTS = auto()
    PARTITIONS = auto()
    AFTERWARDS = auto()


@dataclass(frozen=True, slots=True)
class Restored:
    """Something to make again, and for what: by a definition, or with ``statements``."""

    key: Key | None
    phase: Phase
    place: int
    definition: Definition | None = None
    statements: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """What pg_dump calls it."""
        return self.definition.type if self.definition is not None else ""


def chosen(changes: Changes, definitions: Definitions) -> list[Restored]:
    """What makes that again which vanished, with what is said about it, in order."""
    found: dict[int, Restored] = {}
    positions = definitions.positions
    for key in changes.vanished:
        if _has_definition(changes, key):
            for definition in definitions.by_key.get(key, ()):
                phase = _phase(changes, key, definition)
                found[definition.number] = Restored(key, phase, positions[definition.number], definition)
    for definition in definitions.entries:
        if definition.key is None and definition.type not in _UNUSED:
            needed = [found[number].phase for number in definition.needs if number in found]
            if needed:
                phase = max(*needed, _phase(changes, None, definition))
                found[definition.number] = Restored(None, phase, positions[definition.number], definition)
    attached = _attached(changes)
    return sorted([*found.values(), *attached], key=lambda each: (each.phase, each.place))


def _phase(changes: Changes, key: Key | None, definition: Definition) -> Phase:
    if definition.type in _NEEDS_PARTITIONS:
        return Phase.AFTERWARDS
    if definition.type == "SEQUENCE" and key is not None and not changes.before.is_internal(key):
        return Phase.SEQUENCES
    return Phase.OBJECTS


def _attached(changes: Changes) -> Iterator[Restored]:
    """Partitions and their indexes that were attached: tables first, from the top down."""
    side = changes.before
    for key in changes.vanished:
        if key.catalog != "pg_inherits":
            continue
        child, parent = map(side.relation, fields.ids(key))
        if fields.text(child, "relkind") in {"i", "I"}:
            if parent.key in changes.vanished or not _table_is_attached(changes, child):
                statement = f"ALTER INDEX {parent.identity} ATTACH PARTITION {child.identity}"
                yield Restored(key, Phase.PARTITIONS, 100 - _depth(side, child), statements=(statement,))
        elif fields.flag(child, "relispartition"):
            bound = fields.said(child, "relpartbound")
            statement = f"ALTER TABLE ONLY {parent.identity} ATTACH PARTITION {child.identity} {bound}"
            yield Restored(key, Phase.PARTITIONS, _depth(side, child), statements=(statement,))


def _depth(side: Side, relation: Entry) -> int:
    parents = [Key("pg_class", fields.ids(key)[1]) for key in side.parents(relation.key)]
    return 1 + max((_depth(side, side[parent]) for parent in parents), default=0)


def _table_is_attached(changes: Changes, index: Entry) -> bool:
    """Whether the table of an index is attached again, which takes the index along."""
    definition = changes.before[Key("pg_index", index.key.id)]
    table = Key("pg_class", fields.text(definition, "indrelid"))
    return any(key in changes.vanished for key in changes.before.parents(table))


def undefined(changes: Changes) -> tuple[str, ...]:
    """What vanished and has a definition, for people."""
    side = changes.before
    return tuple(
        f"{side[key].kind} {side[key].identity}"
        for key in sorted(changes.vanished)
        if key.catalog not in _WITHOUT_DEFINITION
        and not (key.catalog == "pg_constraint" and fields.text(side[key], "contype") in {"c", "n"})
    )


def _has_definition(changes: Changes, key: Key) -> bool:
    """Whether that of the dump is the one to use."""
    if key.catalog == "pg_attrdef":
        column = changes.before.column_of_default(key)
        return column is not None and Key("pg_class", fields.ids(column)[0]) in changes.vanished
    return key.catalog != "pg_default_acl"


def without_definition(
    changes: Changes, restored: "list[Restored]", archive: Archive, lacking: str
) -> Iterator[Iterator[Part]]:
    """For each key that vanished and that no definition is of: what brings it back.

    ``lacking`` is why there is none, where one is needed.
    """
    have = {each.key for each in restored if each.key is not None}
    for key in sorted(changes.vanished - have):
        yield _again(changes, key, have, archive, lacking)


def _again(changes: Changes, key: Key, have: set[Key], archive: Archive, lacking: str) -> Iterator[Part]:
    """Raises Irreversible."""
    side = changes.before
    entry = side[key]
    match key.catalog:
        case "pg_constraint" if _owner_of_constraint(entry) not in changes.vanished:
            yield from constraints.restore(changes, entry)
        case "pg_attribute" if side.table_of(key) not in changes.vanished:
            yield from columns.restore(changes, entry, archive)
        case "pg_description" if not _comes_with(side, side.holders_said(key)[-1], have):
            yield Step(key, (settings.comment(entry, fields.said(entry, "description")),))
        case "pg_seclabel" if not _comes_with(side, side.holders_said(key)[-1], have):
            yield Step(key, (settings.security_label(entry, fields.said(entry, "label")),))
        case catalog if catalog == MEMBERSHIP and _owns(changes, entry, have):
            yield Step(key, settings.join(entry))
        case "pg_default_acl":
            yield Step(key, settings.default_privileges(side, entry, None))
        case "pg_user_mapping":
            raise Irreversible(
                f"{entry.kind} {entry.identity}: its options may hold a password, and are not kept"
            )
        case _ if not any(holder in changes.vanished for holder in side.holders(key)):
            yield from _alone(changes, entry, lacking)


def _owns(changes: Changes, membership: Entry, have: set[Key]) -> bool:
    """Whether it says that a column owns a sequence which is made again, without saying it."""
    kind = settings.kind_of_membership(membership)
    return kind == "a" and Key("pg_class", fields.ids(membership.key)[1]) in have


def _owner_of_constraint(constraint: Entry) -> Key:
    if fields.number(constraint, "contypid"):
        return Key("pg_type", fields.text(constraint, "contypid"))
    return Key("pg_class", fields.text(constraint, "conrelid"))


def _comes_with(side: Side, key: Key, have: set[Key]) -> bool:
    """Whether a definition brings what is said about it: its own, or that of what it is part of."""
    return key in have or any(_comes_with(side, each, have) for each in side.holders(key))


def _alone(changes: Changes, entry: Entry, lacking: str) -> Iterator[Part]:
    """What vanished while all is there that would take it along. Raises Irreversible."""
    side = changes.before
    key = entry.key
    match key.catalog:
        case "pg_attrdef" | "pg_index" | "pg_sequence" | "pg_ts_config_map":
            return
        case "pg_trigger" if fields.flag(entry, "tgisinternal") or fields.number(entry, "tgparentid"):
            return
        case "pg_inherits":
            yield from _inheritance(changes, entry)
        case "pg_db_role_setting":
            yield Step(key, settings.settings(side, entry, None))
        case catalog if catalog == SYSTEM_ACL:
            yield Step(key, settings.system_privileges(side, entry, None))
        case catalog if catalog == MEMBERSHIP:
            yield Step(key, settings.join(entry))
        case _ if not side.is_internal(key):
            raise Irreversible(f"{entry.kind} {entry.identity}: it was dropped, and {lacking}")


def _inheritance(changes: Changes, entry: Entry) -> Iterator[Part]:
    child, parent = map(changes.before.relation, fields.ids(entry.key))
    if not fields.flag(child, "relispartition"):
        yield Step(entry.key, (f"ALTER TABLE {child.identity} INHERIT {parent.identity}",))


def statements(changes: Changes, restored: Restored) -> tuple[str, ...]:
    """What makes it, under the settings that it needs, and without the privileges that new objects get."""
    if restored.definition is None:
        return restored.statements
    texts = restored.definition.statements()
    if restored.key is None:
        return texts
    entry = changes.before[restored.key]
    special = {}
    if restored.type in {"TABLE", "MATERIALIZED VIEW"} and fields.said(entry, "relam") not in {
        "",
        "-",
        "heap",
    }:
        special["default_table_access_method"] = fields.said(entry, "relam")
    if restored.type in {"TABLE", "MATERIALIZED VIEW", "INDEX"} and fields.said(entry, "reltablespace"):
        special["default_tablespace"] = fields.said(entry, "reltablespace")
    return (
        *(f"SET LOCAL {name} = {value}" for name, value in special.items()),
        *texts,
        *(f"RESET {name}" for name in special),
        *standing.leveled(changes, entry),
    )


def contents(changes: Changes, restored: Restored, archive: Archive) -> Iterator[Part]:
    """What is to be put into something that was just made again: rows, or how far it was."""
    match restored.key:
        case Key("pg_class", oid) if restored.type == "TABLE":
            yield from _rows(changes, changes.before.relation(oid), archive)
        case Key("pg_class", oid) if restored.type == "SEQUENCE":
            yield from _position(changes, changes.before.relation(oid), archive)


def _rows(changes: Changes, table: Entry, archive: Archive) -> Iterator[Part]:
    if fields.text(table, "relkind") != "r":
        return
    kept = archive.tables.get(int(table.key.id))
    if kept is None:
        yield Loss(f"rows of {table.identity}")
        return
    if kept.kept_in is None:
        return
    entries = [changes.before[key] for key in kept.columns]
    names = [objects.column_name(column) for column in entries]
    values = ", ".join(archives.restored(*each) for each in zip(entries, names, strict=True))
    into = f"INSERT INTO {table.identity} ({', '.join(names)}) OVERRIDING SYSTEM VALUE"
    rows = f"SELECT {values} FROM {kept.kept_in}"
    yield Step(table.key, (f"{into} {rows}",))


def _position(changes: Changes, sequence: Entry, archive: Archive) -> Iterator[Part]:
    oid = int(sequence.key.id)
    position = archive.sequences.get(oid) or changes.before.snapshot.positions.get(oid)
    if position is None:
        yield Loss(f"position of sequence {sequence.identity}")
        return
    called = str(position.is_called).lower()
    name = spelling.literal(sequence.identity)
    yield Step(sequence.key, (f"SELECT pg_catalog.setval({name}, {position.last_value}, {called})",))


def restarted(changes: Changes) -> Iterator[Part]:
    """Sequences that are still there and were set to another value by DDL, which writes them anew."""
    were, are = changes.before.snapshot, changes.after.snapshot
    for key, entry in are.entries.items():
        if key.catalog != "pg_class" or fields.text(entry, "relkind") != "S" or not changes.survives(key):
            continue
        oid = int(key.id)
        before = changes.before[key]
        rewritten = before.facts.get("relfilenode") != entry.facts.get("relfilenode")
        if rewritten and were.positions.get(oid) != are.positions.get(oid):
            yield Loss(f"position of sequence {before.identity}")


def refreshes(changes: Changes, restored: "list[Restored]") -> Iterator[str]:
    """What fills materialized views again that had rows; the rows are those of now."""
    for each in restored:
        if each.key is not None and each.type == "MATERIALIZED VIEW":
            view = changes.before[each.key]
            if fields.flag(view, "relispopulated"):
                yield f"REFRESH MATERIALIZED VIEW {view.identity}"
