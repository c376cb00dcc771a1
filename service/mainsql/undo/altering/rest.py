"""What is left: catalogs of which a column or two can be altered, a rule for each."""

from collections.abc import Callable, Iterator, Mapping

from mainsql.undo import fields, grants, objects
from mainsql.undo.altering import code, columns, settings
from mainsql.undo.altering.standing import alter
from mainsql.undo.catalog import SYSTEM_ACL, Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.grants import Granted
from mainsql.undo.steps import Part, Step

_PUBLISHED = {"pubinsert": "insert", "pubupdate": "update", "pubdelete": "delete", "pubtruncate": "truncate"}
_GENERATED = {"n": "none", "s": "stored"}


def sequence(changes: Changes, before: Entry, _: Entry) -> Iterator[Part]:
    """Back to how a sequence counts; how far it has come is no property of it."""
    counts = [
        f"AS {fields.said(before, 'seqtypid')}",
        f"INCREMENT {fields.number(before, 'seqincrement')}",
        f"MINVALUE {fields.number(before, 'seqmin')}",
        f"MAXVALUE {fields.number(before, 'seqmax')}",
        f"START {fields.number(before, 'seqstart')}",
        f"CACHE {fields.number(before, 'seqcache')}",
        "CYCLE" if fields.flag(before, "seqcycle") else "NO CYCLE",
    ]
    name = changes.before.relation(before.key.id).identity
    yield Step(before.key, (f"ALTER SEQUENCE {name} {' '.join(counts)}",))


