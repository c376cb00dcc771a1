"""What is built is what is installed: the wheel and the sdist carry the ledger's SQL."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEDGER = {f"sql/ledger/{path.name}" for path in (ROOT / "sql" / "ledger").iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"
    copied = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
    shutil.copytree(ROOT, source, symlinks=True, ignore=copied)
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(source)], check=True, capture_output=True
    )
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


def test_the_wheel_has_the_ledger_and_nothing_beside_the_package(built):
    with zipfile.ZipFile(built[1]) as wheel:
        names = set(wheel.namelist())
    assert {f"mainsql/{name}" for name in LEDGER} <= names
    assert "mainsql/py.typed" in names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"mainsql"}


def test_the_sdist_has_the_ledger(built):
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {f"service/mainsql/{name}" for name in LEDGER} <= names


def test_the_wheel_alone_resolves_its_ledger(built, tmp_path):
    shutil.unpack_archive(built[1], tmp_path, "zip")
    code = "import mainsql.database.ledger as l; print(l.__file__); print(len(l.ledger_tree().program))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    file, count = done.stdout.split()
    assert Path(file).is_relative_to(tmp_path)
    assert int(count) > 30
