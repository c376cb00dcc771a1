"""The ledger in the target: reads and writes in the transaction that it is given; never commits."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import groupby, takewhile
from operator import itemgetter

from mainsql.database.controls import read_attempts, read_controls
from mainsql.database.progress import is_installed as progress_is_installed
from mainsql.database.progress import read_progress
from mainsql.database.records import record_objects
from mainsql.database.session import Session
from mainsql.errors import DatabaseError
from mainsql.model import (
    Action,
    AppliedStep,
    Commit,
    History,
    Plan,
    Proof,
    Rollback,
    RolledBack,
    Signer,
    Tree,
    Undo,
    UndoKind,
    UpToDate,
    Version,
)
from mainsql.plan.planner import applying, plan
from mainsql.plan.settled import Mark, settled_units
from mainsql.script.render import rendered
from mainsql.script.resolver import resolve
from mainsql.undo.recording import Recorded

OWN_TREE = "mainsql"
"""The name of the ledger's own tree, which no other tree may have."""


@cache
def ledger_tree() -> Tree:
    """The ledger's schema, from the package, resolved."""
    root = files("mainsql") / "sql"

    def read(path: str) -> bytes | None:
        file = root / path
        return file.read_bytes() if file.is_file() else None

    return resolve(OWN_TREE, "ledger/main.sql", read)


def is_installed(session: Session) -> bool:
    """Whether the database has a ledger."""
    return session.query("select pg_catalog.to_regclass('mainsql.versions') is not null")[0][0] is True


def upgrade(session: Session, release: str) -> Plan | None:
    """What has to run so that the ledger is as this ``release`` of mainsql needs it, if anything.

    Raises DatabaseError when the ledger was written by a newer release.
    """
    history = read_history(session, OWN_TREE) if is_installed(session) else History(OWN_TREE)
    commit = Commit(f"mainsql-{release}", "mainsql", f"The ledger of mainsql {release}", datetime.now(UTC))
    outcome = plan(ledger_tree(), commit, history)
    match outcome:
        case Plan(kept=()):
            return outcome
        case UpToDate(kept=()):
            return None
    newest = history.versions[-1].commit.id.removeprefix("mainsql-")
    raise DatabaseError(
        f"the ledger in database {session.database} was written by mainsql {newest}, "
        f"which is newer than this one ({release})",
        hint="upgrade mainsql here: pip install --upgrade mainsql",
    )


def tree_names(session: Session) -> list[str]:
    """The trees that have a version in this database, without the ledger's own."""
    if not is_installed(session):
        return []
    query = "select distinct tree from mainsql.versions where tree <> %s"
    if progress_is_installed(session):
        query += " union select tree from mainsql.progress"  # what has no version yet
    return [str(row[0]) for row in session.query(query + " order by tree", (OWN_TREE,))]


def read_history(session: Session, tree: str, known: History | None = None) -> History:
    """All that the ledger knows of a tree; an empty history where there is no ledger.

    ``known`` is as for ``with_steps``.
    """
    return with_steps(session, read_versions(session, tree), known=known)


def read_versions(session: Session, tree: str) -> History:
    """As ``read_history``, but without what each version did for each unit."""
    if not is_installed(session):
        return History(tree)
    rows = session.query(
        """
        select version, commit_id, author, message, committed_at, applied_at, applied_by, duration,
               digest, transaction_id::text, undo_kind, rolled_back_at, rolled_back_by, rolled_back_why,
               undo_proof, objects, signer, signer_key
        from mainsql.versions where tree = %s order by version
        """,
        (tree,),
    )
    versions = tuple(
        Version(
            tree,
            row[0],
            Commit(row[1], row[2], row[3], row[4]),
            row[5],
            row[6],
            row[7],
            row[8],
            int(row[9]),
            UndoKind(row[10]),
            (),
            RolledBack(row[11], row[12], row[13] or "") if row[11] else None,
            Proof(row[14]),
            row[15],
            Signer(row[16], row[17]) if row[17] else None,
        )
        for row in rows
    )
    controls = read_controls(session, tree)
    progress = read_progress(session, tree) if progress_is_installed(session) else None
    return History(tree, versions, read_attempts(session, tree), controls, progress=progress)


