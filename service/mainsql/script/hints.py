"""What we know better than the server about why a statement failed: we have the whole tree."""

import re
from collections.abc import Iterator

from mainsql.errors import Place
from mainsql.model import Statement, Tree
from mainsql.script.normal import tokens
from mainsql.script.variables import REFERENCE

_MISSING = {
    "42P01": re.compile(r'relation "(?P<name>.+)" does not exist'),
    "42883": re.compile(r"(?:function|procedure) (?P<name>[^\s(]+)\(.*\) does not exist"),
    "42704": re.compile(r'type "(?P<name>.+)" does not exist'),
    "3F000": re.compile(r'schema "(?P<name>.+)" does not exist'),
}
"""What the servers say of what is missing, by error code; in English, as most of them are set."""

_OUTDATED = frozenset(["42703", "42883"])
"""What may be due to code that is there, but not yet as the tree has it: no such column, no such function."""

_KNOWN = {
    "55P04": "a value that was added to an enum can be used once the transaction that added it is over: "
    "put its use into the next commit",
    "25001": "this cannot be part of a transaction: let it run outside, with "
    '"-- mainsql: no-transaction" in the first line of a file of its own',
    "2D000": "mainsql owns the transaction: COMMIT and ROLLBACK have no place in procedures and DO blocks",
}

_TELLING = {
    ("42P16", "view"): "CREATE OR REPLACE VIEW can only add columns at the end: put DROP VIEW IF EXISTS with "
    "the name of the view before it, and what depends on it behind it",
    ("42P13", "input parameter"): "put DROP FUNCTION IF EXISTS with its old parameters before it",
    ("42704", "transaction_timeout"): "pg_dump writes this since 17, and servers before that do not know it: "
    "take the line out",
}
"""What to do, by error code and a word of the message."""

_BETWEEN = frozenset(
    "or replace global local temp temporary unlogged materialized recursive foreign if not exists".split()
)
_KINDS = frozenset("table view sequence function procedure type domain schema index aggregate".split())


def hint_for(sqlstate: str, message: str, failed: Place | None, tree: Tree | None) -> str | None:
    """What to do about an error of the server, where the tree or the code tells; else None."""
    if known := _KNOWN.get(sqlstate):
        return known
    if sqlstate == "42601" and tree is not None and failed is not None:
        return _not_set(failed, tree)
    for (code, word), way_out in _TELLING.items():
        if sqlstate == code and word in message:
            return way_out
    if tree is None or failed is None:
        return None
    pattern = _MISSING.get(sqlstate)
    match = pattern.match(message) if pattern else None
    if match is not None and (hint := _created_later(match["name"], failed, tree)):
        return hint
    return _replaced_later(failed, tree) if sqlstate in _OUTDATED else None


def _not_set(failed: Place, tree: Tree) -> str | None:
    line = tree.source_line(failed) or ""
    match = REFERENCE.match(line, failed.column - 1)
    return f"the variable {match[match.lastgroup or 0]} is not set" if match else None


def _created_later(name: str, failed: Place, tree: Tree) -> str | None:
    for statement in tree.program[_next(failed, tree) :]:
        created = _created(statement)
        wanted = name.split(".")
        if created[-len(wanted) :] == wanted:
            return f"{name} is created {_where(statement.place, failed)}"
    return None


def _replaced_later(failed: Place, tree: Tree) -> str | None:
    """Whether the failed statement uses code that is replaced behind it: it meets what is there still."""
    following = _next(failed, tree)
    used = set(_names(tree.program[following - 1].text)) if following else set()
    for statement in tree.program[following:]:
        created = _created(statement)
        if created and created[-1] in used:
            return (
                f"this may need {'.'.join(created)} as it is put in place {_where(statement.place, failed)}"
            )
    return None


def _next(failed: Place, tree: Tree) -> int:
    """Where in the program the statements behind the failed one begin."""
    places = [statement.place for statement in tree.program]
    begun = [i for i, place in enumerate(places) if place.path == failed.path and place.line <= failed.line]
    return begun[-1] + 1 if begun else 0


def _where(place: Place, failed: Place) -> str:
    if place.path == failed.path:
        return f"later in this file, in line {place.line}"
    included = place.included_from
    where = f", included later, at {included.path}:{included.line}" if included else ", later"
    return f"by {place.path}{where}: include it before this"


def _names(text: str) -> Iterator[str]:
    """All words of a statement, those in the bodies of functions included."""
    for word in tokens(text):
        if word.startswith("'"):
            yield from _names(word.strip("'"))
        elif word.startswith("$") and word.count("$") > 1:
            yield from _names(word.split("$", 2)[2])
        else:
            yield _unquoted(word)


def _created(statement: Statement) -> list[str]:
    """The parts of the name of what a statement creates; none where it does not."""
    words = tokens(statement.text)
    if words[:1] != ["create"]:
        return []
    at = 1
    while at < len(words) and words[at] in _BETWEEN:
        at += 1
    if at >= len(words) or words[at] not in _KINDS:
        return []
    at += 1
    while at < len(words) and words[at] in _BETWEEN:
        at += 1
    created = [_unquoted(word) for word in words[at : at + 3 : 2]]
    return created if words[at + 1 : at + 2] == ["."] else created[:1]


def _unquoted(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word
