"""Which module knows the way back for which catalog."""

from collections.abc import Callable, Iterator, Mapping

from mainsql.undo import objects
from mainsql.undo.altering import code, columns, constraints, relations, rest, standing, types
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes
from mainsql.undo.steps import Part

Rule = Callable[[Changes, Entry, Entry], Iterator[Part]]

_RULES: Mapping[str, Rule] = {
    "pg_class": relations.alterations,
    "pg_attribute": columns.alterations,
    "pg_constraint": constraints.alterations,
    "pg_index": constraints.index_alterations,
    "pg_trigger": code.trigger_alterations,
    "pg_rewrite": code.rule_alterations,
    "pg_policy": code.policy_alterations,
    "pg_proc": code.routine_alterations,
    "pg_type": types.alterations,
    "pg_enum": types.label_alterations,
    **rest.RULES,
}


def alterations(changes: Changes, key: Key) -> Iterator[Part]:
    """The way back for an entry that changed. Raises Irreversible."""
    if key.catalog == "pg_attrdef":
        return  # columns.defaults: a default that is set again has another OID.
    before, after = changes.pair(key)
    if key.catalog in objects.KINDS:
        yield from standing.alterations(changes, before, after)
    yield from _RULES.get(key.catalog, rest.no_rule)(changes, before, after)
