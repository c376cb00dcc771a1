"""What a database has around it and a dump of it leaves out: roles, what they may, settings, its owner."""

from dataclasses import dataclass, field

from psycopg2.sql import SQL, Identifier

from mainsql.database.session import Session

_ATTRIBUTES = ("superuser", "inherit", "createrole", "createdb", "replication", "bypassrls")


@dataclass(frozen=True, slots=True)
class Role:
    """A role and its attributes as CREATE ROLE has them (``createdb``, ``noinherit``); no password."""

    name: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """That ``member`` is one of ``role``; ``options`` as GRANT has them (``admin true``)."""

    role: str
    member: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What ALTER DATABASE and ALTER ROLE … SET left: ``values`` as ``name=value``; role None: all roles."""

    role: str | None
    in_database: bool
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a database, as ``user`` sees it. ``acl`` None: nobody was granted anything on it."""

    database: str
    user: str
    server_version: int
    owner: str
    acl: tuple[str, ...] | None = None
    roles: tuple[Role, ...] = ()
    memberships: tuple[Membership, ...] = ()
    settings: tuple[Setting, ...] = field(default=(), repr=False)

    @property
    def major(self) -> int:
        """The major version of its server."""
        return self.server_version // 10000


def read_surroundings(session: Session) -> Surroundings:
    """What is around the session's database; nothing is written. Raises DatabaseError."""
    ((database, user, version, owner, acl),) = session.query(
        """
        select current_database(), current_user::text, current_setting('server_version_num')::int,
               pg_get_userbyid(datdba)::text, datacl::text[]
        from pg_database where datname = current_database()
        """
    )
    roles = session.query(
        """
        select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
        from pg_roles where rolname !~ '^pg_' order by rolname
        """
    )
    # Before PostgreSQL 16 a membership had no options but this one.
    memberships = session.query(
        """
        select pg_get_userbyid(m.roleid)::text, pg_get_userbyid(m.member)::text, m.admin_option,
               (to_jsonb(m) ->> 'inherit_option')::boolean, (to_jsonb(m) ->> 'set_option')::boolean
        from pg_auth_members m where pg_get_userbyid(m.member) !~ '^pg_' order by 1, 2, 3, 4, 5
        """
    )
    settings = session.query(
        """
        select r.rolname, s.setdatabase <> 0, s.setconfig
        from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole
        where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
        """
    )
    return Surroundings(
        database,
        user,
        version,
        owner,
        None if acl is None else tuple(acl),
        tuple(Role(name, _attributes(flags)) for name, *flags in roles),
        tuple(Membership(role, member, _options(*options)) for role, member, *options in memberships),
        tuple(Setting(role, inside, tuple(values)) for role, inside, values in settings),
    )


def _attributes(flags: list[bool]) -> tuple[str, ...]:
    return tuple(name if flag else f"no{name}" for name, flag in zip(_ATTRIBUTES, flags, strict=True))


def _options(admin: bool, inherit: bool | None, may_set: bool | None) -> tuple[str, ...]:
    found = {"admin": admin, "inherit": inherit, "set": may_set}
    return tuple(f"{name} {str(value).lower()}" for name, value in found.items() if value is not None)


def furnish(session: Session, surroundings: Surroundings, *, superuser: bool) -> None:
    """Puts the roles on a server that is only ours, and makes the session's database look like theirs.

    The session is that of its superuser. Only the user of ``surroundings`` may log in, and may do
    all where ``superuser``. Raises DatabaseError.
    """
    there = {name for (name,) in session.query("select rolname from pg_roles")}
    for role in surroundings.roles:
        name = Identifier(role.name)
        if role.name not in there:
            attributes = SQL(" ").join(map(SQL, role.attributes))
            session.query(SQL("create role {} {}").format(name, attributes))
        if role.name == surroundings.user:
            session.query(SQL("alter role {} login").format(name))
            if superuser:
                session.query(SQL("alter role {} superuser").format(name))
    there = {name for (name,) in session.query("select rolname from pg_roles")}
    for found in surroundings.memberships:
        # A predefined role may be newer than this server.
        if {found.role, found.member} <= there and found.role != found.member:
            session.query(
                SQL("grant {} to {} with {}").format(
                    Identifier(found.role), Identifier(found.member), SQL(", ").join(map(SQL, found.options))
                )
            )
    _furnish_database(session, surroundings, there)


def _furnish_database(session: Session, surroundings: Surroundings, roles: set[str]) -> None:
    """Written as it was read: nothing is lost on a way through SQL that only takes what is valid here."""
    session.query(
        """
        update pg_database set datacl = %s::text[]::aclitem[],
            datdba = coalesce((select oid from pg_roles where rolname = %s), datdba)
        where datname = current_database()
        """,
        (None if surroundings.acl is None else list(surroundings.acl), surroundings.owner),
    )
    for setting in surroundings.settings:
        if setting.role is not None and setting.role not in roles:
            continue
        session.query(
            """
            insert into pg_db_role_setting (setdatabase, setrole, setconfig)
            values (
                case when %s then (select oid from pg_database where datname = current_database()) else 0 end,
                coalesce((select oid from pg_roles where rolname = %s), 0),
                %s)
            """,
            (setting.in_database, setting.role, list(setting.values)),
        )
