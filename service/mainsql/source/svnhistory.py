"""What the revisions of a folder changed in it, also while it had another name."""

from collections.abc import Iterator, Sequence

from mainsql.source.svnxml import Entry, Touched


def followed(entries: Sequence[Entry], path: str) -> Iterator[tuple[Entry, str, frozenset[str] | None]]:
    """Each revision, newest first, with the folder's path then and the paths in it that it touched.

    ``path`` is the folder's after the first entry, from the repository's root. None stands where
    whole folders came or went, whose files the log does not tell.
    """
    for entry in entries:
        yield entry, path, _touched_in(path, entry.touched)
        path = _before(path, entry.touched)


def _touched_in(path: str, touched: Sequence[Touched]) -> frozenset[str] | None:
    inside = f"{path}/" if path else ""
    found = set()
    for each in touched:
        if each.path == path or not each.path.startswith(inside):
            continue
        if each.kind != "file" and (each.action in "DR" or each.source is not None):
            return None
        if each.kind != "dir":
            found.add(each.path.removeprefix(inside))
    return frozenset(found)


def _before(path: str, touched: Sequence[Touched]) -> str:
    """The folder's path before a revision that may have copied it, or a folder that it is in."""
    copied = [
        (len(each.path), each.source + path[len(each.path) :])
        for each in touched
        if each.source is not None and (path == each.path or path.startswith(f"{each.path}/"))
    ]
    return max(copied)[1] if copied else path
