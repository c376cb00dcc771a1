"""Every folder here is a case: an include tree, and what must come of it.

The folder's name says the rule. ``main.sql`` in it is resolved; the rendered program must be
``expected.sql``, or the report of the refusal ``expected-error.txt``. Where the main script has
another name, or there are options, ``case.toml`` says so::

    main = "db/install.sql"
    include_root = "repository"
    [variables]
    owner = "shop"

To add a case, make the folder, run ``MAINSQL_TESTS_UPDATE=1 pytest tests/trees``, and **read** what
was written: it must be right, not only be there.
"""

import os
import tomllib
from pathlib import Path

import pytest

from mainsql.errors import ScriptError
from mainsql.script.render import render
from mainsql.script.resolver import resolve

HERE = Path(__file__).parent
CASES = sorted(path for path in HERE.iterdir() if path.is_dir() and not path.name.startswith(("_", ".")))
OUTCOMES = ("expected.sql", "expected-error.txt")


def outcome(case: Path) -> tuple[str, bytes]:
    """Which file says what comes of a case, and what must be in it."""
    options = case / "case.toml"
    given = tomllib.loads(options.read_text()) if options.exists() else {}

    def read(path: str) -> bytes | None:
        file = case / path
        return file.read_bytes() if file.is_file() else None

    try:
        tree = resolve(case.name, given.pop("main", "main.sql"), read, **given)
    except ScriptError as error:
        return "expected-error.txt", (error.report() + "\n").encode()
    return "expected.sql", render(tree.program).encode()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_tree(case: Path) -> None:
    name, contents = outcome(case)
    if os.environ.get("MAINSQL_TESTS_UPDATE"):
        for each in OUTCOMES:
            (case / each).unlink(missing_ok=True)
        (case / name).write_bytes(contents)
    assert [each for each in OUTCOMES if (case / each).exists()] == [name], contents.decode()
    assert contents.decode() == (case / name).read_bytes().decode()
