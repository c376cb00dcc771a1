"""What is kept is listed and pruned, and what was pruned is not promised any more."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.postgres.deploying import Shop

from mainsql.daemon.adapters import PrunableTarget
from mainsql.daemon.seams import Pruned
from mainsql.errors import Locked, Refused
from mainsql.model import ArchiveLimits
from mainsql.operations.archiving import archives_of, preview_pruning, prune_archives
from mainsql.operations.locking import take_lock
from mainsql.operations.outcome import State
from mainsql.operations.rolling_back import preview_rollback

EVERYTHING = ArchiveLimits(timedelta(0))
TABLES = """
create table one (id int primary key, note text);
insert into one select n, 'note' from generate_series(1, 500) n;
create table two (id int primary key, note text not null);
insert into two values (1, 'b');
"""


@pytest.fixture
def shop(tmp_path, database):
    shop = Shop(tmp_path, database.dsn, keeps_data=True)
    push(shop, TABLES)
    yield shop
    shop.close()


def push(shop, text, **others):
    outcome = shop.push({"main.sql": text, **others})
    assert outcome.state is State.UP_TO_DATE, outcome.report


def drop(shop, *statements):
    """Each of them is a version of its own."""
    for count in range(len(statements)):
        push(shop, TABLES + "".join(f"{each};\n" for each in statements[: count + 1]))


def there(shop):
    found = archives_of(shop.target)
    return [(each.version, each.what, each.kept.rows, each in found.needed) for each in found.there]


def prune(shop, limits=EVERYTHING, *, force=False):
    """What is pruned, by version."""
    found = prune_archives(shop.target, limits, why="a test", force=force)
    return [each.version for each in found.pruned]


def test_what_is_kept_is_listed_and_what_an_undo_needs_stays(shop):
    drop(shop, "drop table one", "alter table two drop column note")
    assert there(shop) == [
        (2, "rows of public.one", 500, True),
        (3, "values of column public.two.note", 1, True),
    ]
    assert prune(shop) == []
    shop.roll_back(1)
    assert there(shop) == []


def test_what_no_undo_needs_is_pruned(shop, database):
    push(shop, TABLES + "\\ir drop.sql\n", **{"drop.sql": "drop table one;"})
    assert there(shop) == [(2, "rows of public.one", 500, True)]
    # A person knows better how to take it back.
    push(
        shop,
        TABLES + "\\ir drop.sql\n",
        **{"drop.undo.sql": "create table one (id int primary key, note text);"},
    )
    assert there(shop) == [(2, "rows of public.one", 500, False)]
    assert prune(shop, ArchiveLimits(timedelta(days=1))) == []
    assert prune(shop) == [2]
    assert there(shop) == []
    assert database.execute("select count(*) from pg_tables where schemaname = 'mainsql_archive'") == [(0,)]
    shop.roll_back(1)
    assert database.execute("select count(*) from one") == [(0,)]


def test_what_an_undo_needs_is_pruned_by_force_and_the_rollback_says_so(shop, database):
    drop(shop, "drop table one")
    assert prune(shop, force=True) == [2]
    assert there(shop) == []
    (loss,) = preview_rollback(shop.target, 1).losses
    assert loss.startswith("rows of public.one: they were kept, and pruned by ")
    assert loss.endswith(" (a test)")
    shop.roll_back(1)
    assert database.execute("select count(*) from one") == [(0,)]
    assert database.execute("select count(*) from pg_tables where schemaname = 'mainsql_archive'") == [(0,)]


def test_a_rollback_that_cannot_do_without_what_was_pruned_fails_and_says_why(shop, database):
    drop(shop, "alter table two drop column note")
    prune(shop, force=True)
    with pytest.raises(Exception, match="contains null values") as caught:
        shop.roll_back(1)
    assert "they were kept, and pruned by" in caught.value.report()
    assert database.execute("select count(*) from two") == [(1,)]


def test_the_oldest_is_pruned_of_what_is_too_much(shop):
    drop(shop, "drop table one", "drop table two")
    of_two = archives_of(shop.target).there[1].kept.bytes
    limits = ArchiveLimits(size=of_two)
    planned = preview_pruning(shop.target, limits)
    assert (list(planned.pruned), planned.over) == ([], archives_of(shop.target).bytes - of_two)
    assert prune(shop, limits, force=True) == [2]
    assert prune(shop, limits, force=True) == []


def test_it_does_not_prune_what_was_not_shown(shop):
    drop(shop, "drop table one")
    expected = preview_pruning(shop.target, EVERYTHING, force=True)
    drop(shop, "drop table one", "drop table two")
    with pytest.raises(Refused, match="has changed since it was shown"):
        prune_archives(shop.target, EVERYTHING, why="", force=True, expected=expected)
    assert len(there(shop)) == 2


def test_it_does_not_prune_while_somebody_deploys(shop):
    drop(shop, "drop table one")
    with shop.target.connect() as session:
        take_lock(session, shop.target)
        with pytest.raises(Locked):
            prune(shop, force=True)
    assert len(there(shop)) == 1


def test_a_database_without_a_ledger_has_nothing(tmp_path, another_database):
    shop = Shop(tmp_path / "another", another_database.dsn)
    assert there(shop) == []
    assert prune(shop) == []
    shop.close()


def test_the_daemon_prunes_what_no_undo_needs_and_goes_beyond_the_limits(shop):
    made = "create table one (id int primary key, note text);"
    written = {"drop.sql": "drop table one;", "drop.undo.sql": made}
    push(shop, f"{TABLES}\\ir drop.sql\n", **written)
    push(shop, f"{TABLES}\\ir drop.sql\ndrop table two;\n", **written)
    assert PrunableTarget(shop.target).prune() == Pruned([])
    limited = replace(shop.target, archive_limits=ArchiveLimits(timedelta(0), size=0))
    assert PrunableTarget(limited).prune() == Pruned(["rows of public.one (version 2)"], over=left(shop))
    assert there(shop) == [(3, "rows of public.two", 1, True)]


def left(shop):
    return archives_of(shop.target).bytes