def _publication(_: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    differing = _differing(before, after)
    put = []
    if differing & _PUBLISHED.keys():
        words = [word for column, word in _PUBLISHED.items() if fields.flag(before, column)]
        put.append(f"publish = '{', '.join(words)}'")
    if "pubviaroot" in differing:
        put.append(f"publish_via_partition_root = {str(fields.flag(before, 'pubviaroot')).lower()}")
    if "pubgencols" in differing:
        put.append(f"publish_generated_columns = {_GENERATED[fields.text(before, 'pubgencols')]}")
    if put:
        yield alter(before, f"SET ({', '.join(put)})")
    _check(before, differing - _PUBLISHED.keys() - {"pubviaroot", "pubgencols"})


def _published_table(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    publication = changes.before[Key("pg_publication", fields.text(before, "prpubid"))]
    relation = changes.before.relation(fields.number(before, "prrelid"))
    listed = fields.said(before, "prattrs")
    condition = fields.said(before, "prqual")
    again = f"ADD TABLE {relation.identity}" + (f" ({listed})" if listed else "")
    again += f" WHERE ({condition.removeprefix('(').removesuffix(')')})" if condition else ""
    stem = f"ALTER PUBLICATION {publication.identity}"
    yield Step(before.key, (f"{stem} DROP TABLE {relation.identity}", f"{stem} {again}"))


def _statistics(_: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    differing = _differing(before, after)
    if "stxstattarget" in differing:
        target = fields.optional(before, "stxstattarget")
        yield alter(before, f"SET STATISTICS {-1 if target is None else target}")
    _check(before, differing - {"stxstattarget"})


def _operator(_: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    differing = _differing(before, after)
    for column, word in (("oprrest", "RESTRICT"), ("oprjoin", "JOIN")):
        if column in differing:
            function = fields.said(before, column).partition("(")[0]
            yield alter(before, f"SET ({word} = {function if function not in {'', '-'} else 'NONE'})")
    # What operators of another's making refer back to, and what can only be set once (PostgreSQL 17).
    _check(before, differing - {"oprrest", "oprjoin", "oprcom", "oprnegate"})


def _event_trigger(_: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    differing = _differing(before, after)
    if "evtenabled" in differing:
        yield alter(before, code.enabled(before, "evtenabled"))
    _check(before, differing - {"evtenabled"})


def _foreign(column: str) -> "Callable[[Changes, Entry, Entry], Iterator[Part]]":
    def options(_: Changes, before: Entry, after: Entry) -> Iterator[Part]:
        differing = _differing(before, after)
        if column in differing:
            were, are = (fields.options(each.raw.get(column)) for each in (before, after))
            yield alter(before, f"OPTIONS ({columns.foreign_options(were, are)})")
        if "srvversion" in differing and fields.text(before, "srvversion"):
            yield alter(before, f"VERSION {fields.text(before, 'srvversion')!r}")
            differing -= {"srvversion"}
        for function, word in (("fdwhandler", "HANDLER"), ("fdwvalidator", "VALIDATOR")):
            if function in differing:
                named = fields.said(before, function).partition("(")[0]
                yield alter(before, f"{word} {named}" if named not in {"", "-"} else f"NO {word}")
        _check(before, differing - {column, "fdwhandler", "fdwvalidator"})

    return options


def _foreign_table(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    _check(before, fields.differing(before, after) - {"ftoptions"})
    were, are = (fields.options(each.raw.get("ftoptions")) for each in (before, after))
    relation = changes.before.relation(before.key.id)
    statement = f"ALTER FOREIGN TABLE {relation.identity} OPTIONS ({columns.foreign_options(were, are)})"
    yield Step(before.key, (statement,))


def _user_mapping(_: Changes, before: Entry, __: Entry) -> Iterator[Part]:
    raise Irreversible(f"{before.kind} {before.identity}: its options may hold a password, and are not kept")


def _dictionary(_: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Options are kept as ``name = 'value', …``; without a value, the option is taken away."""
    differing = _differing(before, after)
    if "dictinitoption" in differing:
        were, are = (fields.text(each, "dictinitoption") for each in (before, after))
        names = {part.partition("=")[0].strip() for part in are.split(",")} - {
            part.partition("=")[0].strip() for part in were.split(",")
        }
        yield alter(before, f"({', '.join([*filter(None, [were]), *sorted(names - {''})])})")
    _check(before, differing - {"dictinitoption"})


def _collation(_: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    _check(before, _differing(before, after))
    yield from ()


def _comment(_: Changes, before: Entry, __: Entry) -> Iterator[Part]:
    yield Step(before.key, (settings.comment(before, fields.said(before, "description")),))


def _security_label(_: Changes, before: Entry, __: Entry) -> Iterator[Part]:
    yield Step(before.key, (settings.security_label(before, fields.said(before, "label")),))


def _default_privileges(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    yield Step(before.key, settings.default_privileges(changes.before, before, after))


def _system_privileges(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    yield Step(before.key, settings.system_privileges(changes.before, before, after))


def _settings(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    yield Step(before.key, settings.settings(changes.before, before, after))


_DATABASE = {
    "datconnlimit": "CONNECTION LIMIT",
    "datistemplate": "IS_TEMPLATE",
    "datallowconn": "ALLOW_CONNECTIONS",
}


def _database(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    were, are = (fields.listed(each.document.get("datacl")) for each in (before, after))
    snapshot = changes.before.snapshot
    differing = fields.differing(before, after)
    owner = snapshot.roles[fields.number(before, "datdba")]
    if "datdba" in differing:
        yield Step(before.key, (f"ALTER DATABASE {snapshot.database} OWNER TO {owner}",))
        are = grants.handed_over(are, changes.after.snapshot.roles[fields.number(after, "datdba")], owner)
    yield Step(before.key, grants.statements(were, are, Granted(f"DATABASE {snapshot.database}", owner)))
    for column, words in _DATABASE.items():
        if column in differing:
            value = str(before.raw[column]).lower()
            yield Step(before.key, (f"ALTER DATABASE {snapshot.database} WITH {words} {value}",))
    _check(before, differing - _DATABASE.keys() - {"datdba", "datacl"})


def _extension(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    differing = fields.differing(before, after)
    if "extversion" in differing:
        raise Irreversible(f"extension {before.identity}: it was updated, and few can be taken back")
    if "extnamespace" in differing:
        schema = changes.before.schema(fields.number(before, "extnamespace")).identity
        yield Step(before.key, (f"ALTER EXTENSION {before.identity} SET SCHEMA {schema}",))
    _check(before, differing - {"extnamespace"})


def _nothing(_: Changes, __: Entry, ___: Entry) -> Iterator[Part]:
    """What follows another row."""
    yield from ()


def no_rule(_: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """For catalogs without a rule. Raises Irreversible for all but name, schema, owner and privileges."""
    _check(before, _differing(before, after))
    yield from ()


def _differing(before: Entry, after: Entry) -> frozenset[str]:
    """In which columns two rows differ, but for those that all kinds of objects have."""
    kind = objects.KINDS.get(before.key.catalog)
    standing = {kind.name, kind.schema, kind.owner, kind.privileges} if kind else set()
    return fields.differing(before, after) - standing


def _check(before: Entry, columns: frozenset[str]) -> None:
    if columns:
        what = ", ".join(sorted(columns))
        raise Irreversible(f"{before.kind} {before.identity}: there is no way back from a changed {what}")


RULES: Mapping[str, Callable[[Changes, Entry, Entry], Iterator[Part]]] = {
    "pg_sequence": sequence,
    "pg_publication": _publication,
    "pg_publication_rel": _published_table,
    "pg_statistic_ext": _statistics,
    "pg_operator": _operator,
    "pg_event_trigger": _event_trigger,
    "pg_foreign_server": _foreign("srvoptions"),
    "pg_foreign_data_wrapper": _foreign("fdwoptions"),
    "pg_foreign_table": _foreign_table,
    "pg_user_mapping": _user_mapping,
    "pg_ts_dict": _dictionary,
    "pg_collation": _collation,
    "pg_description": _comment,
    "pg_seclabel": _security_label,
    "pg_default_acl": _default_privileges,
    SYSTEM_ACL: _system_privileges,
    "pg_db_role_setting": _settings,
    "pg_database": _database,
    "pg_extension": _extension,
    "pg_inherits": _nothing,
    "pg_ts_config_map": _nothing,
    "pg_aggregate": _nothing,
    "pg_partitioned_table": _nothing,
    "pg_range": _nothing,
}
