"""Every folder here is a case: a series of commits, and what each of them does to a database.

The folder's name says the rule, the folders in it are the commits: ``1-a-table``, ``2-it-grows``, with
the files that each adds or changes. A ``step.toml`` in one says what else happens there::

    remove = ["b.sql"]                    # files that the commit takes out
    do = ["mainsql rollback --to 1"]      # what a person does before the commit is planned
    fails = true                          # the server refuses it: nothing is recorded

A person can ``rollback --to N``, ``resume``, ``accept UNIT…``, and ``pause --why 'REASON'``. A folder
with nothing else in it plans the same files again. ``series.toml`` beside them has what is configured::

    on_removed = "undo"
    apply = "whole"
    undo = true                           # show how each step would be taken back

``expected.txt`` tells the story: for each commit the version that it makes, what that does for each
unit, and what is sent (``|``), or why it is refused. To add a case, make the folder, run
``MAINSQL_TESTS_UPDATE=1 pytest tests/series``, and **read** what was written: it must be right.
"""

import os
from pathlib import Path

import pytest
from tests.series.story import EXPECTED, tell

HERE = Path(__file__).parent
CASES = sorted(path for path in HERE.iterdir() if path.is_dir() and not path.name.startswith(("_", ".")))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_series(case: Path) -> None:
    told, expected = tell(case), case / EXPECTED
    if os.environ.get("MAINSQL_TESTS_UPDATE"):
        expected.write_text(told)
    assert told == expected.read_text()
