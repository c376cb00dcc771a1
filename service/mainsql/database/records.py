"""The ledger's records of objects: what each version made of them."""

from collections.abc import Collection, Sequence
from itertools import groupby
from operator import itemgetter

from psycopg2.extras import Json

from mainsql.database.session import Session
from mainsql.undo.catalog import Key
from mainsql.undo.recording import Name, Recorded


def record_objects(session: Session, tree: str, version: int, objects: Collection[Recorded]) -> None:
    """Writes down what a version made of each object. Raises DatabaseError."""
    if not objects:
        return
    session.insert_rows(
        """
        insert into mainsql.objects (tree, version, catalog, identity, key, kind, facts, before, after)
        values %s
        """,
        [
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
        ],
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
                Recorded(Name(catalog, identity), Key(catalog, key), kind, facts, before, after)
                for _, catalog, identity, key, kind, facts, before, after in group
            ],
        )
        for version, group in groupby(rows, key=itemgetter(0))
    ]
