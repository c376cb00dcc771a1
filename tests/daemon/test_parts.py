"""Who hears what, and what is left alone when the parts of a daemon change."""

import pytest
from daemon_fakes import Heard, Repository, Target, commit, inline
from ears import FakeEar, FakeReaders
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from mainsql.daemon.log import Log
from mainsql.daemon.parts import Parts
from mainsql.daemon.seams import Watch
from mainsql.database.listening import Wake, Word
from mainsql.errors import ConnectionLost, DatabaseUnavailable
from mainsql.operations.outcome import Outcome, State

IDLE = Outcome(State.UP_TO_DATE, 1)
AWAY = DatabaseUnavailable("away")
LOST = ConnectionLost("lost")


class Polled(Repository):
    def __init__(self, *answers, **more):
        super().__init__(*answers, **more)
        self.polls = 0

    def poll(self):
        self.polls += 1
        return super().poll()


class Hearing(Target):
    """A target in whose database something can be said."""

    def __init__(self, *answers, database="db", **more):
        super().__init__(*(answers or (IDLE,)), **more)
        self.ears = []
        self.can_listen = True
        self._database = database

    @property
    def database(self):
        return self._database

    def listen(self):
        if not self.can_listen:
            raise AWAY
        self.ears.append(FakeEar())
        return self.ears[-1]

    def hears(self, *words):
        self.ears[-1].words += words


class Threads:
    """Workers without threads."""

    def __init__(self):
        self.run = inline
        self.size = 0

    def resize(self, size):
        self.size = size


class Bench:
    def __init__(self, *watches):
        self.clock, self.heard, self.readers, self.workers = Clock(), Heard(), FakeReaders(), Threads()
        self.parts = Parts(
            self.workers, self.readers, clock=self.clock, random=lambda: 0.0, log=Log(self.heard)
        )
        self.change(*watches)

    def change(self, *watches):
        self.parts.change_to(watches)
        self.settle()

    def settle(self):
        for _ in range(5):
            self.clock.advance(0.02)

    def said(self, target, *words):
        target.hears(*words)
        self.readers.turn()
        self.settle()

    def stop(self):
        stopped = []
        self.parts.stop().addCallback(stopped.append)
        assert stopped
        assert self.clock.getDelayedCalls() == []
        assert self.readers.watched == []


def watch(repository, *targets, interval=10.0):
    return Watch(repository, interval, targets)


def test_a_tick_with_nothing_new_costs_a_target_nothing_while_it_can_be_heard():
    repository, target = Polled(commit(1)), Hearing()
    bench = Bench(watch(repository, target))
    began = target.reconciled
    for _ in range(28):
        bench.clock.advance(10)
    assert (repository.polls, target.reconciled) == (29, began)
    for _ in range(4):
        bench.clock.advance(10)
    assert target.reconciled == began + 1  # all the same, now and then
    bench.stop()


def test_a_new_commit_is_news_for_it():
    target = Hearing()
    bench = Bench(watch(Polled(commit(1), commit(2)), target))
    began = target.reconciled
    bench.clock.advance(10)
    bench.settle()
    assert target.reconciled == began + 1
    bench.stop()


def test_while_it_cannot_be_heard_it_is_looked_at_each_time_and_once_when_it_can_be_again():
    repository, target = Polled(commit(1)), Hearing()
    bench = Bench(watch(repository, target))
    began = target.reconciled
    target.can_listen = False
    target.ears[0].words = [LOST]
    bench.readers.turn()
    for _ in range(3):
        bench.clock.advance(10)
    bench.settle()
    assert target.reconciled == began + 3
    target.can_listen = True
    while len(target.ears) < 2:
        looked = target.reconciled
        bench.clock.advance(1)
    bench.settle()
    assert target.reconciled == looked + 1
    bench.clock.pump([10] * 10)
    assert target.reconciled == looked + 1
    bench.stop()


def test_what_failed_in_a_way_that_may_pass_is_tried_again_whatever_is_heard():
    target = Hearing(IDLE, AWAY, AWAY, IDLE)
    bench = Bench(watch(Polled(commit(1)), target, interval=1000.0))
    bench.said(target, Word(Wake.LOOK, "shop"))
    bench.clock.pump([1] * 10)
    assert target.reconciled == 4
    bench.stop()


def test_what_cannot_be_deployed_is_looked_at_at_each_tick():
    target = Hearing(RuntimeError("a bug"))
    bench = Bench(watch(Polled(commit(1)), target))
    bench.clock.pump([10] * 10)
    assert target.reconciled > 3
    bench.stop()


@pytest.mark.parametrize(
    ("word", "reconciled", "polled"),
    [
        (Word(Wake.LOOK, "shop"), (1, 0), (0, 0)),
        (Word(Wake.LOOK), (1, 1), (0, 0)),
        (Word(Wake.POKE, "other"), (0, 1), (0, 1)),
        (Word(Wake.POKE), (1, 1), (1, 1)),
        (Word(Wake.LOOK, "nobody's"), (0, 0), (0, 0)),
    ],
)
def test_a_word_is_for_the_tree_that_it_names_in_the_database_where_it_was_said(word, reconciled, polled):
    repositories = [Polled(commit(1), name=name) for name in ("shop", "other", "third")]
    targets = [Hearing(name="shop@db"), Hearing(name="other@db"), Hearing(name="shop@x", database="x")]
    bench = Bench(*(watch(*pair) for pair in zip(repositories, targets, strict=True)))
    polls = [repository.polls for repository in repositories]
    looks = [target.reconciled for target in targets]
    bench.said(targets[0], word)
    assert [t.reconciled - n for t, n in zip(targets, looks, strict=True)] == [*reconciled, 0]
    assert [r.polls - n for r, n in zip(repositories, polls, strict=True)] == [*polled, 0]
    bench.stop()


