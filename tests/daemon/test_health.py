"""When a daemon is live, and when it is ready."""

from datetime import UTC, datetime, timedelta

import pytest
from daemon_fakes import commit
from loop_bench import Bench as LoopBench
from tests.daemon.test_parts import Bench, Hearing, Polled, Slow, watch
from twisted.internet.defer import Deferred

from mainsql.daemon.health import Health, RepositoryHealth, TargetHealth
from mainsql.errors import DatabaseUnavailable, SourceUnavailable
from mainsql.operations.outcome import Outcome, State

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
AWAY = DatabaseUnavailable("cannot connect", hint="check the host")


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def repository(heard=5.0, interval=5.0, problem=None):
    return RepositoryHealth("shop", None if heard is None else ago(heard), problem, interval)


def target(looked=5.0, failing=None, state="up to date", problem=None):
    looked_at = None if looked is None else ago(looked)
    failing_since = None if failing is None else ago(failing)
    return TargetHealth("shop@db", "shop", state, 3, looked_at, problem, failing_since, False)


def health(*parts, late=()):
    repositories = [each for each in parts if isinstance(each, RepositoryHealth)]
    return Health(NOW, ago(100), late, repositories, [each for each in parts if each not in repositories])


@pytest.mark.parametrize(
    ("parts", "ready"),
    [
        ([repository(), target()], True),
        ([repository(heard=None), target()], False),
        ([repository(heard=60), target()], True),
        ([repository(heard=61), target()], False),
        ([repository(heard=3600, interval=1800), target()], True),
        ([repository(), target(looked=None)], False),
        ([repository(), target(looked=4000)], True),
        ([repository(), target(failing=60)], True),
        ([repository(), target(failing=61)], False),
        ([repository(), target(), target(failing=61)], False),
        ([repository(), target(state="failed")], True),
        ([repository(), target(state="refused")], True),
    ],
)
def test_ready_is_what_was_reached_lately(parts, ready):
    assert health(*parts).ready is ready
    assert health(*parts).live


def test_one_that_hangs_is_neither():
    found = health(repository(), target(), late=["shop"])
    assert (found.live, found.ready) == (False, False)


@pytest.mark.parametrize(
    ("parts", "late", "summary"),
    [
        ([repository(), target()], [], "watching 1 repository for 1 target"),
        ([repository(problem="no route\nhint: check"), target()], [], "shop: no route"),
        ([repository(), target(problem="away", state="failed")], [], "shop@db: away"),
        ([repository(), target(state="refused")], [], "shop@db: refused"),
        ([repository(), target(state=None)], ["shop"], "shop hangs"),
    ],
)
def test_the_summary_says_what_is_in_the_way(parts, late, summary):
    assert health(*parts, late=late).summary() == summary


def test_it_is_told_from_what_the_parts_have_seen():
    source, good, away = Polled(commit(1)), Hearing(name="shop@good"), Hearing(AWAY, name="shop@away")
    bench = Bench(watch(source, good, away))
    bench.clock.advance(1)
    found = bench.parts.health(NOW)
    [seen] = found.repositories
    assert (seen.name, seen.problem) == ("shop", None)
    assert seen.heard_at == datetime.fromtimestamp(0.02, UTC)
    assert [(each.name, each.state, each.version) for each in found.targets] == [
        ("shop@good", "up to date", 1),
        ("shop@away", None, None),
    ]
    assert found.targets[1].problem == AWAY.report()
    assert (found.live, found.ready) == (True, False)
    away.answers = [Outcome(State.FAILED, 4, report="no")]
    source.answers = [SourceUnavailable("no route")]
    bench.clock.pump([1] * 50)
    found = bench.parts.health(NOW)
    assert (found.targets[1].state, found.targets[1].problem) == ("failed", None)
    assert found.ready
    assert found.repositories[0].problem == "no route"
    bench.clock.pump([1] * 60)
    assert not bench.parts.health(NOW).ready
    bench.stop()


def test_a_bug_is_in_the_way_too():
    bench = Bench(watch(Polled(commit(1)), Hearing(ZeroDivisionError())))
    assert "bug" in bench.parts.health(NOW).targets[0].problem
    bench.stop()


def test_a_deployment_may_take_its_time():
    slow = Slow()
    bench = Bench(watch(Polled(commit(1)), slow))
    bench.clock.pump([1000] * 100)
    found = bench.parts.health(NOW)
    assert (found.live, found.targets[0].deploying) == (True, True)
    slow.work.callback(Outcome(State.UP_TO_DATE, 1))
    bench.settle()
    bench.stop()


def test_a_poll_that_hangs_is_late():
    hanging = Deferred()
    source = Polled(commit(1))
    source.poll = lambda: hanging
    bench = Bench(watch(source))
    bench.clock.advance(2 * 3600 - 1)
    assert bench.parts.health(NOW).live
    bench.clock.advance(60)
    assert bench.parts.health(NOW).late == ["shop"]
    hanging.callback(commit(1))
    bench.settle()
    assert bench.parts.health(NOW).live
    bench.stop()


def test_a_loop_whose_time_has_come_and_gone_is_late():
    bench = LoopBench(interval=10).waiting()
    assert not bench.loop.late
    [timer] = bench.clock.getDelayedCalls()
    timer.delay(1000)  # the reactor does other things
    bench.clock.advance(40)
    assert not bench.loop.late
    bench.clock.advance(1)
    assert bench.loop.late