def with_steps(
    session: Session, history: History, besides: Tree | None = None, known: History | None = None
) -> History:
    """A history that ``read_versions`` gave, with what its versions did.

    ``besides`` a tree: without the steps of units that are applied as it has them, and that is most
    of a large ledger. Or ``known`` is what was read before: steps are written together with the row
    of their version and never change, so those of versions whose rows are as they were are not read again.
    """
    if not history.versions:
        return history
    settled: frozenset[str] = frozenset()
    units = None
    same: tuple[Version, ...] = ()
    if known is not None and not known.settled:
        same = _unchanged(history, known)
    elif besides is not None:
        marks = _read_marks(session, history)
        settled = settled_units(marks, besides)
        units = list({mark[0] for mark in marks} - settled)
    steps = _read_steps(session, history.tree, units, same[-1].version if same else 0)
    versions = tuple(
        replace(version, steps=steps[version.version]) if version.version in steps else version
        for version in history.versions[len(same) :]
    )
    return replace(history, versions=same + versions, settled=settled)


def _unchanged(history: History, known: History) -> tuple[Version, ...]:
    """The first versions of a history, as far as their rows are as they were, with their known steps."""
    pairs = zip(known.versions, history.versions, strict=False)
    return tuple(before for before, _ in takewhile(lambda pair: replace(pair[0], steps=()) == pair[1], pairs))


def _read_marks(session: Session, history: History) -> list[Mark]:
    rows = session.query(
        """
        select unit, version <> all(%s::integer[]), action, array_to_string(digests, ' '), undo_digest,
               moved_from, version, position
        from mainsql.steps where tree = %s and version <= %s
        """,
        (
            [version.version for version in history.versions if version.rolled_back],
            history.tree,
            history.versions[-1].version,
        ),
    )
    rows.sort(key=itemgetter(6, 7))  # the server would need more than its work_mem
    return [row[:6] for row in rows]


def _read_steps(
    session: Session, tree: str, units: Sequence[str] | None, after: int
) -> Mapping[int, tuple[AppliedStep, ...]]:
    rows = session.query(
        """
        select version, position, unit, action, digests, script, undo_script, undo_kind, undo_reason,
               undo_digest, duration, moved_from, undo_together, undo_losses
        from mainsql.steps where tree = %s and version > %s and (%s::text[] is null or unit = any(%s))
        order by version, position
        """,
        (tree, after, units, units),
    )
    return {
        version: tuple(
            AppliedStep(
                row[1],
                row[2],
                Action(row[3]),
                tuple(row[4]),
                row[5],
                Undo(UndoKind(row[7]), row[6], row[8], tuple(row[12]), tuple(row[13])),
                row[9],
                row[10],
                row[11],
            )
            for row in group
        )
        for version, group in groupby(rows, key=lambda row: row[0])
    }


def undo_script(session: Session, tree: str, version: int) -> str | None:
    """The script that takes a version back, as it was recorded with it."""
    rows = session.query(
        "select undo_script from mainsql.versions where tree = %s and version = %s", (tree, version)
    )
    return rows[0][0] if rows else None


def record(
    session: Session,
    plan: Plan,
    durations: Mapping[str, timedelta],
    by: str,
    *,
    proof: Proof = Proof.UNPROVEN,
    objects: Collection[Recorded] | None = None,
) -> None:
    """Writes the version and its steps. ``durations`` is by unit; ``objects`` is None where nobody looked."""
    made = Made(
        plan.tree.name,
        plan.version,
        plan.commit,
        plan.tree.digest,
        plan.undo,
        zip(
            applying(plan, durations, lambda _: ""),
            (rendered(step.statements) for step in plan.steps),
            strict=True,
        ),
        plan.signer,
    )
    total = sum(durations.values(), timedelta(0))
    record_version(session, made, total, by, proof=proof, objects=objects)


