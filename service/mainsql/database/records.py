"""The ledger's records of objects: what each version made of them, and what was otherwise later."""

from collections.abc import Collection, Sequence
from itertools import groupby
from operator import itemgetter

from psycopg2.extras import Json

from mainsql.database.session import Session
from mainsql.model import SeenDrift
from mainsql.undo.catalog import Key
from mainsql.undo.recording import Recorded, called


def record_objects(session: Session, tree: str, version: int, objects: Collection[Recorded]) -> None:
    """Writes down what a version made of each object. Raises DatabaseError."""
    if not objects:
        return
    session.insert_rows(
        """
        insert into mainsql.objects (tree, version, catalog, identity, key, kind, facts, before, after)
        values %s
        """,
        (
            (
                tree,
                version,
                *each.name,
                each.key.id,
                each.kind,
                Json(each.facts),
                None if each.before is None else Json(each.before),
                None if each.after is None else Json(each.after),
            )
            for each in objects
        ),
    )


def read_objects(
    session: Session, tree: str, versions: Collection[int]
) -> Sequence[tuple[int, Sequence[Recorded]]]:
    """What these versions made of each object, the oldest version first. Raises DatabaseError."""
    rows = session.query(
        """
        select version, catalog, identity, key, kind, facts, before, after
        from mainsql.objects where tree = %s and version = any(%s) order by version
        """,
        (tree, list(versions)),
    )
    return [
        (
            version,
            [
                Recorded(
                    called(catalog, identity, after or before), Key(catalog, key), kind, facts, before, after
                )
                for _, catalog, identity, key, kind, facts, before, after in group
            ],
        )
        for version, group in groupby(rows, key=itemgetter(0))
    ]


def leaving(session: Session, tree: str) -> frozenset[int]:
    """The versions with a unit of which somebody wrote that there is nothing to take back.

    Raises DatabaseError.
    """
    rows = session.query(
        """
        select distinct version from mainsql.steps
        where tree = %s and undo_kind = 'written' and undo_script = ''
        """,
        (tree,),
    )
    return frozenset(version for (version,) in rows)


def record_drift(session: Session, tree: str, version: int, by: str, report: str) -> None:
    """Writes down what is otherwise now than the versions had left it. Raises DatabaseError."""
    session.query(
        "insert into mainsql.drifts (tree, version, seen_by, report) values (%s, %s, %s, %s)",
        (tree, version, by, report),
    )


def read_drift(session: Session, tree: str) -> SeenDrift | None:
    """What was seen last. Raises DatabaseError."""
    rows = session.query(
        """
        select version, seen_at, seen_by, report from mainsql.drifts
        where tree = %s order by seen_at desc limit 1
        """,
        (tree,),
    )
    return SeenDrift(*rows[0]) if rows else None
