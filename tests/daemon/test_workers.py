import threading

import pytest
import pytest_twisted
from daemon_fakes import within
from twisted.internet import reactor

from mainsql.daemon.workers import Workers


@pytest.fixture
def workers():
    workers = Workers(reactor, 2)
    workers.start()
    return workers


@pytest_twisted.ensureDeferred
async def test_work_is_done_in_a_thread_and_its_result_comes_back_to_the_reactor(workers):
    here = threading.get_ident()
    there = await within(workers.run(threading.get_ident))
    assert there != here
    assert threading.get_ident() == here
    assert await within(workers.run(divmod, 7, 4)) == (1, 3)
    await within(workers.stop())


@pytest_twisted.ensureDeferred
async def test_what_it_raises_comes_back_too(workers):
    with pytest.raises(ZeroDivisionError):
        await within(workers.run(divmod, 1, 0))
    await within(workers.stop())


@pytest_twisted.ensureDeferred
async def test_as_many_at_once_as_its_size_and_the_rest_in_turn(workers):
    gates = [threading.Event() for _ in range(3)]
    began = [threading.Event() for _ in range(3)]

    def work(number):
        began[number].set()
        gates[number].wait(20)
        return number

    before = set(threading.enumerate())
    works = [workers.run(work, number) for number in range(3)]
    assert len(set(threading.enumerate()) - before) == 2
    assert began[0].wait(20)
    assert began[1].wait(20)
    assert not began[2].is_set()
    gates[1].set()
    assert await within(works[1]) == 1
    assert began[2].wait(20)
    gates[0].set()
    gates[2].set()
    await within(works[0])
    await within(works[2])
    await within(workers.stop())


@pytest_twisted.ensureDeferred
async def test_what_was_given_before_the_start_runs_then():
    workers = Workers(reactor, 1)
    work = workers.run(lambda: "done")
    workers.start()
    assert await within(work) == "done"
    await within(workers.stop())


@pytest_twisted.ensureDeferred
async def test_stop_waits_for_what_is_in_hand_and_its_result_is_seen_first(workers):
    gate = threading.Event()
    order = []
    before = set(threading.enumerate())
    workers.run(gate.wait, 20).addCallback(lambda _: order.append("work"))
    stopped = workers.stop().addCallback(lambda _: order.append("stopped"))
    assert order == []
    gate.set()
    await within(stopped)
    assert order == ["work", "stopped"]
    assert set(threading.enumerate()) <= before


@pytest_twisted.ensureDeferred
async def test_after_stop_it_takes_no_more_work(workers):
    await within(workers.stop())
    with pytest.raises(RuntimeError):
        workers.run(int)


@pytest_twisted.ensureDeferred
async def test_its_threads_do_not_keep_a_process_alive(workers):
    assert await within(workers.run(lambda: threading.current_thread().daemon))
    await within(workers.stop())
