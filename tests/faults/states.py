"""What a database holds, as a value: two are compared to see whether a fault left anything behind."""

import contextlib
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.sql import SQL, Identifier

Row = tuple[Any, ...]

# All but what differs each time that the same is done: OIDs, times, durations, transaction ids, and
# the hashes of those, which are checked instead.
_OBJECTS = """
with ours as (select oid, nspname from pg_namespace where nspname !~ '^(pg_|information_schema)')
select 'schema', nspname, '' from ours
union all
select format('relation %s', relkind), c.oid::regclass::text, format('%s %s', relacl, reloptions)
from pg_class c join ours on ours.oid = relnamespace
union all
select 'column', format('%s.%s', attrelid::regclass, attname),
       format('%s %s %s %s %s', format_type(atttypid, atttypmod), attnotnull, attgenerated, attidentity,
              pg_get_expr(adbin, adrelid))
from pg_attribute a join pg_class c on c.oid = attrelid join ours on ours.oid = relnamespace
     left join pg_attrdef on adrelid = attrelid and adnum = attnum
where not attisdropped and attnum > 0
union all
select 'constraint', format('%s %s', conrelid::regclass, conname), pg_get_constraintdef(c.oid)
from pg_constraint c join ours on ours.oid = connamespace
union all
select 'index', indexrelid::regclass::text, format('%s %s', pg_get_indexdef(indexrelid), indisvalid)
from pg_index join pg_class on pg_class.oid = indexrelid join ours on ours.oid = relnamespace
union all
select 'view', c.oid::regclass::text, pg_get_viewdef(c.oid)
from pg_class c join ours on ours.oid = relnamespace where relkind in ('v', 'm')
union all
select 'routine', p.oid::regprocedure::text, format('%s %s', pg_get_functiondef(p.oid), proacl)
from pg_proc p join ours on ours.oid = pronamespace where prokind in ('f', 'p')
union all
select 'trigger', format('%s %s', tgrelid::regclass, tgname), pg_get_triggerdef(t.oid)
from pg_trigger t where not tgisinternal
union all
select format('type %s', typtype), t.oid::regtype::text,
       (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid)
from pg_type t join ours on ours.oid = typnamespace
union all
select 'comment', format('%s %s', pg_describe_object(classoid, objoid, objsubid), objsubid), description
from pg_description d join pg_class c on c.oid = objoid and classoid = 'pg_class'::regclass
     join ours on ours.oid = relnamespace
order by 1, 2
"""
_TABLES = """
select nspname, relname
from pg_class join pg_namespace n on n.oid = relnamespace
where relkind = 'r' and nspname !~ '^(pg_|information_schema)' and nspname <> 'mainsql' order by 1, 2
"""
_VERSIONS = """
select tree, version, commit_id, author, message, applied_by, digest, undo_script, undo_kind,
       undo_proof, objects, rolled_back_at is not null, rolled_back_by, rolled_back_why
from mainsql.versions order by tree, version
"""
_STEPS = """
select tree, version, position, unit, action, moved_from, digests, script, undo_script, undo_kind,
       undo_reason, undo_digest, undo_together, undo_losses
from mainsql.steps order by tree, version, position
"""
_MADE = "select tree, version, catalog, identity, kind from mainsql.objects order by 1, 2, 3, 4"
_SAID = "select tree, said, said_by, why from mainsql.controls order by tree, said_at"
_FAILED = "select tree, commit_id, onto_version, sqlstate from mainsql.attempts order by 1, attempted_at"
_UNDER_WAY = "select tree, version, back_to, commit_id from mainsql.progress"
_SEGMENTS = """
select tree, version, undoes, position, kind, units, script, digest, finished_at is not null
from mainsql.segments order by tree, version, undoes, position
"""
_BROKEN_CHAIN = """
select tree, version
from (select tree, version, previous_hash,
             coalesce(lag(mainsql.version_hash(v)) over by_version, '') as expected,
             row_number() over by_version as position
      from mainsql.versions v window by_version as (partition by tree order by version)) links
where previous_hash <> expected or version <> position
"""

_ALONE = """
do $$
begin
    for n in 1..3000 loop
        if not exists (select from pg_stat_activity
                       where datname = current_database() and pid <> pg_backend_pid()
                         and backend_type = 'client backend') then
            return;
        end if;
        perform pg_sleep(0.01), pg_stat_clear_snapshot();
    end loop;
    raise 'somebody else is still connected';
end
$$
"""


@dataclass(frozen=True, slots=True)
class State:
    """The objects of a database, the rows of its tables, and its ledger, without what is new each time."""

    objects: tuple[Row, ...]
    rows: tuple[Row, ...]
    ledger: tuple[Row, ...]
    under_way: tuple[Row, ...] = ()
    """What the ledger says is in progress, where a version is no single transaction."""

    def difference(self, other: "State") -> str:
        """What one of the two has and the other has not, for people."""
        found = []
        for part in ("objects", "rows", "ledger", "under_way"):
            ours, theirs = map(repr, getattr(self, part)), list(map(repr, getattr(other, part)))
            mine = list(ours)
            found += [f"- {row}" for row in mine if row not in theirs]
            found += [f"+ {row}" for row in theirs if row not in mine]
        return "\n".join(line[:300] for line in found)


def settled_state(dsn: str) -> State:
    """The state of a database once the server is done with all who were connected.

    Raises AssertionError when the ledger's chain of hashes is broken, or a number is missing.
    """
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        _query(connection, _ALONE)
        tables = [SQL("{}.{}").format(Identifier(s), Identifier(t)) for s, t in _query(connection, _TABLES)]
        rows = tuple(
            (table.as_string(connection), *row)
            for table in tables
            for row in sorted(_query(connection, SQL("select * from {}").format(table)), key=repr)
        )
        ledger: list[Row] = []
        under_way: list[Row] = []
        if _query(connection, "select to_regclass('mainsql.versions')") != [(None,)]:
            for part in (_VERSIONS, _STEPS, _MADE, _SAID, _FAILED, _SEGMENTS):
                ledger += _query(connection, part)
            under_way = _query(connection, _UNDER_WAY)
            broken = _query(connection, _BROKEN_CHAIN)
            assert not broken, f"the ledger's chain is broken at {broken}"
        return State(tuple(_query(connection, _OBJECTS)), rows, tuple(ledger), tuple(under_way))


def _query(connection: Connection, sql: Any) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []
