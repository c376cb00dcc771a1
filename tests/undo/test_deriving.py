"""What a derivation asks for, and what it says, on real snapshots."""

from collections.abc import Callable, Iterator

import pytest

from mainsql.database import snapshot
from mainsql.database.dumping import dump_definitions
from mainsql.database.session import Session
from mainsql.undo.archive import Archive, KeptColumn, KeptTable
from mainsql.undo.catalog import Key, Snapshot
from mainsql.undo.inverse import (
    SETTINGS,
    Derivation,
    Derived,
    Impossible,
    NeedsDefinitions,
    NeedsEntries,
    derive,
)

BASE = """
    create table orders (id integer primary key, note text not null, amount numeric default 1);
    insert into orders values (1, 'one', 10), (2, 'two', 20);
    create table lines (orders integer references orders);
    insert into lines values (1);
    create type color as enum ('red');
"""


@pytest.fixture
def session(database) -> Iterator[Session]:
    database.execute(BASE)
    with Session(database.dsn, application_name="test") as session:
        yield session


@pytest.fixture
def before(session) -> Snapshot:
    return snapshot.read(session)


def test_nothing_to_take_back(before) -> None:
    assert derive(before, before, None) == Derived(())


def test_what_is_new_needs_no_definitions(session, before) -> None:
    session.begin()
    session.query("create table fresh (a integer)")
    derived = derive(before, snapshot.touched(session), None)
    assert isinstance(derived, Derived)
    assert derived.statements == (*SETTINGS, "DROP TABLE public.fresh")
    assert derived.losses == ()
    assert any(key.catalog == "pg_class" for key in derived.changed)


def test_what_is_gone_needs_definitions(session, before) -> None:
    session.begin()
    session.query("drop type color")
    needed = derive(before, snapshot.touched(session), None)
    assert isinstance(needed, NeedsDefinitions)
    assert "type public.color" in needed.objects


def test_what_was_not_read_is_asked_for(session, before) -> None:
    known = snapshot.keys(session)
    part = snapshot.entries(session, [], known)
    session.begin()
    session.query("alter table orders rename to purchases")
    after = snapshot.touched(session)
    session.rollback()
    needed = derive(part, after, None)
    assert isinstance(needed, NeedsEntries)
    assert {key.catalog for key in needed.before} >= {"pg_class"}
    assert not needed.after
    part = part.joined(snapshot.entries(session, needed.before, known))
    assert derive(part, after, None) == derive(before, after, None)


def test_all_reasons_are_given(session, before) -> None:
    session.begin()
    session.query("alter type color add value 'blue'; alter table orders drop column note")
    assert derive(before, snapshot.touched(session), None) == Impossible(
        (
            "enum label public.color 'blue': a label of an enum cannot be removed",
            "column public.orders.note: it was NOT NULL, and there is nothing to put into it again",
        ),
        derive(before, snapshot.touched(session), None).changed,
    )


@pytest.fixture
def kept(session, database, before) -> Callable[[str, str, Archive], Derivation]:
    """Runs statements that keep rows and then take them away, and derives with what is kept."""
    definitions = dump_definitions(database.dsn, 18)

    def run(keep: str, version: str, archive: Archive) -> Derivation:
        session.query(f"create schema mainsql_archive; {keep}; {version}")
        return derive(before, snapshot.touched(session), definitions, archive)

    return run


def test_rows_that_are_kept_come_back(session, before, kept) -> None:
    orders = _oid(before, "public.orders")
    columns = tuple(Key("pg_attribute", f"{orders}:{number}") for number in (1, 2, 3))
    archive = Archive(tables={orders: KeptTable("mainsql_archive.a", columns)})
    session.begin()
    derived = kept(
        "create table mainsql_archive.a as select * from orders", "drop table orders cascade", archive
    )
    assert isinstance(derived, Derived)
    assert derived.losses == ()
    for statement in derived.statements:
        session.query(statement)
    assert session.query("select * from public.orders order by id") == [(1, "one", 10), (2, "two", 20)]


def test_values_that_are_kept_come_back(session, before, kept) -> None:
    orders = _oid(before, "public.orders")
    id_, note = (Key("pg_attribute", f"{orders}:{number}") for number in (1, 2))
    archive = Archive(columns={note: KeptColumn("mainsql_archive.a", (id_,))})
    session.begin()
    derived = kept(
        "create table mainsql_archive.a as select id, note from orders",
        "alter table orders drop column note",
        archive,
    )
    assert isinstance(derived, Derived)
    assert derived.losses == ()
    for statement in derived.statements:
        session.query(statement)
    assert session.query("select id, note from public.orders order by id") == [(1, "one"), (2, "two")]


def _oid(of: Snapshot, name: str) -> int:
    return next(
        int(key.id)
        for key, entry in of.entries.items()
        if key.catalog == "pg_class" and entry.identity == name
    )
