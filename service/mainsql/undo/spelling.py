"""How SQL spells names and strings, and by which number the server calls its catalogs."""

import re
from types import MappingProxyType

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")

# Those that cannot be a name of any kind unless quoted (PostgreSQL manual, appendix C: reserved, and
# reserved but for functions and types). They have been the same from PostgreSQL 16 to 18.
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc distinct do else
    end except false fetch for foreign freeze from full grant group having ilike in initially inner
    intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not
    notnull null offset on only or order outer overlaps placing primary references returning right select
    session_user similar some symmetric system_user table tablesample then to trailing true union unique
    user using variadic verbose when where window with
    """.split()
)

CATALOGS = MappingProxyType(
    {
        826: "pg_default_acl",
        1247: "pg_type",
        1249: "pg_attribute",
        1255: "pg_proc",
        1259: "pg_class",
        1262: "pg_database",
        1417: "pg_foreign_server",
        1418: "pg_user_mapping",
        2224: "pg_sequence",
        2328: "pg_foreign_data_wrapper",
        2601: "pg_am",
        2602: "pg_amop",
        2603: "pg_amproc",
        2604: "pg_attrdef",
        2605: "pg_cast",
        2606: "pg_constraint",
        2607: "pg_conversion",
        2612: "pg_language",
        2613: "pg_largeobject",
        2615: "pg_namespace",
        2616: "pg_opclass",
        2617: "pg_operator",
        2618: "pg_rewrite",
        2620: "pg_trigger",
        2753: "pg_opfamily",
        2995: "pg_largeobject_metadata",
        3079: "pg_extension",
        3256: "pg_policy",
        3381: "pg_statistic_ext",
        3456: "pg_collation",
        3466: "pg_event_trigger",
        3576: "pg_transform",
        3600: "pg_ts_dict",
        3601: "pg_ts_parser",
        3602: "pg_ts_config",
        3764: "pg_ts_template",
        6100: "pg_subscription",
        6104: "pg_publication",
        6106: "pg_publication_rel",
        6237: "pg_publication_namespace",
    }
)
"""The catalogs of what can be described, dumped or depended on, by OID: they are fixed in the server."""


def name(text: str) -> str:
    """A name as SQL has it: quoted if it needs to be."""
    if _PLAIN.fullmatch(text) and text not in _RESERVED:
        return text
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string as SQL has it, whatever standard_conforming_strings is."""
    quoted = "'" + text.replace("'", "''") + "'"
    return " E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted
