import pytest
from loop_bench import LATER, NEVER, Bench
from twisted.internet.defer import succeed
from twisted.internet.task import Clock

from mainsql.daemon.backoff import Backoff
from mainsql.daemon.log import Log
from mainsql.daemon.loop import Loop, Phase


def fired(deferred):
    results = []
    deferred.addCallback(results.append)
    return bool(results)


# Starting


def test_a_loop_with_an_interval_runs_as_soon_as_it_is_started():
    bench = Bench(interval=10)
    bench.loop.start()
    assert bench.works == []  # not inside the call
    bench.clock.advance(0)
    assert len(bench.works) == 1
    assert bench.loop.phase is Phase.RUNNING


def test_a_loop_without_one_waits_for_its_first_poke():
    bench = Bench(interval=None)
    bench.loop.start()
    bench.clock.advance(1e6)
    assert bench.works == []
    assert bench.loop.phase is Phase.WAITING
    assert bench.delays == []
    bench.loop.poke()
    bench.clock.advance(0)
    assert len(bench.works) == 1


def test_a_poke_before_the_start_is_not_lost():
    bench = Bench(interval=None)
    bench.loop.poke()
    assert bench.delays == []
    bench.loop.start()
    bench.clock.advance(0)
    assert len(bench.works) == 1


def test_a_nudge_before_the_start_is_nothing():
    bench = Bench(interval=None)
    bench.loop.nudge()
    bench.loop.start()
    assert bench.delays == []


def test_a_loop_is_started_once():
    bench = Bench().waiting()
    with pytest.raises(KeyError):
        bench.loop.start()


# Waiting


def test_after_success_it_waits_the_interval_from_the_end_of_the_work():
    bench = Bench(interval=10).running()
    bench.clock.advance(60)
    bench.finish()
    assert bench.delays == [10]
    bench.clock.advance(9.9)
    assert len(bench.works) == 1
    bench.clock.advance(0.1)
    assert len(bench.works) == 2


@pytest.mark.parametrize("ask", [Loop.poke, Loop.nudge])
def test_while_it_waits_it_runs_now(ask):
    bench = Bench(interval=10).waiting()
    ask(bench.loop)
    assert len(bench.works) == 1  # not inside the call
    bench.clock.advance(0)
    assert len(bench.works) == 2


def test_many_pokes_while_it_waits_run_it_once_and_do_not_put_it_off():
    bench = Bench(interval=None).waiting()
    bench.loop.poke()
    [due] = bench.clock.getDelayedCalls()
    bench.loop.poke()
    bench.loop.nudge()
    assert due.active()  # not put anew at the end of the queue
    bench.clock.advance(0)
    bench.finish()
    bench.clock.advance(1e6)
    assert len(bench.works) == 2


def test_the_interval_counts_from_a_poked_run():
    bench = Bench(interval=10).waiting()
    bench.clock.advance(9)
    bench.loop.poke()
    bench.clock.advance(0)
    bench.finish()
    assert bench.delays == [10]


# Running


def test_pokes_while_it_runs_run_it_once_more():
    bench = Bench(interval=None).running()
    for _ in range(5):
        bench.loop.poke()
    assert bench.delays == []
    bench.finish()
    assert len(bench.works) == 1  # not inside the end of the last
    bench.clock.advance(0)
    assert len(bench.works) == 2
    bench.finish()
    bench.clock.advance(1e6)
    assert len(bench.works) == 2


def test_a_nudge_while_it_runs_is_nothing():
    bench = Bench(interval=None).running()
    bench.loop.nudge()
    bench.finish()
    assert bench.delays == []


def test_work_that_pokes_its_own_loop_and_ends_at_once_does_not_pile_up():
    clock = Clock()
    count = 0

    def work():
        nonlocal count
        count += 1
        if count < 5000:  # a recursion of that depth would be an error
            loop.poke()
        elif count > 5000:
            loop.stop()
        return succeed(None)

    loop = Loop(
        work,
        interval=None,
        failed=pytest.fail,
        clock=clock,
        random=lambda: 0.0,
        log=Log(pytest.fail),
    )
    loop.start()
    loop.poke()
    clock.advance(0)
    assert count == 5000


# Failing


def test_a_failure_for_a_person_is_reported_and_waits_the_interval():
    bench = Bench(interval=10).running()
    bench.fail(NEVER)
    assert bench.errors == [NEVER]
    assert bench.loop.phase is Phase.WAITING
    assert bench.delays == [10]


def test_a_failure_for_a_person_runs_at_once_on_a_poke():
    bench = Bench(interval=None).running()
    bench.fail(NEVER)
    assert bench.delays == []
    bench.loop.poke()
    assert bench.delays == [0]


def test_a_poke_during_work_that_fails_for_a_person_runs_it_once_more():
    bench = Bench(interval=None).running()
    bench.loop.poke()
    bench.fail(NEVER)
    assert bench.delays == [0]


def test_failures_that_may_pass_back_off_and_the_first_success_ends_that():
    bench = Bench(interval=10).running()
    pauses = []
    for _ in range(12):
        bench.fail(LATER)
        assert bench.loop.phase is Phase.PAUSING
        pauses += bench.delays
        bench.clock.advance(bench.delays[0])
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 150, 150, 150, 150]
    assert bench.errors == [LATER] * 12
    bench.finish()
    assert bench.delays == [10]
    bench.clock.advance(10)
    bench.fail(LATER)
    assert bench.delays == [1]


