"""Privileges: from those that an object has to those that it had, as REVOKE and GRANT."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mainsql.undo import spelling

# The letters of aclitem (PostgreSQL manual, section "Privileges").
_PRIVILEGES: Mapping[str, str] = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
    "m": "MAINTAIN",
    "X": "EXECUTE",
    "U": "USAGE",
    "C": "CREATE",
    "c": "CONNECT",
    "T": "TEMPORARY",
    "s": "SET",
    "A": "ALTER SYSTEM",
}
_ITEM = re.compile(r'("(?:[^"]|"")*"|[^=]*)=([^/]*)/(.*)', re.DOTALL)
_LETTER = re.compile(r"(\w)(\*?)")


@dataclass(frozen=True, slots=True, order=True)
class _Grant:
    """Who has privileges from whom; both as SQL names them."""

    grantor: str
    grantee: str


@dataclass(frozen=True, slots=True)
class Granted:
    """On what privileges are: ``TABLE shop.orders``, of one ``column`` (as SQL names it) or of all.

    ``owner`` grants by himself (as SQL names him); others have to be put on as a role.
    ``defaults`` is what stands before it for default privileges: ``ALTER DEFAULT PRIVILEGES …``.
    """

    on: str
    owner: str | None
    column: str | None = None
    defaults: str = ""


def handed_over(items: Sequence[str], new: str, old: str) -> tuple[str, ...]:
    """What becomes of privileges when the owner ``new`` gives an object back to ``old``.

    ALTER … OWNER TO puts the one in the place of the other, as owner and as who granted. Both are role
    names as SQL has them.
    """
    turned: dict[_Grant, dict[str, bool]] = {}
    for grant, letters in _parse(items).items():
        put = _Grant(*(old if role == new else role for role in (grant.grantor, grant.grantee)))
        merged = turned.setdefault(put, {})
        for letter, option in letters.items():
            merged[letter] = merged.get(letter, False) or option
    return tuple(
        f"{grant.grantee}={''.join(c + '*' * option for c, option in letters.items())}/{grant.grantor}"
        for grant, letters in turned.items()
    )


def statements(before: Sequence[str], after: Sequence[str], granted: Granted) -> tuple[str, ...]:
    """The statements that lead from the privileges ``after`` back to those ``before``.

    Both are aclitems. What others than the owner granted is taken first and given last: they may need
    their own privileges with grant option for it.
    """
    were, are = _parse(before), _parse(after)
    grants = sorted({*were, *are}, key=lambda grant: (grant.grantor == granted.owner, grant))
    revoked = [
        statement
        for grant in grants
        for text in _revokes(were.get(grant, {}), are.get(grant, {}), grant, granted)
        for statement in _as_grantor(text, grant, granted)
    ]
    given = [
        statement
        for grant in sorted(grants, key=lambda grant: (grant.grantor != granted.owner, grant))
        for text in _gives(were.get(grant, {}), are.get(grant, {}), grant, granted)
        for statement in _as_grantor(text, grant, granted)
    ]
    return (*revoked, *given)


def grantees(items: Sequence[str]) -> frozenset[str]:
    """Who has privileges by these aclitems, as SQL has them."""
    return frozenset(grant.grantee for grant in _parse(items))


def _parse(items: Sequence[str]) -> dict[_Grant, dict[str, bool]]:
    """Who granted what to whom: for each letter whether with grant option."""
    parsed: dict[_Grant, dict[str, bool]] = {}
    for item in items:
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(f"not an aclitem: {item}")
        grantee, letters, grantor = match.groups()
        given = parsed.setdefault(_Grant(_role(grantor), _role(grantee) if grantee else "PUBLIC"), {})
        given.update({letter: bool(star) for letter, star in _LETTER.findall(letters)})
    return parsed


def _role(text: str) -> str:
    """A role as SQL has it. An aclitem quotes by a rule of its own: ``Bob`` and ``user`` stay bare."""
    if text.startswith('"'):
        text = text[1:-1].replace('""', '"')
    return text if text == "PUBLIC" else spelling.name(text)


def _revokes(
    were: Mapping[str, bool], are: Mapping[str, bool], grant: _Grant, granted: Granted
) -> Iterator[str]:
    for letter in sorted(are):
        if letter not in were:
            yield f"REVOKE {_of(letter, granted)} FROM {grant.grantee}"
        elif are[letter] and not were[letter]:
            yield f"REVOKE GRANT OPTION FOR {_of(letter, granted)} FROM {grant.grantee}"


def _gives(
    were: Mapping[str, bool], are: Mapping[str, bool], grant: _Grant, granted: Granted
) -> Iterator[str]:
    for letter in sorted(were):
        if letter not in are or (were[letter] and not are[letter]):
            option = " WITH GRANT OPTION" if were[letter] else ""
            yield f"GRANT {_of(letter, granted)} TO {grant.grantee}{option}"


def _of(letter: str, granted: Granted) -> str:
    column = f" ({granted.column})" if granted.column else ""
    return f"{_PRIVILEGES[letter]}{column} ON {granted.on}"


def _as_grantor(text: str, grant: _Grant, granted: Granted) -> Sequence[str]:
    if granted.defaults:
        return (f"{granted.defaults} {text}",)
    if granted.owner is None or grant.grantor == granted.owner:
        return (text,)
    return (f"SET ROLE {grant.grantor}", text, "RESET ROLE")
