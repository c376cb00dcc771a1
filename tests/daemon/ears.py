"""Ears in the test's hand, and a reactor that watches them when it is told to."""

from collections.abc import Sequence

from mainsql.daemon.seams import Ear
from mainsql.database.listening import Word
from mainsql.errors import ConnectionLost


class FakeEar(Ear):
    """It hears what ``words`` has in it, and raises what is an error."""

    def __init__(self) -> None:
        self.words: list[Word | ConnectionLost] = []
        self.closed = 0

    def fileno(self) -> int:
        return -1 if self.closed else 7

    def heard(self) -> Sequence[Word]:
        words, self.words = self.words, []
        for word in words:
            if isinstance(word, ConnectionLost):
                raise word
        return [word for word in words if isinstance(word, Word)]

    def close(self) -> None:
        self.closed += 1


class FakeReaders:
    """Reads from all that it watches when ``turn`` is called."""

    def __init__(self) -> None:
        self.watched: list = []

    def addReader(self, reader) -> None:
        assert reader.fileno() >= 0
        self.watched.append(reader)

    def removeReader(self, reader) -> None:
        assert reader.fileno() >= 0, "the descriptor was closed before the reactor let go of it"
        self.watched.remove(reader)

    def turn(self) -> None:
        for reader in list(self.watched):
            reader.doRead()
