"""What a mainsql.toml says, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mainsql.model import ArchiveLimits, OnDrift, OnRemoved, UndoPolicy, Vcs
from mainsql.source.access import Access
from mainsql.source.keys import Keys


class Apply(StrEnum):
    """What a commit does to a database (DESIGN.md, section 5)."""

    CHANGES = "changes"
    """The database follows the tree: what is new or changed runs."""
    WHOLE = "whole"
    """All of main.sql runs for each commit that changes it."""


class CatchUp(StrEnum):
    """How a database that is several commits behind is brought to the newest."""

    EACH = "each"
    """Each commit that changes the tree is a version of its own."""
    NEWEST = "newest"
    """The newest commit is the next version, with all that those before it brought."""


class Rehearse(StrEnum):
    """Whether each version is tried before it is deployed (docs/rehearse.md)."""

    NEVER = "never"
    """It is not."""
    BEFORE = "before"
    """In a scratch database like the target."""
    IN_PLACE = "in-place"
    """In the target, in a transaction that is rolled back."""


class Verify(StrEnum):
    """Which commits must carry a signature that counts (docs/signatures.md)."""

    NONE = "none"
    """None of them."""
    HEAD = "head"
    """The commit that a version comes from."""
    EVERY = "every"
    """That one, and all that it brings, over all parents, since the last one that was applied."""


@dataclass(frozen=True, slots=True)
class RepositoryConfig:
    """A repository that is polled every ``interval`` seconds. ``name`` is empty without a configuration.

    ``url`` is an absolute path, or what git can fetch or svn can read. It may hold a password, so repr
    leaves it out. ``branch`` None is the one that is checked out, the origin's default, or the folder
    that the URL names; with ``tags`` it is the newest version of those that match one of these
    patterns. ``vcs`` None is to be looked up. ``partial`` leaves out of a mirror what nobody reads.
    ``signed_after`` is the id of a commit that counts without a signature, as do those before it.
    """

    name: str
    url: str = field(repr=False)
    branch: str | None = None
    interval: float = 5.0
    vcs: Vcs | None = None
    tags: tuple[str, ...] = ()
    partial: bool = False
    access: Access = field(default_factory=Access)
    verify: Verify = Verify.NONE
    keys: Keys = field(default_factory=Keys)
    signed_after: str | None = None


@dataclass(frozen=True, slots=True)
class UndoConfig:
    """What is demanded of undo scripts, and whether the rows that a version takes away are kept."""

    policy: UndoPolicy = UndoPolicy.DERIVED
    keeps_data: bool = False


@dataclass(frozen=True, slots=True)
class TreeConfig:
    """A tree: its main script (None: the only main.sql of the commit) and how it is applied.

    ``include_root`` is what ``\\i`` is relative to: ``main`` (the main script's folder),
    ``repository``, or a folder. ``undo`` is for targets that do not say it themselves.
    ``variables`` are set before the first line, as ``psql -v`` does;
    they may hold passwords, so repr leaves them out. ``environment`` are the names that ``\\getenv``
    and ``\\setenv`` may use, with their values (None: not set).
    """

    name: str
    repository: RepositoryConfig
    main: str | None = None
    include_root: str = "main"
    apply: Apply = Apply.CHANGES
    on_removed: OnRemoved = OnRemoved.KEEP
    catch_up: CatchUp = CatchUp.EACH
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    undo: UndoConfig = UndoConfig()


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """A database (a URL or conninfo; None: the embedded server) to which a tree is deployed.

    ``drift_interval`` is how often, in seconds, the daemon looks for drift; 0 is never.

    ``database`` may hold a password, so repr leaves it out. The timeouts are in seconds; 0 is none.
    ``retry_for`` is how long, in seconds, a transaction is tried again that something came in the way of.
    ``archives`` is how old and how much the rows may become that are kept there.
    """

    name: str
    tree: TreeConfig
    database: str | None = field(default=None, repr=False)
    lock_timeout: float = 5.0
    statement_timeout: float = 0.0
    undo: UndoConfig = UndoConfig()
    drift_interval: float = 3600.0
    on_drift: OnDrift = OnDrift.REPORT
    rehearse: Rehearse = Rehearse.NEVER
    archives: ArchiveLimits = field(default_factory=ArchiveLimits)
    retry_for: float = 600.0


@dataclass(frozen=True, slots=True)
class Config:
    """All that a mainsql.toml says. ``stop_timeout`` is in seconds, ``path`` the file it comes from."""

    repositories: Mapping[str, RepositoryConfig] = field(default_factory=dict)
    trees: Mapping[str, TreeConfig] = field(default_factory=dict)
    targets: Mapping[str, TargetConfig] = field(default_factory=dict)
    stop_timeout: float = 30.0
    path: Path | None = None
