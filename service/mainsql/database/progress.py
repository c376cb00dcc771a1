"""The ledger's records of what is under way in several segments."""

from collections.abc import Collection, Sequence

from psycopg2.sql import SQL

from mainsql.database import documents
from mainsql.database.session import Session
from mainsql.model import (
    Commit,
    Kept,
    Progress,
    Proof,
    SegmentKind,
    SegmentRecord,
    Signer,
    Trace,
)
from mainsql.undo.recording import Effect, Name, Recorded


def is_installed(session: Session) -> bool:
    """Whether the database has a ledger that knows of segments."""
    return session.query("select to_regclass('mainsql.segments') is not null")[0][0] is True


def read_progress(session: Session, tree: str) -> Progress | None:
    """What is under way for a tree, if anything is. Raises DatabaseError."""
    rows = session.query(
        """
        select version, back_to, commit_id, author, message, committed_at, digest, steps, proof, why,
               begun_at, begun_by, signer, signer_key
        from mainsql.progress where tree = %s
        """,
        (tree,),
    )
    if not rows:
        return None
    version, back_to, commit_id, author, message, committed_at, digest, steps, proof, why, at, by, *signer = (
        rows[0]
    )
    return Progress(
        tree,
        version,
        back_to,
        None if commit_id is None else Commit(commit_id, author, message, committed_at),
        digest or "",
        tuple(documents.to_step(position, each) for position, each in enumerate(steps or (), start=1)),
        Proof(proof),
        why,
        at,
        by,
        _read_segments(session, tree, version, undoes=back_to is not None),
        _read_traces(session, tree, version),
        Signer(*signer) if signer[0] else None,
    )


def _read_traces(session: Session, tree: str, version: int) -> tuple[tuple[Trace, ...], ...]:
    """What the segments of a version that is in progress have done, in order. Raises DatabaseError."""
    rows = session.query(
        """
        select traces from mainsql.segments
        where tree = %s and version = %s and not undoes and traces is not null order by position
        """,
        (tree, version),
    )
    return tuple(tuple(map(documents.to_trace, traces)) for (traces,) in rows)


def _read_segments(session: Session, tree: str, version: int, *, undoes: bool) -> tuple[SegmentRecord, ...]:
    rows = session.query(
        """
        select position, kind, units, script, digest, started_at, finished_at, subject::bigint
        from mainsql.segments where tree = %s and version = %s and undoes = %s order by position
        """,
        (tree, version, undoes),
    )
    return tuple(
        SegmentRecord(
            row[0],
            SegmentKind(row[1]),
            tuple(row[2]),
            row[3],
            row[4],
            row[5],
            row[6],
            row[7],
        )
        for row in rows
    )


def read_segment_objects(session: Session, tree: str, version: int) -> tuple[Recorded, ...] | None:
    """What the segments of a version did to each object; None where nobody looked. Raises DatabaseError."""
    rows = session.query(
        """
        select objects from mainsql.segments
        where tree = %s and version = %s and not undoes and objects is not null and finished_at is not null
        order by position
        """,
        (tree, version),
    )
    return (
        _merged([each for (objects,) in rows for each in map(documents.to_recorded, objects)])
        if rows
        else None
    )


def read_segment_kept(session: Session, tree: str, version: int) -> tuple[Kept, ...]:
    """The rows that the segments of a version have kept. Raises DatabaseError."""
    rows = session.query(
        """
        select kept from mainsql.segments
        where tree = %s and version = %s and not undoes and kept is not null order by position
        """,
        (tree, version),
    )
    return tuple(documents.to_kept(each) for (kept,) in rows for each in kept)


