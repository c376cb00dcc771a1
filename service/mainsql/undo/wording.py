"""How people call the properties of the catalogs, and what their letters stand for."""

from collections.abc import Mapping

from mainsql.undo.catalog import Json

_PREFIXES = {
    "pg_aggregate": "agg",
    "pg_am": "am",
    "pg_amop": "amop",
    "pg_amproc": "am",
    "pg_attribute": "att",
    "pg_cast": "cast",
    "pg_class": "rel",
    "pg_collation": "coll",
    "pg_constraint": "con",
    "pg_conversion": "con",
    "pg_database": "dat",
    "pg_db_role_setting": "set",
    "pg_default_acl": "defacl",
    "pg_enum": "enum",
    "pg_event_trigger": "evt",
    "pg_extension": "ext",
    "pg_foreign_data_wrapper": "fdw",
    "pg_foreign_server": "srv",
    "pg_foreign_table": "ft",
    "pg_index": "ind",
    "pg_inherits": "inh",
    "pg_language": "lan",
    "pg_namespace": "nsp",
    "pg_opclass": "opc",
    "pg_operator": "opr",
    "pg_opfamily": "opf",
    "pg_partitioned_table": "part",
    "pg_policy": "pol",
    "pg_proc": "pro",
    "pg_publication": "pub",
    "pg_publication_rel": "pr",
    "pg_range": "rng",
    "pg_rewrite": "ev_",
    "pg_sequence": "seq",
    "pg_statistic_ext": "stx",
    "pg_subscription": "sub",
    "pg_transform": "trf",
    "pg_trigger": "tg",
    "pg_ts_config": "cfg",
    "pg_ts_config_map": "map",
    "pg_ts_dict": "dict",
    "pg_ts_parser": "prs",
    "pg_ts_template": "tmpl",
    "pg_type": "typ",
    "pg_user_mapping": "um",
}
"""What the names of a catalog's columns begin with."""

_WORDS = {
    "acl": "privileges",
    "adbin": "default",
    "allargtypes": "types of all arguments",
    "am": "access method",
    "argdefaults": "arguments",
    "argmodes": "modes of arguments",
    "argnames": "names of arguments",
    "argtypes": "types of arguments",
    "basetype": "base type",
    "checkasuser": "checked as",
    "classid": "catalog",
    "cmd": "command",
    "collation": "collation",
    "configuration": "settings",
    "conninfo": "connection",
    "config": "settings",
    "defaultbin": "default",
    "deferrable": "deferrable",
    "deferred": "initially deferred",
    "description": "comment",
    "enforced": "enforced",
    "enabled": "state",
    "fdwoptions": "options of the wrapper",
    "forcerowsecurity": "row level security for the owner",
    "generated": "generated",
    "hasdef": "has a default",
    "identity": "identity",
    "inhcount": "inherited from",
    "isclustered": "clustered on",
    "islocal": "defined here",
    "ispartition": "is a partition",
    "ispopulated": "populated",
    "isprimary": "primary",
    "isreplident": "replica identity",
    "isstrict": "strict",
    "isunique": "unique",
    "isvalid": "valid",
    "label": "security label",
    "leakproof": "leakproof",
    "namespace": "schema",
    "notnull": "not null",
    "oftype": "of type",
    "options": "options",
    "partbound": "partition bound",
    "permissive": "permissive",
    "persistence": "persistence",
    "qual": "using",
    "reltablespace": "tablespace",
    "replident": "replica identity",
    "rettype": "returns",
    "retset": "returns a set",
    "rowsecurity": "row level security",
    "secdef": "security definer",
    "sqlbody": "body",
    "src": "body",
    "stattarget": "statistics target",
    "validated": "validated",
    "volatile": "volatility",
    "withcheck": "with check",
}

_LETTERS: Mapping[str, Mapping[str, str]] = {
    "attidentity": {"": "none", "a": "always", "d": "by default"},
    "attgenerated": {"": "no", "s": "stored", "v": "virtual"},
    "attstorage": {"p": "plain", "e": "external", "m": "main", "x": "extended"},
    "attcompression": {"": "default", "p": "pglz", "l": "lz4"},
    "confdeltype": {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"},
    "confupdtype": {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"},
    "confmatchtype": {"f": "full", "p": "partial", "s": "simple"},
    "ev_enabled": {"O": "enabled", "D": "disabled", "R": "replica", "A": "always"},
    "evtenabled": {"O": "enabled", "D": "disabled", "R": "replica", "A": "always"},
    "tgenabled": {"O": "enabled", "D": "disabled", "R": "replica", "A": "always"},
    "polcmd": {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"},
    "provolatile": {"i": "immutable", "s": "stable", "v": "volatile"},
    "proparallel": {"s": "safe", "r": "restricted", "u": "unsafe"},
    "relpersistence": {"p": "permanent", "u": "unlogged", "t": "temporary"},
    "relreplident": {"d": "default", "n": "nothing", "f": "full", "i": "an index"},
}


def word(catalog: str, property_name: str) -> str:
    """What people call a property: ``owner``, ``not null``, ``type``."""
    bare = property_name.removeprefix(_PREFIXES.get(catalog, ""))
    return _WORDS.get(bare) or _WORDS.get(property_name) or bare or property_name


def value(property_name: str, found: Json) -> str:
    """A value of a property, as people read it."""
    match found:
        case None:
            return "none"
        case bool():
            return "yes" if found else "no"
        case str():
            return _LETTERS.get(property_name, {}).get(found, found) or "''"
        case list():
            return ", ".join(map(str, found)) or "none"
    return str(found)
