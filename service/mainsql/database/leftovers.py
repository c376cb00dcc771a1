"""What is left of a statement that ran outside a transaction and was broken off: looked up in the catalogs.

Everything here goes by names as the session's search_path has them.
"""

from dataclasses import replace
from enum import Enum, auto
from typing import NamedTuple

from psycopg2.sql import SQL

from mainsql.database.session import Session
from mainsql.model import Statement
from mainsql.script.outside import (
    BuildsIndex,
    Configures,
    Detaches,
    DropsIndex,
    Kind,
    Makes,
    Name,
    Reach,
    RebuildsIndexes,
    Removes,
    Repeats,
    Unclear,
    Undertaking,
)


class Left(Enum):
    """What is to be done about a statement of which nobody knows how it ended."""

    NOTHING = auto()
    """It is done."""
    ALL = auto()
    """It has to run, again or for the first time."""
    UNKNOWN = auto()
    """A person has to say."""


class Index(NamedTuple):
    """An index: its OID, its name as SQL has it, and whether it is valid."""

    oid: int
    name: str
    valid: bool


def built_index(session: Session, about: BuildsIndex) -> Index | None:
    """The index that CREATE INDEX CONCURRENTLY makes, if it is there. Raises DatabaseError."""
    return _index(
        session,
        SQL("i.indrelid = pg_catalog.to_regclass(%s) and c.relname = %s"),
        _written(about.table),
        about.name,
    )


def index_named(session: Session, name: Name) -> Index | None:
    """The index of this name, if there is one. Raises DatabaseError."""
    return _index(session, SQL("c.oid = pg_catalog.to_regclass(%s)"), _written(name))


def index_of(session: Session, oid: int) -> Index | None:
    """The index of this OID, if it is still there. Raises DatabaseError."""
    return _index(session, SQL("c.oid = %s"), oid)


def _index(session: Session, condition: SQL, *parameters: str | int) -> Index | None:
    rows = session.query(
        SQL(
            """
            select c.oid::bigint, pg_catalog.format('%%I.%%I', n.nspname, c.relname), i.indisvalid
            from pg_catalog.pg_index i
            join pg_catalog.pg_class c on c.oid = i.indexrelid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where {}
            """
        ).format(condition),
        parameters,
    )
    return Index(*rows[0]) if rows else None


def cleared(session: Session, statement: Statement, about: Undertaking, subject: int | None) -> Left:
    """Takes away what is half there of a statement that was begun, and says what is to be done now.

    ``subject`` is the OID of the index that it drops. Raises StatementError, DatabaseError.
    """
    match about:
        case BuildsIndex():
            index = built_index(session, about)
            if index is not None and not index.valid:
                drop_index(session, statement, index)
                return Left.ALL
            return Left.NOTHING if index else Left.ALL
        case DropsIndex():
            gone = subject is not None and index_of(session, subject) is None
            return Left.NOTHING if gone else Left.ALL
        case RebuildsIndexes():
            for (name,) in session.query(*_transient(about)):
                _run(session, statement, f"drop index concurrently if exists {name}")
            return Left.ALL
        case Detaches():
            return _detached(session, statement, about)
        case Makes(kind, name):
            return Left.NOTHING if _is_there(session, kind, name) else Left.ALL
        case Removes(kind, name):
            return Left.ALL if _is_there(session, kind, name) else Left.NOTHING
        case Repeats() | Configures():
            return Left.ALL
        case Unclear():
            return Left.UNKNOWN


def drop_index(session: Session, statement: Statement, index: Index) -> None:
    """Drops an index that a CREATE INDEX CONCURRENTLY has made, or half made. Raises StatementError."""
    _run(session, statement, f"drop index concurrently if exists {index.name}")


def _run(session: Session, statement: Statement, text: str) -> None:
    session.run_alone(replace(statement, text=text, anchors=()))


def _transient(about: RebuildsIndexes) -> tuple[str, tuple[str, ...]]:
    """The query for INVALID indexes that a REINDEX CONCURRENTLY has left (PostgreSQL manual, REINDEX)."""
    # Tables with those that hold their large values; of a partitioned one all below it.
    tables = {
        Reach.INDEX: """
            select i.indrelid from pg_catalog.pg_index i,
                (select pg_catalog.to_regclass(%s) as top) named
            where i.indexrelid = named.top
               or i.indexrelid in (select relid from pg_catalog.pg_partition_tree(named.top))
        """,
        Reach.TABLE: """
            select t.oid from pg_catalog.pg_class t,
                (select pg_catalog.to_regclass(%s) as top) named
            where t.oid = named.top or t.oid in (select relid from pg_catalog.pg_partition_tree(named.top))
        """,
        Reach.SCHEMA: """
            select t.oid from pg_catalog.pg_class t where t.relnamespace = pg_catalog.to_regnamespace(%s)
        """,
        Reach.DATABASE: "select t.oid from pg_catalog.pg_class t",
    }
    query = """
        select pg_catalog.format('%%I.%%I', n.nspname, c.relname)
        from pg_catalog.pg_index i
        join pg_catalog.pg_class c on c.oid = i.indexrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and i.indrelid in (
            select unnest(array[t.oid, t.reltoastrelid]) from pg_catalog.pg_class t where t.oid in (
    """
    named = about.reach is not Reach.DATABASE
    return query + tables[about.reach] + "))", (_written(about.name),) if named else ()


def _detached(session: Session, statement: Statement, about: Detaches) -> Left:
    table, partition = _written(about.table), _written(about.partition)
    rows = session.query(
        """
        select inhdetachpending from pg_catalog.pg_inherits
        where inhparent = pg_catalog.to_regclass(%s) and inhrelid = pg_catalog.to_regclass(%s)
        """,
        (table, partition),
    )
    match rows:
        case []:
            return Left.NOTHING
        case [(True,)]:
            _run(session, statement, f"alter table {table} detach partition {partition} finalize")
            return Left.NOTHING
    return Left.ALL


_PRESENT = {
    Kind.DATABASE: "select 1 from pg_catalog.pg_database where datname = %s",
    Kind.TABLESPACE: "select 1 from pg_catalog.pg_tablespace where spcname = %s",
    Kind.SUBSCRIPTION: """
        select 1 from pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid
        where s.subname = %s and d.datname = pg_catalog.current_database()
    """,
}


def _is_there(session: Session, kind: Kind, name: str) -> bool:
    return bool(session.query(_PRESENT[kind], (name,)))


def _written(name: Name) -> str:
    """A name as SQL has it."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name)
