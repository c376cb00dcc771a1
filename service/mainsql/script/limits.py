"""How much a tree may say: it is refused before a process is killed for it."""

from mainsql.errors import Place, ScriptError
from mainsql.model import Stored

MOST_STATEMENTS = 1_000_000
"""In one tree. Each takes 1.5 KB of memory, and a process that is killed for it serves nobody."""

MOST_TEXT = 256_000_000
"""Characters of all of them, without the data of COPY."""

_PIECE = 256 * 1024

# Without one of the first two words no data of a COPY begins; with a NUL it is no script at all, and
# that is what whoever reads it on will say.
_READ_ON = (b"stdin", b"stdout", b"\0")
_LONGEST = max(map(len, _READ_ON))


def too_much(place: Place) -> ScriptError:
    """The error that says so, about the first statement or file that is too much."""
    return ScriptError(
        f"the tree has more than {MOST_STATEMENTS:,} statements, or more than "
        f"{MOST_TEXT // 1_000_000} MB of them: a version is held in memory as a whole",
        place=place,
        hint="load rows with COPY … FROM stdin or \\copy, whose data is streamed, however much it is; "
        "or divide the change into several commits",
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
