"""One repository and several targets: tenants in one database, and one tree in many databases."""

import pytest
from tests.gitrepo import GitRepo

from mainsql.errors import Locked
from mainsql.operations.deploying import Watcher, reconcile
from mainsql.operations.outcome import State
from mainsql.operations.rolling_back import preview_rollback, roll_back
from mainsql.operations.telling import standing
from mainsql.workplace import Request, Workplace

TENANTS = {
    "main.sql": 'create schema if not exists :"tenant";\nset search_path = :"tenant";\n\\i orders.sql\n',
    "main.undo.sql": "-- the schema stays",
    "orders.sql": "create table orders (id int, tenant text default :'tenant');\n",
    "orders.undo.sql": "drop table orders;\n",
}
GROWN = {
    "orders.sql": TENANTS["orders.sql"] + "alter table orders add note text;\n",
    "orders.undo.sql": "alter table orders drop note;\n",
}


@pytest.fixture
def deployments(tmp_path, database):
    """The two tenants, as a configuration describes them, and their repository."""
    repo = GitRepo(tmp_path / "shop")
    repo.commit(TENANTS)
    config = tmp_path / "mainsql.toml"
    config.write_text(
        f"""
        [repositories.shop]
        url = "{repo.path}"
        [trees.acme]
        variables = {{ tenant = "acme" }}
        [trees.globex]
        variables = {{ tenant = "globex" }}
        [targets.acme]
        tree = "acme"
        database = "{database.dsn}"
        [targets.globex]
        tree = "globex"
        database = "{database.dsn}"
        """
    )
    with Workplace(Request(config=config)) as workplace:
        yield repo, workplace.deployments()


def deploy(deployment, watcher=None):
    return reconcile(deployment, deployment.repository.head(), watcher=watcher)


def columns(database):
    rows = database.execute(
        """
        select table_schema, string_agg(column_name, ' ' order by ordinal_position)
        from information_schema.columns where table_name = 'orders' group by 1 order by 1
        """
    )
    return dict(rows)


class Meanwhile(Watcher):
    """Deploys to another target once the first statement of this one is about to run."""

    def __init__(self, other):
        self.other = other
        self.outcome = None

    def statement(self, statement):
        if self.outcome is None:
            try:
                self.outcome = deploy(self.other)
            except Locked as error:
                self.outcome = error


def test_tenants_of_one_database_have_numbers_locks_and_histories_of_their_own(deployments, database):
    repo, (acme, globex) = deployments
    # Both find no ledger: it is installed once, and whoever comes second tries again.
    first = Meanwhile(globex)
    assert deploy(acme, first).version == 1
    assert isinstance(first.outcome, Locked)
    assert "installing the ledger" in first.outcome.message
    assert deploy(globex).version == 1
    assert columns(database) == dict.fromkeys(("acme", "globex"), "id tenant")

    # From then on they do not wait for each other: one commits while the other is under way.
    repo.commit(GROWN)
    second = Meanwhile(globex)
    assert deploy(acme, second).version == 2
    assert (second.outcome.state, second.outcome.version) == (State.UP_TO_DATE, 2)
    assert columns(database) == dict.fromkeys(("acme", "globex"), "id tenant note")

    # What is taken back of one stays with the other, and holds only the one.
    roll_back(acme.target, preview_rollback(acme.target, None), why="a test")
    assert columns(database) == {"acme": "id tenant", "globex": "id tenant note"}
    assert (deploy(acme).state, deploy(globex).state) == (State.REFUSED, State.UP_TO_DATE)
    assert [each.units for each in standing(acme.target).held] == [("orders.sql",)]
    assert standing(globex.target).held == []
    roll_back(globex.target, preview_rollback(globex.target, 0))
    assert columns(database) == {"acme": "id tenant"}
    assert [standing(each.target).history.number for each in (acme, globex)] == [1, 0]


def test_one_tree_in_many_databases(tmp_path, database, another_database):
    repo = GitRepo(tmp_path / "shop")
    repo.commit({"main.sql": "create table :mainsql_target ();"})
    config = tmp_path / "mainsql.toml"
    config.write_text(
        f'[repositories.shop]\nurl = "{repo.path}"\n[trees.shop]\n'
        f'[targets.staging]\ndatabase = "{database.dsn}"\n'
        f'[targets.production]\ndatabase = "{another_database.dsn}"\n'
    )
    with Workplace(Request(config=config)) as workplace:
        staging, production = workplace.deployments()
        assert deploy(staging).version == 1
        repo.commit({"main.sql": "create table :mainsql_target ();\nselect 1;"})
        assert (deploy(staging).version, deploy(production).version) == (2, 1)
    assert database.execute("select to_regclass('staging')") == [("staging",)]
    assert another_database.execute("select to_regclass('production')") == [("production",)]
