"""What a history says about each unit: what is applied now, and what was taken back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mainsql.model import Action, AppliedStep, Commit, History, RolledBack, Version


@dataclass(frozen=True, slots=True)
class Applied:
    """A unit as it is applied now: the last step that ran it, its version and its known undo script.

    ``scripts`` are those of all steps since the whole of it ran; ``commit`` is the last step's.
    """

    step: AppliedStep
    version: int
    undo_digest: str | None
    commit: Commit
    scripts: tuple[str, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of the statements that are applied."""
        return self.step.digests


@dataclass(frozen=True, slots=True)
class TakenBack:
    """That a unit, as it was in ``version``, was rolled back."""

    version: int
    rolled_back: RolledBack


def applied_units(history: History) -> Mapping[str, Applied]:
    """What is applied now, by unit."""
    applied: dict[str, Applied] = {}
    for version in history.versions:
        for step in version.steps:
            if step.action is Action.UNDO:
                # An undo script that was recorded later stays known, whatever became of that version.
                if (known := applied.get(step.unit)) and known.digests == step.digests:
                    applied[step.unit] = replace(known, undo_digest=step.undo_digest)
            elif version.rolled_back is None:
                before = applied.get(step.unit)
                earlier = before.scripts if before and step.action is Action.APPEND else ()
                applied[step.unit] = Applied(
                    step, version.version, step.undo_digest, version.commit, (*earlier, step.script)
                )
    return applied


def held_versions(history: History) -> list[Version]:
    """The versions that were rolled back, did something, and were not released since."""
    return [
        version
        for version, _ in _held_versions(history)
        if any(step.action is not Action.UNDO for step in version.steps)
    ]


def taken_back(history: History) -> Mapping[tuple[str, tuple[str, ...]], TakenBack]:
    """What was rolled back and not released since, by unit and digests."""
    return {
        (step.unit, step.digests): back
        for version, back in _held_versions(history)
        for step in version.steps
        if step.action is not Action.UNDO
    }


def taken_back_whole(history: History, digest: str) -> TakenBack | None:
    """The newest version with the tree of this digest that was rolled back and not released since."""
    held = [back for version, back in _held_versions(history) if version.digest == digest]
    return held[-1] if held else None


def _held_versions(history: History) -> Iterator[tuple[Version, TakenBack]]:
    for version in history.versions:
        rolled_back = version.rolled_back
        if rolled_back is not None and (history.resumed_at is None or rolled_back.at > history.resumed_at):
            yield version, TakenBack(version.version, rolled_back)


def late_undo(history: History, version: Version, step: AppliedStep) -> AppliedStep | None:
    """The newest step after ``version`` that recorded an undo script for ``step``, if there is one."""
    found = None
    for later in history.versions:
        if later.version <= version.version:
            continue
        for candidate in later.steps:
            if candidate.unit != step.unit:
                continue
            if candidate.action is Action.UNDO and candidate.digests == step.digests:
                found = candidate
            elif candidate.digests != step.digests and later.rolled_back is None:
                return found
    return found