def _merged(found: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """What several segments, one after the other, did to each object together."""
    merged: dict[Name, Recorded] = {}
    for each in found:
        before = merged[each.name].before if each.name in merged else each.before
        merged[each.name] = Recorded(each.name, each.key, each.kind, each.facts, before, each.after)
    return tuple(each for each in merged.values() if each.before != each.after)


def begin_progress(session: Session, progress: Progress) -> None:
    """Writes down what begins, with all its segments. Raises DatabaseError."""
    commit = progress.commit
    session.query(
        """
        insert into mainsql.progress (tree, version, back_to, commit_id, author, message, committed_at,
            digest, steps, proof, why, begun_by, signer, signer_key)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            progress.tree,
            progress.version,
            progress.back_to,
            commit and commit.id,
            commit and commit.author,
            commit and commit.message,
            commit and commit.committed_at,
            progress.digest,
            documents.of_steps(progress.steps),
            progress.proof,
            progress.why,
            progress.begun_by,
            progress.signer and progress.signer.name,
            progress.signer and progress.signer.key,
        ),
    )
    write_segments(session, progress)


def begin_rollback(session: Session, progress: Progress) -> None:
    """Writes down that a rollback begins, with its segments; of what is in progress, if anything is.

    Raises DatabaseError.
    """
    if progress.commit is None:
        begin_progress(session, progress)
        return
    session.query(
        "update mainsql.progress set back_to = %s, why = %s, begun_at = clock_timestamp(), begun_by = %s "
        "where tree = %s",
        (progress.back_to, progress.why, progress.begun_by, progress.tree),
    )
    write_segments(session, progress)


def write_segments(session: Session, progress: Progress) -> None:
    """Writes down the segments of what is under way. Raises DatabaseError."""
    session.insert_rows(
        """
        insert into mainsql.segments (tree, version, undoes, position, kind, units, script, digest)
        values %s
        """,
        [
            (
                progress.tree,
                progress.version,
                progress.undoes,
                segment.position,
                segment.kind,
                list(segment.units),
                segment.script,
                segment.digest,
            )
            for segment in progress.segments
        ],
    )


_WHICH = SQL("""
where tree = %s and position = %s
  and (version, undoes) = (select version, back_to is not null from mainsql.progress where tree = %s)
""")


def start_segment(
    session: Session,
    tree: str,
    position: int,
    by: str,
    foreseen: Effect | None,
    subject: int | None,
) -> None:
    """Writes down that a segment begins, and what it will do, where that is known. Raises DatabaseError.

    ``subject`` is the OID of the index that it drops.
    """
    session.query(
        SQL(
            "update mainsql.segments set started_at = clock_timestamp(), started_by = %s, foreseen = %s, "
            "objects = %s, subject = %s::bigint::oid"
        )
        + _WHICH,
        (
            by,
            None if foreseen is None else documents.of_undo(foreseen.undo),
            None if foreseen is None else documents.of_objects(foreseen.objects),
            subject,
            tree,
            position,
            tree,
        ),
    )


def read_foreseen(session: Session, tree: str, position: int) -> Effect | None:
    """What was written down that the segment will do. Raises DatabaseError."""
    rows = session.query(
        SQL("select foreseen, objects from mainsql.segments") + _WHICH, (tree, position, tree)
    )
    [(undo, objects)] = rows
    return (
        None if undo is None else Effect(documents.to_undo(undo), tuple(map(documents.to_recorded, objects)))
    )


def forget_start(session: Session, tree: str, position: int) -> None:
    """Writes down that a segment has left nothing behind. Raises DatabaseError."""
    session.query(
        SQL(
            "update mainsql.segments set started_at = null, started_by = null, foreseen = null, "
            "objects = null, subject = null"
        )
        + _WHICH,
        (tree, position, tree),
    )


def finish_segment(
    session: Session,
    tree: str,
    position: int,
    by: str,
    traces: Collection[Trace] = (),
    objects: Collection[Recorded] | None = None,
    kept: Collection[Kept] = (),
    transaction_id: int | None = None,
) -> None:
    """Writes down that a segment is finished, and what it did. Raises DatabaseError."""
    session.query(
        SQL(
            "update mainsql.segments set finished_at = clock_timestamp(), finished_by = %s, "
            "started_at = coalesce(started_at, clock_timestamp()), started_by = coalesce(started_by, %s), "
            "traces = %s, objects = %s, kept = %s, transaction_id = %s::text::xid8"
        )
        + _WHICH,
        (
            by,
            by,
            documents.of_traces(traces),
            None if objects is None else documents.of_objects(objects),
            documents.of_kept(kept),
            transaction_id,
            tree,
            position,
            tree,
        ),
    )


def end_progress(session: Session, tree: str) -> None:
    """Nothing is under way any more: what was kept of it stands with the version. Raises DatabaseError."""
    session.query(
        """
        update mainsql.segments set foreseen = null, traces = null, objects = null, kept = null
        where tree = %s and version = (select version from mainsql.progress where tree = %s)
        """,
        (tree, tree),
    )
    session.query("delete from mainsql.progress where tree = %s", (tree,))


def withdraw_progress(session: Session, tree: str) -> None:
    """What was under way is as if it had never begun. Raises DatabaseError."""
    session.query(
        """
        delete from mainsql.segments s using mainsql.progress p
        where p.tree = %s and s.tree = p.tree and s.version = p.version and s.undoes = (p.back_to is not null)
        """,
        (tree,),
    )
    session.query(
        "delete from mainsql.progress where tree = %s and (back_to is null or commit_id is null)", (tree,)
    )
    # A version in progress that was to be taken back still is in progress.
    session.query("update mainsql.progress set back_to = null, why = '' where tree = %s", (tree,))
