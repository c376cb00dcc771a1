"""The classes of characters that are written by what they are not, against those that are not."""

import re

from mainsql.script.characters import LETTER, LETTER_OR_DIGIT, LETTERS, WORD

EVERY = "".join(chr(code) for code in (*range(0x300), 0x2028, 0xD800, 0xFFFF, 0x10000, 0x10FFFF))


def test_letters():
    assert re.findall(LETTER, EVERY) == re.findall(f"[{LETTERS}]", EVERY)


def test_letters_and_digits():
    assert re.findall(LETTER_OR_DIGIT, EVERY) == re.findall(f"[{LETTERS}0-9]", EVERY)


def test_words():
    text = "".join(f"a{character}" for character in EVERY)
    assert re.findall(WORD, text) == re.findall(f"[{LETTERS}][{LETTERS}0-9$]*", text)
