import pytest
from daemon_fakes import UP_TO_DATE, Heard, Target, deployed, inline
from twisted.internet.task import Clock

from mainsql.daemon import lines
from mainsql.daemon.deployer import Deployer
from mainsql.daemon.log import Log
from mainsql.errors import Cancelled, DatabaseError, DatabaseUnavailable, Place
from mainsql.model import Note
from mainsql.operations.outcome import Outcome, State

FAILED = Outcome(State.FAILED, 3, report="foo.sql:1: no\nhint: do it")
REFUSED = Outcome(State.REFUSED, 3, report="edited after it was applied")
PAUSED = Outcome(State.PAUSED, 3, report="shop@production is paused by eve")
IN_PROGRESS = Outcome(State.IN_PROGRESS, 3, report="1 of 3 segments are finished")
AWAY = DatabaseUnavailable("cannot reach db", hint="check the network")


class Bench:
    def __init__(self, *answers):
        self.clock = Clock()
        self.heard = Heard()
        self.target = Target(*answers)
        self.deployer = Deployer(
            self.target,
            run=inline,
            clock=self.clock,
            random=lambda: 0.0,
            log=Log(self.heard, target=self.target.name),
        )
        self.deployer.start()
        self.deployer.poke()
        self.clock.advance(0)

    def look_again(self, times=1):
        """As many ticks of the poller, far enough apart for any pause to be over."""
        for _ in range(times):
            self.deployer.tick()
            self.clock.advance(300)

    @property
    def lines(self):
        return [lines.human(event).partition("  ")[2] for event in self.heard.events]


def test_it_waits_for_its_first_poke():
    clock, target = Clock(), Target(UP_TO_DATE)
    deployer = Deployer(target, run=inline, clock=clock, random=lambda: 0.0, log=Log())
    deployer.start()
    clock.advance(1e6)
    assert target.reconciled == 0
    deployer.tick()
    clock.advance(0)
    assert target.reconciled == 1


def test_every_version_is_logged_in_order():
    first = Outcome(State.UP_TO_DATE, 2, (deployed(1), deployed(2)))
    bench = Bench(first, Outcome(State.UP_TO_DATE, 2))
    bench.look_again(3)
    assert bench.lines == [
        'shop@production  deployed version 1: 0000000000 "Add prices" (3 statements, 0.25 s)',
        'shop@production  deployed version 2: 0000000000 "Add prices" (3 statements, 0.25 s)',
    ]


def test_notes_stand_under_their_version():
    note = Note(Place("main.sql", 1), "COMMIT is absorbed")
    done = deployed(1, notes=(note,), lacks=("a.sql: rows were changed",))
    bench = Bench(Outcome(State.UP_TO_DATE, 1, (done,)))
    assert bench.lines[0].split("\n")[1:] == [
        "    cannot be taken back: a.sql: rows were changed",
        "    note: main.sql:1:1: COMMIT is absorbed",
    ]


def test_one_that_was_up_to_date_says_so_once():
    bench = Bench(UP_TO_DATE)
    bench.look_again(5)
    assert bench.lines == ["shop@production  up to date at version 1"]


def test_a_version_that_somebody_else_changed_is_news():
    bench = Bench(UP_TO_DATE, Outcome(State.UP_TO_DATE, 5), UP_TO_DATE)
    bench.look_again(5)
    assert [event["version"] for event in bench.heard.events] == [1, 5, 1]


@pytest.mark.parametrize(
    ("outcome", "name", "level"),
    [
        (FAILED, "failed", "error"),
        (REFUSED, "refused", "error"),
        (PAUSED, "paused", "warn"),
        (IN_PROGRESS, "in_progress", "error"),
    ],
)
def test_an_unchanged_failure_or_refusal_is_not_repeated(outcome, name, level):
    bench = Bench(outcome)
    bench.look_again(5)
    assert bench.target.reconciled == 6
    assert bench.heard.names == [name]
    [event] = bench.heard.events
    assert event["log_level"].name == level
    assert event["report"] == outcome.report
    assert event["version"] == 3


