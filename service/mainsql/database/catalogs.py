"""The system catalogs of the server at hand: what they are made of, and what the role may read.

Nothing here lists columns: the server tells what it has (pg_attribute) and what an OID points to
(pg_get_catalog_foreign_keys), so a column of a new major version joins by itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from mainsql.database.catalog_columns import Column
from mainsql.database.catalog_pieces import Pieces, read_pieces
from mainsql.database.catalog_rules import NO_SCHEMA, RULES, Rules
from mainsql.database.session import Session


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalog of the server with its columns, and what is known of it."""

    name: str
    oid: int
    columns: tuple[Column, ...]
    rules: Rules
    pieces: Pieces = field(repr=False)

    @property
    def readable(self) -> bool:
        """Whether the role may read at least its keys."""
        return self.is_replaced or all(c.readable for c in self.columns if c.name == self.rules.owner)

    @property
    def readable_in_full(self) -> bool:
        """Whether the role may read all of it, and with that also who wrote a row."""
        return all(column.readable for column in self.columns)

    @property
    def is_replaced(self) -> bool:
        """Whether a view is read in its place."""
        return self.rules.source is not None and not self.readable_in_full

    @property
    def source(self) -> Composable:
        """What stands behind FROM: the catalog, or a view of it that everybody may read."""
        if self.is_replaced and self.rules.source:
            return SQL(self.rules.source)
        return Identifier("pg_catalog", self.name)

    def rows(self, which: Composable | None = None) -> Composed:
        """SQL behind FROM: its rows ``c`` that are entries, and of which ``which`` is true."""
        return SQL("{} c where {}").format(self.source, SQL(" and ").join(self._conditions(which)))

    def select(self, columns: list[Composable], which: Composable | None = None) -> Composed:
        """A query for columns of such rows; ``i`` may be asked for what pg_identify_object says."""
        identified = self.rules.identity is None or self.rules.kind is None
        address = SQL("cross join lateral pg_identify_object({}::regclass, c.oid, 0) i")
        return SQL("select {columns} from {source} c {identified} where {conditions}").format(
            columns=SQL(", ").join(columns),
            source=self.source,
            identified=address.format(Literal(self.name)) if identified else SQL(""),
            conditions=SQL(" and ").join(self._conditions(which)),
        )

    def _conditions(self, which: Composable | None) -> list[Composed]:
        hidden = {
            self.rules.schema: "c.{column} <> all ({hidden_schemas})",
            self.rules.relation: "c.{column} <> all ({hidden_relations})",
            self.rules.type: "c.{column} <> all ({hidden_types})",
        }
        belongs = [
            self.pieces.compose(template, column=Identifier(column))
            for column, template in hidden.items()
            if column
        ]
        asked = [SQL("({})").format(which)] if which is not None else []
        return [self.pieces.compose(f"({self.rules.where})"), *belongs, *asked]

    @property
    def owned_by(self) -> str:
        """The catalog of the OID that the key of an entry begins with: its own, or that of its owner."""
        owner = next((column for column in self.columns if column.name == self.rules.owner), None)
        return owner.target if owner and owner.target else self.name

    @property
    def heading(self) -> list[Composable]:
        """Key, identity, kind and definition of an entry."""
        rules = self.rules
        templates = (rules.key, rules.identity or "i.identity", rules.kind or "i.type", rules.definition)
        return [self.pieces.compose(template or "null::text") for template in templates]

    def properties(self) -> dict[str, Composed | None]:
        """Each property by its name; None where it is as the column of this name is."""
        found: dict[str, Composed | None] = {
            column.name: column.by_name for column in self.visible() if column.name != "oid"
        }
        for name, own in self.rules.properties.items():
            if name in found:
                found[name] = self.pieces.compose(own)
        found |= {name: self.pieces.compose(own) for name, own in self.rules.besides.items()}
        return {name: sql for name, sql in found.items() if name not in self.rules.without}

    def raw(self) -> dict[str, Composed]:
        """Each column as it is, by its name."""
        return {column.name: column.as_is for column in self.visible()}

    def visible(self) -> list[Column]:
        """Its columns that the role may read."""
        return [column for column in self.columns if column.readable or self.is_replaced]

    def notes(self) -> list[str]:
        """What is not understood of it."""
        known = self.rules.without | self.rules.properties.keys() | {"oid"}
        return [
            f"{self.name}.{column.name}: {column.note}"
            for column in self.columns
            if column.name not in known and column.note
        ]

    def barred(self) -> list[str]:
        """What the role may not read of it."""
        if self.is_replaced:
            return [f"{self.name}: this role may read only a part of it"]
        return [
            f"{self.name}.{column.name}: this role may not read it"
            for column in self.columns
            if not column.readable
        ]


@dataclass(frozen=True, slots=True)
class Catalogs:
    """All catalogs that objects of a database are in, by name; ``names`` also has the others, by OID."""

    server_version: int
    catalogs: Mapping[str, Catalog]
    names: Mapping[int, str] = field(repr=False)
    pieces: Pieces = field(repr=False)

    def oid(self, name: str) -> int:
        """The OID of a catalog."""
        return next(oid for oid, each in self.names.items() if each == name)

    def notes(self, present: Collection[str]) -> tuple[str, ...]:
        """What is not understood, or may not be read of the catalogs in which there is something."""
        return tuple(
            note
            for catalog in self.catalogs.values()
            for note in catalog.notes() + (catalog.barred() if catalog.name in present else [])
        )


def read_catalogs(session: Session) -> Catalogs:
    """What the server has, and what the session's role may read of it. Raises DatabaseError.

    Needs an empty search_path.
    """
    targets = _targets(session)
    pieces = read_pieces(session)
    rows = session.query(
        """
        select current_setting('server_version_num')::int, r.oid::bigint, r.relname, a.attname,
               format_type(a.atttypid, null), has_column_privilege(r.oid, a.attnum, 'select')
        from pg_class r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
        where r.relnamespace = 'pg_catalog'::regnamespace and r.relkind = 'r'
        order by r.relname, a.attnum
        """
    )
    catalogs = {}
    for (_, oid, catalog), group in groupby(rows, key=lambda row: row[:3]):
        if catalog not in NO_SCHEMA:
            columns = tuple(
                Column(catalog, name, kind, readable, *targets.get((catalog, name), ()))
                for *_, name, kind, readable in group
            )
            catalogs[catalog] = Catalog(catalog, oid, columns, RULES.get(catalog, Rules()), pieces)
    return Catalogs(rows[0][0], catalogs, {row[1]: row[2] for row in rows}, pieces)


def _targets(session: Session) -> Mapping[tuple[str, str], tuple[str, str | None]]:
    """By catalog and column: what it points to, and the column with the relation of a column number."""
    rows = session.query(
        "select fktable::text, fkcols, pktable::text from pg_catalog.pg_get_catalog_foreign_keys()"
    )
    found: dict[tuple[str, str], tuple[str, str | None]] = {}
    for catalog, columns, target in rows:
        match columns:
            case [column]:
                found[catalog, column] = (target, None)
            case [relation, number]:
                found[catalog, number] = (target, relation)
    return found
