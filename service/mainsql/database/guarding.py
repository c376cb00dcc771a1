"""Whether scripts have kept their hands off the ledger: only mainsql writes there."""

from collections.abc import Iterable, Mapping

from mainsql.database.session import Session
from mainsql.errors import DatabaseError
from mainsql.model import Statement

# Who may read the ledger, and comments on it, are for its owner to say.
_LEDGER = """
with ledger as (select oid, nspowner from pg_namespace where nspname = 'mainsql'),
relations as (select c.* from pg_class c join ledger on ledger.oid = c.relnamespace)
select 'schema', nspowner::text from ledger
union all
select 'rows of ' || s.relname, concat_ws(' ', s.n_tup_ins, s.n_tup_upd, s.n_tup_del)
from relations join pg_stat_xact_user_tables s on s.relid = relations.oid
union all
select 'relation ' || relname, concat_ws(' ', oid, relkind, relfilenode, relowner, relrowsecurity,
       relforcerowsecurity)
from relations
union all
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
"""What the ledger consists of, by name, and what this transaction has done to its rows so far."""

Ledger = Mapping[str, str]


def look(session: Session) -> Ledger:
    """The ledger as it is now, for ``check``. Raises DatabaseError."""
    return dict(session.query(_LEDGER))


def check(session: Session, before: Ledger, ran: Iterable[Statement]) -> None:
    """Raises DatabaseError when it is not as it was, and names the statements that may have done it."""
    after = look(session)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not changed:
        return
    suspects = list(dict.fromkeys(str(each.place) for each in ran if "mainsql" in each.text.lower()))
    named = f"; it is named at {', '.join(suspects[:5])}" if suspects else ""
    what = f"changed the ledger ({', '.join(changed[:5])})" if after else "dropped the ledger"
    raise DatabaseError(
        f"a script has {what}{named}",
        hint="take that out of the tree: in schema mainsql only mainsql writes. "
        "Scripts may read it, and say who else may",
    )
