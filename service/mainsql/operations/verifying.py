"""Whether the commits that a version is made of carry signatures that count."""

from collections.abc import Sequence

from mainsql.config import RepositoryConfig, Verify
from mainsql.errors import Retry, SourceError
from mainsql.model import Commit, History, Objection, Refusal, Signer
from mainsql.operations.loading import Trees
from mainsql.source.repository import Repository, Signature, Unverified, Verified

_MOST = 5
"""How many of the commits that are not verified are told one by one."""


def verified(trees: Trees, history: History, commit: Commit) -> Signer | Refusal | None:
    """Who signed the commit that is to be the next version; None where it needs no signature.

    A Refusal names each commit that has none that counts, the oldest first. What the newest version
    came from, and all before it, is applied and not asked for. Raises SourceUnavailable.
    """
    config = trees.config.repository
    if config.verify is Verify.NONE:
        return None
    try:
        found = _signatures(trees.repository, config, history, commit)
    except SourceError as error:
        if error.retry is Retry.LATER:
            raise
        reason = f"it is not known who signed {commit.short} ({commit.subject}): {error.message}"
        return Refusal(commit, history.number, (Objection(None, reason, error.hint or "see the log"),))
    if unverified := [each for each in found if isinstance(each, Unverified)]:
        return Refusal(commit, history.number, tuple(_objections(unverified, commit)))
    own = next((each for each in found if each.commit.id == commit.id), None)
    return own.signer if isinstance(own, Verified) else None


def _signatures(
    repository: Repository, config: RepositoryConfig, history: History, commit: Commit
) -> Sequence[Signature]:
    """Those that matter; without the commit's own where ``signed_after`` says that it needs none."""
    keys, last = config.keys, config.signed_after
    (own,) = repository.signatures(commit.id, None, keys)
    if isinstance(own, Unverified) and last is not None:
        repository.commit(last)  # raises where there is no such commit
        if repository.is_ancestor(commit.id, last):
            return []
    if config.verify is Verify.HEAD:
        return [own]
    after = {version.commit.id for version in history.versions[-1:]} | ({last} if last else set())
    found = repository.signatures(commit.id, after, keys)
    return found if own in found else [*found, own]


def _objections(unverified: Sequence[Unverified], commit: Commit) -> list[Objection]:
    way_out = f'; to let pass what is there: signed_after = "{unverified[-1].commit.id}"'
    if any(each.tampered for each in unverified):
        way_out = ""  # nobody vouches for that, and it would pass with the others
    found = [
        Objection(
            None,
            f"commit {each.commit.short} ({each.commit.subject}) by {each.commit.author} {each.what}",
            each.hint + way_out,
        )
        for each in unverified[:_MOST]
    ]
    if more := len(unverified[_MOST:]):
        what = f"{more} more of the commits up to {commit.short} have no signature that counts"
        found.append(Objection(None, what, found[-1].hint))
    return found
