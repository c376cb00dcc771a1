"""The catalog columns that no statement sets by itself, and why; and those that cannot be tried here."""

_OIDS = "an OID, or what an object is found by"
_FOLLOWS = "follows from others"
_MAINTENANCE = "written by VACUUM, ANALYZE, concurrent commands or the server itself"
_ELSEWHERE = "not of this database, or no object of a schema"

UNSETTABLE = {
    **dict.fromkeys(
        """
        pg_aggregate.aggfnoid pg_attrdef.adrelid pg_attrdef.adnum pg_attribute.attrelid pg_index.indexrelid
        pg_range.rngtypid pg_sequence.seqrelid pg_foreign_table.ftrelid pg_partitioned_table.partrelid
        pg_subscription.subdbid
        """.split(),
        _OIDS,
    ),
    **dict.fromkeys(
        """
        pg_attribute.attalign pg_attribute.attbyval pg_attribute.attlen pg_attribute.atthasdef
        pg_attribute.atthasmissing pg_attribute.attmissingval pg_class.relchecks pg_class.relhasindex
        pg_class.relhasrules pg_class.relhassubclass pg_class.relhastriggers pg_class.relnatts
        pg_class.relisshared pg_class.reltype pg_class.reltoastrelid pg_collation.collencoding
        pg_constraint.conindid pg_constraint.connamespace pg_constraint.conpfeqop pg_constraint.conppeqop
        pg_constraint.conffeqop pg_trigger.tgconstrindid pg_trigger.tgisinternal pg_type.typarray
        pg_type.typrelid pg_proc.probin pg_partitioned_table.partdefid
        """.split(),
        _FOLLOWS,
    ),
    "pg_extension.extversion": "needs an extension of which the server has two versions",
    "pg_attribute.attndims": "has no effect: int[] and int[][] are the same type",
    "pg_type.typndims": "has no effect: int[] and int[][] are the same type",
    "pg_language.lanispl": "is true of every language that somebody makes",
    **dict.fromkeys(
        """
        pg_attribute.attcacheoff pg_class.relallfrozen pg_class.relallvisible pg_class.relfilenode
        pg_class.relfrozenxid pg_class.relminmxid pg_class.relpages pg_class.relrewrite pg_class.reltuples
        pg_collation.collversion pg_index.indcheckxmin pg_index.indislive pg_index.indisready
        pg_inherits.inhdetachpending pg_subscription.subskiplsn
        """.split(),
        _MAINTENANCE,
    ),
    **dict.fromkeys(
        """
        pg_database.datname pg_database.encoding pg_database.datlocprovider pg_database.datistemplate
        pg_database.datallowconn pg_database.dathasloginevt pg_database.datlastsysoid
        pg_database.datfrozenxid pg_database.datminmxid pg_database.dattablespace pg_database.datcollate
        pg_database.datctype pg_database.datlocale pg_database.daticulocale pg_database.daticurules
        pg_database.datcollversion
        """.split(),
        "settled by CREATE DATABASE, or by a statement that cannot run in a transaction",
    ),
    **dict.fromkeys(
        """
        pg_collation.collisdeterministic pg_collation.collicurules pg_collation.colliculocale
        pg_collation.colllocale pg_collation.collprovider
        """.split(),
        "needs ICU, which the servers of the tests do not have, or a newer one",
    ),
    **dict.fromkeys(
        "pg_extension.extconfig pg_extension.extcondition pg_extension.extrelocatable".split(),
        "settled by the extension's own files",
    ),
    **dict.fromkeys(
        """
        pg_seclabel.objoid pg_seclabel.classoid pg_seclabel.objsubid pg_seclabel.provider pg_seclabel.label
        """.split(),
        "needs a provider, a module of the server; it is read as pg_description is",
    ),
    **dict.fromkeys(
        "pg_ts_parser.prsstart pg_ts_parser.prstoken pg_ts_parser.prsend pg_ts_parser.prslextype".split(),
        "no other function of the server has these arguments",
    ),
}
