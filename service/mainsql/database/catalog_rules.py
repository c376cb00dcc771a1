"""What is known of single system catalogs: which row is an object of the user's, its name, what counts.

Whatever is not said here comes from the server: see catalogs.py. In the SQL, ``c`` is the catalog's
row, and what stands in braces is in catalog_pieces.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Rules:
    """How the rows of one catalog are read.

    ``owner`` is the column with the OID that the key begins with, and ``key`` the whole key.
    ``identity`` and ``kind`` are None where pg_identify_object says them; ``where`` chooses the rows;
    ``schema``, ``relation`` and ``type`` are the columns that say what a row belongs to: it is hidden
    where that is. ``without`` are columns that are no property (settled by others, or volatile),
    ``unread`` those that are not even in ``raw``, ``properties`` is how a column reads as a
    property, where the server has that column, ``besides`` what else is one, ``definition`` and
    ``facts`` what the entry's fields of these names say. ``source`` is read instead where the role
    may not read all of the catalog.
    """

    owner: str = "oid"
    key: str = "c.oid::text"
    identity: str | None = None
    kind: str | None = None
    where: str = "c.oid >= {first_user_oid}"
    schema: str | None = None
    relation: str | None = None
    type: str | None = None
    without: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    properties: Mapping[str, str] = field(default_factory=dict)
    besides: Mapping[str, str] = field(default_factory=dict)
    definition: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DESCRIBED_FACTS = {
    "object_kind": "(pg_identify_object(c.classoid, c.objoid, c.objsubid)).type",
    "object_identity": "(pg_identify_object(c.classoid, c.objoid, c.objsubid)).identity",
}

# Of a relation: what VACUUM and the like write, and what follows from other rows.
_PHYSICAL = _words(
    "relfilenode relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid relrewrite"
    " reltoastrelid relhasindex relhasrules relhastriggers relhassubclass relnatts relchecks"
)

RULES: Mapping[str, Rules] = MappingProxyType(
    {
        "pg_aggregate": Rules(
            owner="aggfnoid",
            key="c.aggfnoid::oid::text",
            identity="c.aggfnoid::oid::regprocedure::text",
            kind="'aggregate definition'",
            where="c.aggfnoid::oid >= {first_user_oid}",
        ),
        "pg_attrdef": Rules(
            identity="""c.adrelid::regclass::text || '.' || (
                select quote_ident(a.attname) from pg_attribute a
                where a.attrelid = c.adrelid and a.attnum = c.adnum
            )""",
            kind="'default value'",
            relation="adrelid",
            without=_words("adrelid adnum"),
            properties={"adbin": "pg_get_expr(c.adbin, c.adrelid)"},
        ),
        "pg_attribute": Rules(
            owner="attrelid",
            key="c.attrelid || ':' || c.attnum",
            identity="c.attrelid::regclass::text || '.' || quote_ident(c.attname)",
            kind="{column_kind}",
            where="{is_column}",
            without=_words(
                "attnum attlen attalign attbyval attcacheoff attndims atthasdef atthasmissing"
                " attmissingval attisdropped atttypid atttypmod"
            ),
            unread=_words("attcacheoff atthasmissing attmissingval atthasdef"),
            properties={"attstattarget": "nullif(c.attstattarget, -1)"},
            besides={
                "type": "format_type(c.atttypid, c.atttypmod)",
                "position": "row_number() over (partition by c.attrelid order by c.attnum)",
            },
            definition="format_type(c.atttypid, c.atttypmod)",
            facts={"storage": "(select t.typstorage from pg_type t where t.oid = c.atttypid)"},
        ),
        "pg_class": Rules(
            identity="c.oid::regclass::text",
            kind="{relation_kind}",
            schema="relnamespace",
            without=_PHYSICAL | {"reltype"},
            unread=_PHYSICAL,
            properties={"relpartbound": "pg_get_expr(c.relpartbound, c.oid)"},
            besides={
                "toast": "{toast_options}",
                "definition": "case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end",
            },
            definition="case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end",
            facts={"relfilenode": "c.relfilenode::bigint"},
        ),
        "pg_collation": Rules(
            schema="collnamespace", without=_words("collversion"), unread=_words("collversion")
        ),
        "pg_constraint": Rules(
            identity="""quote_ident(c.conname) || ' on '
                || case when c.conrelid <> 0 then c.conrelid::regclass::text
                        when c.contypid <> 0 then c.contypid::regtype::text else '' end""",
            kind="case when c.contypid <> 0 then 'domain constraint' else 'table constraint' end",
            relation="conrelid",
            type="contypid",
            without=_words(
                "conkey confkey confdelsetcols conindid conbin conpfeqop conppeqop conffeqop conexclop"
            ),
            properties={
                # Of one with an index it only says how it came to be on a partition.
                "connoinherit": "case when c.contype in ('c', 'n') then c.connoinherit end",
            },
            besides={"definition": "pg_get_constraintdef(c.oid)"},
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
                " datfrozenxid datminmxid datcollate datctype datlocale daticulocale daticurules"
                " datcollversion"
            ),
            unread=_words("dathasloginevt datlastsysoid datfrozenxid datminmxid datcollversion"),
        ),
        "pg_db_role_setting": Rules(
            owner="setdatabase",
            key="c.setdatabase || ':' || c.setrole",
            identity="{setting}",
            kind="'setting'",
            where="c.setdatabase in (0, {this_database})",
            without=_words("setdatabase"),
        ),
        "pg_default_acl": Rules(
            schema="defaclnamespace",
            facts={
                "builtin": """case when c.defaclnamespace = 0 then (
                    select array_agg(a::text) from unnest(acldefault(
                        case c.defaclobjtype when 'S' then 's' else c.defaclobjtype end, c.defaclrole
                    )) a
                ) end"""
            },
        ),
        "pg_description": Rules(
            owner="objoid",
            key="c.classoid || ':' || c.objoid || ':' || c.objsubid",
            identity="{described}",
            kind="'comment'",
            where="{describable}",
            without=_words("objoid classoid objsubid"),
            facts=_DESCRIBED_FACTS,
        ),
        "pg_enum": Rules(
            identity="c.enumtypid::regtype::text || ' ' || quote_literal(c.enumlabel)",
            kind="'enum label'",
            type="enumtypid",
            without=_words("enumsortorder"),
            besides={
                "rank": """(
                    select count(*) from pg_enum e
                    where e.enumtypid = c.enumtypid and e.enumsortorder <= c.enumsortorder
                )"""
            },
        ),
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
            where="""
                c.indrelid >= {first_user_oid}
                and c.indrelid not in (select r.oid from pg_class r where r.relkind = 't')
            """,
            relation="indrelid",
            without=_words(
                "indkey indcollation indclass indoption indexprs indpred indcheckxmin indnatts indnkeyatts"
            ),
            unread=_words("indcheckxmin"),
            besides={"definition": "pg_get_indexdef(c.indexrelid)"},
            definition="pg_get_indexdef(c.indexrelid)",
        ),
        "pg_inherits": Rules(
            owner="inhrelid",
            key="c.inhrelid || ':' || c.inhparent",
            identity="c.inhrelid::regclass::text || ' from ' || c.inhparent::regclass::text",
            kind="'inheritance'",
            where="c.inhrelid >= {first_user_oid}",
            relation="inhrelid",
        ),
        "pg_namespace": Rules(
            where="(c.oid >= {first_user_oid} or c.nspname = 'public') and c.oid <> all ({hidden_schemas})"
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
            besides={"definition": "pg_get_partkeydef(c.partrelid)"},
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
            kind="{routine_kind}",
            schema="pronamespace",
            properties={
                "proargdefaults": "pg_get_function_arguments(c.oid)",
                "prosqlbody": "pg_get_function_sqlbody(c.oid)",
            },
            definition="case when c.prokind <> 'a' then pg_get_functiondef(c.oid) end",
        ),
        "pg_publication_namespace": Rules(schema="pnnspid"),
        "pg_publication_rel": Rules(
            relation="prrelid",
            properties={
                "prqual": "pg_get_expr(c.prqual, c.prrelid)",
                "prattrs": """(
                    select array_agg(a.attname::text order by a.attname)
                    from pg_attribute a where a.attrelid = c.prrelid and a.attnum = any(c.prattrs::int2[])
                )""",
            },
        ),
        "pg_range": Rules(
            owner="rngtypid",
            key="c.rngtypid::text",
            identity="c.rngtypid::regtype::text",
            kind="'range definition'",
            where="c.rngtypid >= {first_user_oid}",
            type="rngtypid",
        ),
        "pg_rewrite": Rules(
            relation="ev_class",
            identity="quote_ident(c.rulename) || ' on ' || c.ev_class::regclass::text",
            kind="'rule'",
            without=_words("ev_qual ev_action"),
            besides={
                # The rule of a view is the view's own definition.
                "definition": "case when c.rulename <> '_RETURN' then pg_get_ruledef(c.oid) end"
            },
            definition="pg_get_ruledef(c.oid)",
        ),
        "pg_seclabel": Rules(
            owner="objoid",
            key="c.classoid || ':' || c.objoid || ':' || c.objsubid || ':' || c.provider",
            identity="{described} || ' for ' || c.provider",
            kind="'security label'",
            where="{describable}",
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
            properties={
                # The server writes the columns in the order of the table.
                "stxkeys": """(
                    select array_agg(a.attname::text order by a.attname)
                    from pg_attribute a where a.attrelid = c.stxrelid and a.attnum = any(c.stxkeys::int2[])
                )""",
                "stxexprs": "to_jsonb(pg_get_statisticsobjdef_expressions(c.oid))",
                "stxstattarget": "nullif(c.stxstattarget, -1)",
            },
            definition="pg_get_statisticsobjdef(c.oid)",
        ),
        "pg_subscription": Rules(
            where="c.subdbid = {this_database}",
            without=_words("subdbid"),
            unread=_words("subskiplsn"),
            # A connection string may have a password in it, and a document is for people to see.
            properties={"subconninfo": "md5(c.subconninfo)"},
        ),
        "pg_transform": Rules(
            # pg_identify_object says it otherwise in 14, and not as DROP TRANSFORM wants it.
            identity="""'for ' || c.trftype::regtype::text || ' language ' || (
                select quote_ident(l.lanname) from pg_language l where l.oid = c.trflang
            )""",
            kind="'transform'",
        ),
        "pg_trigger": Rules(
            relation="tgrelid",
            identity="{trigger_name} || ' on ' || c.tgrelid::regclass::text",
            kind="'trigger'",
            without=_words("tgattr tgargs tgqual tgconstrindid tgnargs"),
            properties={
                "tgname": "{trigger_name}",
                "tgparentid": "{parent_trigger}",
            },
            besides={"definition": "case when not c.tgisinternal then pg_get_triggerdef(c.oid) end"},
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
            where="c.mapcfg >= {first_user_oid}",
        ),
        "pg_ts_dict": Rules(schema="dictnamespace"),
        "pg_ts_parser": Rules(schema="prsnamespace"),
        "pg_ts_template": Rules(schema="tmplnamespace"),
        "pg_type": Rules(
            identity="c.oid::regtype::text",
            kind="case c.typtype when 'd' then 'domain' else 'type' end",
            where="{is_type}",
            schema="typnamespace",
            without=_words("typarray typrelid typbasetype typtypmod"),
            properties={
                "typdefaultbin": "pg_get_expr(c.typdefaultbin, 0)",
                # A domain's is the text as it was written; what it means is the expression.
                "typdefault": "case when c.typdefaultbin is null then c.typdefault end",
            },
            besides={"type": "case when c.typbasetype <> 0 then format_type(c.typbasetype, c.typtypmod) end"},
            definition="case when c.typbasetype <> 0 then format_type(c.typbasetype, c.typtypmod) end",
        ),
        "pg_user_mapping": Rules(
            properties={
                "umoptions": """(
                    select md5(string_agg(o, ',' order by o collate "C")) from unnest(c.umoptions) o
                )"""
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
