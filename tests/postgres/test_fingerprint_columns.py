"""Every property that DDL can set is in a snapshot: one is changed at a time, and must be seen."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from tests.postgres.fingerprint_columns import UNSETTABLE
from tests.postgres.fingerprint_script import base_script

from mainsql.database import snapshot
from mainsql.database.catalog_rules import NO_SCHEMA
from mainsql.database.session import Session
from mainsql.errors import DatabaseError
from mainsql.undo.catalog import Entry, Snapshot
from mainsql.undo.comparing import Verdict, compare, compare_moments

HERE = Path(__file__).parent
ANOTHER_BASE_TYPE = """
    drop type s.base cascade;
    create type s.base;
    create function s.base_in(cstring) returns s.base language internal immutable strict as 'textin';
    create function s.base_out(s.base) returns cstring language internal immutable strict as 'textout';
    create type s.base (input = s.base_in, output = s.base_out,
"""
OF_A_DATABASE = ("pg_database", "pg_db_role_setting")


@dataclass(frozen=True, slots=True)
class Mutation:
    """Statements on what fingerprint.sql makes, and the columns whose values they change."""

    sql: str
    columns: tuple[str, ...]
    since: int
    given: str = ""


def mutations() -> Iterator[Mutation]:
    """What is in mutations.sql."""
    for part in (HERE / "mutations.sql").read_text().split("\n--: ")[1:]:
        heading, _, sql = part.partition("\n")
        columns, _, since = heading.partition(" since ")
        given, then, change = sql.rpartition("-- then\n")
        yield Mutation(
            _without_comments(change), tuple(columns.split()), int(since or 14), given if then else ""
        )


def _without_comments(sql: str) -> str:
    return re.sub(r"(?m)^--.*$", "", sql).strip()


@pytest.fixture
def variables(database) -> Iterator[Mapping[str, str]]:
    """What stands for a name in the scripts."""
    space = f"space_{uuid4().hex[:12]}"
    connection = database.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("set allow_in_place_tablespaces = on")
        cursor.execute(f"create tablespace {space} location ''")
        cursor.execute("select name from pg_available_extensions where name in ('vector', 'citext')")
        (extension,) = cursor.fetchone()
        yield {
            ":database": database.name,
            ":tablespace": space,
            ":base": ANOTHER_BASE_TYPE,
            ":extension": extension,
        }
        cursor.execute(f"drop tablespace {space}")


def filled(script: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"(?<!:):(database|tablespace|base|extension)\b", lambda found: variables[found[0]], script)


Pair = tuple[Entry | None, Entry | None]


def pairs(before: Snapshot, after: Snapshot) -> list[Pair]:
    """The entries before and after: the same row, else what has the same name."""
    found: list[Pair] = [
        (entry, after.entries[key]) for key, entry in before.entries.items() if key in after.keys
    ]
    gone = {(e.key.catalog, e.identity): e for e in before.entries.values() if e.key not in after.keys}
    new = {(e.key.catalog, e.identity): e for e in after.entries.values() if e.key not in before.keys}
    return found + [(gone.get(name), new.get(name)) for name in gone.keys() | new.keys()]


def is_seen(column: str, pair: Pair) -> bool:
    """Whether a column of the catalog has changed, and the documents say so."""
    before, after = pair
    catalog, _, name = column.partition(".")
    entry = before or after
    if entry is None or entry.key.catalog != catalog:
        return False
    if before is None or after is None:
        return True
    if name in before.raw and before.raw[name] == after.raw[name]:
        return False
    if name in before.document or name in after.document:
        return before.document.get(name) != after.document.get(name)
    return before.document != after.document


def failure(session: Session, base: Snapshot, mutation: Mutation, variables: Mapping[str, str]) -> str | None:
    """What is wrong with how a mutation is seen. Nothing of it stays."""
    session.query("savepoint mutation")
    try:
        before = base
        if mutation.given:
            session.query(filled(mutation.given, variables))
            before = snapshot.read(session)
        session.query(filled(mutation.sql, variables))
        after = snapshot.read(session)
    except DatabaseError as error:
        return f"fails: {error.message}"
    finally:
        session.query("rollback to mutation")
    compared = compare_moments if mutation.columns[0].startswith(OF_A_DATABASE) else compare
    if compared(before, after).verdict is Verdict.EQUAL:
        return "makes no difference"
    both = pairs(before, after)
    missed = [column for column in mutation.columns if not any(is_seen(column, pair) for pair in both)]
    return f"not seen: {' '.join(missed)}" if missed else None


def test_a_change_of_any_property_is_seen(every_server, database, variables) -> None:
    with Session(database.dsn, application_name="test") as session, contextlib.ExitStack() as stack:
        session.begin()
        stack.callback(session.rollback)
        session.query(filled(base_script(session.server_major), variables))
        base = snapshot.read(session)
        tried = [each for each in mutations() if each.since <= base.server_version // 10_000]
        failures = [
            f"{mutation.sql}\n  {wrong}"
            for mutation in tried
            if (wrong := failure(session, base, mutation, variables))
        ]
        columns = session.query(
            """
            select c.relname || '.' || a.attname
            from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' and a.attnum > 0
              and not a.attisdropped and a.attname <> 'oid' and c.relname <> all (%s)
            """,
            [sorted(NO_SCHEMA)],
        )
    assert not failures, "\n".join(failures)
    tried_columns = {column for mutation in tried for column in mutation.columns}
    left = {column for (column,) in columns} - tried_columns - UNSETTABLE.keys()
    assert not left, "no mutation changes these, and nothing says why not: " + " ".join(sorted(left))
