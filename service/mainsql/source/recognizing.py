"""Which program reads what is at a path or URL: git or svn."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from mainsql.errors import SourceError
from mainsql.model import Vcs
from mainsql.source.access import Access
from mainsql.source.location import parse_location
from mainsql.source.mirror import Mirror
from mainsql.source.references import Reference
from mainsql.source.svnfolder import ASKING_LIMIT, SvnFolder
from mainsql.source.svnlocation import parse_svn_location
from mainsql.source.svnprogram import CONFIG_FOLDER, SvnProgram
from mainsql.source.svnxml import info_node


def kind_at(path: Path) -> tuple[Vcs, Path]:
    """What a path is in, git's or svn's, with the top folder of that; git's where it is in neither.

    That is a checkout, a bare repository, or one that ``svnadmin create`` made, whichever is nearest.
    """
    for folder in (path, *path.parents):
        if _exists(folder / ".git") or (_exists(folder / "HEAD") and _exists(folder / "objects")):
            return Vcs.GIT, folder
        if _exists(folder / ".svn") or (_exists(folder / "format") and _exists(folder / "db" / "fs-type")):
            return Vcs.SVN, folder
    return Vcs.GIT, path


def kind_of(url: str, *, branch: str | None, state: Path, access: Access) -> Vcs:
    """Which of them reads a URL. Only behind ``http(s)://`` a server is asked, unless it was read before.

    Where it does not answer, it is taken for git's. Raises SourceError for a URL that is not valid.
    """
    scheme = url.partition("://")[0].lower()
    if scheme == "svn" or scheme.startswith("svn+"):
        return Vcs.SVN
    if scheme == "file":
        return kind_at(Path(unquote(urlsplit(url).path)))[0]
    if scheme not in ("http", "https") or url.rstrip("/").endswith(".git"):
        return Vcs.GIT
    if Mirror(parse_location(url), reference=Reference(), state=state, access=access).fetched:
        return Vcs.GIT
    return Vcs.SVN if _is_svn(url, branch, state, access) else Vcs.GIT


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


def _is_svn(url: str, branch: str | None, state: Path, access: Access) -> bool:
    try:
        location = parse_svn_location(url, branch).as_whom(access)
        if _exists(location.exports_in(state)):
            return True
        return SvnFolder(location, state.absolute() / CONFIG_FOLDER).newest() is not None
    except SourceError:  # it is down, wants other credentials, or knows nothing of svn; or svn is missing
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # behind a folder that may not be entered
        return False
