"""What an undo is made of, before it is put in order."""

from collections.abc import Callable
from dataclasses import dataclass

from mainsql.undo.catalog import Key


@dataclass(frozen=True, slots=True)
class Step:
    """Statements that lead one entry back to what it was."""

    key: Key
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """What does not come back, in words: ``rows of shop.orders``; unless that of ``key`` is kept."""

    what: str
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Rename:
    """A name to give back. Names of one ``kind`` in one ``scope`` are unique.

    ``late`` are those of what belongs to a relation or a type, which is named back first.
    """

    kind: str
    scope: str
    current: str
    former: str
    statement: Callable[[str, str], str]
    late: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """An object to bring back to its schema, and to the name that it had there.

    ``scope`` is the schema that it is in, ``former_scope`` the one to go to. ``rename`` takes the schema
    that it is in then, its name and the new one; ``move`` the name that it goes by.
    """

    kind: str
    scope: str
    current: str
    former_scope: str
    former: str
    rename: Callable[[str, str, str], str]
    move: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Last:
    """A statement that needs everything else to be as it was."""

    statement: str


Part = Last | Step | Loss | Rename | Move
