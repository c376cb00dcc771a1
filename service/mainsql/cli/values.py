"""Our values as plain dictionaries, for --json. docs/commands.md describes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainsql.cli.plans import Page
from mainsql.cli.segments import state, statement
from mainsql.model import (
    Commit,
    Foretold,
    History,
    Inclusion,
    Kept,
    Note,
    Objection,
    Plan,
    Progress,
    Refusal,
    Rollback,
    SegmentRecord,
    Signer,
    Statement,
    Tree,
    UpToDate,
    Version,
)
from mainsql.operations.adopting import Examination
from mainsql.operations.archiving import Archives
from mainsql.operations.planning import Broken, Foreseen
from mainsql.operations.target import Target
from mainsql.operations.telling import Standing, Told
from mainsql.plan.consequences import Taken
from mainsql.plan.explaining import Explained, explain
from mainsql.plan.program import sent
from mainsql.plan.segments import as_records, rollback_segments, segments
from mainsql.script.render import render
from mainsql.undo.archive import table as archive_table

Plain = dict[str, Any]


def commit(found: Commit) -> Plain:
    """A commit."""
    return {
        "id": found.id,
        "author": found.author,
        "message": found.message,
        "committed_at": found.committed_at,
    }


def _signer(found: Signer | None) -> Plain | None:
    return {"name": found.name, "key": found.key} if found else None


def tree(at: Commit, resolved: Tree) -> Plain:
    """An include tree at a commit."""
    statements = {u.name: sum(not s.command for s in u.statements) for u in resolved.units}
    return {
        "tree": resolved.name,
        "main": resolved.main,
        "commit": commit(at),
        "digest": resolved.digest,
        "includes": _inclusion(resolved.root, statements),
        "notes": [_note(note) for note in resolved.notes if not note.echo],
    }


def _inclusion(node: Inclusion, statements: dict[str, int]) -> Plain:
    return {
        "unit": node.unit,
        "statements": statements[node.unit],
        "includes": [_inclusion(child, statements) for child in node.children],
    }


def page(found: Page) -> Plain:
    """What a deploy would do to a target, commit by commit."""
    return {
        "target": found.target,
        "tree": found.tree,
        "from": found.base and commit(found.base),
        "commits": [_foreseen(each) for each in found.commits],
    }


def _foreseen(found: Foreseen) -> Plain:
    match found.outcome:
        case Plan() as plan:
            steps = explain(plan, found.before, whole=found.whole)
            return {
                "outcome": "plan",
                "commit": commit(plan.commit),
                "signer": _signer(plan.signer),
                "version": plan.version,
                "onto": plan.onto,
                "steps": [_step(step, found.keeps.get(step.step.unit, ())) for step in steps],
                "unchanged": list(plan.unchanged),
                "kept": list(plan.kept),
                "notes": [_note(note) for note in plan.notes],
                "undo": plan.undo.kind.value,
                "segments": [_segment(each) for each in as_records(segments(plan))],
                "sql": render(sent(plan)),
            }
        case UpToDate(version, kept):
            return {"outcome": "up to date", "version": version, "kept": list(kept)}
        case Refusal(at, version, objections):
            return {
                "outcome": "refused",
                "commit": at and commit(at),
                "version": version,
                "objections": [_objection(each) for each in objections],
            }
        case Broken(at, error):
            return {"outcome": "failed", "commit": commit(at), "error": error.report()}


def _segment(found: SegmentRecord) -> Plain:
    return {
        "position": found.position,
        "kind": found.kind.value,
        "units": list(found.units),
        "statement": statement(found),
    }


def _progress(found: Progress) -> Plain:
    return {
        "version": found.version,
        "back_to": found.back_to,
        "commit": found.commit and commit(found.commit),
        "begun_at": found.begun_at,
        "begun_by": found.begun_by,
        "segments": [{**_segment(each), "state": state(each)} for each in found.segments],
    }


def _note(note: Note) -> Plain:
    return {"place": str(note.place), "text": note.text}


def _step(explained: Explained, keeps: Sequence[Foretold]) -> Plain:
    step, found = explained.step, explained.consequences
    return {
        "unit": step.unit,
        "action": step.action.value,
        "why": explained.why,
        "moved_from": step.moved_from,
        "statements": len(step.statements),
        "conditional": sum(statement.conditional for statement in step.statements),
        "destructive": [{"what": each.what, **_origin(each.statement)} for each in found.losses],
        "keeps": [foretold(each) for each in keeps],
        "locks": [_lock(each) for each in found.locks],
        "not_known": [{"what": each.why, **_origin(each.statement)} for each in found.untold],
        "undo": step.undo.kind.value,
        "undo_reason": step.undo.reason,
    }


def foretold(found: Foretold) -> Plain:
    """What a plan will keep, or not."""
    return {
        "kind": found.kind.value,
        "of": found.identity,
        "kept": found.why_not is None,
        "why_not": found.why_not,
        "put_back": found.why_not is None and not found.written,
        "rows": found.rows,
        "bytes": found.bytes,
    }


def _lock(taken: Taken) -> Plain:
    touch = taken.touch
    return {
        "on": touch.label,
        "also_on": touch.along,
        "mode": str(touch.lock),
        "blocks": list(touch.lock.blocks),
        "rows": str(touch.work) or None,
        **_origin(taken.statement),
    }


def _origin(statement: Statement) -> Plain:
    return {"place": str(statement.place), "conditional": statement.conditional}


def _objection(objection: Objection) -> Plain:
    return {
        "unit": objection.unit,
        "place": str(objection.place) if objection.place else None,
        "reason": objection.reason,
        "hint": objection.hint,
        "difference": list(objection.difference),
    }


def archives(found: Archives) -> Plain:
    """The rows that are kept in a target."""
    return {
        "target": found.target.name,
        "tree": found.target.tree,
        "bytes": found.bytes,
        "archives": [
            {"version": each.version, **_kept(each.kept), "kept_at": each.at, "needed": each in found.needed}
            for each in found.there
        ],
    }


def _kept(found: Kept) -> Plain:
    return {
        "kind": found.kind.value,
        "of": found.identity,
        "rows": found.rows,
        "bytes": found.bytes,
        "table": archive_table(found.table),
    }


def version(told: Told) -> Plain:
    """A version with all that it did, the script that takes it back, and the rows that were kept."""
    found = told.version
    return {
        **_version(found),
        "undo_script": told.undo_script,
        "archives": [
            {
                **_kept(each.kept),
                "kept_at": each.at,
                "dropped": each.dropped
                and {"at": each.dropped.at, "by": each.dropped.by, "why": each.dropped.why},
            }
            for each in told.archives
        ],
        "steps": [
            {
                "position": step.position,
                "unit": step.unit,
                "action": step.action.value,
                "script": step.script,
                "undo": step.undo.kind.value,
                "undo_reason": step.undo.reason,
                "undo_script": step.undo.script,
                "undo_together": list(step.undo.together),
                "undo_losses": list(step.undo.losses),
                "duration": step.duration,
            }
            for step in found.steps
        ],
    }


def _version(found: Version) -> Plain:
    back = found.rolled_back
    return {
        "version": found.version,
        "tree": found.tree,
        "commit": commit(found.commit),
        "signer": _signer(found.signer),
        "applied_at": found.applied_at,
        "applied_by": found.applied_by,
        "duration": found.duration,
        "digest": found.digest,
        "transaction_id": found.transaction_id,
        "undo": found.undo_kind.value,
        "proof": found.proof.value,
        "rolled_back": back and {"at": back.at, "by": back.by, "why": back.why},
    }


def history(target: Target, found: History) -> Plain:
    """All versions of a target's tree."""
    return {
        "target": target.name,
        "tree": target.tree,
        "versions": [_version(each) for each in found.versions],
    }


