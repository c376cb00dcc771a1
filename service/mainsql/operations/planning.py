"""Which commits a target lacks, and what each of them would do to it."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mainsql.config import Apply, CatchUp
from mainsql.database import ledger
from mainsql.database.session import Session
from mainsql.errors import MainsqlError, Paused, Refused, ScriptError, SourceError
from mainsql.model import Commit, Foretold, History, Objection, Plan, Refusal, UndoPolicy, UpToDate
from mainsql.operations.loading import Trees
from mainsql.operations.target import Deployment
from mainsql.operations.under_way import check_no_rollback_in_progress, check_nothing_in_progress
from mainsql.operations.verifying import verified
from mainsql.plan.editing import taken_for_once
from mainsql.plan.planner import applied, plan, plan_acceptance
from mainsql.plan.undoing import expecting


@dataclass(frozen=True, slots=True)
class Broken:
    """A commit whose tree cannot be deployed as it is written."""

    commit: Commit
    error: MainsqlError


Prospect = Plan | UpToDate | Refusal | Broken
"""What would come of one commit."""


Keeps = Mapping[str, tuple[Foretold, ...]]
"""What will be kept, by the unit that takes it away."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would come of one commit, with the history that it would come on top of.

    ``whole`` says that all of the tree runs whenever it has changed. ``keeps`` is what of the rows that
    each unit takes away will be kept, as far as its text tells, and what cannot be.
    """

    outcome: Prospect
    before: History
    whole: bool = False
    keeps: Keeps = field(default_factory=dict)


def prospect(
    deployment: Deployment, history: History, commit: Commit, *, accepting: frozenset[str] = frozenset()
) -> Prospect:
    """What would come of a commit on top of a history. Raises SourceUnavailable.

    With ``accepting`` that is only that these units are recorded as they are.
    """
    return _prospect(deployment.trees, history, commit, accepting, deployment.target.undo)


def _prospect(
    trees: Trees,
    history: History,
    commit: Commit,
    accepting: frozenset[str] = frozenset(),
    undo: UndoPolicy = UndoPolicy.DERIVED,
) -> Prospect:
    found = _unsigned_prospect(trees, history, commit, accepting, undo)
    if isinstance(found, UpToDate):
        return found
    match verified(trees, history, commit):
        case Refusal() as refusal:
            return refusal
        case signer if isinstance(found, Plan):
            return replace(found, signer=signer)
    return found


def _unsigned_prospect(
    trees: Trees, history: History, commit: Commit, accepting: frozenset[str], undo: UndoPolicy
) -> Prospect:
    """What would come of a commit, whoever signed it."""
    try:
        tree = trees.at(commit.id)
    except (ScriptError, SourceError) as error:
        if error.retry.value == "later":
            raise
        return Broken(commit, error)
    if accepting:
        return plan_acceptance(tree, commit, history, accepting)
    config = trees.config
    found = plan(tree, commit, history, whole=config.apply is Apply.WHOLE, on_removed=config.on_removed)
    return expecting(found, undo)


def candidates(deployment: Deployment, history: History, head: Commit) -> list[Commit]:
    """The commits to deploy one after the other, so that the target comes to ``head``.

    Without a version that is ``head`` alone. Never empty: where nothing has changed since the
    newest version (be it rolled back), that version's own commit is looked at again.
    Raises Refused when ``head`` does not come after that commit.
    """
    under_way = history.progress
    if under_way is not None and under_way.commit is not None:
        # It comes first, whatever came since.
        _check_after(deployment, under_way.commit, head)
        return [under_way.commit, *deployment.trees.changing(under_way.commit.id, head.id)]
    if not history.versions:
        return [head]
    newest = history.versions[-1].commit
    if history.accepts_history:
        return [head]
    _check_after(deployment, newest, head)
    return _between(deployment.trees, newest, head)


def _between(trees: Trees, base: Commit, head: Commit) -> list[Commit]:
    found = trees.changing(base.id, head.id)
    return found[-1:] if found and trees.config.catch_up is CatchUp.NEWEST else found or [base]


def with_steps(
    session: Session,
    deployment: Deployment,
    history: History,
    commits: Sequence[Commit],
    known: History | None = None,
) -> History:
    """A history with what its versions did, as far as it matters to the plans for these commits.

    ``known`` is what was read before.
    """
    tree = None
    if len(commits) == 1 and deployment.config.apply is not Apply.WHOLE:
        with contextlib.suppress(ScriptError, SourceError):  # the plan will tell
            tree = deployment.trees.at(commits[0].id)
    return ledger.with_steps(session, history, besides=tree, known=known)


def _check_after(deployment: Deployment, newest: Commit, head: Commit) -> None:
    """Raises Refused when ``head`` does not come after ``newest``, as the ledger has that."""
    repository = deployment.repository
    if not repository.is_ancestor(newest.id, head.id):
        raise _not_after(deployment, newest, head)
    if not repository.still_has(newest):
        now = repository.commit(newest.id)
        raise Refused(
            f"history was rewritten: {newest.short} ({newest.subject}) of {_time(newest)}, which "
            f"{deployment.target.label} was brought to, is another commit now: {now.short} ({now.subject}) "
            f"by {now.author} of {_time(now)}",
            hint="was the repository restored from a backup? Commit again what it has lost; then, or if what "
            "it has now is right: mainsql resume --accept-history",
        )


def _time(commit: Commit) -> str:
    return f"{commit.committed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _not_after(deployment: Deployment, newest: Commit, head: Commit) -> Refused:
    label = deployment.target.label
    if deployment.repository.is_ancestor(head.id, newest.id):
        return Refused(
            f"commit {head.short} is older than {newest.short}, which {label} was brought to",
            hint="to go back, use `mainsql rollback`; or push a commit that changes it back",
        )
    return Refused(
        f"history was rewritten: {newest.short} ({newest.subject}), which {label} was brought to, "
        f"does not come before {head.short} ({head.subject})",
        hint="bring the deployed commit back into the branch (git merge, svn copy), or deploy from the right "
        "branch; if the new history is right: mainsql resume --accept-history",
    )


def preview(deployment: Deployment, head: Commit) -> list[Foreseen]:
    """What bringing the target to ``head`` would do, commit by commit, without doing it.

    Each commit is planned as if those before it had been deployed. Raises DatabaseUnavailable,
    Refused.
    """
    with deployment.target.reading() as session:
        check_tree_name(deployment, ledger.tree_names(session))
        history = ledger.read_versions(session, deployment.target.tree)
        check_no_rollback_in_progress(deployment.target, history.progress)
        commits = candidates(deployment, history, head)
        history = with_steps(session, deployment, history, commits)
    return _foresee(deployment.trees, history, commits, deployment.target.undo)


def preview_between(trees: Trees, base: Commit, head: Commit) -> list[Foreseen]:
    """What bringing a database that is at ``base`` to ``head`` would do, commit by commit.

    It is taken for one to which ``base`` was deployed in one version, when it was empty: no database
    is asked. Raises Refused when ``head`` does not come after ``base``, or ``base`` cannot be deployed.
    """
    if not trees.repository.is_ancestor(base.id, head.id):
        raise Refused(
            f"{base.short} ({base.subject}) does not come before {head.short} ({head.subject})",
            hint="write the older commit first: A..B",
        )
    history = History(trees.config.name)
    match _unsigned_prospect(trees, history, base, frozenset(), UndoPolicy.DERIVED):
        case Plan() as first:
            history = applied(history, first, base.committed_at)
        case Broken(_, error):
            raise Refused(
                f"no database can be at {base.short} ({base.subject}), which cannot be deployed:",
                reasons=tuple(error.report().splitlines()),
                hint="begin with a commit that can be deployed",
            )
    return _foresee(trees, history, _between(trees, base, head))


def _foresee(
    trees: Trees, history: History, commits: Sequence[Commit], undo: UndoPolicy = UndoPolicy.DERIVED
) -> list[Foreseen]:
    found: list[Foreseen] = []
    for commit in commits:
        before = history
        outcome = _prospect(trees, history, commit, undo=undo)
        if isinstance(outcome, Plan):
            outcome = replace(outcome, notes=(*outcome.notes, *taken_for_once(outcome)))
            history = applied(history, outcome, datetime.now(UTC))
        found.append(Foreseen(outcome, before, trees.config.apply is Apply.WHOLE))
    return found


def check_not_paused(deployment: Deployment, history: History) -> None:
    """Raises Paused while a person holds the target."""
    if (word := history.paused) is not None:
        raise Paused(
            f"{deployment.target.label} is paused by {word.by} since {word.at:%Y-%m-%d %H:%M} ({word.why})",
            hint="mainsql resume releases it",
        )


def check_signed(deployment: Deployment, history: History, commit: Commit) -> None:
    """Raises Refused when the commit, or what it brings, is not signed as the repository wants it."""
    match verified(deployment.trees, history, commit):
        case Refusal() as refusal:
            raise refused(refusal)


def check_without_versions(deployment: Deployment, history: History) -> None:
    """Raises Refused when something was deployed to the target before, or recorded as applied."""
    check_nothing_in_progress(deployment.target, history)
    if history.versions:
        newest = history.versions[-1]
        raise Refused(
            f"{deployment.target.label} is not to be adopted: it has version {newest.version} already, "
            f"from {newest.commit.short} ({newest.commit.subject})",
            hint="`mainsql plan` shows what it lacks; `mainsql accept UNIT` records single files as applied",
        )


def check_tree_name(deployment: Deployment, present: list[str]) -> None:
    """Refuses to begin a second history by accident, under a name that nobody chose.

    Raises Refused.
    """
    tree = deployment.target.tree
    if deployment.tree_name_is_derived and present and tree not in present:
        raise Refused(
            f"this database has the tree {', '.join(present)}, and not {tree}, "
            "which is the name that the path suggests",
            hint=f"if it is the same tree, say --tree {present[0]}; if it is another one, say --tree {tree}",
        )


def refused(refusal: Refusal) -> Refused:
    """A refusal as an exception, for whoever cannot go on."""
    objections = refusal.objections
    hints = dict.fromkeys(objection.hint for objection in objections)
    hint = objections[0].hint if len(hints) == 1 else None
    if len(objections) == 1:
        return Refused(_reason(objections[0]), reasons=objections[0].difference, hint=hint)
    lines = (line for objection in objections for line in _lines(objection, with_hint=hint is None))
    return Refused(f"{len(objections)} things need a person", reasons=tuple(lines), hint=hint)


def _lines(objection: Objection, *, with_hint: bool) -> list[str]:
    hint = [f"  hint: {objection.hint}"] if with_hint else []
    return [_reason(objection), *(f"  {line}" for line in objection.difference), *hint]


def _reason(objection: Objection) -> str:
    return f"{objection.place}: {objection.reason}" if objection.place else objection.reason