def test_one_connection_hears_for_all_the_targets_in_a_database():
    targets = [Hearing(name=f"t{n}@db") for n in range(5)]
    bench = Bench(watch(Polled(commit(1)), *targets))
    assert sum(len(target.ears) for target in targets) == 1
    bench.stop()


def test_the_first_polls_of_many_repositories_are_spread():
    repositories = [Polled(commit(1)) for _ in range(50)]
    bench = Bench()
    bench.parts.change_to([watch(each) for each in repositories])
    seen = []
    for _ in range(26):
        bench.clock.advance(0.1)
        seen.append(sum(each.polls for each in repositories))
    assert seen[-1] == 50
    assert max(b - a for a, b in zip([0, *seen], seen, strict=False)) <= 3
    bench.stop()


# Changing what is watched


class Slow(Hearing):
    """It deploys until the test lets it finish."""

    def __init__(self, **more):
        super().__init__(**more)
        self.work = Deferred()

    def reconcile(self):
        self.reconciled += 1
        return self.work


def test_what_stays_is_left_alone():
    repository, target = Polled(commit(1)), Hearing()
    bench = Bench(watch(repository, target))
    began = (repository.polls, target.reconciled, len(target.ears))
    bench.change(watch(repository, target))
    assert (repository.polls, target.reconciled, len(target.ears)) == began
    assert repository.closed == 0
    bench.stop()


def test_what_is_added_begins_with_the_commit_that_is_known():
    repository, old, new = Polled(commit(1)), Hearing(name="a@db"), Hearing(name="b@x", database="x")
    bench = Bench(watch(repository, old))
    began = (repository.polls, old.reconciled)
    other, there = Polled(commit(7), name="other"), Hearing(name="c@db")
    bench.change(watch(repository, old, new), watch(other, there))
    assert (repository.polls, old.reconciled) == began
    assert new.reconciled >= 1
    assert len(new.ears) == 1
    assert (other.polls, there.reconciled, there.ears) == (1, 1, [])
    bench.said(new, Word(Wake.POKE))
    assert repository.polls == began[0] + 1
    bench.stop()


def test_what_is_not_there_any_more_is_left_and_its_repository_closed():
    kept, gone = Polled(commit(1), name="kept"), Polled(commit(1), name="gone")
    target, leaves, goes = Hearing(name="a@db"), Hearing(name="b@x", database="x"), Hearing(name="c@db")
    bench = Bench(watch(kept, target, leaves), watch(gone, goes))
    began = (leaves.reconciled, goes.reconciled, gone.polls)
    bench.change(watch(kept, target))
    assert (kept.closed, gone.closed) == (0, 1)
    assert leaves.ears[0].closed == 1
    assert target.ears[0].closed == 0
    bench.said(target, Word(Wake.POKE))
    bench.clock.pump([10] * 100)
    assert (leaves.reconciled, goes.reconciled, gone.polls) == began
    bench.stop()


def test_a_deployment_in_hand_ends_before_whoever_takes_its_place_begins():
    repository, old, new = Polled(commit(1)), Slow(), Hearing()
    bench = Bench(watch(repository, old))
    assert old.reconciled == 1
    bench.change(watch(repository, new))
    assert old.stopped
    assert "leaving" in bench.heard.names
    assert [each.busy for each in bench.parts.deployers] == [False, True]
    bench.clock.pump([10] * 10)
    assert new.reconciled == 0
    old.work.callback(IDLE)
    bench.settle()
    assert new.reconciled >= 1
    assert len(bench.parts.deployers) == 1
    bench.stop()


def test_stopping_waits_for_what_has_left_but_not_ended_and_its_successor_never_begins():
    repository, old, new = Polled(commit(1)), Slow(), Hearing()
    bench = Bench(watch(repository, old))
    bench.change(watch(repository, new))
    stopped = []
    bench.parts.stop().addCallback(stopped.append)
    assert stopped == []
    old.work.callback(IDLE)
    assert stopped
    assert new.reconciled == 0
    assert bench.clock.getDelayedCalls() == []


def test_two_changes_in_a_row_keep_the_order():
    repository, first, second, third = Polled(commit(1)), Slow(), Hearing(), Hearing()
    bench = Bench(watch(repository, first))
    bench.change(watch(repository, second))
    bench.change(watch(repository, third))
    first.work.callback(IDLE)
    bench.settle()
    assert (second.reconciled, third.reconciled > 0) == (0, True)
    bench.stop()


def test_another_interval_counts_from_now_on():
    repository = Polled(commit(1))
    bench = Bench(watch(repository, interval=3600.0))
    bench.change(watch(repository, interval=10.0))
    assert repository.polls == 2
    bench.clock.advance(10)
    assert repository.polls == 3
    bench.stop()


def test_there_is_a_thread_for_each():
    bench = Bench(watch(Polled(commit(1)), Hearing(name="a@db"), Hearing(name="b@db")))
    assert bench.workers.size == 1 + 3 * 2 + 1
    bench.stop()