def source(said: Mapping[str, str | None] | None) -> dict[str, Any]:
    """What a daemon says of a target's source, if one runs."""
    return {key: said and said[of] for key, of in (("heard_at", "heard_at"), ("source_problem", "problem"))}


def standing(found: Standing) -> Plain:
    """How a target stands."""
    current = found.history.current
    failure = found.failure
    return {
        "target": found.target.name,
        "tree": found.target.tree,
        "version": found.history.number,
        "current": current and _version(current),
        "failure": failure
        and {"commit_id": failure.commit_id, "at": failure.at, "by": failure.by, "error": failure.error},
        "standby": found.standby,
        "paused": found.history.paused
        and {
            "by": found.history.paused.by,
            "at": found.history.paused.at,
            "why": found.history.paused.why,
        },
        "held": [
            {**_version(each.version), "units": list(each.units), "removed": list(each.removed)}
            for each in found.held
        ],
        "progress": found.history.progress and _progress(found.history.progress),
        "drift": found.drift
        and {
            "version": found.drift.version,
            "at": found.drift.at,
            "by": found.drift.by,
            "report": found.drift.report,
        },
        "broken_links": list(found.broken_links),
    }


def rollback(target: Target, found: Rollback) -> Plain:
    """What a rollback would run."""
    return {
        "target": target.name,
        "tree": target.tree,
        "from": found.from_version,
        "to": found.to_version,
        "versions": list(found.versions),
        "steps": [
            {
                "version": step.version,
                "unit": step.unit,
                "undo": step.kind.value,
                "sql": render(step.statements),
            }
            for step in found.steps
        ],
        "segments": [_segment(each) for each in as_records(rollback_segments(found))],
        "losses": list(found.losses),
    }


def examination(target: Target, found: Examination) -> Plain:
    """Whether a target has what a commit's tree builds."""
    coverage = found.coverage
    return {
        "target": target.name,
        "tree": target.tree,
        "commit": commit(found.commit),
        "complete": found.complete,
        "units": list(found.units),
        "failure": found.failure,
        "major": found.major,
        "scratch_major": found.scratch_major,
        "missing": list(coverage.lacking) if coverage else [],
        "different": [{"what": d.what, "how": list(d.how)} for d in coverage.different] if coverage else [],
        "reordered": list(coverage.reordered) if coverage else [],
        "beyond": list(coverage.beyond) if coverage else [],
        "notes": list(coverage.notes) if coverage else [],
    }
