"""Entries that no catalog has as rows of its own: extension membership, and changed system privileges."""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from mainsql.database.catalog_pieces import Pieces
from mainsql.database.session import Session
from mainsql.undo.catalog import MEMBERSHIP, SYSTEM_ACL, Entry, Key

_IS_MEMBERSHIP = """
    c.objid >= {first_user_oid} and (c.classid, c.objid) not in ({hidden_objects})
    and (c.deptype in ('e', 'x')
         or c.deptype in ('a', 'i') and c.refobjsubid > 0
            and c.classid = 'pg_class'::regclass and c.refclassid = 'pg_class'::regclass
            and c.objid in (select s.seqrelid from pg_sequence s))
"""
"""Which rows of pg_depend say what stands nowhere else."""

_MEMBERSHIP_KEY = (
    "c.classid || ':' || c.objid || ':' || c.refobjid || ':' || c.refobjsubid || ':' || c.deptype::text"
)

_WORDS = {"e": "member of", "x": "depends on", "a": "owned by", "i": "identity of"}


@dataclass(frozen=True, slots=True)
class _Privileged:
    """A catalog of what has privileges: columns, and the arguments of acldefault.

    ``granted`` is what initdb grants to all on such things in information_schema.
    """

    catalog: str
    acl: str
    schema: str
    owner: str
    letter: str
    granted: str | None = None


_PRIVILEGED = (
    _Privileged(
        "pg_class",
        "c.relacl",
        "c.relnamespace",
        "c.relowner",
        "(case c.relkind when 'S' then 's' else 'r' end)::\"char\"",
        "SELECT",
    ),
    _Privileged("pg_proc", "c.proacl", "c.pronamespace", "c.proowner", "'f'"),
    _Privileged("pg_type", "c.typacl", "c.typnamespace", "c.typowner", "'T'"),
    _Privileged("pg_language", "c.lanacl", "0", "c.lanowner", "'l'"),
    _Privileged("pg_namespace", "c.nspacl", "c.oid", "c.nspowner", "'n'", "USAGE"),
)


def membership_keys(pieces: Pieces) -> tuple[str, Composable, Composable]:
    """Their catalog, SQL for the key, and SQL behind FROM for the rows ``c``."""
    return MEMBERSHIP, SQL(_MEMBERSHIP_KEY), pieces.compose("pg_depend c where " + _IS_MEMBERSHIP)


def read_memberships(session: Session, pieces: Pieces, which: Composable | None = None) -> Iterator[Entry]:
    """Who belongs to an extension or depends on one, and which column owns a sequence.

    With ``which``, only where this SQL is true of the row ``c`` of pg_depend.
    """
    rows = session.query(
        pieces.compose(
            """
            select {key}, c.deptype, o.type, o.identity, f.type, f.identity,
                   c.classid::bigint, c.objid::bigint, c.objsubid,
                   c.refclassid::bigint, c.refobjid::bigint, c.refobjsubid
            from pg_depend c
            cross join lateral pg_identify_object(c.classid, c.objid, c.objsubid) o
            cross join lateral pg_identify_object(c.refclassid, c.refobjid, c.refobjsubid) f
            where {membership} and {which}
            """,
            key=SQL(_MEMBERSHIP_KEY),
            membership=pieces.compose(_IS_MEMBERSHIP),
            which=which or SQL("true"),
        )
    )
    for key, kind, of_kind, of, on_kind, on, *address in rows:
        names = ("classid", "objid", "objsubid", "refclassid", "refobjid", "refobjsubid")
        yield Entry(
            Key(MEMBERSHIP, key),
            f"{of_kind} {of} {_WORDS[kind]} {on_kind} {on}",
            "membership",
            {},
            {**dict(zip(names, address, strict=True)), "deptype": kind},
            None,
            {"object_kind": of_kind, "object_identity": of, "of_kind": on_kind, "of_identity": on},
        )


def system_privilege_keys(pieces: Pieces) -> Iterator[tuple[str, Composable, Composable]]:
    """Their catalog, SQL for the key, and SQL behind FROM for the rows ``c``."""
    for kind in _PRIVILEGED:
        yield SYSTEM_ACL, SQL("{} || ':' || c.oid").format(Literal(kind.catalog)), _changed(pieces, kind)


def read_system_privileges(session: Session, pieces: Pieces) -> Iterator[Entry]:
    """The server's own objects whose privileges are not those that it came with."""
    for kind in _PRIVILEGED:
        rows = session.query(
            SQL(
                """
                select {name} || ':' || c.oid, i.type, i.identity, {now}, {initial}
                from {changed}
                """
            ).format(
                name=Literal(kind.catalog),
                now=_sorted(kind, _NOW),
                initial=_sorted(kind, _INITIAL if kind.granted else _INITIAL_ELSEWHERE),
                changed=_changed(pieces, kind),
            )
        )
        for key, of_kind, identity, now, initial in rows:
            yield Entry(
                Key(SYSTEM_ACL, key),
                f"{of_kind} {identity}",
                "system privileges",
                {"acl": now},
                {"acl": now},
                None,
                {"initial": initial, "object_kind": of_kind, "object_identity": identity},
            )


_NOW = "coalesce({acl}, {default})"
_INITIAL_ELSEWHERE = "coalesce(p.initprivs, {default})"
_INITIAL = """coalesce(p.initprivs, case
    when {acl} is not null
        and {schema} = (select n.oid from pg_namespace n where n.nspname = 'information_schema')
    then {default} || makeaclitem(0, {owner}, {granted}, false)
    else {default}
end)"""
"""What the server came with. pg_init_privs has what is special, but not what initdb grants in a schema."""


def _changed(pieces: Pieces, kind: _Privileged) -> Composed:
    """SQL behind FROM: the server's own rows ``c``, their initial privileges ``p`` and names ``i``."""
    return pieces.compose(
        """
        {catalog} c
        left join pg_init_privs p
            on p.objoid = c.oid and p.classoid = {name}::regclass and p.objsubid = 0
        cross join lateral pg_identify_object({name}::regclass, c.oid, 0) i
        where c.oid < {first_user_oid} and {acl} is distinct from p.initprivs
          and (i.type, i.identity) <> ('schema', 'public') and {now} is distinct from {initial}
        """,
        catalog=Identifier(kind.catalog),
        name=Literal(kind.catalog),
        acl=SQL(kind.acl),
        now=_sorted(kind, _NOW),
        initial=_sorted(kind, _INITIAL if kind.granted else _INITIAL_ELSEWHERE),
    )


def _sorted(kind: _Privileged, template: str) -> Composed:
    """SQL for a list of privileges, in one order."""
    owner = SQL(kind.owner)
    acl = SQL(template).format(
        acl=SQL(kind.acl),
        schema=SQL(kind.schema),
        owner=owner,
        granted=Literal(kind.granted),
        default=SQL("acldefault({}, {})").format(SQL(kind.letter), owner),
    )
    return SQL('(select array_agg(a::text order by a::text collate "C") from unnest({}) a)').format(acl)
