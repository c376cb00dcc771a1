"""A database that was made by mainsql is the one that psql makes of the same tree."""

from pathlib import Path

import pytest
from tests.parity.comparing import CASES, lay_out
from tests.parity.dumping import ONE_TRANSACTION, deploy, dump, run_psql

from mainsql.operations.outcome import State

TREES = sorted((Path(__file__).parent / "trees").iterdir())


@pytest.mark.parametrize("tree", TREES, ids=[tree.name for tree in TREES])
def test_a_tree_makes_the_same_database(tree: Path, database, other: str, tmp_path: Path) -> None:
    done = run_psql(other, tree, *ONE_TRANSACTION)
    assert done.returncode == 0, done.stderr
    outcome = deploy(tmp_path, database.dsn, tree)
    assert outcome.state is State.UP_TO_DATE, outcome.report
    expected = dump(other)
    assert "CREATE TABLE" in expected
    assert dump(database.dsn) == expected


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_a_case_makes_the_same_database(case: Path, two_databases: tuple[str, str], tmp_path: Path) -> None:
    psqls, ours = two_databases
    scripts = lay_out(case, tmp_path / "scripts")
    done = run_psql(psqls, scripts, *ONE_TRANSACTION)
    outcome = deploy(tmp_path, ours, scripts)
    if done.returncode == 0:
        assert outcome.state is State.UP_TO_DATE, outcome.report
        assert dump(ours) == dump(psqls)
    else:
        assert outcome.state is not State.UP_TO_DATE, done.stderr
