"""The walls of the house: layers, types, style, sizes, and who may import what."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "service" / "mainsql"
MODULES = sorted(PACKAGE.rglob("*.py"))

ONLY_IN = {
    "psycopg2": "database",
    "git": "source/gitprogram.py",
    "pglast": "script/syntax",
}
"""Who may import what speaks to the outside: DESIGN, section 3."""


def run(*arguments: str) -> None:
    """Runs this Python with a tool, which must find nothing."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def imports(module: Path) -> set[str]:
    """The top-level packages that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.Import(names=names):
                found |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str(name), level=0):
                found.add(name.partition(".")[0])
    return found


def files() -> list[Path]:
    """What is, or will be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_layers() -> None:
    run("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))")


def test_types() -> None:
    run("-m", "mypy")


@pytest.mark.parametrize("check", [("check",), ("format", "--check")], ids=["lint", "format"])
def test_style(check: tuple[str, ...]) -> None:
    run("-m", "ruff", *check, ".")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_is_too_long(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 400


@pytest.mark.parametrize(("package", "home"), ONLY_IN.items(), ids=ONLY_IN)
def test_what_speaks_to_the_outside_has_one_place(package: str, home: str) -> None:
    strays = [
        str(module.relative_to(PACKAGE))
        for module in MODULES
        if package in imports(module) and not module.is_relative_to(PACKAGE / home)
    ]
    assert strays == []


def test_what_takes_a_while_to_import_is_not_imported_before_it_is_needed() -> None:
    run("-c", "import sys, mainsql.cli; sys.exit(not {'pglast', 'rich', 'twisted'}.isdisjoint(sys.modules))")


def test_no_file_names_the_machine_that_it_was_written_on() -> None:
    places = [str(ROOT), str(Path.home()) + "/", "/" + "root/"]
    here = re.compile("|".join(map(re.escape, places)).encode() + rb"|/(?:home|Users)/(?!somebody\b)\w")
    named = [str(file.relative_to(ROOT)) for file in files() if here.search(file.read_bytes())]
    assert named == []
