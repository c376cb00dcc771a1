"""What a statement outside a transaction is about, and which statements need not be outside of one."""

import pytest

from mainsql.script.classify import is_atomic
from mainsql.script.normal import tokens
from mainsql.script.outside import (
    BuildsIndex,
    Configures,
    Detaches,
    DropsIndex,
    Kind,
    Makes,
    Reach,
    RebuildsIndexes,
    Removes,
    Repeats,
    Unclear,
    Undertaking,
)
from mainsql.script.syntax.undertaking import undertaking


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("create index concurrently i on t (x)", BuildsIndex("i", ("t",))),
        ('create unique index concurrently if not exists "I" on s.t (x)', BuildsIndex("I", ("s", "t"))),
        ("drop index concurrently if exists s.i", DropsIndex(("s", "i"))),
        ("reindex index concurrently s.i", RebuildsIndexes(Reach.INDEX, ("s", "i"))),
        ("reindex (concurrently, verbose) table t", RebuildsIndexes(Reach.TABLE, ("t",))),
        ("reindex (concurrently true) schema s", RebuildsIndexes(Reach.SCHEMA, ("s",))),
        ("reindex database concurrently", RebuildsIndexes(Reach.DATABASE, ())),
        ("reindex (concurrently off) table t", Repeats()),
        ("reindex schema s", Repeats()),
        ("vacuum (full) t", Repeats()),
        ("cluster", Repeats()),
        ("alter subscription s refresh publication", Configures()),
        ("alter subscription s add publication p", Unclear()),
        ("alter database d set tablespace elsewhere", Configures()),
        ("alter system set work_mem = '8MB'", Configures()),
        ("alter table t detach partition s.p concurrently", Detaches(("t",), ("s", "p"))),
        ("create database d", Makes(Kind.DATABASE, "d")),
        ("drop database if exists d with (force)", Removes(Kind.DATABASE, "d")),
        ("create tablespace s location '/x'", Makes(Kind.TABLESPACE, "s")),
        ("drop tablespace s", Removes(Kind.TABLESPACE, "s")),
        ("create subscription s connection '' publication p", Makes(Kind.SUBSCRIPTION, "s")),
        ("drop subscription s", Removes(Kind.SUBSCRIPTION, "s")),
        ("call p()", Unclear()),
        ("do $$ begin commit; end $$", Unclear()),
        ("what is this", Unclear()),
    ],
)
def test_what_it_is_about(text: str, about: Undertaking) -> None:
    assert undertaking(text) == about
    assert not is_atomic(tokens(text))


@pytest.mark.parametrize(
    "text",
    [
        "alter type e add value 'x'",
        "create table t (x int)",
        "drop index i",
        "analyze t",
        "refresh materialized view concurrently v",
        "alter table t add column y int",
        "with x as (select 1) select * from x",
    ],
)
def test_what_can_be_in_a_transaction(text: str) -> None:
    assert is_atomic(tokens(text))
