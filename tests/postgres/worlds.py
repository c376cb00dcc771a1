"""A repository with random changes, and what the model says that a database has after each of them.

A file is a tuple of effects, each one statement: ``("table", t)``, ``("column", t, c)``, ``("row", t,
n)``, or ``("function", f, n)``, which alone is repeatable. Undo scripts take back what the last change
did to their file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.postgres.deploying import Shop

from mainsql.model import OnRemoved
from mainsql.operations.outcome import Outcome, State

Effect = tuple[str | int, ...]
Files = dict[str, tuple[Effect, ...]]


def statement(effect: Effect) -> str:
    """What brings it about."""
    match effect:
        case ("table", table):
            return f"create table {table} (id int);\n"
        case ("column", table, column):
            return f"alter table {table} add {column} int default 0;\n"
        case ("row", table, number):
            return f"insert into {table} (id) values ({number});\n"
        case ("function", name, number):
            return f"create or replace function {name}() returns int language sql as 'select {number}';\n"
    raise ValueError(effect)


def undone(effect: Effect) -> str:
    """What takes it back."""
    match effect:
        case ("table", table):
            return f"drop table {table};\n"
        case ("column", table, column):
            return f"alter table {table} drop {column};\n"
        case ("row", table, number):
            return f"delete from {table} where id = {number};\n"
        case ("function", name, _):
            return f"drop function {name}();\n"
    raise ValueError(effect)


@dataclass
class World:
    """``has`` is what the database must have, ``versions`` what it had after each version."""

    shop: Shop
    on_removed: OnRemoved
    files: Files = field(default_factory=dict)
    undos: Files = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)
    past: list[tuple[Files, Files]] = field(default_factory=list)
    has: frozenset[Effect] = frozenset()
    versions: dict[int, frozenset[Effect]] = field(default_factory=lambda: {0: frozenset()})
    _written: set[str] = field(default_factory=set)
    _count: int = 0

    def push(self) -> Outcome:
        """Commits and deploys the files as they are; a refusal or a failure changes nothing."""
        outcome = self.shop.push(self._changed())
        if outcome.state is State.UP_TO_DATE:
            self.has = self._wanted()
            self.versions[outcome.version] = self.has
            self.past.append((dict(self.files), dict(self.undos)))
        return outcome

    def change(self, what: str, pick: int) -> bool:
        """Makes a change, if it can be made now."""
        paths = list(self.files)
        path = paths[pick % len(paths)] if paths else ""
        is_code = path.startswith("code")
        match what:
            case "add":
                self._add(f"tables/t{self._next()}.sql", ("table", f"t{self._count}"))
            case "add code":
                self._add(f"code{self._next()}.sql", ("function", f"f{self._count}", self._count))
            case "append" if path and not is_code:
                table = self.files[path][0][1]
                number = self._next()
                kinds: list[Effect] = [("column", table, f"c{number}"), ("row", table, number)]
                self.files[path] += (kinds[pick % 2],)
                self.undos[path] = (kinds[pick % 2],)
            case "edit" if is_code:
                self.files[path] = (("function", self.files[path][0][1], self._next()),)
            case "move" if path:
                moved = f"{'code' if is_code else 'moved'}{self._next()}.sql"
                self.files = {moved if p == path else p: effects for p, effects in self.files.items()}
                self.undos[moved] = self.undos.pop(path)
            case "remove" if path:
                del self.files[path], self.undos[path]
            case "reformat" if path:
                self.gaps[path] = self.gaps.get(path, 1) + 1
            case "revert" if len(self.past) > 1:
                self._revert(*self.past[max(len(self.past) - 2 - pick % 4, 0)])
            case _:
                return False
        return True

    def go_back(self) -> None:
        """The files as they were when the database came to be what it is."""
        files, undos = self.past[-1]
        self.files, self.undos = dict(files), dict(undos)

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _add(self, path: str, effect: Effect) -> None:
        self.files[path] = self.undos[path] = (effect,)

    def _revert(self, files: Files, undos: Files) -> None:
        now = {effects: path for path, effects in self.files.items()}
        kept = {}
        for path, effects in files.items():
            before = self.files.get(path, ())
            if effects in now:  # the same, or moved
                kept[path] = self.undos[now[effects]]
            elif effects[: len(before)] == before:  # new, or longer
                kept[path] = effects[len(before) :]
            else:
                kept[path] = undos[path]
        self.files, self.undos = dict(files), kept

    def _wanted(self) -> frozenset[Effect]:
        tree = frozenset(effect for effects in self.files.values() for effect in effects)
        if self.on_removed is OnRemoved.UNDO:
            return tree
        replaced = {effect[:2] for effect in tree if effect[0] == "function"}
        return tree | {e for e in self.has if e[:2] not in replaced}

    def _changed(self) -> Mapping[str, str | None]:
        includes = "".join(f"\\i {path}\n" for path in self.files)
        written = {"main.sql": f"select 'main';\n{includes}", "main.undo.sql": "-- nothing\n"}
        for path, effects in self.files.items():
            written[path] = "\n" * self.gaps.get(path, 1) + "".join(map(statement, effects))
            undo = "".join(map(undone, reversed(self.undos[path])))
            written[path.replace(".sql", ".undo.sql")] = undo
        gone = dict.fromkeys(self._written - written.keys())
        self._written = set(written)
        return {**gone, **written}


def found(execute: Callable[[str], list[tuple[Any, ...]]]) -> frozenset[Effect]:
    """The effects that a database has."""
    effects: set[Effect] = set()
    for table, columns in execute(_TABLES):
        effects |= {("table", table), *(("column", table, c) for c in columns.split() if c != "id")}
        effects |= {("row", table, number) for (number,) in execute(f"select id from {table}")}
    for name, body in execute(_FUNCTIONS):
        effects.add(("function", name, int(body.removeprefix("select "))))
    return frozenset(effects)


_TABLES = """
    select table_name::text, string_agg(column_name, ' ')
    from information_schema.columns where table_schema = 'public' group by table_name
"""
_FUNCTIONS = "select proname::text, prosrc from pg_proc where pronamespace = 'public'::regnamespace"
