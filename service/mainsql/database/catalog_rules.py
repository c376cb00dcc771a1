"""What is known of single system catalogs: which row is an object of the user's, its name, what counts.

Whatever is not said here comes from the server: see catalogs.py. In the SQL, ``c`` is the catalog's row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FIRST_USER_OID = 16384
"""FirstNormalObjectId of the server's source: what initdb makes is below it."""

HIDDEN_SCHEMAS = """
    select n.oid from pg_namespace n
    where n.nspname ~ '^pg_(toast|temp_|toast_temp_)' or n.nspname in ('mainsql', 'mainsql_archive')
"""
"""Temporary objects, TOAST tables, and what is mainsql's own."""

HIDDEN_RELATIONS = f"select r.oid from pg_class r where r.relnamespace in ({HIDDEN_SCHEMAS})"
_HIDDEN_TYPES = f"select t.oid from pg_type t where t.typnamespace in ({HIDDEN_SCHEMAS})"
HIDDEN_OBJECTS = f"""
    select 'pg_namespace'::regclass, n.oid from ({HIDDEN_SCHEMAS}) n
    union all select 'pg_class'::regclass, r.oid from ({HIDDEN_RELATIONS}) r
    union all select 'pg_type'::regclass, t.oid from ({_HIDDEN_TYPES}) t
    union all select 'pg_proc'::regclass, p.oid from pg_proc p where p.pronamespace in ({HIDDEN_SCHEMAS})
    union all select 'pg_constraint'::regclass, k.oid from pg_constraint k
        where k.connamespace in ({HIDDEN_SCHEMAS})
    union all select 'pg_trigger'::regclass, g.oid from pg_trigger g where g.tgrelid in ({HIDDEN_RELATIONS})
    union all select 'pg_rewrite'::regclass, w.oid from pg_rewrite w where w.ev_class in ({HIDDEN_RELATIONS})
    union all select 'pg_policy'::regclass, y.oid from pg_policy y where y.polrelid in ({HIDDEN_RELATIONS})
"""
"""Pairs of catalog and OID: what can have a comment, and is not shown."""

_THIS_DATABASE = "(select d.oid from pg_database d where d.datname = current_database())"


@dataclass(frozen=True, slots=True)
class Rules:
    """How the rows of one catalog are read.

    ``owner`` is the column with the OID that the key begins with, and ``key`` the whole key.
    ``identity`` and ``kind`` are None where pg_identify_object says them; ``where`` chooses the rows;
    ``schema``, ``relation`` and ``type`` are the columns that say what a row belongs to: it is hidden
    where that is. ``without`` are columns that are no property (settled by others, or volatile),
    ``unread`` those that are not even in ``raw``, ``properties`` is how a column reads as a
    property, or what else is one, ``sets`` arrays whose order means nothing, ``definition`` and
    ``facts`` what the entry's fields of these names say. ``source`` is
    read instead where the role may not read all of the catalog.
    """

    owner: str = "oid"
    key: str = "c.oid::text"
    identity: str | None = None
    kind: str | None = None
    where: str = f"c.oid >= {FIRST_USER_OID}"
    schema: str | None = None
    relation: str | None = None
    type: str | None = None
    without: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    properties: Mapping[str, str] = field(default_factory=dict)
    sets: frozenset[str] = frozenset()
    definition: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _column_names(numbers: str, relation: str) -> str:
    """SQL for the names of columns, given their numbers in an int2vector."""
    return f"""(
        select array_agg(a.attname::text order by n.place)
        from unnest({numbers}::int2[]) with ordinality n (number, place)
        join pg_attribute a on a.attrelid = {relation} and a.attnum = n.number
    )"""


def _column(relation: str, number: str) -> str:
    """SQL for the identity of a column."""
    return f"""{relation}::regclass::text || '.' || (
        select quote_ident(a.attname) from pg_attribute a where a.attrelid = {relation} and a.attnum = {number}
    )"""


