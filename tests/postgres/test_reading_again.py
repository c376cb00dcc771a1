"""What has been read of the ledger is not read again, unless somebody else has written to it since."""

from tests.postgres.deploying import Shop

from mainsql.database import ledger
from mainsql.errors import Locked
from mainsql.model import History, Plan
from mainsql.operations.outcome import State
from mainsql.operations.watching import Watcher


def read(shop: Shop, known: History | None = None) -> History:
    with shop.target.reading() as session:
        return ledger.read_history(session, "shop", known)


def commit(shop: Shop, *numbers: int) -> None:
    """A commit for each number that adds a file with a table of that number."""
    for number in numbers:
        included = "".join(f"\\i t{n}.sql\n" for n in range(1, number + 1))
        shop.repo.commit({"main.sql": included, f"t{number}.sql": f"create table t{number} ();\n"})


def deploy(shop: Shop, *numbers: int) -> None:
    for number in numbers:
        commit(shop, number)
        assert shop.deploy().version == number


def kept(known: History, again: History) -> list[int]:
    """The versions that were not read again."""
    pairs = zip(known.versions, again.versions, strict=False)
    return [before.version for before, now in pairs if before is now]


def test_only_what_is_new_is_read(shop):
    deploy(shop, 1, 2)
    known = read(shop)
    deploy(shop, 3, 4)
    again = read(shop, known)
    assert again == read(shop)
    assert kept(known, again) == [1, 2]


def test_from_a_version_that_was_taken_back_on_it_is_read_again(shop):
    deploy(shop, 1, 2, 3)
    known = read(shop)
    shop.roll_back(1)
    again = read(shop, known)
    assert again == read(shop)
    assert kept(known, again) == [1]


def test_another_ledger_with_the_same_numbers_is_another(shop, database):
    deploy(shop, 1)
    known = read(shop)
    database.execute("drop schema mainsql cascade; drop table t1")
    assert shop.deploy().version == 1
    again = read(shop, known)
    assert again == read(shop)
    assert kept(known, again) == []


def test_what_was_read_only_in_part_is_not_known(shop):
    deploy(shop, 1, 2)
    tree = shop.deployment.trees.at(shop.source.head().id)
    with shop.target.reading() as session:
        part = ledger.with_steps(session, ledger.read_versions(session, "shop"), besides=tree)
    assert part.settled == {"t1.sql", "t2.sql"}
    assert read(shop, part) == read(shop)


def test_what_somebody_else_did_between_two_versions_is_seen_under_the_lock(shop, database):
    deploy(shop, 1)

    class Meddler(Watcher):
        def planned(self, plan: Plan) -> None:
            if plan.version == 4:
                shop.roll_back(2)

    commit(shop, 2, 3, 4)
    outcome = shop.deploy(watcher=Meddler())
    assert (outcome.state, [done.version for done in outcome.deployed]) == (State.BEHIND, [2, 3])
    assert isinstance(outcome.interrupted, Locked)
    assert database.execute("select to_regclass('t4')") == [(None,)]
    assert shop.deploy().state is State.REFUSED
