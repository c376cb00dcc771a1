"""Which statements can be sent to the server together, as one message."""

import re
from collections.abc import Iterable, Iterator

from mainsql.model import Statement

MOST_STATEMENTS = 500
MOST_CHARACTERS = 1_000_000

# A notice does not say which statement of a message it belongs to, so what may well cause one, and
# what has rows to hand back, goes alone: DO, CALL, SELECT, IF [NOT] EXISTS, CASCADE, long names.
_ALONE = frozenset(
    "do call select values with table show explain fetch execute analyze refresh reindex lock".split()
)
_CHATTY = re.compile(r"\b(?:exists|cascade|returning)\b|\w{64}", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[a-z]+", re.IGNORECASE)


def batches(program: Iterable[Statement]) -> Iterator[tuple[Statement, ...]]:
    """The program in order, in runs of statements that may be sent as one message."""
    batch: list[Statement] = []
    size = 0
    for statement in program:
        alone = _goes_alone(statement)
        full = len(batch) == MOST_STATEMENTS or size + len(statement.text) > MOST_CHARACTERS
        if batch and (alone or full):
            yield tuple(batch)
            batch, size = [], 0
        if alone:
            yield (statement,)
        else:
            batch.append(statement)
            size += len(statement.text)
    if batch:
        yield tuple(batch)


def join(batch: Iterable[Statement]) -> tuple[str, list[int]]:
    """The statements as one message, and the offset in it at which each begins."""
    pieces: list[str] = []
    offsets: list[int] = []
    offset = 0
    for statement in batch:
        text = statement.text
        if not text.endswith(";"):
            text += "\n;"
        offsets.append(offset)
        pieces.append(text)
        offset += len(text) + 1
    return "\n".join(pieces), offsets


def _goes_alone(statement: Statement) -> bool:
    if statement.copy_data is not None or statement.copies_out:
        return True
    first = _FIRST_WORD.search(statement.text)
    return first is None or first.group().lower() in _ALONE or _CHATTY.search(statement.text) is not None
