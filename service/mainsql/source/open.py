"""Opens a repository, of whatever kind its URL says."""

from pathlib import Path

from mainsql.errors import SourceError
from mainsql.source.access import Access
from mainsql.source.git import open_checkout, open_git
from mainsql.source.location import is_local
from mainsql.source.repository import Repository


def open_repository(
    url: str,
    *,
    branch: str | None,
    state: Path,
    tags: tuple[str, ...] = (),
    access: Access | None = None,
    partial: bool = False,
) -> Repository:
    """The repository at a path or URL; ``close`` it when done.

    A path (``~`` is the home folder; a folder inside a checkout will do) is read in place. What
    git can fetch is kept as a mirror under ``state``, and needs a ``fetch`` first. ``branch`` is
    the one to watch, None for the one that HEAD is on; or it is the newest of the ``tags`` that match
    one of these patterns. ``access`` is for what is fetched, and so is ``partial``: of history without
    the contents that nobody reads. Raises SourceError.
    """
    if url.startswith("-") or not is_local(url):
        return open_git(url, branch=branch, state=state, tags=tags, access=access, partial=partial)
    try:
        path = Path(url).expanduser().absolute()
        there, folder = path.exists(), path.is_dir()
    except (OSError, RuntimeError) as error:
        raise SourceError(f"'{url}' cannot be found: {error}") from None
    if not there:
        raise SourceError(
            f"there is no folder '{path}'",
            hint="name a checkout, a bare repository, or a URL that git can fetch",
        )
    if not folder:
        raise SourceError(
            f"'{path}' is a file, not a repository",
            hint="name the folder of the repository; the main script in it has an option of its own",
        )
    return open_checkout(path, branch=branch, tags=tags)
