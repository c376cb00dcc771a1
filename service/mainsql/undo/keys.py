"""The keys of all entries there are, packed: a large database has more of them than a deploy has time for."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from mainsql.undo.catalog import Key

SEPARATOR = "\n"
"""Stands between the ids of a packed text."""


class Keys(AbstractSet[Key]):
    """A set of keys, from one text of ids by catalog. A text is taken apart when somebody asks for it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._ids: dict[str, frozenset[str]] = {}

    def of(self, catalog: str) -> frozenset[str]:
        """The ids of one catalog."""
        if catalog not in self._ids:
            text = self._texts.get(catalog, "")
            self._ids[catalog] = frozenset(text.split(SEPARATOR)) if text else frozenset()
        return self._ids[catalog]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, Key) and key.id in self.of(key.catalog)

    def __iter__(self) -> Iterator[Key]:
        return (Key(catalog, id) for catalog in self._texts for id in self.of(catalog))

    def __len__(self) -> int:
        return sum(text.count(SEPARATOR) + 1 for text in self._texts.values() if text)

    def __sub__(self, other: AbstractSet[Any]) -> AbstractSet[Key]:
        if not isinstance(other, Keys):
            return super().__sub__(other)
        return frozenset(
            Key(catalog, id)
            for catalog, text in self._texts.items()
            if text != other._texts.get(catalog)
            for id in self.of(catalog) - other.of(catalog)
        )

    def without(self, keys: Iterable[Key]) -> "Keys":
        """All but these."""
        texts = dict(self._texts)
        left = frozenset(keys)
        for catalog in {key.catalog for key in left}:
            texts[catalog] = SEPARATOR.join(id for id in self.of(catalog) if Key(catalog, id) not in left)
        return Keys(texts)

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> AbstractSet[Any]:
        return frozenset(it)
