"""The daemon with real threads; only time is in the test's hand."""

import pytest
import pytest_twisted
from daemon_fakes import Heard, Repository, SlowRepository, SlowTarget, Stubborn, Target, commit, within
from twisted.internet import reactor
from twisted.internet.task import Clock

from mainsql.daemon.log import Log
from mainsql.daemon.seams import Watch
from mainsql.daemon.service import Daemon
from mainsql.operations.outcome import Outcome, State

IDLE = Outcome(State.UP_TO_DATE, 1)


class Bench:
    def __init__(self, *watches):
        self.clock = Clock()
        self.heard = Heard(reactor)
        self.daemon = Daemon(
            watches,
            reactor,
            clock=self.clock,
            random=lambda: 0.0,
            stop_timeout=30.0,
            grace=5.0,
            log=Log(self.heard),
        )

    def start(self):
        self.daemon.start()
        self.clock.advance(0.1)  # by then the first poll of each repository has begun

    async def start_deploying(self, target):
        """The target has begun to deploy."""
        polled = self.heard.next("head")
        self.start()
        await within(polled)
        self.clock.advance(0)
        await within(target.began)

    def stop(self):
        self.results = []
        stopped = self.daemon.stop()
        stopped.addCallback(self.results.append)
        return stopped.addCallback(lambda _: self.results[0])

    def messages(self, *names):
        return [
            event["log_format"].format(**event)
            for event in self.heard.events
            if event["mainsql_event"] in names
        ]


def watch(*targets, repository=None):
    return Watch(repository or Repository(commit(1)), 10.0, targets)


@pytest.fixture
def slow():
    target = SlowTarget(reactor)
    yield target
    target.go.set()


@pytest.fixture
def stubborn():
    target = Stubborn(reactor)
    yield target
    target.go.set()


@pytest.fixture
def slow_repository():
    repository = SlowRepository(reactor, commit(1))
    yield repository
    repository.go.set()


@pytest_twisted.ensureDeferred
async def test_idle_it_stops_at_once():
    bench = Bench(watch(Target(IDLE)))
    polled, done = bench.heard.next("head"), bench.heard.next("up_to_date")
    bench.start()
    await within(polled)
    bench.clock.advance(0)
    await within(done)
    assert await within(bench.stop()) is True
    assert bench.heard.names == ["started", "head", "up_to_date", "stopped"]
    assert bench.messages("started") == ["waiting for commits in shop for shop@production; Ctrl-C stops"]
    assert bench.clock.getDelayedCalls() == []


@pytest_twisted.ensureDeferred
async def test_the_transaction_in_hand_may_finish(slow):
    bench = Bench(watch(slow))
    await bench.start_deploying(slow)
    stopped = bench.stop()
    assert slow.stopped == 1
    assert bench.messages("stopping") == [
        "stopping: shop@production may finish within 30 s; a second signal cancels"
    ]
    bench.clock.advance(29.9)
    assert bench.results == []
    slow.go.set()
    assert await within(stopped) is True
    assert slow.cancelled == 0
    assert bench.heard.names[-2:] == ["deployed", "stopped"]
    assert bench.clock.getDelayedCalls() == []


@pytest_twisted.ensureDeferred
async def test_one_that_takes_too_long_is_cancelled(slow):
    bench = Bench(watch(slow))
    await bench.start_deploying(slow)
    stopped = bench.stop()
    bench.clock.advance(29.9)
    assert "cancelling" not in bench.heard.names
    bench.clock.advance(0.1)
    assert await within(stopped) is True
    assert slow.cancelled == 1
    assert bench.heard.names[-3:] == ["cancelling", "cancelled", "stopped"]
    assert bench.clock.getDelayedCalls() == []


@pytest_twisted.ensureDeferred
async def test_hurried_it_cancels_at_once(slow):
    bench = Bench(watch(slow))
    await bench.start_deploying(slow)
    stopped = bench.stop()
    bench.daemon.hurry()
    assert await within(stopped) is True
    assert slow.cancelled == 1
    assert bench.clock.getDelayedCalls() == []


@pytest_twisted.ensureDeferred
async def test_what_does_not_end_when_it_is_cancelled_is_cut_off(stubborn):
    bench = Bench(watch(stubborn))
    await bench.start_deploying(stubborn)
    stopped = bench.stop()
    bench.clock.advance(30)
    bench.clock.advance(4.9)
    assert bench.results == []
    bench.clock.advance(0.1)
    assert await within(stopped) is False
    assert bench.heard.names[-2:] == ["cancelling", "cut_off"]
    assert bench.heard.events[-1]["log_level"].name == "error"
    assert "shop@production" in bench.messages("cut_off")[0]
    assert bench.clock.getDelayedCalls() == []


