"""Whether a unit can run again when it has changed: read from its SQL, not from its name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mainsql.model import ASKS, Statement
from mainsql.script.normal import tokens
from mainsql.script.stand_ins import parsable, with_stand_ins
from mainsql.script.syntax.parsing import is_known
from mainsql.script.syntax.replacing import Facts, Object, facts


@dataclass(frozen=True, slots=True)
class Once:
    """The first statement that keeps a unit from running again, and why."""

    statement: Statement
    why: str


def once(statements: Sequence[Statement]) -> Once | None:
    """Why these statements, which are a unit's, can run only once; None if they replace themselves.

    They do if each is code that puts in place what it says: CREATE OR REPLACE, GRANT, COMMENT and
    their like, or the DROP … IF EXISTS of code with its CREATE behind it.
    """
    dropped: set[Object] = set()
    waiting: dict[Object, Statement] = {}
    for statement in statements:
        if statement.digest.startswith(ASKS):
            continue
        found = _facts(statement)
        match found:
            case None:
                return Once(statement, "is not known to the grammar, and so taken for what runs once")
            case Facts(replaces=True):
                pass
            case Facts(drops=drops) if drops:
                dropped.update(drops)
                waiting.update(dict.fromkeys(drops, statement))
            case Facts(creates=created) if created in dropped:
                waiting.pop(created, None)
            case _:
                return Once(statement, _why(statement, found))
    for each, statement in waiting.items():
        return Once(
            statement, f"drops {each[0]} {'.'.join(each[1:])}, and nothing behind it creates it again"
        )
    return None


def unread(statements: Sequence[Statement]) -> Statement | None:
    """The first of these statements that the grammar does not know, if there is one."""
    return next((s for s in statements if not s.command and not is_known(parsable(s))), None)


def effects(statement: Statement) -> Iterator[Object]:
    """The code that a statement puts in place, and ``("grant", digest)`` for a GRANT."""
    found = _facts(statement)
    if found is not None and found.grants:
        yield ("grant", statement.digest)
    if found is not None and found.creates is not None:
        yield found.creates


def _why(statement: Statement, found: Facts) -> str:
    words = tokens(statement.text)
    if found.if_not_exists:
        return "does nothing where it is there already: running it again would not change it"
    if found.writes_rows and (words[:1] == ["merge"] or "conflict" in words):
        return "writes rows: a seed runs again only if its file says -- mainsql: repeatable"
    if found.writes_rows:
        return "writes rows"
    return "would not replace what is there"


def _facts(statement: Statement) -> Facts | None:
    """Its facts, also where it was recorded before its late variables had their values."""
    return facts(parsable(statement)) or facts(with_stand_ins(statement.text))
