"""Builds a tree from nothing in a scratch database, to see what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mainsql import __version__ as RELEASE
from mainsql.config import Apply
from mainsql.database import executor, ledger
from mainsql.database.executor import Manner
from mainsql.database.scratch import scratch_database
from mainsql.database.session import Interrupt, Session
from mainsql.database.snapshot import read
from mainsql.database.surroundings import Surroundings
from mainsql.errors import StatementError
from mainsql.model import Commit, History, Plan, Tree, UndoPolicy
from mainsql.operations.segmented import deploy_here
from mainsql.operations.target import Deployment, whoami
from mainsql.plan.planner import plan
from mainsql.plan.segments import segments
from mainsql.script.normal import tokens
from mainsql.undo.catalog import Snapshot

_ROLES = (["create", "role"], ["create", "user"], ["create", "group"])


@dataclass(frozen=True, slots=True)
class Built:
    """What a tree makes of an empty database: its catalogs before and after, on PostgreSQL ``major``."""

    empty: Snapshot
    built: Snapshot
    major: int


def build(
    deployment: Deployment,
    commit: Commit,
    around: Surroundings,
    *,
    on: str | None = None,
    interrupt: Interrupt | None = None,
) -> Built:
    """What the tree of a commit makes of a fresh database with these surroundings.

    That is on an embedded server, or on that of the connection string ``on``. Nothing stays. Raises
    ScriptError (StatementError, when the server refuses a statement), SourceError, DatabaseError,
    Cancelled.
    """
    tree = deployment.trees.at(commit.id)
    with (
        scratch_database(_without_its_own_roles(around, tree), on=on, superuser=True) as scratch,
        Session(scratch.dsn, application_name="mainsql scratch", interrupt=interrupt) as session,
    ):
        empty = read(session)
        whole = deployment.config.apply is Apply.WHOLE
        planned = plan(tree, commit, History(tree.name), whole=whole)
        if isinstance(planned, Plan):
            _run(session, scratch.dsn, deployment, planned)
        return Built(empty, read(session), scratch.major)


def _run(session: Session, dsn: str, deployment: Deployment, planned: Plan) -> None:
    if segments(planned):
        manner = Manner(deployment.target.limits, UndoPolicy.OPTIONAL, one_by_one=True)
        deploy_here(
            session, dsn, planned, lambda: ledger.upgrade(session, RELEASE), manner, lambda work: work(manner)
        )
        return
    try:
        with session.transaction():
            _apply(session, deployment, planned, one_by_one=False)
    except StatementError as error:
        if not error.vague:
            raise
        # Which of the statements that were sent together it was, the server did not say.
        with session.transaction():
            _apply(session, deployment, planned, one_by_one=True)


def _apply(session: Session, deployment: Deployment, planned: Plan, *, one_by_one: bool) -> None:
    executor.apply(
        session,
        planned,
        ledger.upgrade(session, RELEASE),
        by=whoami(),
        manner=Manner(deployment.target.limits, UndoPolicy.OPTIONAL, one_by_one=one_by_one),
        progress=lambda _: None,
    )


def _without_its_own_roles(around: Surroundings, tree: Tree) -> Surroundings:
    """The surroundings without the roles that the tree creates itself: it could not, if they were there."""
    own = set(_created_roles(tree))
    return replace(
        around,
        roles=tuple(role for role in around.roles if role.name not in own),
        settings=tuple(setting for setting in around.settings if setting.role not in own),
        acl=around.acl and tuple(item for item in around.acl if _grantee(item) not in own),
    )


def _created_roles(tree: Tree) -> Iterator[str]:
    for statement in tree.program:
        words = tokens(statement.text)[:3] if not statement.command else []
        if words[:2] in _ROLES and len(words) == 3 and words[2] != "mapping":
            yield _name(words[2])


def _grantee(item: str) -> str:
    """Whom an entry of an access control list is for (PostgreSQL manual, 5.8): ``name=rights/grantor``."""
    return _name(item.rpartition("/")[0].rpartition("=")[0])


def _name(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word
