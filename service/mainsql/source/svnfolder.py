"""Asks the server of a Subversion repository about one folder of it."""

import shlex
from pathlib import Path

from mainsql.errors import SourceError, SourceUnavailable
from mainsql.source.access import NOT_TRUSTED
from mainsql.source.room import no_room, out_of_room
from mainsql.source.svnlocation import SvnLocation, quoted
from mainsql.source.svnprogram import CUT_OFF, SvnOutcome, SvnProgram
from mainsql.source.svnxml import (
    Entry,
    Node,
    differing_files,
    info_node,
    listed_folders,
    log_entries,
    property_values,
)

ASKING_LIMIT = 60.0
"""Seconds that a question about a revision or two may take."""
HISTORY_LIMIT = 300.0
"""Seconds that what is between two revisions may take."""
EXPORT_LIMIT = 3600.0
"""Seconds that an export may take."""

_FOLDERS_SHOWN = 10
_ADVICE = (
    (
        {"E170001", "E215004"},
        "check the credentials; mainsql never asks for them, it takes those of the configuration, the URL, "
        "or what svn was told with mainsql's own configuration",
    ),
    (
        {CUT_OFF},
        "over ssh: its host must be known, and a key be let in without a question, as `ssh -o BatchMode=yes` "
        "to it tells; otherwise check the network",
    ),
    (
        {"E230001"},
        NOT_TRUSTED,
    ),
    (
        {"E210005", "E180001", "E175009", "E175011", "E170000"},
        "check the path in the URL, and that the user may read it",
    ),
)


