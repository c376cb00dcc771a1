"""From a commit to its resolved tree, and from two commits to those in between that matter."""

import posixpath
from collections import OrderedDict
from collections.abc import Collection

from mainsql.config import TreeConfig
from mainsql.errors import MainsqlError, ScriptError, SourceError
from mainsql.model import Commit, Tree
from mainsql.script.limits import MOST_STATEMENTS
from mainsql.script.patching import patched
from mainsql.script.resolver import resolve
from mainsql.source.repository import Files, Repository

_REMEMBERED = 4


class Trees:
    """The tree as each commit of a repository has it. What was resolved last is remembered."""

    def __init__(self, repository: Repository, config: TreeConfig) -> None:
        self.repository = repository
        self.config = config
        self._recent: OrderedDict[str, tuple[Tree, Files]] = OrderedDict()

    def at(self, commit_id: str) -> Tree:
        """The tree as this commit has it. Raises SourceError, ScriptError."""
        found = self._recent.pop(commit_id, None)
        if found is None:
            files = self.repository.files(commit_id)
            found = self._patched(files) or self._resolve(files), files
        self._recent[commit_id] = found
        while self._is_too_much():
            self._recent.popitem(last=False)
        return found[0]

    def _is_too_much(self) -> bool:
        """Whether fewer should be remembered: they are many, or have more statements than one may have."""
        statements = sum(len(tree.program) for tree, _ in self._recent.values())
        return len(self._recent) > (_REMEMBERED if statements <= MOST_STATEMENTS else 1)

    def _patched(self, files: Files) -> Tree | None:
        """The tree that was used last, if only plain SQL in some of its files has changed since."""
        if not self._recent:
            return None
        tree, before = next(reversed(self._recent.values()))
        edited = files.edited_since(before, tree.files)
        if edited is None:
            return None
        contents = {path: files.read(path) for path in edited}
        known = {path: content for path, content in contents.items() if isinstance(content, bytes)}
        return patched(tree, known) if len(known) == len(contents) else None

    def _resolve(self, files: Files) -> Tree:
        return resolve(
            self.config.name,
            find_main(files, self.config),
            files.read,
            include_root=self.config.include_root,
            variables=self.config.variables,
            environment=self.config.environment,
        )

    def changing(self, base: str, head: str) -> list[Commit]:
        """The first-parent commits after ``base`` up to ``head`` that change what the tree resolves to.

        Also those whose tree cannot be resolved: that is for a person to see.
        """
        found: list[Commit] = []
        changes = self.repository.changes(base, head)
        digest = self._digest(base)
        watched = self._watched(base) if changes else None
        for change in changes:
            if watched is not None and not self._touches(change.paths, watched):
                continue
            before, digest = digest, self._digest(change.commit.id)
            if digest is None or digest != before:
                found.append(change.commit)
            if change is not changes[-1]:
                watched = self._watched(change.commit.id)
        return found

    def _touches(self, paths: frozenset[str], watched: frozenset[str]) -> bool:
        if not paths.isdisjoint(watched):
            return True
        return self.config.main is None and any(posixpath.basename(path) == "main.sql" for path in paths)

    def _digest(self, commit_id: str) -> str | None:
        """The digest of a commit's tree, None where it cannot be resolved."""
        try:
            return self.at(commit_id).digest
        except (ScriptError, SourceError):
            return None

    def _watched(self, commit_id: str) -> frozenset[str] | None:
        """The paths that a commit's tree depends on; None where that cannot be told."""
        try:
            tree = self.at(commit_id)
        except (ScriptError, SourceError):
            return None
        watched = frozenset(tree.files) | {unit.undo_path for unit in tree.units}
        # What is read through a symbolic link changes under another path.
        plain = set(self.repository.files(commit_id).paths())
        return watched if plain.issuperset(tree.files) else None


def find_main(files: Files, config: TreeConfig) -> str:
    """The path of the main script: the configured one, or the only main.sql of the commit."""
    if config.main is not None:
        if files.read(config.main) is None:
            raise SourceError(
                f"the main script {config.main} is not in the commit",
                hint=_similar(files.paths(), config.main),
            )
        return config.main
    found = sorted(path for path in files.paths() if posixpath.basename(path) == "main.sql")
    match found:
        case [path]:
            return path
        case []:
            raise SourceError(
                "there is no main.sql in the commit",
                hint="name the script that includes all others with --main, or commit it",
            )
    listed = "\n".join(f"  {path}" for path in found[:20])
    raise SourceError(
        f"there are {len(found)} scripts named main.sql in the commit:\n{listed}",
        hint=f"choose one, for example: --main {found[0]}",
    )


def _similar(paths: Collection[str], main: str) -> str:
    name = posixpath.basename(main)
    same = sorted(path for path in paths if posixpath.basename(path) == name)[:5]
    if same:
        return "paths begin at the root of the repository; there is " + ", ".join(same)
    return "paths begin at the root of the repository; has the file been committed?"


def describe(error: MainsqlError, commit: Commit) -> str:
    """The report of an error in a commit, headed by the commit."""
    return f"commit {commit.short} ({commit.subject}) by {commit.author}:\n{error.report()}"
