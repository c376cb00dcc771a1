"""Triggers, rules, policies and routines: what can be replaced."""

from collections.abc import Iterator

from mainsql.undo import fields, objects, spelling
from mainsql.undo.catalog import Entry, Key
from mainsql.undo.changes import Changes, Irreversible
from mainsql.undo.side import Side
from mainsql.undo.steps import Part, Rename, Step

_ENABLED = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
_STANDING = frozenset({"proname", "pronamespace", "proowner", "proacl"})


def enabled(entry: Entry, column: str) -> str:
    """``ENABLE`` and its like."""
    return _ENABLED[fields.text(entry, column)]


def _rename(before: Entry, after: Entry, column: str, word: str, relation: Entry) -> Rename:
    def statement(current: str, former: str) -> str:
        names = f"{spelling.name(current)} ON {relation.identity} RENAME TO {spelling.name(former)}"
        return f"ALTER {word} {names}"

    current, former = (fields.text(each, column) for each in (after, before))
    return Rename(before.key.catalog, relation.identity, current, former, statement, late=True)


def trigger_alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to what a trigger was."""
    relation = changes.before.relation(fields.number(before, "tgrelid"))
    differing = fields.differing(before, after)
    name = objects.column_name(before, "tgname")
    internal = fields.flag(before, "tgisinternal")
    if not internal and not fields.number(before, "tgparentid"):
        if "tgname" in differing:
            yield _rename(before, after, "tgname", "TRIGGER", relation)
        if differing - {"tgname", "tgenabled"}:
            yield Step(before.key, (_replacing(fields.said(before, "definition"), "TRIGGER"),))
    elif not internal and differing - {"tgname", "tgenabled"}:
        return  # A trigger of a partition: that of its parent brings it along.
    if differing - {"tgname"}:
        action = f"{enabled(before, 'tgenabled')} TRIGGER {name}"
        only = "ONLY " if fields.text(relation, "relkind") == "p" else ""
        statement = f"ALTER {objects.word(relation)} {only}{relation.identity} {action}"
        yield Step(before.key, (statement,))


def _replacing(definition: str, word: str) -> str:
    return definition.rstrip().removesuffix(";").replace(f"CREATE {word}", f"CREATE OR REPLACE {word}", 1)


def rule_alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to what a rule was, or to the query of a view."""
    relation = changes.before.relation(fields.number(before, "ev_class"))
    differing = fields.differing(before, after)
    if changes.before.is_return_rule(before.key):
        if relation.kind == "view" and relation.key not in changes.created:
            yield from view(changes, relation)
        return
    if "rulename" in differing:
        yield _rename(before, after, "rulename", "RULE", relation)
    if differing - {"rulename", "ev_enabled"}:
        yield Step(before.key, (_replacing(fields.said(before, "definition"), "RULE"),))
    if "ev_enabled" in differing:
        action = f"{enabled(before, 'ev_enabled')} RULE {objects.column_name(before, 'rulename')}"
        yield Step(before.key, (f"ALTER TABLE {relation.identity} {action}",))


def view(changes: Changes, relation: Entry) -> Iterator[Part]:
    """The query that a view had, under the names that its columns had."""
    options = fields.options(relation.document.get("reloptions"))
    set_to = f" WITH ({', '.join(f'{name}={value}' for name, value in options.items())})" if options else ""
    query = (relation.definition or "").strip().removesuffix(";")
    yield Step(relation.key, (f"CREATE OR REPLACE VIEW {relation.identity}{set_to} AS {query}",))


def policy_alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to what a policy was; one that has to be made again does not come here."""
    relation = changes.before.relation(fields.number(before, "polrelid"))
    differing = fields.differing(before, after)
    if "polname" in differing:
        yield _rename(before, after, "polname", "POLICY", relation)
    if differing - {"polname"}:
        statement = f"ALTER POLICY {objects.column_name(before, 'polname')} ON {relation.identity}"
        statement += f" TO {_roles(changes.before, before)}"
        if using := fields.said(before, "polqual"):
            statement += f" USING ({using})"
        if check := fields.said(before, "polwithcheck"):
            statement += f" WITH CHECK ({check})"
        yield Step(before.key, (statement,))


def _roles(side: Side, policy: Entry) -> str:
    return ", ".join(
        side.snapshot.roles[role] if role else "PUBLIC" for role in fields.numbers(policy, "polroles")
    )


def must_be_made_again(changes: Changes, key: Key) -> bool:
    """Whether it is so changed that nothing replaces it: it has to be dropped and made again."""
    match key.catalog:
        case "pg_proc":
            return _routine_must(changes, *changes.pair(key))
        case "pg_policy":
            return _policy_must(*changes.pair(key))
        case "pg_aggregate":
            return True
    return False


def _routine_must(changes: Changes, before: Entry, after: Entry) -> bool:
    differing = fields.differing(before, after)
    if fields.text(before, "prokind") == "a":
        return bool(differing - _STANDING)
    names_before, names_after = (fields.listed(each.raw.get("proargnames")) for each in (before, after))
    fewer_defaults = fields.number(after, "pronargdefaults") > fields.number(before, "pronargdefaults")
    return bool(names_after and names_before != names_after) or fewer_defaults


def _policy_must(before: Entry, after: Entry) -> bool:
    return any(
        fields.text(after, column) and not fields.text(before, column)
        for column in ("polqual", "polwithcheck")
    ) or bool(fields.differing(before, after) & {"polcmd", "polpermissive"})


def routine_alterations(changes: Changes, before: Entry, after: Entry) -> Iterator[Part]:
    """Back to what a routine was, by replacing it. Raises Irreversible."""
    if not fields.differing(before, after) - _STANDING:
        return
    if before.definition is None:
        raise Irreversible(f"{before.kind} {before.identity} was replaced, and the server does not write it")
    yield Step(before.key, (before.definition.strip(),))