class SvnFolder:
    """The folder at a location, as its server has it. ``None`` answers say: no such path or revision.

    A URL is always given with a peg revision (the svn book, "Peg and Operative Revisions"), which
    also keeps an ``@`` in a name from being one. All methods raise SourceUnavailable when the server
    cannot be asked now.
    """

    def __init__(self, location: SvnLocation, config_dir: Path) -> None:
        self._location = location
        self._config_dir = config_dir
        self._svn = SvnProgram(
            config_dir,
            username=location.username,
            password=location.password,
            password_file=location.password_file,
            ca_file=location.ca_file,
        )

    def is_there(self) -> bool:
        """Whether it is there now; its repository may have no commits."""
        return self._ask("info", "--xml", f"{self._location.url}@HEAD") is not None

    def newest(self) -> Entry | None:
        """The newest revision that touched the folder; None also where nothing was ever committed."""
        found = self._ask("log", "--xml", "--limit", "1", "-r", "HEAD:0", f"{self._location.url}@HEAD")
        entries = log_entries(found) if found is not None else []
        return entries[0] if entries and entries[0].revision > 0 else None

    def at(self, revision: int, peg: str) -> Entry | None:
        """The newest revision up to this one that touched what is the folder at the peg revision."""
        found = self._ask(
            "log", "--xml", "--limit", "1", "-r", f"{revision}:1", f"{self._location.url}@{peg}"
        )
        return next(iter(log_entries(found)), None) if found is not None else None

    def node(self, revision: int, peg: str) -> Node | None:
        """Where what is the folder at the peg revision was in a revision."""
        found = self._ask("info", "--xml", "-r", f"{revision}", f"{self._location.url}@{peg}")
        return info_node(found) if found is not None else None

    def touches(self, revision: int, node: Node) -> bool:
        """Whether a revision is in the history of a node."""
        span = f"{revision}:{revision}"
        found = self._ask("log", "--xml", "-q", "-r", span, f"{node.url}@{node.revision}")
        return bool(log_entries(found)) if found is not None else False

    def history(self, node: Node, down_to: int) -> list[Entry] | None:
        """The revisions of a node and what they touched, newest first."""
        span = f"{node.revision}:{down_to}"
        url = f"{node.url}@{node.revision}"
        found = self._ask("log", "--xml", "-v", "-r", span, url, limit=HISTORY_LIMIT)
        return log_entries(found) if found is not None else None

    def differing(self, root: str, path: str, before: int, after: int) -> frozenset[str]:
        """The files in which two revisions of a folder differ, which had this path after the second."""
        url = f"{root}/{quoted(path)}".rstrip("/")
        span = f"{before}:{after}"
        found = self._ask("diff", "--summarize", "--xml", "-r", span, f"{url}@{after}", limit=HISTORY_LIMIT)
        if found is None:
            raise SourceError(f"svn cannot compare r{before} and r{after} of {url}")
        return frozenset(differing_files(found, url))

    def export(self, node: Node, to: Path) -> frozenset[str]:
        """Writes the files of a node to a folder that is not there yet, and gives its externals.

        Files are as they were committed, without keywords put in; links are links.
        """
        at = ("-r", f"{node.revision}", f"{node.url}@{node.revision}")
        flags = ("-q", "--ignore-externals", "--ignore-keywords")
        found = self._ask("export", *flags, *at, f"{to}@", limit=EXPORT_LIMIT)
        told = self._ask("propget", "--xml", "-R", "svn:externals", *at, limit=HISTORY_LIMIT)
        if found is None or told is None:
            raise SourceError(f"r{node.revision} of {node.url} is not there any more")
        externals = property_values(told, node.url)
        return frozenset(
            f"{folder}/{name}".lstrip("/") for folder, text in externals for name in _named(text)
        )

    def has_trunk(self, root: str) -> bool:
        """Whether there is a folder ``trunk`` in a repository."""
        found = self._ask("info", "--xml", f"{root}/trunk@HEAD")
        return found is not None and info_node(found).is_folder

    def explain(self) -> tuple[str, str]:
        """Why there is no such folder, and what to do. Raises SourceUnavailable when there is by now."""
        url, name = self._location.url, self._location.name
        above, missing = url, ""
        while not above.endswith("/"):
            try:
                found = self._ask("info", "--xml", f"{above}@HEAD")
            except SourceUnavailable:
                if not missing:
                    raise
                break  # it is above the repository's root
            if found is None:
                above, _, missing = above.rpartition("/")
                continue
            if info_node(found).revision == 0:
                return f"{name} has no commits yet", "commit something to it, and look again"
            if not missing:
                raise SourceUnavailable(
                    f"{url} has no history that can be read",
                    hint="somebody may just have made it; otherwise check that the user may read it",
                )
            listed = self._ask("list", "--xml", f"{above}@HEAD")
            folders = listed_folders(listed) if listed is not None else []
            shown = ", ".join(folders[:_FOLDERS_SHOWN]) or "no folder"
            more = f" and {len(folders) - _FOLDERS_SHOWN} more" if len(folders) > _FOLDERS_SHOWN else ""
            return (
                f"{name} has no folder '{missing}': there is no {url} in the newest revision",
                f"in {above} there is: {shown}{more}",
            )
        return f"there is no {url} in the newest revision", "check the path in the URL"

    def stop(self) -> None:
        """Ends what svn does now."""
        self._svn.stop()

    def _ask(self, verb: str, *arguments: str, limit: float | None = None) -> bytes | None:
        outcome = self._svn.run(verb, *arguments, limit=limit or ASKING_LIMIT)
        if outcome.status == 0:
            return outcome.output
        if outcome.not_there:
            return None
        raise self._unavailable(outcome)

    def _unavailable(self, outcome: SvnOutcome) -> SourceUnavailable:
        if (said := no_room(outcome.messages)) is not None:
            return out_of_room(f"what comes from {self._location.url}", said, self._config_dir.parent)
        advice = next(
            (hint for codes, hint in _ADVICE if not outcome.codes.isdisjoint(codes)),
            "check the host in the URL, and the network",
        )
        return SourceUnavailable(
            f"{self._location.url} cannot be read: {outcome.reason}",
            hint=f"{advice}; to try by hand: "
            f"svn info --config-dir '{self._config_dir}' '{self._location.url}'",
        )


def _named(externals: str) -> list[str]:
    """The paths at which a value of svn:externals puts something: "Externals Definitions", the svn book.

    In the old format the path comes first, in the new one last. What is no path is a URL or an option;
    rather one word too many is taken for a path than one too few.
    """
    names = []
    for line in externals.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            words = shlex.split(line)
        except ValueError:
            words = line.split()
        names += [word.strip("/") for word in words if ":" not in word and word[0] not in "^/-"]
    return names
