"""The lock of a tree, held by the session and not by its transaction: while it runs several of them.

It keeps out the lock that the transaction of any other deploy takes, and goes with the session.
"""

from mainsql.database.session import Session


def try_hold(session: Session, key: str) -> bool:
    """Tries to take the advisory lock for ``key`` for the session; never waits. Raises DatabaseError."""
    return bool(session.query("select pg_try_advisory_lock(hashtextextended(%s, 0))", (key,))[0][0])


def holds(session: Session, key: str) -> bool:
    """Whether this session has the advisory lock for ``key``. Raises DatabaseError.

    It has not where a script gave it up, or where a pooler has given us another session.
    """
    rows = session.query(
        """
        select 1 from pg_catalog.pg_locks l, pg_catalog.hashtextextended(%s, 0) k
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.pid = pg_catalog.pg_backend_pid()
          and l.database = (select d.oid from pg_catalog.pg_database d
                            where d.datname = pg_catalog.current_database())
          and (l.classid::bigint << 32 | l.objid::bigint) = k
        """,
        (key,),
    )
    return bool(rows)


def let_go(session: Session, key: str) -> None:
    """Gives the lock back. Raises DatabaseError."""
    session.query("select pg_advisory_unlock(hashtextextended(%s, 0))", (key,))
