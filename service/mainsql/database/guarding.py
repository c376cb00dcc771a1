"""Whether scripts have kept their hands off the ledger: only mainsql writes there.

In a transaction the server counts what is written, and where that is found, all is rolled back. What runs
outside of one can only be found out, by what the ledger holds of the tree before and after it.
"""

from collections.abc import Iterable

from psycopg2.sql import SQL, Identifier

from mainsql.database.session import Session
from mainsql.errors import DatabaseError
from mainsql.model import Statement

# Who may read the ledger, and comments on it, are for its owner to say.
_WHOSE = """
with ledger as (select oid, nspowner from pg_namespace where nspname = 'mainsql'),
relations as (select c.* from pg_class c join ledger on ledger.oid = c.relnamespace)
select 'schema', nspowner::text from ledger
union all
"""

_COUNTED = """
select 'track_counts', current_setting('track_counts')
union all
select 'rows of ' || s.relname, concat_ws(' ', s.n_tup_ins, s.n_tup_upd, s.n_tup_del)
from relations join pg_stat_xact_user_tables s on s.relid = relations.oid
union all
select 'relation ' || relname, concat_ws(' ', oid, relkind, relfilenode, relowner, relrowsecurity,
       relforcerowsecurity)
from relations
union all
"""

# VACUUM FULL and REINDEX give it other files.
_KINDS = """
select 'relation ' || relname, concat_ws(' ', relkind, relowner, relrowsecurity, relforcerowsecurity)
from relations
union all
"""

_SHAPE = """
select 'column ' || relname || '.' || attname, concat_ws(' ', attnum, atttypid, attnotnull,
       (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum))
from relations join pg_attribute on attrelid = relations.oid
union all
select 'constraint ' || relname || '.' || conname, concat_ws(' ', pg_get_constraintdef(c.oid), convalidated)
from relations join pg_constraint c on conrelid = relations.oid
union all
select 'trigger ' || relname || '.' || tgname, concat_ws(' ', tgenabled, pg_get_triggerdef(t.oid))
from relations join pg_trigger t on tgrelid = relations.oid
where not tgisinternal
   or exists (select from pg_constraint c join relations r on r.oid = conrelid where c.oid = tgconstraint)
union all
select 'rule ' || relname || '.' || rulename, concat_ws(' ', ev_enabled, pg_get_ruledef(w.oid))
from relations join pg_rewrite w on ev_class = relations.oid
union all
select 'policy ' || relname || '.' || polname, concat_ws(' ', polcmd, polpermissive)
from relations join pg_policy on polrelid = relations.oid
union all
select 'function ' || proname, concat_ws(' ', proowner, pg_get_functiondef(p.oid))
from pg_proc p join ledger on ledger.oid = pronamespace where prokind = 'f'
"""
"""What the ledger consists of, by name."""

_HELD = ("versions", "steps", "objects", "progress", "segments")
"""The tables in which nobody else writes about a tree while its lock is held."""

_ROWS = SQL("""
select concat_ws(' ', count(*), sum(hashtextextended(t::text, 0))) from mainsql.{} t where tree = %s
""")

Ledger = dict[str, str]
"""What the ledger consists of, by name, and what was done to its rows."""


def look(session: Session, tree: str) -> Ledger:
    """The ledger as it is now in the transaction that is open, for ``check``. Raises DatabaseError."""
    found: Ledger = dict(session.query(_WHOSE + _COUNTED + _SHAPE))
    # Where the server does not count, its rows tell.
    return found if found["track_counts"] == "on" else found | _rows(session, tree, found)


def look_outside(session: Session, tree: str, lock_timeout: float) -> Ledger:
    """The same outside of a transaction, for ``check_outside``. Raises DatabaseError."""
    session.begin(lock_timeout=lock_timeout)
    try:
        found: Ledger = dict(session.query(_WHOSE + _KINDS + _SHAPE))
        return found | _rows(session, tree, found)
    finally:
        session.rollback()


def _rows(session: Session, tree: str, found: Ledger) -> Ledger:
    """What the tables hold of a tree, as far as there are any."""
    there = [table for table in _HELD if f"relation {table}" in found]
    return {
        f"rows of {table}": str(session.query(_ROWS.format(Identifier(table)), (tree,))[0][0])
        for table in there
    }


def check(session: Session, tree: str, before: Ledger, ran: Iterable[Statement]) -> None:
    """Raises DatabaseError when it is not as it was, and names the statements that may have done it."""
    after = look(session, tree)
    if what := _difference(before, after):
        suspects = list(dict.fromkeys(str(each.place) for each in ran if "mainsql" in each.text.lower()))
        named = f"; it is named at {', '.join(suspects[:5])}" if suspects else ""
        raise DatabaseError(f"a script has {what}{named}", hint=f"take that out of the tree: {_WHY}")


def check_outside(
    session: Session, tree: str, before: Ledger, statement: Statement, lock_timeout: float
) -> None:
    """Raises DatabaseError when it is not as it was before this statement, which is done and stays."""
    if what := _difference(before, look_outside(session, tree, lock_timeout)):
        error = DatabaseError(
            f"{statement.place}: this has {what}, and outside of a transaction that cannot be taken back",
            hint="put the ledger right by hand (mainsql status tells what of it does not fit any more), and "
            f"say mainsql resume --statement-done; take that out of the tree: {_WHY}",
        )
        error.outcome = "What the statement did stays, and the ledger may not be right about it."
        raise error


_WHY = "in schema mainsql only mainsql writes. Scripts may read it, and say who else may"


def _difference(before: Ledger, after: Ledger) -> str:
    """What is otherwise, as what a script has done; empty where nothing is."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not changed:
        return ""
    return f"changed the ledger ({', '.join(changed[:5])})" if "schema" in after else "dropped the ledger"
