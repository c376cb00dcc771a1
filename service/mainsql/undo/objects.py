"""Objects as ALTER, DROP, COMMENT and GRANT name them."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainsql.undo import fields, spelling
from mainsql.undo.catalog import Entry
from mainsql.undo.side import Side

_RELATIONS: Mapping[str, str] = {
    "r": "TABLE",
    "p": "TABLE",
    "v": "VIEW",
    "m": "MATERIALIZED VIEW",
    "S": "SEQUENCE",
    "i": "INDEX",
    "I": "INDEX",
    "f": "FOREIGN TABLE",
    "c": "TYPE",
}
# ROUTINE is any of them; an aggregate without arguments could not be named otherwise.
_ROUTINES: Mapping[str, str] = {"f": "FUNCTION", "p": "PROCEDURE", "a": "ROUTINE", "w": "FUNCTION"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What SQL calls the objects of a catalog, and the columns with name, schema, owner and privileges."""

    word: str
    name: str
    schema: str = ""
    owner: str = ""
    privileges: str = ""


KINDS: Mapping[str, Kind] = {
    "pg_class": Kind("TABLE", "relname", "relnamespace", "relowner", "relacl"),
    "pg_proc": Kind("FUNCTION", "proname", "pronamespace", "proowner", "proacl"),
    "pg_type": Kind("TYPE", "typname", "typnamespace", "typowner", "typacl"),
    "pg_namespace": Kind("SCHEMA", "nspname", "", "nspowner", "nspacl"),
    "pg_collation": Kind("COLLATION", "collname", "collnamespace", "collowner"),
    "pg_statistic_ext": Kind("STATISTICS", "stxname", "stxnamespace", "stxowner"),
    "pg_operator": Kind("OPERATOR", "oprname", "oprnamespace", "oprowner"),
    "pg_opclass": Kind("OPERATOR CLASS", "opcname", "opcnamespace", "opcowner"),
    "pg_opfamily": Kind("OPERATOR FAMILY", "opfname", "opfnamespace", "opfowner"),
    "pg_conversion": Kind("CONVERSION", "conname", "connamespace", "conowner"),
    "pg_ts_config": Kind("TEXT SEARCH CONFIGURATION", "cfgname", "cfgnamespace", "cfgowner"),
    "pg_ts_dict": Kind("TEXT SEARCH DICTIONARY", "dictname", "dictnamespace", "dictowner"),
    "pg_ts_parser": Kind("TEXT SEARCH PARSER", "prsname", "prsnamespace"),
    "pg_ts_template": Kind("TEXT SEARCH TEMPLATE", "tmplname", "tmplnamespace"),
    "pg_publication": Kind("PUBLICATION", "pubname", "", "pubowner"),
    "pg_event_trigger": Kind("EVENT TRIGGER", "evtname", "", "evtowner"),
    "pg_foreign_server": Kind("SERVER", "srvname", "", "srvowner", "srvacl"),
    "pg_foreign_data_wrapper": Kind("FOREIGN DATA WRAPPER", "fdwname", "", "fdwowner", "fdwacl"),
    "pg_language": Kind("LANGUAGE", "lanname", "", "lanowner", "lanacl"),
    "pg_largeobject_metadata": Kind("LARGE OBJECT", "oid", "", "lomowner", "lomacl"),
}
"""What can be named, moved, handed over or granted; extensions are not ours to do that with."""

_DROPPED_AS: Mapping[str, str] = {
    "pg_cast": "CAST",
    "pg_am": "ACCESS METHOD",
    "pg_transform": "TRANSFORM",
    "pg_extension": "EXTENSION",
    "pg_subscription": "SUBSCRIPTION",
}


def word(entry: Entry) -> str:
    """What SQL calls it: ``MATERIALIZED VIEW``, ``DOMAIN``; empty for what is no object of its own."""
    match entry.key.catalog:
        case "pg_class":
            return _RELATIONS.get(fields.text(entry, "relkind"), "")
        case "pg_proc":
            return _ROUTINES.get(fields.text(entry, "prokind"), "")
        case "pg_type":
            return "DOMAIN" if fields.text(entry, "typtype") == "d" else "TYPE"
        case catalog if catalog in KINDS:
            return KINDS[catalog].word
        case catalog:
            return _DROPPED_AS.get(catalog, "")


def title(entry: Entry) -> str:
    """The object for people: ``table column shop.orders.note``."""
    return f"{entry.kind} {entry.identity}"


def schema_name(side: Side, entry: Entry, column: str) -> str:
    """The name of the schema that it is in, not quoted."""
    return fields.text(side.schema(fields.number(entry, column)), "nspname")


def arguments(entry: Entry) -> str:
    """What stands behind the name to tell it from others: ``(integer)``, `` USING btree``."""
    match entry.key.catalog:
        case "pg_proc" | "pg_operator":
            return entry.identity[entry.identity.index("(") :]
        case "pg_opclass" | "pg_opfamily":
            return entry.identity[entry.identity.rindex(" USING ") :]
    return ""


def column_name(entry: Entry, column: str = "attname") -> str:
    """Its name, as SQL has it."""
    return spelling.name(fields.text(entry, column))
