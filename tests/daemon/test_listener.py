import pytest
from daemon_fakes import Heard, inline
from ears import FakeEar, FakeReaders
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mainsql.daemon.listener import Listener
from mainsql.daemon.log import Log
from mainsql.database.listening import Deaf, Wake, Word
from mainsql.errors import ConnectionLost, DatabaseUnavailable

AWAY = DatabaseUnavailable("the server is away")
LOST = ConnectionLost("the connection was lost")
WORD = Word(Wake.LOOK, "shop")


class Bench:
    """Each connection that is made is the next of ``answers``; the last one stays."""

    def __init__(self, *answers, run=inline):
        self.clock, self.heard, self.readers = Clock(), Heard(), FakeReaders()
        self.answers, self.ears, self.came_up, self.words = list(answers), [], 0, []
        self.listener = Listener(
            self._listen,
            came_up=self._up,
            heard=self.words.extend,
            run=run,
            reactor=self.readers,
            clock=self.clock,
            random=lambda: 0.0,
            log=Log(self.heard),
        )
        self.listener.start()
        self.clock.advance(0)

    def _listen(self):
        answer = self.answers.pop(0) if len(self.answers) > 1 else (self.answers or [None])[0]
        if isinstance(answer, Exception):
            raise answer
        self.ears.append(FakeEar())
        return self.ears[-1]

    def _up(self):
        self.came_up += 1

    def lose(self):
        self.ears[-1].words = [LOST]
        self.readers.turn()

    def over(self):
        """Stopped, it has left nothing behind."""
        stopped = []
        self.listener.stop().addCallback(stopped.append)
        return (
            len(stopped) == 1
            and self.clock.getDelayedCalls() == []
            and self.readers.watched == []
            and all(ear.closed == 1 for ear in self.ears)
        )


def test_it_tells_that_it_began_to_hear_and_what_it_hears():
    bench = Bench()
    assert (bench.listener.hears, bench.came_up) == (True, 1)
    bench.ears[0].words = [WORD, WORD]
    bench.readers.turn()
    bench.readers.turn()
    assert bench.words == [WORD, WORD]
    assert bench.heard.names == []
    assert bench.over()
    assert not bench.listener.hears


def test_a_server_that_is_away_is_tried_again_with_growing_pauses_and_the_deployer_reports_it():
    bench = Bench(AWAY, AWAY, AWAY, None)
    pauses = []
    while not bench.listener.hears:
        pauses += [call.getTime() - bench.clock.seconds() for call in bench.clock.getDelayedCalls()]
        bench.clock.advance(pauses[-1])
    assert pauses == [1, 2, 4]
    assert bench.heard.names == ["listening"]
    assert bench.over()


def test_one_that_was_lost_soon_is_made_again_after_a_pause():
    bench = Bench()
    bench.clock.advance(59)
    bench.lose()
    assert not bench.listener.hears
    assert bench.ears[0].closed == 1
    assert bench.heard.names == ["not_listening"]
    bench.clock.advance(1)
    assert (bench.listener.hears, bench.came_up) == (True, 2)
    assert bench.heard.names == ["not_listening", "listening"]
    assert bench.over()


def test_one_that_was_good_is_made_again_at_once():
    bench = Bench()
    bench.clock.advance(60)
    bench.lose()
    assert bench.readers.watched == []
    bench.clock.advance(0)
    assert (bench.listener.hears, bench.came_up) == (True, 2)
    assert bench.over()


def test_a_server_that_ends_each_connection_is_not_hammered_on():
    bench = Bench()
    for _ in range(600):
        if bench.listener.hears:
            bench.lose()
        bench.clock.advance(1)
    assert len(bench.ears) < 12


@pytest.mark.parametrize("deaf", [Deaf("a pooler stands between")])
def test_where_nothing_can_be_heard_it_says_so_once_and_tries_seldom(deaf):
    bench = Bench(deaf)
    assert [call.getTime() for call in bench.clock.getDelayedCalls()] == [300]
    bench.clock.advance(300)
    bench.clock.advance(300)
    assert bench.heard.names == ["not_listening"]
    assert bench.heard.events[0]["report"] == deaf.report()
    bench.answers = [None]
    bench.clock.advance(300)
    assert bench.listener.hears
    assert bench.over()


def test_stopped_while_it_connects_it_closes_what_came_of_that():
    connecting: list[Deferred] = []

    def slowly(function, /):
        connecting.append(Deferred().addCallback(lambda _: function()))
        return connecting[-1]

    bench = Bench(run=slowly)
    stopped = []
    bench.listener.stop().addCallback(stopped.append)
    assert stopped == []
    connecting[0].callback(None)
    assert stopped == [None]
    assert bench.ears[0].closed == 1
    assert bench.readers.watched == []
    assert bench.came_up == 0
    assert bench.clock.getDelayedCalls() == []


def test_given_up_by_the_reactor_it_begins_anew():
    bench = Bench()
    bench.readers.watched[0].connectionLost(Failure(ZeroDivisionError("a bug")))
    assert bench.readers.watched == []
    bench.clock.advance(1)
    assert bench.listener.hears
    assert bench.over()
