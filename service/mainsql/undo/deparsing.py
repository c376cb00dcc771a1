"""Expressions as the server writes them, where it writes one in two ways."""

import re
from collections.abc import Sequence

_TOKEN = re.compile(r"""E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|.""", re.DOTALL)
_ARRAY = list("(ARRAY[")
_CAST = re.compile(r"\)::([^\[\]'(),;]+(?:\([\d,]+\))?[^\[\]'(),;]*)\[\]")
_OPENING, _CLOSING = "([", ")]"


def settled(text: str) -> str:
    """SQL that the server wrote, as it writes it when it has read that again.

    ``x IN ('a', 'b')`` with a varchar is written as a cast of an array, and what is read from there
    as an array of casts. So a table that pg_dump made again seems to have another CHECK.
    """
    return "".join(_settled(_TOKEN.findall(text))) if "(ARRAY[" in text else text


def _settled(tokens: Sequence[str]) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(tokens):
        array = _array_at(tokens, place)
        if array is None:
            found.append(tokens[place])
            place += 1
        else:
            text, place = array
            found.append(text)
    return found


def _array_at(tokens: Sequence[str], place: int) -> tuple[str, int] | None:
    """The cast of an array that begins there, as an array of casts, and the place behind it."""
    if tokens[place : place + len(_ARRAY)] != _ARRAY:
        return None
    elements: list[list[str]] = [[]]
    depth = 0
    end = place + len(_ARRAY)
    while end < len(tokens) and (depth or tokens[end] != "]"):
        part = tokens[end]
        depth += (part in _OPENING) - (part in _CLOSING)
        if part == "," and not depth:
            elements.append([])
        else:
            elements[-1].append(part)
        end += 1
    cast = _CAST.match("".join(tokens[end + 1 : end + 200]))
    if cast is None:
        return None
    settled_elements = ("".join(_settled(element)).strip() for element in elements)
    text = ", ".join(f"({element})::{cast[1]}" for element in settled_elements)
    return f"ARRAY[{text}]", end + 1 + len(_TOKEN.findall(cast[0]))
