"""A daemon process for tests of its signals: ``python daemon_process.py TARGET [stop_timeout [grace]]``."""

import gc
import signal
import sys
import tempfile
from pathlib import Path

from daemon_fakes import Repository, SlowTarget, Stubborn, Target, commit
from twisted.internet import reactor

from mainsql.daemon.log import logging_to
from mainsql.daemon.process import run
from mainsql.daemon.seams import Configured, Watch
from mainsql.daemon.service import Daemon
from mainsql.operations.outcome import Outcome, State


class Finishing(SlowTarget):
    """Finishes when it is asked to stop."""

    def stop(self) -> None:
        self.go.set()


class StopsTheReactor(Finishing):
    """Stands for whatever else may stop it."""

    def reconcile(self) -> Outcome:
        reactor.callFromThread(reactor.stop)
        return super().reconcile()


class Broken(SlowTarget):
    """Has a bug."""

    def stop(self) -> None:
        raise ZeroDivisionError


KINDS = {
    "finishing": Finishing,
    "obedient": SlowTarget,
    "stubborn": Stubborn,
    "stops-the-reactor": StopsTheReactor,
    "broken": Broken,
}


def target_of(kind: str) -> Target:
    if kind == "idle":
        return Target(Outcome(State.UP_TO_DATE, 1))
    slow = KINDS[kind](reactor)
    slow.began.addCallback(lambda _: print("deploying", flush=True))
    return slow


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


kind, *times = sys.argv[1:]
stop_timeout, grace = (*map(float, times), 1000.0, 1000.0)[:2]
before = handlers()
with logging_to(sys.stdout):
    watch = Watch(Repository(commit(1)), 3600.0, [target_of(kind)])
    daemon = Daemon([watch], reactor, stop_timeout=stop_timeout, grace=grace)
    with tempfile.TemporaryDirectory() as state:
        code = run(daemon, reactor, lambda: Configured([watch], stop_timeout), Path(state))
    gc.collect()  # failures that nobody handled are told now
if handlers() != before:
    print("the signal handlers were not given back")
sys.exit(code)
