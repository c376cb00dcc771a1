"""For psql, the stand-in of the generated tests is as good as the server."""

from pathlib import Path

import pytest
from tests.parity.backend import Session
from tests.parity.comparing import CASES, lay_out
from tests.parity.wire import Recorder


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_psql_sends_it_what_it_sends_to_the_server(
    case: Path, session: Session, recorder: Recorder, tmp_path: Path
) -> None:
    scripts = lay_out(case, tmp_path / "scripts")
    assert session.record(scripts) == recorder.record(scripts)
