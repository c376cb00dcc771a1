"""Scripts that others wrote: what pg_dump makes of every kind of object, and PostgreSQL's extensions."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from tests.parity.backend import Session
from tests.parity.comparing import PROGRAMS, ours, wanted
from tests.parity.dumping import deploy, dump, full_dump, run_psql

from mainsql.operations.outcome import State

EVERYTHING = Path(__file__).parent / "everything.sql"
EXTENSIONS = sorted(
    path
    for folder in (
        *PROGRAMS.parents[1].glob("pginstall*/share/postgresql"),
        *Path("/usr/share/postgresql").glob("*"),
    )
    for path in folder.glob("extension/*.sql")
)


WAYS = [(), ("--inserts",), ("--column-inserts", "--rows-per-insert=7")]


@pytest.fixture
def without_subscriptions(database, other: str) -> Iterator[None]:
    """Takes the subscription away again: as long as it is there, a database cannot be dropped."""
    yield
    for dsn in (database.dsn, other):
        with contextlib.closing(psycopg2.connect(dsn)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(
                    "select from pg_subscription s join pg_database d on d.oid = s.subdbid "
                    "where d.datname = current_database()"
                )
                if cursor.fetchall():
                    cursor.execute("alter subscription nothing set (slot_name = none)")
                    cursor.execute("drop subscription nothing")


@pytest.mark.usefixtures("without_subscriptions")
@pytest.mark.parametrize("options", WAYS, ids=["copy", "inserts", "rows-per-insert"])
def test_a_dump_restored_by_mainsql_dumps_the_same(
    options: tuple[str, ...], database, other: str, tmp_path: Path
) -> None:
    done = run_psql(other, EVERYTHING.parent, "-v", "ON_ERROR_STOP=1", main=EVERYTHING.name)
    assert done.returncode == 0, done.stderr
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    # An older server than pg_dump does not know it.
    restored = full_dump(other, *options).replace("SET transaction_timeout = 0;\n", "")
    (scripts / "dump.sql").write_text(restored)
    (scripts / "main.sql").write_text("begin;\n\\ir dump.sql\ncommit;\n")
    outcome = deploy(tmp_path, database.dsn, scripts)
    assert outcome.state is State.UP_TO_DATE, outcome.report
    assert dump(database.dsn) == dump(other)


def test_the_scripts_of_extensions_are_divided_as_psql_does(
    requires, session: Session, tmp_path: Path
) -> None:
    requires("the extensions of PostgreSQL", there=len(EXTENSIONS) > 50)
    main = tmp_path / "main.sql"
    for script in EXTENSIONS:
        lines = script.read_text().split("\n")
        main.write_text("\n".join(line for line in lines if not line.startswith("\\echo ")))
        recorded = session.record(tmp_path)
        if all(not wanted([sent], []) for sent in recorded):
            continue  # Nothing but comments.
        assert ours(tmp_path) == wanted(recorded, []), script
