"""The names in includes → paths in the repository."""

import posixpath
from collections.abc import Callable
from typing import NoReturn

from mainsql.errors import Place, ScriptError


class Missing(ScriptError):
    """The file that is named is not in the commit."""


class Paths:
    """Finds what an include names. ``root`` is the include root, empty for that of the repository."""

    def __init__(self, root: str, exists: Callable[[str], bool]) -> None:
        self._root = root
        self._exists = exists

    def shown(self, path: str) -> str:
        """A repository path as people and the ledger see it: relative to the include root."""
        if not self._root:
            return path
        if path.startswith(self._root + "/"):
            return path[len(self._root) + 1 :]
        return posixpath.relpath(path, self._root)

    def included(self, name: str, place: Place, opened: list[str], *, relative: bool) -> str:
        r"""The path of the file that ``\i name`` (``\ir`` if ``relative``) includes.

        ``opened`` are the paths of the files that are being read, the innermost last. Raises
        ScriptError when there is no such file, or when it may not be included.
        """
        if name.startswith(("/", "~")):
            _fail(f"{name} is not inside the repository", place, "give a path relative to the include root")
        here = posixpath.dirname(opened[-1])
        path = posixpath.normpath(posixpath.join(here if relative else self._root, name))
        if not leaves(path) and path not in opened and self._exists(path):
            return path
        other = posixpath.normpath(posixpath.join(self._root if relative else here, name))
        elsewhere = self._elsewhere(name, path, "" if other in opened else other, relative)
        if leaves(path):
            _fail(
                f"{name} leaves the repository",
                place,
                elsewhere or "only files of the commit can be included",
            )
        if path in opened:
            circle = " → ".join(map(self.shown, [*opened[opened.index(path) :], path]))
            _fail(f"this include closes a circle: {circle}", place, elsewhere or "take one of them out")
        raise Missing(
            f"{self.shown(path)} is not in the commit",
            place=place,
            hint=elsewhere or "commit the file, or mend the name",
        )

    def _elsewhere(self, name: str, path: str, other: str, relative: bool) -> str | None:
        """Where a file of that name is, if not at ``path``; ``other`` is what the other command finds."""
        if other and not leaves(other) and self._exists(other):
            if relative:
                return f"\\ir is relative to this file; to include {self.shown(other)} write \\i {name}"
            return f"\\i is relative to the include root, not to this file: write \\ir {name}"
        at_root = posixpath.normpath(name)
        if at_root != path and not leaves(at_root) and self._exists(at_root):
            return (
                f"{at_root} is there, seen from the root of the repository: "
                'set include_root = "repository" for this tree'
            )
        return None


def leaves(path: str) -> bool:
    """Whether a normal path leads out of the repository."""
    return path == ".." or path.startswith("../")


def _fail(message: str, place: Place, hint: str) -> NoReturn:
    raise ScriptError(message, place=place, hint=hint)
