"""pg_attribute and pg_attrdef: the columns of tables, views and composite types."""

from collections.abc import Iterator, Mapping

from mainsql.undo import dropping, fields, grants, keeping, objects, spelling
from mainsql.undo.altering import standing, values
from mainsql.undo.archive import Archive
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.grants import Granted
from mainsql.undo.steps import Loss, Part, Rename, Step

_GENERATED = {"a": "ALWAYS", "d": "BY DEFAULT"}
_STORAGE = {"p": "PLAIN", "e": "EXTERNAL", "x": "EXTENDED", "m": "MAIN"}
_COMPRESSION = {"p": "pglz", "l": "lz4"}
_TYPE = frozenset({"atttypid", "atttypmod", "attcollation"})
_TUNING = frozenset({"attstattarget", "attstorage", "attcompression", "attoptions"})
DEFAULT_COLLATION = 100


def alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to what a column was. Raises Irreversible."""
    relation = changes.before.relation(fields.number(before, "attrelid"))
    differing = fields.differing(before, after)
    match fields.text(relation, "relkind"):
        case "i" | "I":
            if "attstattarget" in differing:
                number = fields.number(before, "attnum")
                yield _on(before, relation, str(number), f"SET STATISTICS {_target(before)}")
            return
        case "S":
            return
        case "c":
            yield from _attribute(changes, before, after, relation)
            return
    inherited = _follows(changes, before, after, relation)
    if "attislocal" in differing:
        _check_local(changes, before, relation)
    if "attname" in differing and not inherited:
        yield _rename(before, after, relation)
    if differing & _TYPE and fields.text(relation, "relkind") not in {"v", "m"}:
        yield from _type(changes, before, after, relation, inherited=inherited)
    if "attidentity" in differing and not inherited:
        yield from _identity(changes, before, after, relation)
    if "attnotnull" in differing and not _not_null_follows(changes, before):
        action = f"{'SET' if fields.flag(before, 'attnotnull') else 'DROP'} NOT NULL"
        yield _alter(before, relation, action)
    if "attgenerated" in differing and fields.text(before, "attgenerated"):
        raise Irreversible(f"{before.kind} {before.identity}: an expression cannot be put on an old column")
    if differing & (_TUNING | _TYPE):
        yield from tuning(before, after, relation, fresh=bool(differing & _TYPE))
    if "attfdwoptions" in differing:
        yield from _foreign_options(before, after, relation)
    if before.document.get("attacl") != after.document.get("attacl"):
        owner_before, owner_after = changes.pair(relation.key)
        are = fields.listed(after.document.get("attacl"))
        are = standing.handed_back(changes, owner_before, owner_after, are)
        yield Step(before.key, _privileges(changes, before, relation, are))


def _follows(changes: Changes, before: Entry, after: Entry, relation: Entry) -> bool:
    """Whether it turns back with the column of a parent."""
    inherited = all(dropping.follows_another(each, relation) for each in (before, after))
    return inherited and not changes.stands_alone(relation.key)


def _attribute(changes: Changes, before: Entry, after: Entry, relation: Entry) -> Iterator[Part]:
    differing = fields.differing(before, after)
    if "attname" in differing:
        yield _rename(before, after, relation)
    if differing & _TYPE:
        action = f"ALTER ATTRIBUTE {objects.column_name(before)} TYPE {_type_of(before)} CASCADE"
        yield Step(before.key, (f"ALTER TYPE {relation.identity} {action}",))


def _rename(before: Entry, after: Entry, relation: Entry) -> Rename:
    word = objects.word(relation)
    part, cascade = ("ATTRIBUTE", " CASCADE") if word == "TYPE" else ("COLUMN", "")

    def statement(current: str, former: str) -> str:
        names = f"{spelling.name(current)} TO {spelling.name(former)}"
        return f"ALTER {word} {relation.identity} RENAME {part} {names}{cascade}"

    current, former = (fields.text(each, "attname") for each in (after, before))
    return Rename("pg_attribute", relation.identity, current, former, statement, late=True)


def _check_local(changes: Changes, before: Entry, relation: Entry) -> None:
    """A column that was only inherited is its own once its parent is gone; only ATTACH turns that back."""
    attached = any(key in changes.vanished for key in changes.before.parents(relation.key))
    if not fields.flag(before, "attislocal") and not (attached and fields.flag(relation, "relispartition")):
        raise Irreversible(f"{before.kind} {before.identity}: it was inherited, and is the table's own now")


def _type(
    changes: Changes, before: Entry, after: Entry, relation: Entry, *, inherited: bool
) -> Iterator[Part]:
    generated = fields.text(before, "attgenerated")
    if keeping.is_stored(changes.before, before.key):
        yield Loss(
            f"values of column {before.identity} that are not the same after a cast from "
            f"{before.definition} to {after.definition} and back",
            before.key,
        )
    if inherited:
        return
    if generated:
        yield _alter(before, relation, f"TYPE {_type_of(before)}")
        return
    default = changes.before.default_of(before.key)
    if default is not None or changes.after.default_of(after.key) is not None:
        yield _alter(before, relation, "DROP DEFAULT")
    using = f" USING {values.cast_back(before, after, objects.column_name(before))}"
    if relation.kind != "table":
        using = ""
    yield _alter(before, relation, f"TYPE {_type_of(before)}{using}")
    if default is not None:
        yield _alter(before, relation, f"SET DEFAULT {fields.said(default, 'adbin')}")


def _type_of(entry: Entry) -> str:
    return f"{entry.definition}{collation(entry)}"


def collation(entry: Entry) -> str:
    """`` COLLATE …``, where it is not the one of the database."""
    if fields.number(entry, "attcollation") in {0, DEFAULT_COLLATION}:
        return ""
    return f" COLLATE {fields.said(entry, 'attcollation')}"


def _identity(changes: Changes, before: Entry, after: Entry, relation: Entry) -> Iterator[Part]:
    """Another way to be one. That it was made or is no longer one is seen by its sequence."""
    was, is_ = (fields.text(each, "attidentity") for each in (before, after))
    sequence = changes.before.identity_sequence(before.key)
    if was and is_ and sequence is not None and sequence.key not in changes.vanished:
        yield _alter(before, relation, f"SET GENERATED {_GENERATED[was]}")


def _not_null_follows(changes: Changes, column: Entry) -> bool:
    """Whether NOT NULL is a constraint (from PostgreSQL 18 on), or changes with that of a parent."""
    if any(side.constraints_on(column.key, "n") for side in (changes.before, changes.after)):
        return True
    name = fields.text(column, "attname")
    table = Key("pg_class", fields.ids(column.key)[0])
    if changes.stands_alone(table):
        return False
    for inheritance in changes.before.parents(table):
        for key in changes.before.columns(Key("pg_class", fields.ids(inheritance)[1])):
            same = fields.text(changes.before[key], "attname") == name
            if same and key in changes.changed and "attnotnull" in fields.differing(*changes.pair(key)):
                return True
    return False


def tuning(before: Entry, after: Entry | None, relation: Entry, *, fresh: bool = True) -> Iterator[Part]:
    """Statistics target, storage, compression and options.

    ``after`` is None for a column that was just added. ``fresh`` says that storage and compression are
    those that its type comes with.
    """
    is_ = -1 if after is None else _target(after)
    if _target(before) != is_:
        yield _alter(before, relation, f"SET STATISTICS {_target(before)}")
    storage, compression = _storage(before)
    usual = (str(before.facts.get("storage") or storage), "")
    now = usual if fresh or after is None else _storage(after)
    if storage != now[0]:
        yield _alter(before, relation, f"SET STORAGE {_STORAGE[storage]}")
    if compression != now[1]:
        yield _alter(before, relation, f"SET COMPRESSION {_COMPRESSION.get(compression, 'default')}")
    were = fields.options(before.raw.get("attoptions"))
    are = fields.options(after.raw.get("attoptions")) if after is not None else {}
    if reset := [name for name in are if name not in were]:
        yield _alter(before, relation, f"RESET ({', '.join(reset)})")
    if put := [f"{name}={value}" for name, value in were.items() if are.get(name) != value]:
        yield _alter(before, relation, f"SET ({', '.join(put)})")


def _storage(entry: Entry) -> tuple[str, str]:
    return fields.text(entry, "attstorage"), fields.text(entry, "attcompression").strip("\0")


def _target(entry: Entry) -> int:
    """The statistics target; -1 for the default, which is null from PostgreSQL 17 on."""
    target = fields.optional(entry, "attstattarget")
    return -1 if target is None else target


def _foreign_options(before: Entry, after: Entry, relation: Entry) -> Iterator[Part]:
    were, are = (fields.options(each.raw.get("attfdwoptions")) for each in (before, after))
    yield _alter(before, relation, f"OPTIONS ({foreign_options(were, are)})")


def foreign_options(were: Mapping[str, str], are: Mapping[str, str]) -> str:
    """``DROP …, ADD …, SET …``: from the options of a foreign object back to those that it had."""
    dropped = [f"DROP {spelling.name(name)}" for name in are if name not in were]
    put = [
        f"{'SET' if name in are else 'ADD'} {spelling.name(name)} {spelling.literal(value)}"
        for name, value in were.items()
        if are.get(name) != value
    ]
    return ", ".join([*dropped, *put])


def _privileges(changes: Changes, before: Entry, relation: Entry, are: tuple[str, ...]) -> tuple[str, ...]:
    were = fields.listed(before.document.get("attacl"))
    owner = standing.owner_of(changes, relation)
    column = objects.column_name(before)
    return grants.statements(were, are, Granted(f"TABLE {relation.identity}", owner, column))


def defaults(changes: Changes) -> Iterator[Part]:
    """Back to the defaults of columns that are on both sides. Every SET DEFAULT makes a new row."""
    columns = changes.before.defaults.keys() | changes.after.defaults.keys()
    touched = {*changes.created, *changes.vanished, *changes.changed}
    for column in sorted(columns):
        rows = {side.defaults[column] for side in (changes.before, changes.after) if column in side.defaults}
        if rows & touched and changes.survives(column):
            yield from _default(changes, column)


def _default(changes: Changes, column: Key) -> Iterator[Part]:
    was, is_ = (side.default_of(column) for side in (changes.before, changes.after))
    before, after = changes.pair(column)
    if fields.differing(before, after) & _TYPE and not fields.text(before, "attgenerated"):
        return  # The change of its type takes it off and puts it on again.
    if _same(changes, was, is_) and not (was is not None and was.key in changes.recreated):
        return
    relation = changes.before.relation(fields.number(before, "attrelid"))
    generated_before, generated_after = (fields.text(each, "attgenerated") for each in (before, after))
    if generated_before and not generated_after:
        return  # That is refused with the column.
    if was is None:
        if not fields.text(after, "attidentity"):
            yield _alter(before, relation, "DROP EXPRESSION" if generated_after else "DROP DEFAULT")
        return
    expression = fields.said(was, "adbin")
    action = f"SET EXPRESSION AS ({expression})" if generated_before else f"SET DEFAULT {expression}"
    yield Step(was.key, _alter(before, relation, action).statements)


def _same(changes: Changes, was: Entry | None, is_: Entry | None) -> bool:
    if was is None or is_ is None:
        return was is is_
    if was.key == is_.key:
        return was.raw == is_.raw
    needed, needs = (
        {edge.on for edge in side.needs.get(entry.key, ())}
        for side, entry in ((changes.before, was), (changes.after, is_))
    )
    return was.document.get("adbin") == is_.document.get("adbin") and needed == needs


def _alter(column: Entry, relation: Entry, action: str) -> Step:
    return _on(column, relation, objects.column_name(column), action)


def _on(column: Entry, relation: Entry, name: str, action: str) -> Step:
    word = objects.word(relation)
    return Step(column.key, (f"ALTER {word} {relation.identity} ALTER COLUMN {name} {action}",))


def restore(changes: Changes, column: Entry, archive: Archive) -> Iterator[Part]:
    """A column that vanished from a relation that is still there. Raises Irreversible."""
    relation = changes.before.relation(fields.number(column, "attrelid"))
    name = objects.column_name(column)
    match fields.text(relation, "relkind"):
        case "v" | "m" | "i" | "I" | "S":
            return
        case "c":
            yield Loss(f"values of attribute {column.identity}")
            added = f"ALTER TYPE {relation.identity} ADD ATTRIBUTE {name} {_type_of(column)} CASCADE"
            yield Step(column.key, (added,))
            return
    default = changes.before.default_of(column.key)
    generated = fields.text(column, "attgenerated")
    if dropping.follows_another(column, relation) and not changes.stands_alone(relation.key):
        if keeping.is_stored(changes.before, column.key) and column.key not in archive.columns:
            yield Loss(values.lost(column, archive))
        return
    stored = () if generated else values.stored(changes, column)
    kept = [each for each in stored if each.key in archive.columns]
    if len(kept) < len(stored) and fields.flag(column, "attnotnull") and default is None:
        raise Irreversible(
            f"column {column.identity}: it was NOT NULL, and there is nothing to put into it again"
        )
    stem = f"ALTER {objects.word(relation)} {relation.identity}"
    added = f"{stem} ADD COLUMN {name} {_type_of(column)}"
    if default is not None and generated:
        word = "STORED" if generated == "s" else "VIRTUAL"
        added += f" GENERATED ALWAYS AS ({fields.said(default, 'adbin')}) {word}"
    elif default is not None and not kept:
        added += f" DEFAULT {fields.said(default, 'adbin')}"
    yield Step(column.key, (added,))
    if kept and default is not None:
        yield _alter(column, relation, f"SET DEFAULT {fields.said(default, 'adbin')}")
    if kept:
        for each in stored:
            put = values.put_back(changes, each, archive.columns.get(each.key), others=default is not None)
            yield Step(column.key, put)
    if len(kept) < len(stored) and column not in kept:
        yield Loss(values.lost(column, archive))
        for sequence in _sequences_of(changes, default):
            yield Loss(f"position of sequence {sequence.identity}, which gives new values to that column")
    yield from _not_null(changes, column, relation)
    yield from tuning(column, None, relation)
    if options := fields.options(column.raw.get("attfdwoptions")):
        yield _alter(column, relation, f"OPTIONS ({foreign_options(options, {})})")
    if column.document.get("attacl"):
        yield Step(column.key, _privileges(changes, column, relation, ()))


def _sequences_of(changes: Changes, default: Entry | None) -> list[Entry]:
    if default is None:
        return []
    side = changes.before
    needed = (edge.on for edge in side.needs.get(default.key, ()))
    return [side[key] for key in needed if side.relation_kind(key) == "S"]


def _not_null(changes: Changes, column: Entry, relation: Entry) -> Iterator[Part]:
    if not fields.flag(column, "attnotnull"):
        return
    if constraints := changes.before.constraints_on(column.key, "n"):
        for constraint in constraints:
            name = objects.column_name(constraint, "conname")
            definition = fields.said(constraint, "definition")
            added = f"ALTER {objects.word(relation)} {relation.identity} ADD CONSTRAINT {name} {definition}"
            yield Step(column.key, (added,))
    else:
        yield _alter(column, relation, "SET NOT NULL")
