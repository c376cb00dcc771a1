"""The text of ``pg_dump -s -v``: what makes each object again, by its OID.

With ``-v`` pg_dump writes before each entry of which catalog it is, its OID, and the numbers of the
entries that it depends on.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from mainsql.script.resolver import resolve_flat
from mainsql.undo import spelling
from mainsql.undo.catalog import Key

_HEAD = re.compile(r"^--\n-- TOC entry (\d+) \(class (\d+) OID (\d+)\)\n", re.MULTILINE)
_DEPENDENCIES = re.compile(r"-- Dependencies: ([\d ]+)\n")
_NAME = re.compile(r"-- Name: (.*); Type: (.*); Schema: (.*); Owner: (.*)\n--\n")
_END = re.compile(r"^-- Completed on|^--\n-- PostgreSQL database dump complete", re.MULTILINE)
# What pg_dump sets for the entries that follow, and what keeps psql from running what was smuggled in.
_NOISE = re.compile(
    r"^SET default_table_access_method = .*;\n|^SET default_tablespace = .*;\n|^\\(?:un)?restrict .*\n?",
    re.MULTILINE,
)
# Only a superuser may take on a session; a member of the role is enough to take on the role.
_AUTHORIZATION = (
    (re.compile(r"SET SESSION AUTHORIZATION (?!DEFAULT)", re.IGNORECASE), "SET ROLE "),
    (re.compile(r"RESET SESSION AUTHORIZATION", re.IGNORECASE), "RESET ROLE"),
)


@dataclass(frozen=True, slots=True)
class Definition:
    """An entry: what makes one object, or what is said about one.

    ``number`` is the entry's own, ``needs`` those of the entries that it depends on. ``key`` is None for
    what is no object: ACL, COMMENT, the ATTACH of a partition. ``name`` and ``schema`` are not quoted.
    ``text`` is SQL, several statements.
    """

    number: int
    key: Key | None
    type: str
    schema: str
    name: str
    needs: frozenset[int]
    text: str

    def statements(self) -> tuple[str, ...]:
        """Its statements, each without the final semicolon."""
        found = []
        for statement in resolve_flat("pg_dump", self.text):
            text = statement.text.strip().removesuffix(";").rstrip()
            for pattern, put in _AUTHORIZATION:
                match = pattern.match(text)
                if match:
                    text = put + text[match.end() :]
            found.append(text)
        return tuple(found)


@dataclass(frozen=True)
class Definitions:
    """All entries, in an order in which they can be run; ``lacking`` is why there is none of an object."""

    entries: tuple[Definition, ...]
    lacking: str = "pg_dump does not write how to make it"

    @cached_property
    def by_key(self) -> Mapping[Key, tuple[Definition, ...]]:
        """The entries of each object; a view that others depend on in a circle has two."""
        found: dict[Key, list[Definition]] = defaultdict(list)
        for entry in self.entries:
            if entry.key is not None:
                found[entry.key].append(entry)
        return {key: tuple(entries) for key, entries in found.items()}

    @cached_property
    def positions(self) -> Mapping[int, int]:
        """Where each entry stands, by its number."""
        return {entry.number: position for position, entry in enumerate(self.entries)}


def parse(text: str) -> Definitions:
    """Reads what pg_dump wrote to its standard output. Raises ValueError for what it did not write."""
    return Definitions(tuple(_entries(text)))


def _entries(text: str) -> Iterator[Definition]:
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads), len(text)][1:]
    for head, end in zip(heads, ends, strict=True):
        position = head.end()
        needs: frozenset[int] = frozenset()
        if found := _DEPENDENCIES.match(text, position):
            needs = frozenset(map(int, found.group(1).split()))
            position = found.end()
        title = _NAME.match(text, position)
        if title is None:
            raise ValueError(f"not an entry of pg_dump: {text[head.start() : head.start() + 200]}")
        number, catalog, oid = map(int, head.groups())
        name, kind, schema, _ = title.groups()
        body = text[title.end() : end]
        if last := _END.search(body):
            body = body[: last.start()]
        key = Key(spelling.CATALOGS[catalog], str(oid)) if catalog in spelling.CATALOGS else None
        yield Definition(number, key, kind, schema, name, needs, _NOISE.sub("", body).strip())
