"""Which statements may have a body in SQL, with semicolons of its own: those that make a routine."""

_ROUTINES = (["function"], ["procedure"])
_REPLACED = (["or", "replace", "function"], ["or", "replace", "procedure"])


def makes_routine(words: list[str]) -> bool:
    """Whether a statement that begins with these words, in lower case, makes a routine, to psql."""
    return words[:1] == ["create"] and (words[1:2] in _ROUTINES or words[1:4] in _REPLACED)
