"""Which commits a target lacks, and what each of them would do to it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from mainsql.config import Apply, CatchUp
from mainsql.database import ledger
from mainsql.errors import MainsqlError, Refused, ScriptError, SourceError
from mainsql.model import Commit, History, Objection, Plan, Refusal, UpToDate
from mainsql.operations.target import Deployment
from mainsql.plan.planner import applied, plan, plan_acceptance


@dataclass(frozen=True, slots=True)
class Broken:
    """A commit whose tree cannot be deployed as it is written."""

    commit: Commit
    error: MainsqlError


Prospect = Plan | UpToDate | Refusal | Broken
"""What would come of one commit."""


def prospect(
    deployment: Deployment, history: History, commit: Commit, *, accepting: frozenset[str] = frozenset()
) -> Prospect:
    """What would come of a commit on top of a history. Raises SourceUnavailable.

    With ``accepting`` that is only that these units are recorded as they are.
    """
    try:
        tree = deployment.trees.at(commit.id)
    except (ScriptError, SourceError) as error:
        if error.retry.value == "later":
            raise
        return Broken(commit, error)
    if accepting:
        return plan_acceptance(tree, commit, history, accepting)
    config = deployment.config
    return plan(tree, commit, history, whole=config.apply is Apply.WHOLE, on_removed=config.on_removed)


def candidates(deployment: Deployment, history: History, head: Commit) -> list[Commit]:
    """The commits to deploy one after the other, so that the target comes to ``head``.

    Without a version that is ``head`` alone. Never empty: where nothing has changed since the
    newest version (be it rolled back), that version's own commit is looked at again.
    Raises Refused when ``head`` does not come after that commit.
    """
    if not history.versions:
        return [head]
    newest = history.versions[-1].commit
    if history.accepts_history:
        return [head]
    if not deployment.repository.is_ancestor(newest.id, head.id):
        raise _not_after(deployment, newest, head)
    found = deployment.trees.changing(newest.id, head.id)
    return found[-1:] if found and deployment.config.catch_up is CatchUp.NEWEST else found or [newest]


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
        hint="bring the deployed commit back into the branch (git merge), or deploy from the right branch; "
        "if the new history is right: mainsql resume --accept-history",
    )


def preview(deployment: Deployment, head: Commit) -> list[Prospect]:
    """What bringing the target to ``head`` would do, commit by commit, without doing it.

    Each commit is planned as if those before it had been deployed. Raises DatabaseUnavailable,
    Refused.
    """
    with deployment.target.connect() as session:
        check_tree_name(deployment, ledger.tree_names(session))
        history = ledger.read_history(session, deployment.target.tree)
    prospects: list[Prospect] = []
    for commit in candidates(deployment, history, head):
        outcome = prospect(deployment, history, commit)
        prospects.append(outcome)
        if isinstance(outcome, Plan):
            history = applied(history, outcome, datetime.now(UTC))
    return prospects


def check_not_paused(deployment: Deployment, history: History) -> None:
    """Raises Refused while a person holds the target."""
    if (word := history.paused) is not None:
        raise Refused(
            f"{deployment.target.label} is paused by {word.by} since {word.at:%Y-%m-%d %H:%M} ({word.why})",
            hint="mainsql resume releases it",
        )


def check_without_versions(deployment: Deployment, history: History) -> None:
    """Raises Refused when something was deployed to the target before, or recorded as applied."""
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


def _lines(objection: Objection) -> list[str]:
    where = f"{objection.place}: " if objection.place else ""
    return [where + objection.reason, *(f"  {line}" for line in objection.difference)]


def refused(refusal: Refusal) -> Refused:
    """A refusal as an exception, for whoever cannot go on."""
    first = refusal.objections[0]
    if len(refusal.objections) == 1:
        where = f"{first.place}: " if first.place else ""
        return Refused(where + first.reason, reasons=first.difference, hint=first.hint)
    hints = list(dict.fromkeys(objection.hint for objection in refusal.objections))
    return Refused(
        f"{len(refusal.objections)} things need a person",
        reasons=tuple(line for objection in refusal.objections for line in _lines(objection)),
        hint="; ".join(hints),
    )
