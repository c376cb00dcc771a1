"""What may be the name of an object in a text, be it SQL, a string or the body of a function."""

import re

_WORD = re.compile(r'"((?:[^"]|"")+)"|([^\W\d][\w$]*)')


def words(text: str) -> set[str]:
    """Each word as the catalogs would have it: what is in quotes as it is, the rest in lower case."""
    return {quoted.replace('""', '"') or plain.lower() for quoted, plain in _WORD.findall(text)}
