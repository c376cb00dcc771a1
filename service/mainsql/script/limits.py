"""How much a tree may say: it is refused before a process is killed for it."""

from mainsql.errors import Place, ScriptError
from mainsql.model import Stored

MOST_STATEMENTS = 500_000
"""In one tree, undo scripts included. Each takes 0.5 KB of memory, and its text twice; and a process that is
killed for the memory it takes serves nobody."""

MOST_TEXT = 80_000_000
"""Characters of all of them, without the data of COPY."""

_PIECE = 256 * 1024

# Without one of the first two words no data of a COPY begins; with a NUL it is no script at all, and
# that is what whoever reads it on will say.
_READ_ON = (b"stdin", b"stdout", b"\0")
_LONGEST = max(map(len, _READ_ON))


class Amount:
    """How much of a tree has been read so far."""

    def __init__(self) -> None:
        self._statements = 0
        self._text = 0

    def add(self, length: int, place: Place) -> None:
        """One more statement, of so many characters. Raises ScriptError when it is one too many."""
        self._statements += 1
        self._text += length
        if self._statements > MOST_STATEMENTS or self._text > MOST_TEXT:
            raise too_much(place)


def too_much(place: Place) -> ScriptError:
    """The error that says so, about the first statement or file that is too much."""
    return ScriptError(
        f"the tree has more than {MOST_STATEMENTS:,} statements, or more than "
        f"{MOST_TEXT // 1_000_000} MB of them: a version is held in memory as a whole",
        place=place,
        hint="load rows with COPY … FROM stdin or \\copy, whose data is streamed, however much it is; "
        "or make two trees of it",
    )


def is_too_long(script: Stored, most: int = MOST_TEXT) -> bool:
    """Whether a script is longer than ``most`` bytes, and all of these are SQL: no COPY from stdin is there.

    Reads so far only as that is not known, in little memory. Raises what its stream raises.
    """
    if script.size <= most:
        return False
    kept = b""
    with script.open() as stream:
        left = most
        while left and (piece := stream.read(min(left, _PIECE))):
            window = (kept + piece).lower()
            if any(word in window for word in _READ_ON):
                return False
            kept = window[1 - _LONGEST :]
            left -= len(piece)
    return True
