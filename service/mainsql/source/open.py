"""Opens a repository, of whatever kind it is."""

from pathlib import Path

from mainsql.errors import SourceError
from mainsql.model import Vcs
from mainsql.source.access import Access
from mainsql.source.git import open_checkout, open_git
from mainsql.source.location import is_local
from mainsql.source.recognizing import kind_at, kind_of, url_of
from mainsql.source.repository import Repository
from mainsql.source.svn import open_svn
from mainsql.source.undecided import Undecided


def open_repository(
    url: str,
    *,
    branch: str | None,
    state: Path,
    vcs: Vcs | None = None,
    tags: tuple[str, ...] = (),
    access: Access | None = None,
    partial: bool = False,
) -> Repository:
    """The repository at a path or URL; ``close`` it when done.

    A path (``~`` is the home folder; a folder inside a checkout will do) of git's is read in place, an
    svn checkout where it comes from. What git can fetch is kept as a mirror under ``state``, what is
    read of an svn repository as exports; both need a ``fetch`` first. ``branch`` is the one to watch,
    None for the one that HEAD is on, or for the folder that the URL names; or it is the newest of the
    ``tags`` that match one of these patterns. ``access`` is for what is fetched, and so is ``partial``:
    of history without the contents that nobody reads. Without ``vcs`` it is looked which of the two it
    is, by the first ``fetch`` that its server answers where only that knows. Raises SourceError.
    """
    access = access or Access()
    if not url.startswith("-") and is_local(url):
        path = _folder(url)
        found, top = kind_at(path)
        if (vcs or found) is not Vcs.SVN:
            return open_checkout(path, branch=branch, tags=tags)
        if found is not Vcs.SVN:
            raise SourceError(
                f"'{path}' is in no svn checkout or repository",
                hint="name a checkout, a folder in one, a repository that svnadmin made, or a URL",
            )
        url, vcs = url_of(top, state=state), Vcs.SVN

    def open_as(vcs: Vcs) -> Repository:
        if vcs is Vcs.GIT:
            return open_git(url, branch=branch, state=state, tags=tags, access=access, partial=partial)
        _refuse_what_is_of_git(tags, partial, access)
        return open_svn(url, branch=branch, state=state, access=access)

    vcs = vcs or kind_of(url, branch=branch, state=state, access=access)
    return open_as(vcs) if vcs else Undecided(url, open_as, branch=branch, state=state, access=access)


def _refuse_what_is_of_git(tags: tuple[str, ...], partial: bool, access: Access) -> None:
    of_git = {"tags": tags, "partial": partial, "ssh_key": access.ssh_key, "known_hosts": access.known_hosts}
    for key, given in of_git.items():
        if given:
            raise SourceError(
                f"{key} is for git, and this repository is Subversion's",
                hint="take it out; the keys of ssh are those of its own configuration, or of SVN_SSH",
            )


def _folder(url: str) -> Path:
    try:
        path = Path(url).expanduser().absolute()
        there, folder = path.exists(), path.is_dir()
    except (OSError, RuntimeError) as error:
        raise SourceError(f"'{url}' cannot be found: {error}") from None
    if not there:
        inside = kind_at(path)[0] is Vcs.SVN
        raise SourceError(
            f"there is no folder '{path}'",
            hint=f"what is in an svn repository has a URL: {path.as_uri()}"
            if inside
            else "name a checkout, a repository, or a URL that git or svn can read",
        )
    if not folder:
        raise SourceError(
            f"'{path}' is a file, not a repository",
            hint="name the folder of the repository; the main script in it has an option of its own",
        )
    return path
