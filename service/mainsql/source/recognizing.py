"""Which program reads what is at a path or URL: git or svn."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from mainsql.errors import SourceError
from mainsql.model import Vcs
from mainsql.source.access import Access
from mainsql.source.location import parse_location
from mainsql.source.mirror import Mirror
from mainsql.source.references import Reference
from mainsql.source.svnfolder import ASKING_LIMIT
from mainsql.source.svnlocation import parse_svn_location
from mainsql.source.svnprogram import CONFIG_FOLDER, SvnProgram
from mainsql.source.svnxml import info_node


def kind_at(path: Path) -> tuple[Vcs | None, Path]:
    """What a path is in, git's or svn's, with the top folder of that; None where it is in neither.

    That is a checkout, a bare repository, or one that ``svnadmin create`` made, whichever is nearest.
    """
    for folder in (path, *path.parents):
        if _exists(folder / ".git") or (_exists(folder / "HEAD") and _exists(folder / "objects")):
            return Vcs.GIT, folder
        if _exists(folder / ".svn") or (_exists(folder / "format") and _exists(folder / "db" / "fs-type")):
            return Vcs.SVN, folder
    return None, path


def kind_of(url: str, *, branch: str | None, state: Path, access: Access) -> Vcs | None:
    """Which of them reads a URL; None where that cannot be told before it is read.

    That is behind ``http(s)://``, unless it was read before, and where there is nothing on this machine
    yet. Raises SourceError for a URL that is not valid.
    """
    if url.startswith("-"):
        return Vcs.GIT
    scheme = url.partition("://")[0].lower()
    if scheme == "svn" or scheme.startswith("svn+"):
        return Vcs.SVN
    if scheme == "file" and (found := kind_at(Path(unquote(urlsplit(url).path)))[0]):
        return found
    if scheme not in ("http", "https", "file") or url.rstrip("/").endswith(".git"):
        return Vcs.GIT
    if Mirror(parse_location(url), reference=Reference(), state=state, access=access).fetched:
        return Vcs.GIT
    read_before = _exists(parse_svn_location(url, branch).as_whom(access).exports_in(state))
    return Vcs.SVN if read_before else None


def url_of(checkout: Path, *, state: Path) -> str:
    """The URL that an svn checkout (a working copy) or repository on this machine is read by.

    Raises SourceError for a checkout that svn cannot read.
    """
    if not _exists(checkout / ".svn"):
        return checkout.resolve().as_uri()
    told = SvnProgram(state.absolute() / CONFIG_FOLDER).run(
        "info", "--xml", f"{checkout}@", limit=ASKING_LIMIT
    )
    if told.status:
        raise SourceError(f"svn cannot read the checkout '{checkout}': {told.reason}")
    return info_node(told.output).url


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # behind a folder that may not be entered
        return False
