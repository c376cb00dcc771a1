"""What other sessions have dropped while a version ran: it is gone, but not by the version."""

from collections.abc import Collection

from mainsql.database.session import Session
from mainsql.undo.catalog import Key

_OF_A_RELATION = frozenset(
    "pg_attribute pg_class pg_foreign_table pg_index pg_inherits pg_partitioned_table pg_sequence".split()
)
"""Catalogs whose keys begin with the OID of a relation, that is locked when a row of it goes."""

_OF_ANOTHER = {"pg_aggregate": "pg_proc", "pg_range": "pg_type"}
"""Catalogs whose rows go with an object of another catalog, that has the same OID."""

_UNLOCKED = frozenset("pg_default_acl pg_db_role_setting".split())
"""Catalogs whose rows go without a lock on what they are, although they have a number."""


def dropped_by_others(session: Session, gone: Collection[Key]) -> frozenset[Key]:
    """Of what is gone since the open transaction began, what another session must have dropped.

    Whoever drops an object locks it exclusively until the end of his transaction (the function
    AcquireDeletionLock of PostgreSQL's dependency.c): what we have not locked so, we have not dropped.
    Raises DatabaseError.
    """
    if not gone:
        return frozenset()
    locked = set(
        session.query(
            """
            select 'pg_class', relation::bigint from pg_catalog.pg_locks
            where pid = pg_catalog.pg_backend_pid() and mode = 'AccessExclusiveLock'
              and locktype = 'relation'
            union
            select c.relname::text, l.objid::bigint
            from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid = l.classid
            where l.pid = pg_catalog.pg_backend_pid() and l.mode = 'AccessExclusiveLock'
              and l.locktype = 'object'
            """
        )
    )
    return frozenset(key for key in gone if (lock := _lock_of(key)) is not None and lock not in locked)


def _lock_of(key: Key) -> tuple[str, int] | None:
    """Catalog and OID of what is locked when this goes; None where that is not sure."""
    first, *rest = key.id.split(":")
    if not first.isdecimal() or key.catalog in _UNLOCKED:
        return None
    if key.catalog in _OF_A_RELATION:
        return "pg_class", int(first)
    return None if rest else (_OF_ANOTHER.get(key.catalog, key.catalog), int(first))
