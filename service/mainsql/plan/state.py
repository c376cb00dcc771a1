"""What a history says about each unit: what is applied now, and what was taken back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mainsql.model import Action, AppliedStep, History, RolledBack, Version, essential


@dataclass(frozen=True, slots=True)
class Applied:
    """A unit as it is applied now: the last step that ran it, its version and its known undo script.

    ``story`` are all steps that made it what it is, with their versions, oldest first, the last with
    an undo script that was recorded since; ``scripts`` is what of them was not replaced since.
    """

    step: AppliedStep
    version: Version
    undo_digest: str | None
    story: tuple[tuple[Version, AppliedStep], ...]
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


_NOTHING_DONE = frozenset([Action.UNDO, Action.MOVE, Action.ACCEPT])


def applied_units(history: History) -> Mapping[str, Applied]:
    """What is applied now, by unit."""
    applied: dict[str, Applied] = {}
    for version in history.versions:
        for step in version.steps:
            before = applied.get(step.unit)
            if step.action is Action.UNDO:
                # An undo script that was recorded later stays known, whatever became of that version.
                if before and before.digests == step.digests:
                    *earlier, (ran, last) = before.story
                    story = (*earlier, (ran, replace(last, later=step.undo)))
                    applied[step.unit] = replace(before, undo_digest=step.undo_digest, story=story)
            elif version.rolled_back is None:
                _apply(applied, version, step)
    return applied


def _apply(applied: dict[str, Applied], version: Version, step: AppliedStep) -> None:
    before = applied.get(step.unit)
    match step.action:
        case Action.REMOVE:
            applied.pop(step.unit, None)
        case Action.MOVE if step.moved_from in applied:
            applied[step.unit] = applied.pop(step.moved_from)
        case Action.REVERT if before:
            applied[step.unit] = _as_before(before, step)
        case _:
            story = before.story if before and step.action is not Action.RUN else ()
            scripts = before.scripts if before and step.action is Action.APPEND else ()
            applied[step.unit] = Applied(
                step, version, step.undo_digest, (*story, (version, step)), (*scripts, step.script)
            )


def _as_before(known: Applied, step: AppliedStep) -> Applied:
    keep = grown_since(known, step.digests) or len(known.story)
    story, scripts = known.story[:keep], known.scripts[: keep - len(known.story) or None]
    version, ran = story[-1]
    return Applied(ran, version, step.undo_digest, story, scripts)


def grown_since(known: Applied, digests: Sequence[str]) -> int | None:
    """After how many steps of its story a unit had these digests; None unless it only grew since."""
    for count in range(len(known.story) - 1, 0, -1):
        if known.story[count][1].action is not Action.APPEND:
            return None
        if essential(known.story[count - 1][1].digests) == essential(digests):
            return count
    return None


def held_versions(history: History) -> list[Version]:
    """The versions that were rolled back, did something, and were not released since."""
    return [
        version
        for version, _ in _held_versions(history)
        if any(step.action not in _NOTHING_DONE for step in version.steps)
    ]


@dataclass(frozen=True, slots=True)
class Held:
    """What a rollback holds: the units of ``version`` that are not applied again as that version had them.

    ``units`` are held until they change or leave the tree, ``removed`` (which that version had taken
    back because they had left it) until they are in it again; all of them until a person resumes.
    """

    version: Version
    units: tuple[str, ...]
    removed: tuple[str, ...] = ()


def held_units(history: History) -> list[Held]:
    """What is held above the current version, by the version that was rolled back, oldest first."""
    applied = applied_units(history)
    found = []
    for version in held_versions(history):
        steps = [
            step
            for step in version.steps
            if step.action not in _NOTHING_DONE
            and (step.unit not in applied or applied[step.unit].digests != step.digests)
        ]
        removed = tuple(step.unit for step in steps if step.action is Action.REMOVE)
        units = tuple(step.unit for step in steps if step.action is not Action.REMOVE)
        if version.version > history.number and steps:
            found.append(Held(version, units, removed))
    return found


def taken_back(history: History) -> Mapping[tuple[str, tuple[str, ...]], TakenBack]:
    """What was rolled back and not released since, by unit and digests."""
    held: dict[tuple[str, tuple[str, ...]], TakenBack] = {}
    moved: list[tuple[str, str]] = []
    for version, back in _held_versions(history):
        for step in version.steps:
            # A move did nothing, but what was taken back together with it has both its names.
            if step.action not in (Action.UNDO, Action.ACCEPT):
                held[step.unit, step.digests] = back
            if step.moved_from is not None:
                moved.append((step.unit, step.moved_from))
    for new, old in reversed(moved):
        for (unit, digests), back in list(held.items()):
            if unit == new:
                held.setdefault((old, digests), back)
    return held


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
    found, name = None, step.unit
    for later in history.versions:
        if later.version <= version.version:
            continue
        for candidate in later.steps:
            if candidate.moved_from == name and later.rolled_back is None:
                name = candidate.unit
            if candidate.unit != name:
                continue
            if candidate.action is Action.UNDO and candidate.digests == step.digests:
                found = candidate
            elif candidate.digests != step.digests and later.rolled_back is None:
                return found
    return found
