"""Values as the ledger keeps them in columns of type jsonb, and back."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from psycopg2.extras import Json

from mainsql.model import Action, AppliedStep, Kept, KeptKind, Trace, Undo, UndoKind
from mainsql.undo.catalog import Key
from mainsql.undo.recording import Name, Recorded

Document = Mapping[str, Any]


def of_traces(traces: Collection[Trace]) -> Json:
    """What a segment did, unit by unit."""
    return Json(
        [
            {
                "unit": trace.unit,
                "script": trace.script,
                "undo": _of_undo(trace.undo),
                "seconds": trace.duration.total_seconds(),
            }
            for trace in traces
        ]
    )


def to_trace(document: Document) -> Trace:
    """One of them."""
    seconds = timedelta(seconds=document["seconds"])
    return Trace(document["unit"], document["script"], to_undo(document["undo"]), seconds)


def of_undo(undo: Undo) -> Json:
    """How something is taken back."""
    return Json(_of_undo(undo))


def _of_undo(undo: Undo) -> Document:
    return {
        "kind": undo.kind,
        "script": undo.script,
        "reason": undo.reason,
        "together": list(undo.together),
        "losses": list(undo.losses),
    }


def to_undo(document: Document) -> Undo:
    """The same."""
    return Undo(
        UndoKind(document["kind"]),
        document["script"],
        document["reason"],
        tuple(document["together"]),
        tuple(document["losses"]),
    )


def of_steps(steps: Collection[AppliedStep]) -> Json:
    """What a version is to do for each unit."""
    return Json(
        [
            {
                "unit": step.unit,
                "action": step.action,
                "digests": list(step.digests),
                "script": step.script,
                "undo": _of_undo(step.undo),
                "undo_digest": step.undo_digest,
                "moved_from": step.moved_from,
            }
            for step in steps
        ]
    )


def to_step(position: int, document: Document) -> AppliedStep:
    """One of them."""
    return AppliedStep(
        position,
        document["unit"],
        Action(document["action"]),
        tuple(document["digests"]),
        document["script"],
        to_undo(document["undo"]),
        document["undo_digest"],
        timedelta(0),
        document["moved_from"],
    )


def of_objects(objects: Collection[Recorded]) -> Json:
    """What became of each object."""
    return Json(
        [
            {
                "name": list(each.name),
                "key": list(each.key),
                "kind": each.kind,
                "facts": each.facts,
                "before": each.before,
                "after": each.after,
            }
            for each in objects
        ]
    )


def to_recorded(document: Document) -> Recorded:
    """One of them."""
    return Recorded(
        Name(*document["name"]),
        Key(*document["key"]),
        document["kind"],
        document["facts"],
        document["before"],
        document["after"],
    )


def of_kept(kept: Collection[Kept]) -> Json:
    """The rows that were kept."""
    return Json([asdict(each) for each in kept])


def to_kept(document: Document) -> Kept:
    """One of them."""
    return Kept(
        KeptKind(document["kind"]),
        document["identity"],
        document["table"],
        document["rows"],
        document["bytes"],
    )
