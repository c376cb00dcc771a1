"""What a transaction did to rows: by the server's own counters and files, never by a script's text."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainsql.database.session import Session
from mainsql.undo.catalog import Key, Snapshot


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows of a table this transaction inserted, updated and deleted so far."""

    table: str
    inserted: int
    updated: int
    deleted: int

    def since(self, before: "Written | None") -> "Written":
        """The rows since then."""
        if before is None:
            return self
        return Written(
            self.table,
            self.inserted - before.inserted,
            self.updated - before.updated,
            self.deleted - before.deleted,
        )

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)

    def __str__(self) -> str:
        counts = {"inserted": self.inserted, "updated": self.updated, "deleted": self.deleted}
        return f"rows of {self.table} ({', '.join(f'{n} {what}' for what, n in counts.items() if n)})"


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known of rows at one moment: ``written`` and ``filled`` (whether there are any) by table's OID.

    ``counted`` is False where the server does not count (track_counts is off).
    """

    counted: bool
    written: Mapping[int, Written]
    filled: frozenset[int]


def read_rows(session: Session, snapshot: Snapshot) -> Rows:
    """What is known now; of the tables in the snapshot, which of them have rows. Raises DatabaseError."""
    # Views that count what this transaction did: PostgreSQL manual, "Viewing Statistics".
    written = session.query(
        """
        select relid::bigint, format('%%I.%%I', schemaname, relname), n_tup_ins, n_tup_upd, n_tup_del
        from pg_catalog.pg_stat_xact_user_tables
        where n_tup_ins + n_tup_upd + n_tup_del > 0 and schemaname not in ('mainsql', 'mainsql_archive')
        """,
        (),
    )
    tables = [int(key.id) for key, entry in snapshot.entries.items() if entry.kind in _WITH_ROWS]
    filled = session.query(
        """
        select oid::bigint from pg_catalog.pg_class
        where oid = any(%s::oid[]) and relkind in ('r', 'm') and pg_catalog.pg_relation_size(oid) > 0
        """,
        (tables,),
    )
    ((counted,),) = session.query("select pg_catalog.current_setting('track_counts') = 'on'")
    return Rows(
        bool(counted),
        {relation: Written(*rest) for relation, *rest in written},
        frozenset(oid for (oid,) in filled),
    )


_WITH_ROWS = ("table", "materialized view")


def row_effects(before: tuple[Snapshot, Rows], after: tuple[Snapshot, Rows]) -> tuple[str, ...]:
    """What was done to rows of tables that were there before and still are, for people, table by table.

    Rows of tables that are new go with them; those of tables that are gone are for the derivation.
    """
    earlier, rows_before = before
    later, rows_after = after
    found = []
    if not (rows_before.counted and rows_after.counted):
        found.append("rows that nobody counted (track_counts is off)")
    for relation, written in rows_after.written.items():
        if Key("pg_class", str(relation)) in earlier.keys and (
            now := written.since(rows_before.written.get(relation))
        ):
            found.append(str(now))
    for key, entry in later.entries.items():
        known = earlier.entries.get(key)
        if known is None or entry.kind != "table" or int(key.id) not in rows_before.filled:
            continue
        if known.facts.get("relfilenode") != entry.facts.get("relfilenode"):
            # A table that is rewritten for another reason has its rows afterwards.
            emptied = int(key.id) not in rows_after.filled
            if emptied or not _columns_changed(earlier, later, key.id):
                found.append(f"rows of {entry.identity} ({'truncated' if emptied else 'written anew'})")
    for oid, position in later.positions.items():
        was = earlier.positions.get(oid)
        if was is not None and was != position:
            name = later.entries[Key("pg_class", str(oid))].identity
            found.append(f"the position of sequence {name} ({was.last_value}, now {position.last_value})")
    return tuple(found)


def _columns_changed(earlier: Snapshot, later: Snapshot, relation: str) -> bool:
    mine = [
        key for key in later.entries if key.catalog == "pg_attribute" and key.id.startswith(f"{relation}:")
    ]
    return any(
        key not in earlier.keys
        or (key in earlier.entries and earlier.entries[key].raw != later.entries[key].raw)
        for key in mine
    )
