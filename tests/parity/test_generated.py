"""Whatever the script: what we send is what psql sends.

A longer search than the suite's, with other scripts each time, is::

    MAINSQL_TESTS_RANDOM=1 MAINSQL_TESTS_EXAMPLES=100000 pytest tests/parity/test_generated.py

What it finds becomes a case in ``cases``.
"""

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from tests.parity.backend import Session
from tests.parity.comparing import ours, wanted
from tests.parity.generated import Tree, trees

from mainsql.errors import ScriptError
from mainsql.script.normal import tokens

EXAMPLES = int(os.environ.get("MAINSQL_TESTS_EXAMPLES", "2000"))

REFUSED = [
    (r"this .* is never closed", "psql sends what is open, and the server complains"),
    (r"this \\if is never closed", "psql complains, and has run what came before"),
    (r"\\gx? without a statement would run the one before it once more", "psql does"),
    (r"\\\S* is no command of psql that mainsql knows", "psql complains, and goes on behind it"),
    (r"\\\w+ does not belong here: .*", "psql complains, and goes on behind it"),
    (r"with the values of its variables this is \d statements to the server", "it is, for psql, too"),
    (r"\\\w+ cannot stand among statements that \\; joins: .*", "psql sends them behind it"),
    (r"the rows of a COPY before \\; come behind the line .*", "psql takes them there"),
    (r"a semicolon is missing after BEGIN TRANSACTION", "the server complains"),
]
"""What mainsql refuses and psql goes on with, and why that is not compared."""


@dataclass
class Comparison:
    """Sends trees with both, and counts them."""

    session: Session
    compared: int = 0
    refused: int = 0

    def check(self, tree: Tree) -> None:
        with tempfile.TemporaryDirectory(prefix="tree-") as folder:
            write(tree, Path(folder))
            try:
                sent = ours(Path(folder))
            except ScriptError as error:
                if error.message != "there is no SQL in this tree":
                    if not any(re.fullmatch(pattern, error.message) for pattern, _ in REFUSED):
                        raise
                    self.refused += 1
                    return
                sent = []
            recorded = self.session.record(Path(folder))
        joined = any(b"\\;" in text for text in tree.values())
        if not joined and any(rows is not None and tokens(query)[0] != "copy" for query, rows in recorded):
            # In a:v, with $$ for v, psql begins a string; the server, which gets a$$, does not, and
            # may find a COPY in what was one.
            return
        expected = wanted(recorded, sent if joined else [])
        assert sent == expected
        self.compared += 1


def test_sends_what_psql_sends(session: Session) -> None:
    comparison = Comparison(session)

    @settings(
        max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.explain}
    )
    @given(trees())
    def check(tree: Tree) -> None:
        comparison.check(tree)

    check()
    assert comparison.compared > comparison.refused, comparison


def write(tree: Tree, folder: Path) -> None:
    """Puts the files of a tree into a folder."""
    for path, text in tree.items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text)