_DESCRIBED = (
    "(select i.type || ' ' || i.identity from pg_identify_object(c.classoid, c.objoid, c.objsubid) i)"
)
_DESCRIBED_FACTS = {
    "object_kind": "(pg_identify_object(c.classoid, c.objoid, c.objsubid)).type",
    "object_identity": "(pg_identify_object(c.classoid, c.objoid, c.objsubid)).identity",
}
_DESCRIBED_WHERE = f"""
    (c.objoid >= {FIRST_USER_OID}
     or c.classoid = 'pg_namespace'::regclass
        and c.objoid = (select n.oid from pg_namespace n where n.nspname = 'public'))
    and c.classoid <> 'pg_largeobject'::regclass
    and (c.classoid, c.objoid) not in ({HIDDEN_OBJECTS})
"""

# The server names its triggers for a foreign key after their own OID.
_TRIGGER_NAME = """
    case when c.tgisinternal
        then coalesce((select quote_ident(k.conname) from pg_constraint k where k.oid = c.tgconstraint), '')
            || '/' || c.tgfoid::regproc::text || '/' || c.tgtype::text
        else quote_ident(c.tgname)
    end"""
_PARENT_TRIGGER = """(
    select case when p.tgisinternal then '' else quote_ident(p.tgname) || ' on ' end || p.tgrelid::regclass::text
    from pg_trigger p where p.oid = c.tgparentid
)"""

_RELATION_KIND = """
    case c.relkind
        when 'r' then 'table' when 'p' then 'table' when 'i' then 'index' when 'I' then 'index'
        when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view'
        when 'c' then 'composite type' when 'f' then 'foreign table' else c.relkind::text
    end"""
_COLUMN_KIND = """(
    select case r.relkind
        when 'r' then 'table' when 'p' then 'table' when 'i' then 'index' when 'I' then 'index'
        when 'v' then 'view' when 'm' then 'materialized view'
        when 'c' then 'composite type' when 'f' then 'foreign table' else r.relkind::text
    end || ' column' from pg_class r where r.oid = c.attrelid
)"""
_ROUTINE_KIND = "case c.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end"

# Of an index only the columns of which something was set by hand are objects of their own.
_COLUMN_COUNTS = f"""
    c.attrelid >= {FIRST_USER_OID} and c.attnum > 0 and not c.attisdropped
    and exists (
        select from pg_class r where r.oid = c.attrelid
        and (r.relkind not in ('i', 'I', 'S', 't')
             or r.relkind in ('i', 'I') and nullif(c.attstattarget, -1) is not null)
    )"""
# Array types and the row types of tables come and go with what they are of.
_TYPE_COUNTS = f"""
    c.oid >= {FIRST_USER_OID}
    and not (c.typelem <> 0 and c.typlen = -1 and exists (select from pg_type e where e.typarray = c.oid))
    and (c.typrelid = 0 or c.typacl is not null
         or exists (select from pg_class r where r.oid = c.typrelid and r.relkind = 'c'))"""

_SETTING = """
    case c.setrole when 0 then '' else 'role ' || c.setrole::regrole::text || ' ' end
    || case c.setdatabase when 0 then 'everywhere' else 'in this database' end"""

_TOAST_OPTIONS = """(
    select array_agg(o order by o collate "C")
    from pg_class t, unnest(t.reloptions) o where t.oid = c.reltoastrelid and c.reltoastrelid <> 0
)"""