def test_another_failure_is_news_and_so_is_the_end_of_it():
    other = Outcome(State.FAILED, 3, report="bar.sql:2: no")
    fixed = Outcome(State.UP_TO_DATE, 4, (deployed(4),))
    bench = Bench(FAILED, FAILED, other, REFUSED, fixed, Outcome(State.UP_TO_DATE, 4))
    bench.look_again(8)
    assert bench.heard.names == ["failed", "failed", "refused", "deployed"]


def test_a_pause_is_said_and_so_is_its_end():
    up_to_date = Outcome(State.UP_TO_DATE, 3)
    bench = Bench(up_to_date, PAUSED, PAUSED, up_to_date)
    bench.look_again(4)
    assert bench.heard.names == ["up_to_date", "paused", "up_to_date"]
    assert bench.lines[1] == (
        "shop@production  warning: paused; still at version 3\n    shop@production is paused by eve"
    )


def test_what_was_deployed_before_a_failure_is_logged_first():
    bench = Bench(Outcome(State.FAILED, 2, (deployed(2),), report="foo.sql:1: no"))
    assert bench.heard.names == ["deployed", "failed"]


def test_being_stopped_before_the_end_is_said():
    bench = Bench(Outcome(State.BEHIND, 2, (deployed(2),)))
    assert bench.heard.names == ["deployed", "behind"]


def test_an_error_that_may_pass_is_a_warning_once_and_backs_off():
    bench = Bench(AWAY, AWAY, AWAY, UP_TO_DATE)
    assert bench.clock.getDelayedCalls()[0].getTime() == 1.0
    bench.look_again(8)
    assert bench.heard.names == ["waiting", "up_to_date"]
    assert bench.heard.events[0]["log_level"].name == "warn"
    assert bench.heard.events[0]["report"] == AWAY.report()


def test_one_that_needs_a_person_is_an_error_once():
    bench = Bench(DatabaseError("may not create the schema"))
    assert bench.clock.getDelayedCalls() == []
    bench.look_again(3)
    assert bench.heard.names == ["failed"]
    assert bench.heard.events[0]["log_level"].name == "error"


def test_an_interruption_after_some_versions_logs_them_and_counts_as_raised():
    bench = Bench(Outcome(State.UP_TO_DATE, 2, (deployed(2),), interrupted=AWAY))
    assert bench.heard.names == ["deployed", "waiting"]
    assert bench.clock.getDelayedCalls()[0].getTime() == 1.0


def test_a_bug_is_critical_and_does_not_end_it():
    bench = Bench(ZeroDivisionError("oops"), UP_TO_DATE)
    bench.clock.advance(1)
    assert bench.heard.names == ["bug", "up_to_date"]


def test_stop_tells_the_target_and_ends_the_loop():
    bench = Bench(UP_TO_DATE)
    bench.deployer.stop()
    bench.deployer.poke()
    assert bench.target.stopped == 1
    assert bench.clock.getDelayedCalls() == []
    assert not bench.deployer.busy


def test_a_cancelled_deployment_is_said():
    bench = Bench(Cancelled("cancelled at foo.sql:3"))
    assert bench.heard.names == ["cancelled"]


class Uncancellable(Target):
    def __init__(self, error):
        super().__init__(UP_TO_DATE)
        self.error = error

    def cancel(self):
        raise self.error


@pytest.mark.parametrize(("error", "name"), [(AWAY, "not_cancelled"), (ZeroDivisionError("oops"), "bug")])
def test_one_that_cannot_be_cancelled_is_said(error, name):
    heard = Heard()
    deployer = Deployer(Uncancellable(error), run=inline, clock=Clock(), random=lambda: 0.0, log=Log(heard))
    deployer.cancel()
    assert heard.names == [name]
