"""What may be the name of an object in a text, be it SQL, a string or the body of a function."""

import re

_WORD = re.compile(r'"((?:[^"]|"")+)"|([^\W\d][\w$]*)')


def words(text: str) -> set[str]:
    """Each word as the catalogs would have it: what is in quotes as it is, the rest in lower case."""
    return {quoted.replace('""', '"') or plain.lower() for quoted, plain in _WORD.findall(text)}


def object_name(identity: str) -> str:
    """The name of an object in its identity, without its schema; that of the table for a part of one."""
    whole = identity.rpartition(" on ")[2]
    found = [quoted.replace('""', '"') or plain for quoted, plain in _WORD.findall(whole)]
    return found[1] if len(found) > 1 and "." in whole else "".join(found[:1])
