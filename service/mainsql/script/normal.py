"""The normal form of a statement: what is left when comments, spaces and letter case do not count."""

import hashlib
import re
from collections.abc import Iterator
from string import ascii_lowercase, ascii_uppercase

from mainsql.model import Stored
from mainsql.script.characters import LETTER, LETTER_OR_DIGIT, SPACE, WORD
from mainsql.script.rows import rows_digest

# An operator ends before a comment, and in + or - only if one of ~!@#^&|`?% is in it: the rule of
# the manual's chapter "Lexical Structure". So 2*-1 and 2 * -1 are the same tokens.
_ANY = r"(?:(?!--|/\*)[~!@#^&|`?%+\-*/<>=])"
_OPERATOR = rf"(?:(?!--|/\*)[+\-*/<>=])*+(?!--|/\*)[~!@#^&|`?%]{_ANY}*+|{_ANY}+(?<![+\-])"

# After a line break a string may go on. For one with escapes that decides where it ends.
_NEXT_LINE = r"[ \t\f\v]*+(?:--[^\n\r]*+)?[\n\r](?:[ \t\n\r\f\v]++|--[^\n\r]*+[\n\r])*+"

_TOKEN = re.compile(
    rf"""
    (?: [{SPACE}]++ | --[^\n\r]*+ )*+
    (?: ( [eE]'(?:[^'\\]++|\\.|''|'{_NEXT_LINE}')*+(?:'|\Z)
        | (?:[bBxXnN]|[uU]&)?'(?:[^']++|'')*+(?:'|\Z)
        | (?:[uU]&)?"(?:[^"]++|"")*+(?:"|\Z)
        | \$((?:{LETTER}{LETTER_OR_DIGIT}*+)?)\$ .*? (?:\$\2\$|\Z)
        )
      | ( {WORD} )
      | ( [0-9][0-9A-Za-z_.]*+ | /\* | {_OPERATOR} | . )
      | \Z
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# Where there are no comments, dollar signs and backslashes, the same in a third of the time.
_INTRICATE = re.compile(r"--|/\*|[$\\]|[&eEbBxXnN]['\"]")
_PLAIN_TOKEN = re.compile(
    rf"""'[^']*+(?:''[^']*+)*+(?:'|\Z)|"[^"]*+(?:""[^"]*+)*+(?:"|\Z)|{WORD}|[0-9][0-9A-Za-z_.]*+|{_OPERATOR}|[^{SPACE}]"""
)
_QUOTES = frozenset("'\"")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def tokens(text: str) -> list[str]:
    """The tokens of a statement in order, unquoted words in lower case, without its final semicolon.

    Strings, quoted names and dollar-quoted bodies are one token each, exactly as written.
    """
    found = _tokens(text)
    if found and found[-1] == ";":
        found.pop()
    return found


def ends_in_semicolon(text: str) -> bool:
    """Whether the last token of a statement is a semicolon."""
    if "--" not in text.rpartition("\n")[2]:
        return text.endswith(";")
    return _tokens(text)[-1:] == [";"]


def digest(words: list[str], copy_data: str | Stored | None = None) -> str:
    """A digest (SHA-256, hexadecimal) of a statement's ``tokens`` and its COPY data.

    It makes no difference whether the last line of the data has its line break.
    """
    hasher = hashlib.sha256(" ".join(words).encode("utf-8", "surrogatepass"))
    if copy_data is not None:
        hasher.update(b"\0" + rows_digest(copy_data).encode("ascii"))
    return hasher.hexdigest()


def _tokens(text: str) -> list[str]:
    if _INTRICATE.search(text) is None and text.isascii():
        if "'" not in text and '"' not in text:
            return _PLAIN_TOKEN.findall(text.lower())
        return [token if token[0] in _QUOTES else token.lower() for token in _PLAIN_TOKEN.findall(text)]
    # Only ASCII letters are folded: PostgreSQL takes Ä and ä for two names.
    lower = str.lower if text.isascii() else _lower
    matches = _around_comments(text) if "/*" in text else _TOKEN.findall(text)
    found = [quoted or other or lower(word) for quoted, _, word, other in matches]
    while found and not found[-1]:
        found.pop()
    return found


def _around_comments(text: str) -> Iterator[tuple[str, ...]]:
    position = 0
    while position < len(text) and (match := _TOKEN.match(text, position)):
        position = match.end()
        if match[4] == "/*":
            position = _comment_end(text, position)
        else:
            yield match.groups("")


def _comment_end(text: str, position: int) -> int:
    depth = 0
    for match in _COMMENT_EDGE.finditer(text, position):
        if match.group() == "/*":
            depth += 1
        elif depth == 0:
            return match.end()
        else:
            depth -= 1
    return len(text)


def _lower(word: str) -> str:
    return word.translate(_LOWER)
