"""Pieces of SQL about the catalogs, which others are composed of."""

from functools import cache

from psycopg2.sql import SQL, Composable, Composed, Literal

FIRST_USER_OID = 16384
"""FirstNormalObjectId of the server's source: what initdb makes is below it."""

_TEMPLATES = {
    # Temporary objects, TOAST tables, and what is mainsql's own.
    "hidden_schemas": """
        select n.oid from pg_namespace n
        where n.nspname ~ '^pg_(toast|temp_|toast_temp_)' or n.nspname in ('mainsql', 'mainsql_archive')
    """,
    "hidden_relations": "select r.oid from pg_class r where r.relnamespace in ({hidden_schemas})",
    "hidden_types": "select t.oid from pg_type t where t.typnamespace in ({hidden_schemas})",
    # Pairs of catalog and OID: what can have a comment, and is not shown.
    "hidden_objects": """
        select 'pg_namespace'::regclass, n.oid from ({hidden_schemas}) n
        union all select 'pg_class'::regclass, r.oid from ({hidden_relations}) r
        union all select 'pg_type'::regclass, t.oid from ({hidden_types}) t
        union all select 'pg_proc'::regclass, p.oid from pg_proc p where p.pronamespace in ({hidden_schemas})
        union all select 'pg_constraint'::regclass, k.oid from pg_constraint k
            where k.connamespace in ({hidden_schemas})
        union all select 'pg_trigger'::regclass, g.oid from pg_trigger g
            where g.tgrelid in ({hidden_relations})
        union all select 'pg_rewrite'::regclass, w.oid from pg_rewrite w
            where w.ev_class in ({hidden_relations})
        union all select 'pg_policy'::regclass, y.oid from pg_policy y
            where y.polrelid in ({hidden_relations})
    """,
    "this_database": "(select d.oid from pg_database d where d.datname = current_database())",
    # What a comment is on.
    "described": (
        "(select i.type || ' ' || i.identity from pg_identify_object(c.classoid, c.objoid, c.objsubid) i)"
    ),
    "describable": """
        (c.objoid >= {first_user_oid}
         or c.classoid = 'pg_namespace'::regclass
            and c.objoid = (select n.oid from pg_namespace n where n.nspname = 'public'))
        and c.classoid <> 'pg_largeobject'::regclass
        and (c.classoid, c.objoid) not in ({hidden_objects})
    """,
    # The server names its triggers for a foreign key after their own OID.
    "trigger_name": """
        case when c.tgisinternal
            then coalesce(
                    (select quote_ident(k.conname) from pg_constraint k where k.oid = c.tgconstraint), ''
                ) || '/' || c.tgfoid::regproc::text || '/' || c.tgtype::text
            else quote_ident(c.tgname)
        end
    """,
    "parent_trigger": """(
        select case when p.tgisinternal then '' else quote_ident(p.tgname) || ' on ' end
            || p.tgrelid::regclass::text
        from pg_trigger p where p.oid = c.tgparentid
    )""",
    "relation_kind": """
        case c.relkind
            when 'r' then 'table' when 'p' then 'table' when 'i' then 'index' when 'I' then 'index'
            when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view'
            when 'c' then 'composite type' when 'f' then 'foreign table' else c.relkind::text
        end
    """,
    "column_kind": """(
        select case r.relkind
            when 'r' then 'table' when 'p' then 'table' when 'i' then 'index' when 'I' then 'index'
            when 'v' then 'view' when 'm' then 'materialized view'
            when 'c' then 'composite type' when 'f' then 'foreign table' else r.relkind::text
        end || ' column' from pg_class r where r.oid = c.attrelid
    )""",
    "routine_kind": "case c.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end",
    # Of an index only the columns of which something was set by hand are objects of their own.
    "is_column": """
        c.attrelid >= {first_user_oid} and c.attnum > 0 and not c.attisdropped
        and exists (
            select from pg_class r where r.oid = c.attrelid
            and (r.relkind not in ('i', 'I', 'S', 't')
                 or r.relkind in ('i', 'I') and nullif(c.attstattarget, -1) is not null)
        )
    """,
    # Array types and the row types of tables come and go with what they are of.
    "is_type": """
        c.oid >= {first_user_oid}
        and not (c.typelem <> 0 and c.typlen = -1 and exists (select from pg_type e where e.typarray = c.oid))
        and (c.typrelid = 0 or c.typacl is not null
             or exists (select from pg_class r where r.oid = c.typrelid and r.relkind = 'c'))
    """,
    "setting": """
        case c.setrole when 0 then '' else 'role ' || c.setrole::regrole::text || ' ' end
        || case c.setdatabase when 0 then 'everywhere' else 'in this database' end
    """,
    "toast_options": """(
        select array_agg(o order by o collate "C")
        from pg_class t, unnest(t.reloptions) o where t.oid = c.reltoastrelid and c.reltoastrelid <> 0
    )""",
}


@cache
def _pieces() -> dict[str, Composable]:
    found: dict[str, Composable] = {"first_user_oid": Literal(FIRST_USER_OID)}
    for name, template in _TEMPLATES.items():
        found[name] = SQL(template).format(**found)
    return found


def piece(template: str, **parts: Composable) -> Composed:
    """SQL with other SQL in the place of its braces: ``{hidden_schemas}`` and its like, and ``parts``."""
    return SQL(template).format(**_pieces(), **parts)
