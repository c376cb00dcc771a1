"""How fast mainsql is, next to psql on the same tree in the same run.

    python -m tests.bench [--quick] [ROW …]

from the top of the repository, in an environment with the extra ``test``. It prints a table: each
figure is the median of five (``--rounds``), where there are two sides in alternating pairs. What is
timed is the whole process, from its start to its end, on a fresh database of an embedded server of
its own (fsync off). The link with a round trip of 5 ms is a proxy. Memory is the most that a process
and its children held together. Repositories are packed, as clones are; that with COPY data is as
``git commit`` leaves it. Nothing stays behind.

All of it takes about a quarter of an hour, most of it for psql on the slow link and for COPY.
"""

import argparse
import sys
from dataclasses import replace

from tests.bench.place import place
from tests.bench.rows import ROWS, Figure, Sizes

_QUICK = Sizes(
    files=10,
    statements=100,
    many_files=100,
    script=1,
    versions=10,
    commits=10,
    copied=1,
    tables=(5,),
    history=100,
    tree=100,
    most=100,
    repositories=2,
    interval=1,
    seconds=1,
    rounds=1,
)


def main() -> int:
    """Prints the table. 0, unless ``--check`` is given and a goal was missed."""
    arguments = _arguments()
    sizes = _QUICK if arguments.quick else Sizes()
    given = {name: value for name in Sizes.__slots__ if (value := getattr(arguments, name, None)) is not None}
    sizes = replace(sizes, **given)
    figures = []
    with place() as here:
        for name in arguments.row or ROWS:
            for figure in ROWS[name](here, sizes):
                figures.append(figure)
                print(_line(figure), flush=True)
    return 1 if arguments.check and not all(figure.good for figure in figures) else 0


def _line(figure: Figure) -> str:
    mark = "ok" if figure.good else "MISSED"
    return f"{figure.what:<50} {figure.figure:>22}   {figure.goal:<24} {mark:<7} {figure.made_of}".rstrip()


def _arguments() -> argparse.Namespace:
    rows = "\n".join(f"  {name:<8} {(row.__doc__ or '').strip()}" for name, row in ROWS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        epilog=f"rows:\n{rows}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("row", nargs="*", choices=[[], *ROWS], metavar="ROW", help="which rows; all of them")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, once: to see that it works")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often each side runs (5)")
    parser.add_argument("--files", type=int, metavar="N", help="files of the tree that is deployed (1000)")
    parser.add_argument("--statements", type=int, metavar="N", help="statements in it (10000)")
    parser.add_argument(
        "--many-files", type=int, metavar="N", help="files that are resolved and planned (10000)"
    )
    parser.add_argument("--versions", type=int, metavar="N", help="versions in the ledger (2000)")
    parser.add_argument("--commits", type=int, metavar="N", help="versions that are caught up with (500)")
    parser.add_argument("--script", type=int, metavar="MB", help="size of the script that is lexed (100)")
    parser.add_argument("--tree", type=int, metavar="N", help="files whose memory is measured (50000)")
    parser.add_argument("--repositories", type=int, metavar="N", help="repositories that are watched (100)")
    parser.add_argument("--copied", type=int, metavar="MB", help="size of the COPY data (1000)")
    parser.add_argument(
        "--history", type=int, metavar="N", help="commits and files of what is polled (100000)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
