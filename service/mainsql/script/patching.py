"""A tree of which some files changed → the tree as it is now, without reading the others again.

That can be told for a file of plain SQL, which was plain SQL before, too: it has no meta-commands and
asks for no variables, so it changes nothing for those around it, nor they for it. Whatever else has
changed is for ``resolve``.
"""

from collections.abc import Mapping
from dataclasses import replace

from mainsql.errors import Place, ScriptError
from mainsql.model import Statement, Tree, Unit
from mainsql.script.decoding import decode
from mainsql.script.lexer import Found, Scanner, Unterminated
from mainsql.script.resolver import resolve
from mainsql.script.variables import Quote


class _AsksForVariables(Exception):
    """The text is not plain."""


def patched(previous: Tree, changed: Mapping[str, bytes]) -> Tree | None:
    """The tree as ``resolve`` would give it with other contents for some of its files.

    ``changed`` is by path from the root of the repository; all other files must be as they were, those
    that are not part of the tree included. None where it has to be resolved from the beginning, also
    when that would raise ScriptError.
    """
    if not changed:
        return previous
    others = previous.files.keys() - {unit.path for unit in previous.units}
    if not changed.keys().isdisjoint(others) or not changed.keys() <= previous.files.keys():
        return None  # an undo script, or rows
    fresh: dict[str, Tree] = {}
    for path, content in changed.items():
        old = previous.files[path]
        if path in previous.gaps or path.endswith(".undo.sql") or _is_data(previous, old):
            return None
        read = _plain(path, content) if _plain(path, old.encode()) is not None else None
        if read is None:
            return None
        fresh[path] = read
    return _replaced(previous, fresh)


def _replaced(previous: Tree, fresh: Mapping[str, Tree]) -> Tree | None:
    units: list[Unit] = []
    program: list[Statement] = []
    begun = 0
    noted = {note.place.path for note in previous.notes}
    starts = _starts(previous.program, {unit.name for unit in previous.units if unit.path in fresh})
    for unit in previous.units:
        if unit.path not in fresh:
            units.append(unit)
            continue
        start, count = starts.get(unit.name, -1), len(unit.statements)
        if start < begun or unit.place.path in noted:
            return None
        if previous.program[start : start + count] != unit.statements:
            return None
        new = _rehomed(fresh[unit.path].units[0], unit)
        units.append(new)
        program += previous.program[begun:start]
        program += new.statements
        begun = start + count
    program += previous.program[begun:]
    files = {**previous.files, **{path: tree.files[path] for path, tree in fresh.items()}}
    return replace(previous, units=tuple(units), program=tuple(program), files=files)


def _starts(program: tuple[Statement, ...], units: set[str]) -> dict[str, int]:
    """Where in the program the first statement of each of these units stands."""
    starts: dict[str, int] = {}
    for index, statement in enumerate(program):
        if statement.unit in units:
            starts.setdefault(statement.unit, index)
    return starts


def _rehomed(new: Unit, old: Unit) -> Unit:
    """A unit that was read by itself, at the place in the tree that the old one has."""
    above = old.place.included_from
    statements = tuple(
        replace(
            statement,
            unit=old.name,
            place=replace(statement.place, path=old.place.path, included_from=above),
            conditional=old.statements[0].conditional,
        )
        for statement in new.statements
    )
    return replace(
        new,
        name=old.name,
        place=old.place,
        statements=statements,
        undo=old.undo,
    )


def _plain(path: str, content: bytes) -> Tree | None:
    """The tree of nothing but this file, if it is plain SQL with at least one statement."""
    try:
        scanner = Scanner(decode(content, Place(path, 1)), _refuse_variable)
        while (found := scanner.scan()) is not Found.END:
            if found is Found.BACKSLASH:
                return None
            scanner.take()
        alone = resolve("", path, {path: content}.get)
    except (ScriptError, Unterminated, _AsksForVariables):
        return None
    # A note is about transactions, and whether those matter depends on what ran before.
    return None if alone.notes or alone.units[0].alone else alone


def _refuse_variable(_name: str, _quote: Quote) -> str | None:
    raise _AsksForVariables


def _is_data(tree: Tree, text: str) -> bool:
    r"""Whether the text of a file may also be that of rows, by ``\copy``."""
    undone = (statement for unit in tree.units for statement in unit.undo or ())
    return any(statement.copy_data == text for statement in (*tree.program, *undone))
