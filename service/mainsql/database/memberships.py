"""Entries that no catalog has as rows of its own: extension membership, and changed system privileges."""

from collections.abc import Iterator
from dataclasses import dataclass

from mainsql.database.catalog_rules import FIRST_USER_OID, HIDDEN_OBJECTS
from mainsql.database.catalogs import Catalogs
from mainsql.database.session import Session
from mainsql.undo.catalog import MEMBERSHIP, SYSTEM_ACL, Entry, Key

MEMBERSHIPS = f"""
    d.objid >= {FIRST_USER_OID}
    and (d.classid, d.objid) not in ({HIDDEN_OBJECTS})
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
        f"""
        select {MEMBERSHIP_KEY}, d.deptype, o.type, o.identity, f.type, f.identity,
               d.classid::bigint, d.objid::bigint, d.objsubid,
               d.refclassid::bigint, d.refobjid::bigint, d.refobjsubid
        from pg_depend d
        cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) o
        cross join lateral pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) f
        where {MEMBERSHIPS}
        """
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
            f"""
            select '{kind.catalog}:' || c.oid, i.type, i.identity,
                   {_sorted(f"coalesce({kind.acl}, acldefault({kind.letter}, {kind.owner}))")},
                   {_sorted(_initial(kind))}
            from {kind.catalog} c
            cross join lateral pg_identify_object('{kind.catalog}'::regclass, c.oid, 0) i
            left join pg_init_privs p
                on p.objoid = c.oid and p.classoid = '{kind.catalog}'::regclass and p.objsubid = 0
            where c.oid < {FIRST_USER_OID} and {kind.acl} is distinct from p.initprivs
            """
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


def _initial(kind: _Privileged) -> str:
    """SQL for the privileges that the server came with, which pg_init_privs has, if they are special."""
    default = f"acldefault({kind.letter}, {kind.owner})"
    if kind.in_information_schema is None:
        return f"coalesce(p.initprivs, {default})"
    # What initdb grants there, it does not write down.
    granted = f"{default} || makeaclitem(0, {kind.owner}, '{kind.in_information_schema}', false)"
    return f"""coalesce(p.initprivs, case
        when {kind.acl} is not null and {kind.schema} = (
            select n.oid from pg_namespace n where n.nspname = 'information_schema')
        then {granted} else {default}
    end)"""


def _sorted(acl: str) -> str:
    return f'(select array_agg(a::text order by a::text collate "C") from unnest({acl}) a)'
