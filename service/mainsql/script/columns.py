"""The names of a query's columns, as far as its text tells for certain."""

import re

_NAME = re.compile(r"[^\W\d][\w$]*\Z")
_ENDS = frozenset(
    """
    from into where group having window union intersect except order limit offset fetch for
    """.split()
)
_OPENING, _CLOSING = frozenset("(["), frozenset(")]")
_NO_FUNCTIONS = frozenset("cast extract row array grouping overlay position substring trim treat".split())


def column_names(words: list[str]) -> tuple[str, ...] | None:
    """The names of the columns that a statement (its ``tokens``) returns; None if they cannot be told."""
    depth = 0
    begin = None
    for index, word in enumerate(words):
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0 and word in ("select", "returning") and (begin is None or word == "returning"):
            begin = index + 1
    if begin is None:
        return None
    names = [_name(item) for item in _items(words[begin:])]
    told = tuple(name for name in names if name is not None)
    return told if len(told) == len(names) else None


def _items(words: list[str]) -> list[list[str]]:
    items: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0 and word in _ENDS:
            break
        if depth == 0 and word == ",":
            items.append([])
        else:
            items[-1].append(word)
    return items


def _name(item: list[str]) -> str | None:
    match item:
        case [*_, "as", word]:
            return _unquoted(word)
        case [word] if word != "*":
            return _unquoted(word)
        case [_, ".", word] | [_, ".", _, ".", word] if word != "*":
            return _unquoted(word)
        case [word, "(", *inside, ")"] | [_, ".", word, "(", *inside, ")"]:
            flat = "(" not in inside or _is_one_call(inside)
            return _unquoted(word) if flat and word not in _NO_FUNCTIONS else None
    return None


def _is_one_call(inside: list[str]) -> bool:
    """Whether the parenthesis before these words closes after them, and not on the way."""
    depth = 0
    for word in inside:
        depth += (word == "(") - (word == ")")
        if depth < 0:
            return False
    return True


def _unquoted(word: str) -> str | None:
    if word.startswith('"'):
        return word[1:-1].replace('""', '"')
    return word if _NAME.match(word) else None
