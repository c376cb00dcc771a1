"""What a transaction holds that others wait for."""

from collections.abc import Collection
from typing import NamedTuple

from mainsql.database.session import Session

_MODES = (
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""From the weakest to the strongest (PostgreSQL manual, 13.3), without ACCESS SHARE, that of any SELECT."""

_WORDS = ("Row", "Share", "Update", "Exclusive", "Access")


class Held(NamedTuple):
    """The strongest lock on a table, view or sequence, as LOCK TABLE names it: ACCESS EXCLUSIVE."""

    relation: str
    mode: str


def held_locks(session: Session, among: Collection[int]) -> tuple[Held, ...]:
    """The locks that the session's transaction holds on relations, of these OIDs. Raises DatabaseError."""
    rows = session.query(
        """
        select format('%%I.%%I', n.nspname, c.relname), max(array_position(%s, l.mode))
        from pg_locks l
        join pg_class c on c.oid = l.relation
        join pg_namespace n on n.oid = c.relnamespace
        where l.pid = pg_backend_pid() and l.granted and l.locktype = 'relation'
          and l.mode = any(%s) and c.oid = any(%s::oid[])
        group by 1 order by 2 desc, 1
        """,
        (list(_MODES), list(_MODES), list(among)),
    )
    return tuple(Held(relation, _spelled(_MODES[place - 1])) for relation, place in rows)


def lock_holder(session: Session, key: str) -> str | None:
    """Who holds the advisory lock for ``key``, for people: pid, user, application, since when.

    None when nobody does. Raises DatabaseError.
    """
    rows = session.query(
        """
        select format('pid %%s, %%s, %%s%%s', a.pid, a.usename,
                      coalesce(nullif(a.application_name, ''), 'no application name'),
                      ', since ' ||
                          to_char(coalesce(a.xact_start, a.state_change), 'YYYY-MM-DD HH24:MI:SS TZ'))
        from pg_locks l join pg_stat_activity a using (pid),
             hashtextextended(%s, 0) k
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1
          and l.database = (select oid from pg_database where datname = current_database())
          and (l.classid::bigint << 32 | l.objid::bigint) = k
        """,
        (key,),
    )
    return str(rows[0][0]) if rows else None


def _spelled(mode: str) -> str:
    """ROW EXCLUSIVE for RowExclusiveLock."""
    name = mode.removesuffix("Lock")
    for word in _WORDS:
        name = name.replace(word, f" {word.upper()}")
    return name.strip()
