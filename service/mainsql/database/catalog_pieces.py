"""Pieces of SQL about the catalogs, which others are composed of, and what of a database is not shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg2.sql import SQL, Composable, Composed, Literal

from mainsql.database.session import Session

FIRST_USER_OID = 16384
"""FirstNormalObjectId of the server's source: what initdb makes is below it."""

_TEMPLATES = {
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
        and (c.attrelid in (
                select r.oid from pg_class r
                where r.relkind not in ('i', 'I', 'S', 't') and r.relnamespace <> all ({hidden_schemas})
            )
            or c.attstattarget > -1 and c.attrelid in (
                select r.oid from pg_class r
                where r.relkind in ('i', 'I') and r.relnamespace <> all ({hidden_schemas})
            ))
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


@dataclass(frozen=True, slots=True)
class Pieces:
    """Composes SQL of named pieces: those above, and the OIDs of what is hidden in this database.

    ``{hidden_schemas}``, ``{hidden_relations}`` and ``{hidden_types}`` are arrays, for ``<> all``;
    ``{hidden_objects}`` is a query for pairs of catalog and OID, for ``not in``. TOAST tables and
    their indexes are in a hidden schema, but not among the relations: there are too many of them.
    """

    _pieces: Mapping[str, Composable] = field(repr=False)

    def compose(self, template: str, **parts: Composable) -> Composed:
        """SQL with other SQL in the place of its braces: one of the pieces, or one of ``parts``."""
        return SQL(template).format(**self._pieces, **parts)


def read_pieces(session: Session) -> Pieces:
    """The pieces for this database. Hidden are temporary objects, TOAST tables, and what is mainsql's own."""
    schemas = _oids(
        session,
        """
        select n.oid::bigint from pg_namespace n
        where n.nspname ~ '^pg_(toast|temp_|toast_temp_)' or n.nspname in ('mainsql', 'mainsql_archive')
        """,
    )
    relations = _oids(
        session,
        """
        select r.oid::bigint from pg_class r
        where r.relnamespace = any({schemas}) and r.relnamespace::regnamespace::text !~ '^pg_toast'
        """,
        schemas=schemas,
    )
    types = _oids(
        session, "select t.oid::bigint from pg_type t where t.typnamespace = any({schemas})", schemas=schemas
    )
    objects = session.query(
        SQL(_HIDDEN_OBJECTS).format(schemas=_array(schemas), relations=_array(relations), types=_array(types))
    )
    pieces: dict[str, Composable] = {
        "first_user_oid": Literal(FIRST_USER_OID),
        "hidden_schemas": _array(schemas),
        "hidden_relations": _array(relations),
        "hidden_types": _array(types),
        "hidden_objects": SQL(
            "select h.classid, h.objid from unnest({}::oid[], {}::oid[]) h (classid, objid)"
        ).format(Literal([catalog for catalog, _ in objects]), Literal([oid for _, oid in objects])),
    }
    for name, template in _TEMPLATES.items():
        pieces[name] = SQL(template).format(**pieces)
    return Pieces(pieces)


_HIDDEN_OBJECTS = """
    select 'pg_namespace'::regclass::bigint, n.oid::bigint from unnest({schemas}) n (oid)
    union all select 'pg_class'::regclass::bigint, r.oid::bigint from unnest({relations}) r (oid)
    union all select 'pg_type'::regclass::bigint, t.oid::bigint from unnest({types}) t (oid)
    union all select 'pg_proc'::regclass::bigint, p.oid::bigint from pg_proc p
        where p.pronamespace = any({schemas})
    union all select 'pg_constraint'::regclass::bigint, k.oid::bigint from pg_constraint k
        where k.conrelid = any({relations}) or k.contypid = any({types})
    union all select 'pg_trigger'::regclass::bigint, g.oid::bigint from pg_trigger g
        where g.tgrelid = any({relations})
    union all select 'pg_rewrite'::regclass::bigint, w.oid::bigint from pg_rewrite w
        where w.ev_class = any({relations})
    union all select 'pg_policy'::regclass::bigint, y.oid::bigint from pg_policy y
        where y.polrelid = any({relations})
"""
"""What can have a comment, and is not shown."""


def _oids(session: Session, query: str, **arrays: list[int]) -> list[int]:
    parts = {name: _array(oids) for name, oids in arrays.items()}
    return [oid for (oid,) in session.query(SQL(query).format(**parts))]


def _array(oids: list[int]) -> Composed:
    return SQL("{}::oid[]").format(Literal(oids))