@pytest_twisted.ensureDeferred
async def test_hurried_again_it_gives_up_at_once(stubborn):
    bench = Bench(watch(stubborn))
    await bench.start_deploying(stubborn)
    stopped = bench.stop()
    bench.daemon.hurry()
    assert bench.results == []
    bench.daemon.hurry()
    assert await within(stopped) is False
    bench.daemon.hurry()  # too late for anything
    assert bench.clock.getDelayedCalls() == []


class HangingCancel(SlowTarget):
    """Its server cannot be reached, not even to cancel."""

    def cancel(self):
        self.go.wait(30)


@pytest_twisted.ensureDeferred
async def test_cancelling_may_hang_too():
    target = HangingCancel(reactor)
    bench = Bench(watch(target))
    await bench.start_deploying(target)
    stopped = bench.stop()
    bench.daemon.hurry()
    bench.clock.advance(5)
    assert await within(stopped) is False
    target.go.set()


@pytest_twisted.ensureDeferred
async def test_only_those_that_still_deploy_are_cancelled(slow):
    done = SlowTarget(reactor, name="shop@staging")
    bench = Bench(watch(slow, done))
    await bench.start_deploying(slow)
    await within(done.began)
    deployed = bench.heard.next("deployed")
    stopped = bench.stop()
    done.go.set()
    await within(deployed)
    bench.clock.advance(30)
    assert await within(stopped) is True
    assert (slow.cancelled, done.cancelled) == (1, 0)


@pytest_twisted.ensureDeferred
async def test_a_poll_in_hand_may_finish_and_deploys_nothing_then(slow_repository):
    target = Target(IDLE)
    bench = Bench(watch(target, repository=slow_repository))
    bench.start()
    await within(slow_repository.began)
    stopped = bench.stop()
    assert bench.messages("stopping") == ["stopping: waiting for the poll of slow"]
    slow_repository.go.set()
    assert await within(stopped) is True
    assert target.reconciled == 0
    assert bench.heard.names[-2:] == ["head", "stopped"]
    assert bench.clock.getDelayedCalls() == []


@pytest.mark.parametrize("end", [lambda bench: bench.clock.advance(5), lambda b: b.daemon.hurry()])
@pytest_twisted.ensureDeferred
async def test_a_poll_that_hangs_is_left(slow_repository, end):
    bench = Bench(watch(Target(IDLE), repository=slow_repository))
    bench.start()
    await within(slow_repository.began)
    stopped = bench.stop()
    bench.clock.advance(4.9)
    assert bench.results == []
    end(bench)
    assert await within(stopped) is True  # nothing depends on it
    assert bench.heard.names[-2:] == ["left", "stopped"]
    assert bench.clock.getDelayedCalls() == []


@pytest_twisted.ensureDeferred
async def test_a_poll_has_its_time_also_after_a_deployment_was_cancelled(slow, slow_repository):
    bench = Bench(watch(repository=slow_repository), watch(slow))
    await bench.start_deploying(slow)
    bench.stop()
    cancelled = bench.heard.next("cancelled")
    bench.daemon.hurry()
    await within(cancelled)
    assert bench.results == []
    assert bench.messages("stopping")[-1] == "stopping: waiting for the poll of slow"
    bench.clock.advance(4.9)
    assert bench.results == []
    bench.clock.advance(0.1)
    assert bench.results == [True]


@pytest_twisted.ensureDeferred
async def test_a_repository_that_hangs_does_not_starve_another(slow, slow_repository):
    bench = Bench(watch(repository=slow_repository), watch(slow))
    await bench.start_deploying(slow)
    slow.go.set()
    await within(bench.heard.next("deployed"))
    slow_repository.go.set()
    assert await within(bench.stop()) is True


@pytest_twisted.ensureDeferred
async def test_all_targets_of_a_daemon_deploy_at_the_same_time(slow_repository):
    targets = [SlowTarget(reactor, name=f"shop@{number}") for number in range(8)]
    bench = Bench(watch(*targets), watch(repository=slow_repository))
    await bench.start_deploying(targets[0])
    for target in targets[1:]:
        await within(target.began)
    slow_repository.go.set()
    stopped = bench.stop()
    for target in targets:
        target.go.set()
    assert await within(stopped) is True