def test_a_failure_for_a_person_ends_the_back_off_too():
    bench = Bench().pausing()
    bench.clock.advance(1)
    bench.fail(NEVER)
    bench.clock.advance(10)
    bench.fail(LATER)
    assert bench.delays == [1]


def test_a_nudge_does_not_cut_a_pause_short():
    bench = Bench().pausing()
    bench.clock.advance(1)
    bench.fail(LATER)
    bench.loop.nudge()
    assert bench.delays == [2]


def long_pause():
    bench = Bench(interval=None).running()
    for _ in range(6):
        bench.fail(LATER)
        bench.clock.advance(bench.delays[0])
    bench.fail(LATER)
    assert bench.delays == [64]
    return bench


def test_a_poke_cuts_a_pause_short():
    bench = long_pause()
    bench.clock.advance(5)
    bench.loop.poke()
    assert bench.delays == [0]
    bench.clock.advance(0)
    assert bench.loop.phase is Phase.RUNNING


def test_but_not_its_first_second():
    bench = long_pause()
    bench.clock.advance(0.25)
    bench.loop.poke()
    bench.loop.poke()
    assert bench.delays == [0.75]
    assert bench.loop.phase is Phase.PAUSING


def test_a_poke_during_work_that_is_disrupted_is_answered_after_the_shortest_pause():
    bench = long_pause()
    bench.clock.advance(64)
    bench.loop.poke()
    bench.fail(LATER)
    assert bench.delays == [1]


def test_an_attempt_that_was_poked_does_not_begin_the_back_off_anew():
    bench = long_pause()
    bench.clock.advance(5)
    bench.loop.poke()
    bench.clock.advance(0)
    bench.fail(LATER)
    assert bench.delays == [128]


def test_a_stream_of_pokes_does_not_hammer_on_what_is_down():
    bench = Bench(interval=None).pausing()
    for _ in range(1000):
        bench.loop.poke()
        bench.clock.advance(0.01)
        if bench.loop.busy:
            bench.fail(LATER)
    assert len(bench.works) <= 11  # ten seconds, one a second


# Bugs


def test_a_bug_is_logged_with_its_traceback_and_backs_off():
    bench = Bench(interval=10).running()
    bench.fail(ZeroDivisionError("oops"))
    [event] = bench.events
    assert event["mainsql_event"] == "bug"
    assert event["log_level"].name == "critical"
    assert event["log_failure"].check(ZeroDivisionError)
    assert bench.errors == []
    assert bench.delays == [1]
    bench.clock.advance(1)
    bench.fail(ZeroDivisionError("oops"))
    assert bench.delays == [2]
    bench.clock.advance(2)
    bench.finish()
    assert bench.delays == [10]


def broken_loop(clock, events, *, work, failed):
    loop = Loop(
        work,
        interval=None,
        failed=failed,
        clock=clock,
        random=lambda: 0.0,
        log=Log(events.append),
    )
    loop.start()
    loop.poke()
    clock.advance(0)
    return loop


def raise_(error):
    raise error


def test_work_that_raises_before_it_gives_a_deferred_is_a_bug_too():
    clock, events = Clock(), []
    loop = broken_loop(clock, events, work=lambda: raise_(TypeError("not a Deferred")), failed=pytest.fail)
    assert [event["mainsql_event"] for event in events] == ["bug"]
    assert loop.phase is Phase.PAUSING


def test_a_bug_in_reporting_a_failure_does_not_end_the_loop():
    clock, events = Clock(), []
    loop = broken_loop(clock, events, work=lambda: raise_(NEVER), failed=lambda _: raise_(TypeError("oops")))
    assert events[0]["log_failure"].check(TypeError)
    assert loop.phase is Phase.PAUSING


# Stopping


@pytest.mark.parametrize("at", [lambda bench: bench, Bench.waiting, Bench.pausing])
def test_it_stops_at_once_when_no_work_is_in_hand(at):
    bench = at(Bench())
    began = len(bench.works)
    assert fired(bench.loop.stop())
    assert bench.loop.phase is Phase.STOPPED
    assert bench.delays == []
    bench.loop.poke()
    bench.loop.nudge()
    assert fired(bench.loop.stop())
    assert bench.delays == []
    assert len(bench.works) == began


@pytest.mark.parametrize(
    "end",
    [
        Bench.finish,
        lambda bench: bench.fail(LATER),
        lambda bench: bench.fail(NEVER),
        lambda bench: bench.fail(ZeroDivisionError()),
    ],
)
def test_it_waits_for_the_work_in_hand_and_begins_no_other(end):
    bench = Bench().running()
    bench.loop.poke()
    stops = [bench.loop.stop(), bench.loop.stop()]
    bench.loop.poke()
    bench.loop.nudge()
    assert bench.loop.phase is Phase.STOPPING
    assert bench.loop.busy
    assert not any(fired(stop) for stop in stops)
    end(bench)
    assert all(fired(stop) for stop in stops)
    assert bench.loop.phase is Phase.STOPPED
    assert not bench.loop.busy
    assert bench.delays == []


def test_a_failure_of_the_last_work_is_still_reported():
    bench = Bench().running()
    bench.loop.stop()
    bench.fail(NEVER)
    assert bench.errors == [NEVER]


def test_a_poke_that_was_due_is_dropped_by_stop():
    bench = Bench(interval=None).waiting()
    bench.loop.poke()
    bench.loop.stop()
    bench.clock.advance(1e6)
    assert len(bench.works) == 1


def test_jitter_is_asked_for_at_each_pause():
    bench = Bench(chance=0.5, backoff=Backoff(base=2, cap=300)).pausing()
    assert bench.delays == [3]
