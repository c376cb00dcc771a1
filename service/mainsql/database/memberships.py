"""Entries that no catalog has as rows of its own: extension membership, and changed system privileges."""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg2.sql import SQL, Composed, Identifier, Literal

from mainsql.database.catalog_pieces import piece
from mainsql.database.catalogs import Catalogs
from mainsql.database.session import Session
from mainsql.undo.catalog import MEMBERSHIP, SYSTEM_ACL, Entry, Key

MEMBERSHIPS = """
    d.objid >= {first_user_oid}
    and (d.classid, d.objid) not in ({hidden_objects})
    and (d.deptype in ('e', 'x')
         or d.deptype in ('a', 'i') and d.refobjsubid > 0
            and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
            and exists (select from pg_class s where s.oid = d.objid and s.relkind = 'S'))
"""
"""Which rows of pg_depend say what stands nowhere else."""

MEMBERSHIP_KEY = (
    "d.classid || ':' || d.objid || ':' || d.refobjid || ':' || d.refobjsubid || ':' || d.deptype::text"
)

_WORDS = {"e": "member of", "x": "depends on", "a": "owned by", "i": "identity of"}


@dataclass(frozen=True, slots=True)
class _Privileged:
    """A catalog of things with privileges: columns, and the arguments of acldefault for them."""

    catalog: str
    acl: str
    schema: str
    owner: str
    letter: str
    in_information_schema: str | None = None


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


def read_memberships(session: Session, catalogs: Catalogs) -> Iterator[Entry]:
    """Who belongs to an extension or depends on one, and which column owns a sequence."""
    rows = session.query(
        piece(
            """
            select {key}, d.deptype, o.type, o.identity, f.type, f.identity,
                   d.classid::bigint, d.objid::bigint, d.objsubid,
                   d.refclassid::bigint, d.refobjid::bigint, d.refobjsubid
            from pg_depend d
            cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) o
            cross join lateral pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) f
            where {which}
            """,
            key=SQL(MEMBERSHIP_KEY),
            which=piece(MEMBERSHIPS),
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


def read_system_privileges(session: Session) -> Iterator[Entry]:
    """The server's own objects whose privileges are not those that it came with."""
    for kind in _PRIVILEGED:
        rows = session.query(
            piece(
                """
                select {name} || ':' || c.oid, i.type, i.identity, {now}, {initial}
                from {catalog} c
                cross join lateral pg_identify_object({name}::regclass, c.oid, 0) i
                left join pg_init_privs p
                    on p.objoid = c.oid and p.classoid = {name}::regclass and p.objsubid = 0
                where c.oid < {first_user_oid} and {acl} is distinct from p.initprivs
                """,
                name=Literal(kind.catalog),
                catalog=Identifier(kind.catalog),
                acl=SQL(kind.acl),
                now=_sorted(kind, "coalesce({acl}, {default})"),
                initial=_sorted(kind, _INITIAL if kind.in_information_schema else _INITIAL_ELSEWHERE),
            )
        )
        for key, of_kind, identity, now, initial in rows:
            # The schema public has an entry of its own.
            if now != initial and (of_kind, identity) != ("schema", "public"):
                yield Entry(
                    Key(SYSTEM_ACL, key),
                    f"{of_kind} {identity}",
                    "system privileges",
                    {"acl": now},
                    {"acl": now},
                    None,
                    {"initial": initial, "object_kind": of_kind, "object_identity": identity},
                )


_INITIAL_ELSEWHERE = "coalesce(p.initprivs, {default})"
_INITIAL = """coalesce(p.initprivs, case
    when {acl} is not null
        and {schema} = (select n.oid from pg_namespace n where n.nspname = 'information_schema')
    then {default} || makeaclitem(0, {owner}, {granted}, false)
    else {default}
end)"""
"""What the server came with. pg_init_privs has what is special, but not what initdb grants in a schema."""


def _sorted(kind: _Privileged, template: str) -> Composed:
    """SQL for a list of privileges, in one order."""
    owner = SQL(kind.owner)
    acl = SQL(template).format(
        acl=SQL(kind.acl),
        schema=SQL(kind.schema),
        owner=owner,
        granted=Literal(kind.in_information_schema),
        default=SQL("acldefault({}, {})").format(SQL(kind.letter), owner),
    )
    return SQL('(select array_agg(a::text order by a::text collate "C") from unnest({}) a)').format(acl)
