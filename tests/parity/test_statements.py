r"""What we send is what psql sends, word for word.

Each case in ``cases`` is a script, or a folder with a ``main.sql``. The differences that are wanted,
and so do not count, are those of ``comparing.wanted``.
"""

from pathlib import Path

import pytest
from tests.parity.comparing import CASES, lay_out, ours, wanted
from tests.parity.wire import Recorder


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_sends_what_psql_sends(case: Path, recorder: Recorder, tmp_path: Path) -> None:
    scripts = lay_out(case, tmp_path / "scripts")
    sent = ours(scripts)
    joined = "\\;" in (scripts / "main.sql").read_text()
    assert sent == wanted(recorder.record(scripts), sent if joined else [])