RULES: Mapping[str, Rules] = MappingProxyType(
    {
        "pg_aggregate": Rules(
            owner="aggfnoid",
            key="c.aggfnoid::oid::text",
            identity="c.aggfnoid::oid::regprocedure::text",
            kind="'aggregate definition'",
            where=f"c.aggfnoid::oid >= {FIRST_USER_OID}",
        ),
        "pg_attrdef": Rules(
            identity=_column("c.adrelid", "c.adnum"),
            kind="'default value'",
            relation="adrelid",
            without=_words("adnum"),
            properties={"adbin": "pg_get_expr(c.adbin, c.adrelid)"},
        ),
        "pg_attribute": Rules(
            owner="attrelid",
            key="c.attrelid || ':' || c.attnum",
            identity="c.attrelid::regclass::text || '.' || quote_ident(c.attname)",
            kind=_COLUMN_KIND,
            where=_COLUMN_COUNTS,
            relation="attrelid",
            without=_words(
                "attnum attlen attalign attbyval attcacheoff attndims atthasdef atthasmissing"
                " attmissingval attisdropped atttypid atttypmod"
            ),
            unread=_words("attcacheoff atthasmissing attmissingval atthasdef"),
            properties={
                "type": "format_type(c.atttypid, c.atttypmod)",
                "attstattarget": "nullif(c.attstattarget, -1)",
                "position": "row_number() over (partition by c.attrelid order by c.attnum)",
            },
            definition="format_type(c.atttypid, c.atttypmod)",
            facts={"storage": "(select t.typstorage from pg_type t where t.oid = c.atttypid)"},
        ),
        "pg_class": Rules(
            identity="c.oid::regclass::text",
            kind=_RELATION_KIND,
            schema="relnamespace",
            without=_words(
                "relfilenode relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid relrewrite"
                " reltype reltoastrelid relhasindex relhasrules relhastriggers relhassubclass relnatts relchecks"
            ),
            unread=_words(
                "relfilenode relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid relrewrite"
                " reltoastrelid relhasindex relhasrules relhastriggers relhassubclass relnatts relchecks"
            ),
            properties={"relpartbound": "pg_get_expr(c.relpartbound, c.oid)", "toast": _TOAST_OPTIONS},
            definition="case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end",
            facts={"relfilenode": "c.relfilenode::bigint"},
        ),
        "pg_collation": Rules(
            schema="collnamespace", without=_words("collversion"), unread=_words("collversion")
        ),
        "pg_constraint": Rules(
            identity="""quote_ident(c.conname) || ' on '
                || coalesce(nullif(c.conrelid, 0)::regclass::text, nullif(c.contypid, 0)::regtype::text, '')""",
            kind="case when c.contypid <> 0 then 'domain constraint' else 'table constraint' end",
            relation="conrelid",
            type="contypid",
            without=_words(
                "conkey confkey confdelsetcols conindid conbin conpfeqop conppeqop conffeqop conexclop"
            ),
            properties={"definition": "pg_get_constraintdef(c.oid)"},
            definition="pg_get_constraintdef(c.oid)",
        ),
        "pg_conversion": Rules(schema="connamespace"),
        "pg_database": Rules(
            identity="'this database'",
            kind="'database'",
            where="c.datname = current_database()",
            # What CREATE DATABASE settles for good, or the server writes.
            without=_words(
                "datname encoding datlocprovider datistemplate datallowconn dathasloginevt datlastsysoid"
                " datfrozenxid datminmxid datcollate datctype datlocale daticulocale daticurules datcollversion"
            ),
            unread=_words("dathasloginevt datlastsysoid datfrozenxid datminmxid datcollversion"),
        ),
        "pg_db_role_setting": Rules(
            owner="setdatabase",
            key="c.setdatabase || ':' || c.setrole",
            identity=_SETTING,
            kind="'setting'",
            where=f"c.setdatabase in (0, {_THIS_DATABASE})",
            without=_words("setdatabase"),
            sets=_words("setconfig"),
        ),
        "pg_default_acl": Rules(
            schema="defaclnamespace",
            facts={
                "builtin": """case when c.defaclnamespace = 0 then (
                    select array_agg(a::text) from unnest(acldefault(
                        case c.defaclobjtype when 'S' then 's' else c.defaclobjtype end::"char", c.defaclrole)) a
                ) end"""
            },
        ),
        "pg_description": Rules(
            owner="objoid",
            key="c.classoid || ':' || c.objoid || ':' || c.objsubid",
            identity=_DESCRIBED,
            kind="'comment'",
            where=_DESCRIBED_WHERE,
            without=_words("objoid classoid objsubid"),
            facts=_DESCRIBED_FACTS,
        ),
        "pg_enum": Rules(
            identity="c.enumtypid::regtype::text || ' ' || quote_literal(c.enumlabel)",
            kind="'enum label'",
            type="enumtypid",
            without=_words("enumsortorder"),
            properties={
                "rank": """(
                    select count(*) from pg_enum e
                    where e.enumtypid = c.enumtypid and e.enumsortorder <= c.enumsortorder
                )"""
            },
        ),
        "pg_event_trigger": Rules(sets=_words("evttags")),
        "pg_foreign_data_wrapper": Rules(sets=_words("fdwoptions")),
        "pg_foreign_server": Rules(sets=_words("srvoptions")),
        "pg_foreign_table": Rules(
            owner="ftrelid",
            key="c.ftrelid::text",
            identity="c.ftrelid::regclass::text",
            kind="'foreign table definition'",
            where="true",
            relation="ftrelid",
        ),
        "pg_index": Rules(
            owner="indexrelid",
            key="c.indexrelid::text",
            identity="c.indexrelid::regclass::text",
            kind="'index definition'",
            where=f"c.indrelid >= {FIRST_USER_OID}",
            relation="indrelid",
            without=_words(
                "indkey indcollation indclass indoption indexprs indpred indcheckxmin indnatts indnkeyatts"
            ),
            unread=_words("indcheckxmin"),
            properties={"definition": "pg_get_indexdef(c.indexrelid)"},
            definition="pg_get_indexdef(c.indexrelid)",
        ),
        "pg_inherits": Rules(
            owner="inhrelid",
            key="c.inhrelid || ':' || c.inhparent",
            identity="c.inhrelid::regclass::text || ' from ' || c.inhparent::regclass::text",
            kind="'inheritance'",
            where=f"c.inhrelid >= {FIRST_USER_OID}",
            relation="inhrelid",
        ),
        "pg_namespace": Rules(
            where=f"""(c.oid >= {FIRST_USER_OID} or c.nspname = 'public') and c.oid not in ({HIDDEN_SCHEMAS})"""
        ),
        "pg_opclass": Rules(schema="opcnamespace"),
        "pg_operator": Rules(schema="oprnamespace"),
        "pg_opfamily": Rules(schema="opfnamespace"),
        "pg_partitioned_table": Rules(
            owner="partrelid",
            key="c.partrelid::text",
            identity="c.partrelid::regclass::text",
            kind="'partition key'",
            where="true",
            relation="partrelid",
            without=_words("partattrs partclass partcollation partexprs partnatts partdefid"),
            unread=_words("partdefid"),
            properties={"definition": "pg_get_partkeydef(c.partrelid)"},
            definition="pg_get_partkeydef(c.partrelid)",
        ),
        "pg_policy": Rules(
            relation="polrelid",
            properties={
                "polqual": "pg_get_expr(c.polqual, c.polrelid)",
                "polwithcheck": "pg_get_expr(c.polwithcheck, c.polrelid)",
            },
        ),
        "pg_proc": Rules(
            identity="c.oid::regprocedure::text",
            kind=_ROUTINE_KIND,
            schema="pronamespace",
            properties={
                "proargdefaults": "pg_get_function_arguments(c.oid)",
                "prosqlbody": "pg_get_function_sqlbody(c.oid)",
            },
            sets=_words("proconfig"),
            definition="case when c.prokind <> 'a' then pg_get_functiondef(c.oid) end",
        ),
        "pg_publication_namespace": Rules(schema="pnnspid"),
        "pg_publication_rel": Rules(
            relation="prrelid",
            properties={
                "prqual": "pg_get_expr(c.prqual, c.prrelid)",
                "prattrs": _column_names("c.prattrs", "c.prrelid"),
            },
        ),
        "pg_range": Rules(
            owner="rngtypid",
            key="c.rngtypid::text",
            identity="c.rngtypid::regtype::text",
            kind="'range definition'",
            where=f"c.rngtypid >= {FIRST_USER_OID}",
            type="rngtypid",
        ),
        "pg_rewrite": Rules(
            relation="ev_class",
            identity="quote_ident(c.rulename) || ' on ' || c.ev_class::regclass::text",
            kind="'rule'",
            without=_words("ev_qual ev_action"),
            properties={"definition": "pg_get_ruledef(c.oid)"},
            definition="pg_get_ruledef(c.oid)",
        ),
        "pg_seclabel": Rules(
            owner="objoid",
            key="c.classoid || ':' || c.objoid || ':' || c.objsubid || ':' || c.provider",
            identity=_DESCRIBED + " || ' for ' || c.provider",
            kind="'security label'",
            where=_DESCRIBED_WHERE,
            without=_words("objoid classoid objsubid"),
            facts=_DESCRIBED_FACTS,
        ),
        "pg_sequence": Rules(
            owner="seqrelid",
            key="c.seqrelid::text",
            identity="c.seqrelid::regclass::text",
            kind="'sequence definition'",
            where="true",
            relation="seqrelid",
        ),
        "pg_statistic_ext": Rules(
            schema="stxnamespace",
            relation="stxrelid",
            without=_words("stxkeys stxexprs"),
            properties={
                "definition": "pg_get_statisticsobjdef(c.oid)",
                "stxstattarget": "nullif(c.stxstattarget, -1)",
            },
            definition="pg_get_statisticsobjdef(c.oid)",
        ),
        "pg_subscription": Rules(
            where=f"c.subdbid = {_THIS_DATABASE}",
            without=_words("subdbid"),
            unread=_words("subskiplsn"),
            # A connection string may have a password in it, and a document is for people to see.
            properties={"subconninfo": "md5(c.subconninfo)"},
        ),
        "pg_trigger": Rules(
            relation="tgrelid",
            identity=_TRIGGER_NAME + " || ' on ' || c.tgrelid::regclass::text",
            kind="'trigger'",
            without=_words("tgattr tgargs tgqual tgconstrindid tgnargs"),
            properties={
                "tgname": _TRIGGER_NAME,
                "tgparentid": _PARENT_TRIGGER,
                "definition": "case when not c.tgisinternal then pg_get_triggerdef(c.oid) end",
            },
            definition="case when not c.tgisinternal then pg_get_triggerdef(c.oid) end",
        ),
        "pg_ts_config": Rules(schema="cfgnamespace"),
        "pg_ts_config_map": Rules(
            owner="mapcfg",
            key="c.mapcfg || ':' || c.maptokentype || ':' || c.mapseqno",
            identity="""c.mapcfg::regconfig::text || ' ' || coalesce((
                    select t.alias from pg_ts_config f, ts_token_type(f.cfgparser) t
                    where f.oid = c.mapcfg and t.tokid = c.maptokentype
                ), c.maptokentype::text) || ' ' || c.mapseqno""",
            kind="'text search mapping'",
            where=f"c.mapcfg >= {FIRST_USER_OID}",
        ),
        "pg_ts_dict": Rules(schema="dictnamespace"),
        "pg_ts_parser": Rules(schema="prsnamespace"),
        "pg_ts_template": Rules(schema="tmplnamespace"),
        "pg_type": Rules(
            identity="c.oid::regtype::text",
            kind="case c.typtype when 'd' then 'domain' else 'type' end",
            where=_TYPE_COUNTS,
            schema="typnamespace",
            without=_words("typarray typrelid typbasetype typtypmod"),
            properties={
                "typdefaultbin": "pg_get_expr(c.typdefaultbin, 0)",
                # A domain's is the text as it was written; what it means is the expression.
                "typdefault": "case when c.typdefaultbin is null then c.typdefault end",
                "type": "case when c.typbasetype <> 0 then format_type(c.typbasetype, c.typtypmod) end",
            },
            definition="case when c.typbasetype <> 0 then format_type(c.typbasetype, c.typtypmod) end",
        ),
        "pg_user_mapping": Rules(
            properties={
                "umoptions": """md5((select string_agg(o, ',' order by o collate "C") from unnest(c.umoptions) o))"""
            },
            # Who is no superuser reads what the view shows him.
            source="""(
                select 0::oid as tableoid, 0::text::xid as xmin, m.umid as oid, m.umuser, m.srvid as umserver,
                       m.umoptions
                from pg_user_mappings m
            )""",
        ),
    }
)

NO_SCHEMA = _words(
    "pg_authid pg_auth_members pg_depend pg_init_privs pg_largeobject pg_largeobject_metadata"
    " pg_parameter_acl pg_replication_origin pg_shdepend pg_shdescription pg_shseclabel pg_statistic"
    " pg_statistic_ext_data pg_subscription_rel pg_tablespace"
)
"""Catalogs that are not read: of the whole cluster, rows rather than objects, or read in another way."""
