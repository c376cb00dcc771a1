import pytest
from daemon_fakes import UP_TO_DATE, Heard, Repository, Target, commit, inline
from twisted.internet.task import Clock

from mainsql.daemon.deployer import Deployer
from mainsql.daemon.log import Log
from mainsql.daemon.poller import Poller
from mainsql.errors import DatabaseUnavailable, SourceError, SourceUnavailable

AWAY = SourceUnavailable("cannot reach git.example.org", hint="check the network")


class Bench:
    def __init__(self, *answers, targets=()):
        self.clock = Clock()
        self.heard = Heard()
        self.repository = Repository(*answers)
        how = {"run": inline, "clock": self.clock, "random": lambda: 0.0}
        self.deployers = [Deployer(target, log=Log(lambda _: None), **how) for target in targets]
        self.poller = Poller(self.repository, self.deployers, interval=10.0, log=Log(self.heard), **how)
        self.poller.start()
        self.clock.advance(0)

    def tick(self, times=1):
        for _ in range(times):
            self.clock.advance(10)


def test_it_polls_at_once_and_then_every_interval():
    bench = Bench(commit(1), commit(2), commit(3))
    assert len(bench.repository.answers) == 2
    bench.clock.advance(9.9)
    assert len(bench.repository.answers) == 2
    bench.clock.advance(0.1)
    assert len(bench.repository.answers) == 1


def test_a_head_is_logged_when_it_is_new():
    bench = Bench(commit(1), commit(1), commit(2), commit(2))
    bench.tick(5)
    assert bench.heard.names == ["head", "head"]
    assert [event["commit"] for event in bench.heard.events] == ["0" * 10, "0" * 10]
    assert bench.heard.events[0]["subject"] == "Add prices"


def test_a_poke_polls_at_once():
    bench = Bench(commit(1), commit(2))
    bench.poller.poke()
    bench.clock.advance(0)
    assert bench.heard.names == ["head", "head"]


def test_every_successful_poll_makes_every_target_look_at_its_ledger():
    targets = [Target(UP_TO_DATE), Target(UP_TO_DATE)]
    bench = Bench(commit(1), targets=targets)
    bench.tick(3)
    assert [target.reconciled for target in targets] == [4, 4]


def test_a_failed_poll_does_not():
    target = Target(UP_TO_DATE)
    bench = Bench(AWAY, targets=[target])
    bench.tick(3)
    assert target.reconciled == 0


def test_a_tick_leaves_a_targets_pause_alone_and_a_new_commit_ends_it():
    target = Target(DatabaseUnavailable("away"))
    bench = Bench(commit(1), targets=[target])
    for pause in (1, 2, 4, 8, 16, 32, 64):
        bench.clock.pump([1] * pause)
    assert target.reconciled == 8
    bench.clock.pump([1] * 30)  # three ticks into a pause of 128 seconds
    assert target.reconciled == 8
    bench.repository.answers = [commit(2)]
    bench.tick()
    assert target.reconciled == 9


def test_a_failure_is_logged_once_until_it_changes_and_then_that_it_works_again():
    refused = SourceUnavailable("connection refused")
    answers = [commit(1), AWAY, AWAY, AWAY, refused, refused, AWAY, commit(1), commit(1), AWAY]
    bench = Bench(*answers)
    for _ in range(100):
        bench.clock.advance(10)
    assert bench.heard.names == [
        *("head", "poll_failed", "poll_failed", "poll_failed", "polled_again", "poll_failed"),
    ]
    reports = [event["report"] for event in bench.heard.events if "report" in event]
    assert reports == [AWAY.report(), refused.report(), AWAY.report(), AWAY.report()]


@pytest.mark.parametrize(("error", "level"), [(AWAY, "warn"), (SourceError("no branch main"), "error")])
def test_what_may_pass_is_a_warning_and_what_needs_a_person_an_error(error, level):
    bench = Bench(error)
    assert bench.heard.events[0]["log_level"].name == level


def test_what_may_pass_backs_off_and_what_needs_a_person_waits_the_interval():
    for error, due in ((AWAY, 1.0), (SourceError("no branch main"), 10.0)):
        bench = Bench(error)
        assert [call.getTime() for call in bench.clock.getDelayedCalls()] == [due]


def test_stopped_it_polls_no_more():
    bench = Bench(commit(1))
    bench.poller.stop()
    bench.poller.poke()
    assert bench.clock.getDelayedCalls() == []
    assert not bench.poller.busy
