"""What is under way when a fault strikes: a database as it was before, and what mainsql does to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.gitrepo import GitRepo

TREE = "shop"

FIRST = {
    "main.sql": "\\i schema.sql\n\\i tables/orders.sql\n\\i views/turnover.sql\n",
    "schema.sql": "create schema shop;\n",
    "schema.undo.sql": "drop schema shop;\n",
    "tables/orders.sql": """\
create table shop.orders (id int primary key, amount numeric not null);
comment on table shop.orders is 'What was ordered';
insert into shop.orders values (1, 9.5), (2, 100);
""",
    "views/turnover.sql": """\
create or replace view shop.turnover as select sum(amount) as total from shop.orders;
""",
}
"""Version 1: the ledger comes with it."""

SECOND = {
    "main.sql": FIRST["main.sql"] + "\\i tables/customers.sql\n\\i functions.sql\n",
    "tables/orders.sql": FIRST["tables/orders.sql"] + "alter table shop.orders add column customer int;\n",
    "views/turnover.sql": """\
create or replace view shop.turnover as select sum(amount) as total, count(*) as n from shop.orders;
""",
    "tables/customers.sql": """\
create table shop.customers (id int primary key, name text);
copy shop.customers from stdin;
11\tAda
12\tGrace
\\.
select max(id) + 1 as next from shop.customers \\gset
insert into shop.customers values (:next, 'Edith');
""",
    "known.sql": """\
update shop.orders set customer = id + 10;
alter table shop.orders add constraint known foreign key (customer) references shop.customers
    deferrable initially deferred;
""",
    "known.undo.sql": """\
alter table shop.orders drop constraint known;
update shop.orders set customer = null;
""",
    "functions.sql": """\
create function shop.total(customer int) returns numeric
begin atomic
    select sum(amount) from shop.orders o where o.customer = $1;
end;
grant execute on function shop.total to public;
""",
}
"""Version 2: of everything that is sent to the server in a way of its own, one."""


SEGMENTS = {
    "main.sql": FIRST["main.sql"] + "\\i customer.sql\n\\i indexes.sql\n\\i note.sql\n",
    "customer.sql": "alter table shop.orders add column customer int;\n",
    "indexes.sql": """\
-- mainsql: no-transaction
create index concurrently orders_by_customer on shop.orders (customer);
vacuum shop.orders;
""",
    "note.sql": "alter table shop.orders add column note text;\n",
}
"""Version 2, as a row of segments: a transaction, two statements alone, a transaction."""

UNDONE_IN_SEGMENTS = {
    **SEGMENTS,
    "indexes.undo.sql": """\
-- mainsql: no-transaction
drop index concurrently shop.orders_by_customer;
vacuum shop.orders;
""",
}
"""The same, so that taking it back is such a row, too."""


@dataclass(frozen=True, slots=True)
class Story:
    """What mainsql does: ``arguments`` is its command line, ``forever`` says that it is the daemon's.

    ``before`` and ``commit`` are what has been deployed, and what is there to be deployed.
    """

    name: str
    arguments: tuple[str, ...]
    before: tuple[Mapping[str, str], ...]
    commit: Mapping[str, str] | None
    in_segments: bool = False
    """Whether it is no single transaction, so that it may also be found under way."""

    @property
    def forever(self) -> bool:
        """Whether it goes on until it is told to stop."""
        return self.arguments[0] == "watch"

    @property
    def once(self) -> "Story":
        """The same by a command that ends by itself."""
        return replace(self, arguments=("deploy",)) if self.forever else self


_WATCH = ("watch", "--log-format", "json", "--interval", "1h")
_ROLL_BACK = ("rollback", "--to", "1", "--yes")

STORIES = {
    story.name: story
    for story in (
        Story("first deploy", _WATCH, (), FIRST),
        Story("deploy", _WATCH, (FIRST,), SECOND),
        Story("rollback", _ROLL_BACK, (FIRST, SECOND), None),
        Story("segments", _WATCH, (FIRST,), SEGMENTS, in_segments=True),
        Story("segments back", _ROLL_BACK, (FIRST, UNDONE_IN_SEGMENTS), None, in_segments=True),
    )
}

_CONFIGURATION = f"""\
[repositories.here]
url = "."

[trees.{TREE}]
main = "main.sql"

[targets.place]
# Else the daemon would look beside its work, now before a message and now after it.
drift_interval = 0
# Else it would look beside its work, sooner or later, who is in the way.
lock_timeout = 0
retry_for = "${{RETRY_FOR:-10m}}"
"""


def repository(folder: Path) -> GitRepo:
    """An empty repository, with the configuration for its only tree and target."""
    made = GitRepo(folder)
    made.commit({"mainsql.toml": _CONFIGURATION}, "how it is deployed")
    return made
