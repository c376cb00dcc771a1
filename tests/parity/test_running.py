r"""What is decided while a script runs comes out as under psql: ``\gset``, ``\gexec``, late ``\if``\ s.

Each case in ``running`` is a script, or a folder with a ``main.sql``, that says what happens to it
by rows in the table ``said``. It runs through psql and through mainsql, on two fresh databases.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.parity.comparing import PSQL
from tests.postgres.deploying import Shop

SAID = "create table said (what text, n int generated always as identity);\n"
CASES = sorted((Path(__file__).parent / "running").iterdir())


def scripts(case: Path) -> dict[str, str]:
    if case.is_dir():
        found = {str(file.relative_to(case)): file.read_text() for file in case.rglob("*.sql")}
    else:
        found = {"main.sql": case.read_text()}
    return {**found, "main.sql": SAID + found["main.sql"]}


def said(database) -> list[str]:
    rows = database.execute("select what from said order by n")
    # Its own name is all in which the two databases differ.
    return [row[0] for row in rows]


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_says_what_it_says_under_psql(case, database, another_database, tmp_path):
    files = scripts(case)
    folder = tmp_path / "scripts"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    psql = [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", another_database.dsn, "-f", "main.sql"]
    subprocess.run(psql, cwd=folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    shop = Shop(tmp_path, database.dsn)
    try:
        outcome = shop.push(files)
        assert outcome.report is None
        assert said(database) == said(another_database)
        assert said(database)
        # Nothing has changed, so nothing runs again; and what was recorded can be read back.
        assert shop.deploy().version == 1
    finally:
        shop.close()
        shutil.rmtree(folder)
