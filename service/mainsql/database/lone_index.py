"""What CREATE and DROP INDEX CONCURRENTLY do to the catalogs, and what takes that back.

They are not watched as a transaction is, since they are several. But all that one of them does is
that one index comes or goes, so the other side is what is there without it, whatever others do meanwhile.
"""

from dataclasses import replace

from mainsql.database import dumping, snapshot
from mainsql.database.session import Session
from mainsql.errors import DatabaseError, Retry
from mainsql.model import Undo, UndoKind
from mainsql.undo.catalog import Key, Snapshot
from mainsql.undo.dump import Definitions
from mainsql.undo.inverse import Derived, Impossible, derive
from mainsql.undo.recording import Effect, record


def index_made(session: Session, oid: int) -> Effect:
    """What has made the index of this OID. Raises DatabaseError."""
    after = _around(session, oid)
    return _effect(_without(after, oid), after, None)


def index_dropped(session: Session, dsn: str, oid: int) -> Effect:
    """What will drop the index of this OID. Raises DatabaseError."""
    before = _around(session, oid)
    try:
        definitions = dumping.dump_definitions(dsn, session.server_major)
    except DatabaseError as error:
        if error.retry is Retry.LATER:
            raise
        missing = Undo(UndoKind.MISSING, None, f"what made the index is not known: {error.message}")
        return Effect(missing, record(before, _without(before, oid)))
    return _effect(before, _without(before, oid), definitions)


def _around(session: Session, oid: int) -> Snapshot:
    return snapshot.entries(session, {Key("pg_class", str(oid))})


def _without(found: Snapshot, oid: int) -> Snapshot:
    """A snapshot as if there were no such index."""
    entries = {key: entry for key, entry in found.entries.items() if not _belongs(key, oid)}
    gone = [key for key in found.keys if _belongs(key, oid)]
    dependencies = tuple(
        each
        for each in found.dependencies
        if (each.catalog, each.id) != ("pg_class", oid) and (each.on_catalog, each.on_id) != ("pg_class", oid)
    )
    return replace(found, entries=entries, keys=found.keys - set(gone), dependencies=dependencies)


_KEYED_BY_RELATION = ("pg_class", "pg_index", "pg_attribute")


def _belongs(key: Key, oid: int) -> bool:
    return key.catalog in _KEYED_BY_RELATION and key.id.partition(":")[0] == str(oid)


def _effect(before: Snapshot, after: Snapshot, definitions: Definitions | None) -> Effect:
    objects = record(before, after)
    match derive(before, after, definitions):
        case Derived(statements, losses):
            script = "".join(f"{statement};\n" for statement in statements)
            return Effect(Undo(UndoKind.DERIVED, script, losses=losses), objects)
        case Impossible(reasons):
            reason = "; ".join(reasons)
        case _:
            reason = "what made the index is not known"
    return Effect(Undo(UndoKind.MISSING, None, reason), objects)
