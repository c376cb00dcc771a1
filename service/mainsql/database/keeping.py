"""Copies the rows that a version takes away, before it does, into tables of the schema mainsql_archive."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace

from psycopg2.sql import SQL, Composed

from mainsql.database.savepoints import attempted, set_aside
from mainsql.database.session import Session
from mainsql.errors import StatementError
from mainsql.model import Kept, KeptKind
from mainsql.undo import archive as archives
from mainsql.undo import fields, keeping, spelling
from mainsql.undo.altering import values
from mainsql.undo.archive import Archive, KeptColumn, KeptTable
from mainsql.undo.catalog import Entry, Key, Snapshot
from mainsql.undo.changes import Changes, changes
from mainsql.undo.keeping import Taken
from mainsql.undo.side import Side

_SETTINGS = {
    "search_path": "pg_catalog, pg_temp",
    "row_security": "off",  # A policy that hides a row makes it fail.
    "statement_timeout": "0",
    # What is kept as text can be read under whatever settings.
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
}

_DOING = "keeping the rows of"
_MOST_OF_A_SEGMENT = 100_000


class Keeper:
    """Keeps what one version takes away, in its own transaction; or what that ``segment`` of it does.

    It works as the role that the session connected as. What goes wrong with rows is a StatementError.
    """

    def __init__(self, session: Session, tree: str, version: int, segment: int = 1) -> None:
        self._session = session
        self._tree = tree
        self._version = version
        self._archive = Archive(keeps=True)
        self._kept: dict[Key, Kept] = {}
        self._changing: set[Key] = set()
        # Another segment may keep rows of the same table.
        self._number = (segment - 1) * _MOST_OF_A_SEGMENT

    @property
    def kept(self) -> tuple[Kept, ...]:
        """What was kept."""
        return tuple(self._kept.values())

    def keep(self, before: Snapshot, wanted: Collection[Taken]) -> None:
        """Copies rows and values as they are now.

        Nobody can read or write their tables any more until the transaction ends. A weaker lock would
        do for the copy, but the version needs this one, and to wait for it with a weaker one in hand is
        how deadlocks come about.
        """
        side = Side(before)
        there = sorted((each for each in wanted if each.key in side), key=lambda each: each.key)
        if not there:
            return
        with set_aside(self._session, _SETTINGS):
            for relation in sorted({_table(each.key) for each in there}):
                name = side[relation].identity
                self._write(SQL("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE").format(SQL(name)), name)
            for each in there:
                if each.key.catalog == "pg_class":
                    self._keep_table(side, each.key)
                else:
                    self._keep_column(side, each)

    def archive(self, before: Snapshot, after: Snapshot) -> Archive:
        """What is kept of all that is different in ``after``, which is as the catalogs are now.

        Of the values of a column that has another type now, those are left that it has lost.
        """
        if self._changing:
            found = changes(Side(before), Side(after))
            with set_aside(self._session, _SETTINGS):
                for key in sorted(self._changing & found.changed):
                    self._changing.remove(key)
                    self._settle(found, key)
        return self._archive

    def _keep_table(self, side: Side, table: Key) -> None:
        columns = keeping.stored_columns(side, table)
        kept_in = self._copy(KeptKind.TABLE, side[table], [side[each] for each in columns])
        tables = {**self._archive.tables, int(table.id): KeptTable(kept_in, columns)}
        self._archive = replace(self._archive, tables=tables)

    def _keep_column(self, side: Side, taken: Taken) -> None:
        row = taken.row or ()
        kept_in = self._copy(KeptKind.COLUMN, side[taken.key], [side[key] for key in (*row, taken.key)], side)
        self._keeps(taken.key, KeptColumn(kept_in, row))
        if taken.changes and kept_in is not None:
            self._changing.add(taken.key)

    def _keeps(self, column: Key, kept: KeptColumn) -> None:
        self._archive = replace(self._archive, columns={**self._archive.columns, column: kept})

    def _copy(
        self, kind: KeptKind, what: Entry, columns: Sequence[Entry], side: Side | None = None
    ) -> str | None:
        relation = what if side is None else side[_table(what.key)]
        return self._fill(kind, what, archives.rows(relation, columns))

    def _fill(self, kind: KeptKind, what: Entry, query: str) -> str | None:
        """The table with the rows of a query; None where it has none."""
        self._number += 1
        name = table_name(self._tree, self._version, self._number, what.identity)
        table = SQL(archives.table(name))
        rows = self._write(SQL("CREATE TABLE {} AS {}").format(table, SQL(query)), what.identity)
        if not rows:
            self._session.query(SQL("DROP TABLE {}").format(table))
            return None
        [(size,)] = self._session.query(
            SQL("select pg_catalog.pg_total_relation_size({}::pg_catalog.regclass)").format(
                SQL(spelling.literal(archives.table(name)))
            )
        )
        self._kept[what.key] = Kept(kind, what.identity, name, rows, int(size))
        return archives.table(name)

    def _settle(self, found: Changes, key: Key) -> None:
        """Leaves those values that a cast back does not give, and says what became of them."""
        kept = self._archive.columns[key]
        try:
            with attempted(self._session):
                previous = self._kept.pop(key)
                kept_in = self._fill(KeptKind.COLUMN, found.before[key], values.changed(found, key, kept))
        except StatementError as error:
            if not error.sqlstate.startswith("22"):
                raise
            self._kept[key] = previous
            said = error.message.removeprefix(f"{_DOING} {found.before[key].identity}: ")
            stuck = {**self._archive.stuck, key: said}
            self._archive = replace(self._archive, stuck=stuck)
            return
        self._session.query(SQL("DROP TABLE {}").format(SQL(str(kept.kept_in))))
        self._keeps(key, KeptColumn(kept_in, kept.row))

    def _write(self, sql: Composed, what: str) -> int:
        try:
            return self._session.write(sql, f"{_DOING} {what}")
        except StatementError as error:
            if error.sqlstate == "42501":
                error.hint = (
                    f"role {self._session.user} must be able to lock the table and to read all of its rows: "
                    "as its owner, with no policy that hides rows from it; or deploy without keep-data"
                )
            raise


def _table(key: Key) -> Key:
    return Key("pg_class", fields.ids(key)[0])


def table_name(tree: str, version: int, number: int, identity: str) -> str:
    """The name of an archive table: unique in a database, and as readable as 63 bytes let it be."""
    stem = tree if len(tree.encode()) <= 24 else hashlib.sha256(tree.encode()).hexdigest()[:24]
    name = f"{stem}_{version}_{number}_{identity}".replace('"', "")
    return name.encode()[:63].decode(errors="ignore")
