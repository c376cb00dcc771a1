"""Whatever happens to a Loop, in whatever order: what the top of loop.py says always holds."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from loop_bench import LATER, NEVER, Bench
from twisted.internet.defer import Deferred

from mainsql.daemon.backoff import Backoff
from mainsql.daemon.loop import Phase

BASE = 2.0


class LoopMachine(RuleBasedStateMachine):
    bench: Bench

    @initialize(
        interval=st.sampled_from([None, 0.5, 10.0]),
        chance=st.floats(0, 1, exclude_max=True),
        early=st.booleans(),
    )
    def make(self, interval: float | None, chance: float, early: bool) -> None:
        self.bench = Bench(interval=interval, chance=chance, backoff=Backoff(base=BASE, cap=60.0))
        self.interval = interval
        self.ended = 0  # works
        self.owed = False  # a poke came since the last work began
        self.disrupted = float("-inf")  # when
        self.stopped: Deferred[None] | None = None
        self.stop_fired: list[None] = []
        if early:
            self.poke()
        self.calling(self.bench.loop.start)

    def calling(self, call) -> None:
        before = len(self.bench.works)
        call()
        assert len(self.bench.works) == before, "the work began inside the call"

    @property
    def in_hand(self) -> bool:
        return len(self.bench.works) > self.ended

    @rule()
    def poke(self) -> None:
        self.calling(self.bench.loop.poke)
        self.owed = self.stopped is None

    @rule()
    def nudge(self) -> None:
        self.calling(self.bench.loop.nudge)

    @rule(seconds=st.sampled_from([0.0, 0.3, 1.0, 2.0, 10.0, 100.0]))
    def advance(self, seconds: float) -> None:
        before = len(self.bench.works)
        self.bench.clock.advance(seconds)
        began = len(self.bench.works) - before
        assert began <= 1, "two at once"
        if began:
            assert self.stopped is None, "begun after stop()"
            assert before == self.ended, "two at once"
            assert self.bench.clock.seconds() >= self.disrupted + BASE, "hammering"
            self.owed = False

    @precondition(lambda self: self.in_hand)
    @rule(error=st.sampled_from([None, LATER, NEVER, ZeroDivisionError("a bug")]))
    def end(self, error: Exception | None) -> None:
        self.ended += 1
        if error is None:
            self.calling(self.bench.finish)
        else:
            self.calling(lambda: self.bench.fail(error))
        if error is not None and error is not NEVER:
            self.disrupted = self.bench.clock.seconds()

    @rule()
    def stop(self) -> None:
        self.stopped = self.bench.loop.stop()
        self.stopped.addCallback(self.stop_fired.append)
        self.owed = False

    @invariant()
    def it_is_busy_while_work_is_in_hand(self) -> None:
        if hasattr(self, "bench"):
            assert self.bench.loop.busy == self.in_hand

    @invariant()
    def a_poke_is_answered_soon(self) -> None:
        if hasattr(self, "bench") and self.owed and not self.in_hand:
            now = self.bench.clock.seconds()
            assert [now + d for d in self.bench.delays] == [max(now, self.disrupted + BASE)]

    @invariant()
    def it_has_as_many_delayed_calls_as_its_phase_allows(self) -> None:
        if not hasattr(self, "bench"):
            return
        match self.bench.loop.phase:
            case Phase.PAUSING:
                assert len(self.bench.delays) == 1
            case Phase.WAITING:
                assert len(self.bench.delays) == (self.owed or self.interval is not None) or (
                    self.bench.delays == [0]  # a nudge
                )
            case _:
                assert self.bench.delays == []

    @invariant()
    def it_has_stopped_when_it_says_so(self) -> None:
        if hasattr(self, "bench") and self.stopped is not None:
            assert bool(self.stop_fired) == (not self.in_hand)

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        self.stop()
        if self.in_hand:
            self.end(None)
        began = len(self.bench.works)
        assert self.bench.clock.getDelayedCalls() == []
        self.bench.clock.advance(1e6)
        assert len(self.bench.works) == began


TestLoop = LoopMachine.TestCase
TestLoop.settings = settings(max_examples=200, stateful_step_count=40, deadline=None, database=None)
