"""The variables of a script, as far as they are known before it runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mainsql.model import Gset
from mainsql.script.variables import Quote, quoted

FIXED: Mapping[str, str] = {
    "AUTOCOMMIT": "on",
    "ENCODING": "UTF8",
    "ERROR": "false",
    "FETCH_COUNT": "0",
    "LAST_ERROR_MESSAGE": "",
    "LAST_ERROR_SQLSTATE": "00000",
    "ON_ERROR_ROLLBACK": "off",
    "ON_ERROR_STOP": "on",
    "SQLSTATE": "00000",
    "VERSION": "PostgreSQL 18.0",
    "VERSION_NAME": "18.0",
    "VERSION_NUM": "180000",
}
"""Variables that psql sets by itself, with the value that they have all through a deploy.

An error ends it, so none ever has an error to tell. The version is that of the psql that is followed.
"""

LATE = frozenset(
    """
    DBNAME USER SERVER_VERSION_NAME SERVER_VERSION_NUM ROW_COUNT mainsql_commit mainsql_version
    """.split()
)
"""Variables that have their value only while the script runs."""

ELSEWHERE = frozenset(["HOST", "PORT", "SERVICE"])
"""Variables of psql that say how it is connected, which is no affair of a script's."""


@dataclass(slots=True)
class Asked:
    """Which variables a text asks for: those with a known value, and those without, or with a late one."""

    known: dict[str, str] = field(default_factory=dict)
    other: set[str] = field(default_factory=set)
    late: bool = False

    @property
    def names(self) -> set[str]:
        """All of them."""
        return self.other | self.known.keys()


class Scope:
    """Which variables have which value, and which get theirs only while the script runs."""

    def __init__(self, known: Mapping[str, str], late: Iterable[str] = (), *, flat: bool = False) -> None:
        """``flat``: it is that of a flat script, in which ``:{?v}`` has no meaning unless it sets v."""
        self.known = dict(known)
        self._flat = flat
        self._late = set(late)
        self._unknown_columns: list[Gset] = []

    def copy(self) -> "Scope":
        """The same variables, to go on with apart."""
        copied = Scope(self.known, self._late, flat=self._flat)
        copied._unknown_columns = list(self._unknown_columns)
        return copied

    def is_late(self, name: str) -> bool:
        """Whether the variable gets its value, if it gets one, only while the script runs."""
        if name in self.known:
            return False
        return name in self._late or any(gset.may_set(name) for gset in self._unknown_columns)

    def value(self, name: str, quote: Quote, asked: Asked) -> str | None:
        """The value in the given quoting; None to leave the text as it stands."""
        value = self.known.get(name)
        if value is not None:
            asked.known[name] = value
        else:
            asked.other.add(name)
        if self.is_late(name):
            if quote is Quote.TEST and name in LATE and name in self._late:
                return "TRUE"
            asked.late = True
            return None
        if quote is Quote.TEST and not (self._flat and value is None):
            return "FALSE" if value is None else "TRUE"
        return None if value is None else quoted(value, quote)

    def set(self, name: str, value: str) -> None:
        """Gives a variable a value."""
        self.known[name] = value
        self._late.discard(name)

    def unset(self, name: str) -> None:
        """Takes a variable its value, as far as a query cannot have given it one."""
        self.known.pop(name, None)
        self._late.discard(name)

    def make_late(self, name: str) -> str | None:
        """From here on the variable gets its value only while the script runs; the one it had."""
        self._late.add(name)
        return self.known.pop(name, None)

    def gset(self, prefix: str, names: tuple[str, ...] | None) -> Gset:
        r"""What a ``\gset`` does to the variables; those it sets for certain are not late yet."""
        if names is not None:
            return Gset(prefix, names)
        known = frozenset(name for name in self.known if name.startswith(prefix) and name not in FIXED)
        gset = Gset(prefix, None, known)
        self._unknown_columns.append(gset)
        return gset
