"""The bench itself: it runs, row by row, and leaves nothing. How fast anything is, it does not say."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_quick_form_prints_every_row(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 15
    assert all(" ok" in line or " MISSED" in line for line in lines)
    assert list(tmp_path.iterdir()) == []