@dataclass(frozen=True, slots=True)
class Made:
    """A version that is to be recorded: its tree, number, commit, the digest of the tree, and what it did.

    ``undo`` takes all of that back. The ``steps`` are written as they come, one after the other, each with
    what ran in pieces, for that may be long.
    ``signer`` is whose signature of the commit was verified.
    """

    tree: str
    version: int
    commit: Commit
    digest: str
    undo: Undo
    steps: Iterable[tuple[AppliedStep, Iterator[str]]]
    signer: Signer | None = None


def record_version(
    session: Session,
    made: Made,
    duration: timedelta,
    by: str,
    *,
    proof: Proof = Proof.UNPROVEN,
    objects: Collection[Recorded] | None = None,
) -> None:
    """Writes a version and its steps. ``objects`` is None where nobody looked."""
    undo = made.undo
    written = session.query(
        """
        insert into mainsql.versions (tree, version, commit_id, author, message, committed_at,
            applied_by, duration, digest, undo_script, undo_kind, undo_proof, objects, signer, signer_key,
            previous_hash)
        select %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
            coalesce((select mainsql.version_hash(v) from mainsql.versions v
                      where v.tree = %s and v.version = %s - 1), '')
        returning version
        """,
        (
            made.tree,
            made.version,
            made.commit.id,
            clean(made.commit.author),
            clean(made.commit.message),
            made.commit.committed_at,
            by,
            duration,
            made.digest,
            undo.script,
            undo.kind,
            proof,
            None if objects is None else len(objects),
            clean(made.signer.name) if made.signer else None,
            made.signer.key if made.signer else None,
            made.tree,
            made.version,
        ),
    )
    if not written:
        raise DatabaseError(
            "the ledger did not take the version: a rule or a trigger on mainsql.versions keeps it out",
            hint="see \\d+ mainsql.versions in psql, and drop what does not belong there",
        )
    session.copy_rows(
        """
        copy mainsql.steps (tree, version, position, unit, action, digests, script, undo_script,
            undo_kind, undo_reason, undo_digest, duration, moved_from, undo_together, undo_losses)
        from stdin
        """,
        (
            (
                made.tree,
                made.version,
                position,
                step.unit,
                step.action,
                step.digests,
                script,
                step.undo.script,
                step.undo.kind,
                step.undo.reason,
                step.undo_digest,
                step.duration,
                step.moved_from,
                step.undo.together,
                step.undo.losses,
            )
            for position, (step, script) in enumerate(made.steps, start=1)
        ),
    )
    record_objects(session, made.tree, made.version, objects or ())


def mark_rolled_back(session: Session, rollback: Rollback, by: str, why: str) -> None:
    """Marks the versions of a rollback as taken back, all at one moment: by that they are known as one."""
    session.query(
        """
        with moment (at) as materialized (select clock_timestamp())
        update mainsql.versions set rolled_back_at = at, rolled_back_by = %s, rolled_back_why = %s
        from moment where tree = %s and version = any(%s) and rolled_back_at is null
        """,
        (by, why, rollback.tree, list(rollback.versions)),
    )


def broken_links(session: Session, tree: str) -> Sequence[int]:
    """The versions whose row before is not any more what it was when they were written."""
    rows = session.query(
        """
        select version
        from (
            select version, previous_hash,
                   coalesce(lag(mainsql.version_hash(v)) over (order by version), '') as expected
            from mainsql.versions v where tree = %s
        ) links
        where previous_hash <> expected
        order by version
        """,
        (tree,),
    )
    return [int(row[0]) for row in rows]


def clean(text: str) -> str:
    """Text that PostgreSQL can store: a commit's message may hold what its type text cannot."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
