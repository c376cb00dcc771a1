"""Strikes mainsql with faults between any two messages to the server, and says what came of it.

    python -m tests.faults [--server N] [--story NAME] [--first N] [--every N] [FAULT …]

from the top of the repository, in an environment with the extra ``test``. Each place gets a fresh
database; afterwards mainsql is started again and must come to the end. A line says for each server,
story and fault at how many places it struck, and in which of the states that are allowed it left the
database. It ends with 1 when anything else came of any. Nothing stays behind.

``races`` is no place: five daemons, which are killed -9 all the time, and three command lines work on
one target, while 30 commits come.
"""

import argparse
import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.conftest import VERSIONS
from tests.faults.crashing import CrashingServer, crashing_server
from tests.faults.lanes import in_lanes, lanes
from tests.faults.proxy import Way
from tests.faults.races import Race
from tests.faults.runs import Zygote
from tests.faults.scene import Scene, new_database, new_folder, scene
from tests.faults.stories import STORIES
from tests.faults.striking import Left, Struck, count_places, crash, cut, kill_alone

Strike = Callable[[Scene, Zygote, CrashingServer, int], Struck]

FAULTS: dict[str, Strike] = {
    "kill": lambda scene, zygote, _, number: kill_alone(scene, zygote, number),
    "cut-before": lambda scene, zygote, _, number: cut(scene, zygote, number, Way.BEFORE),
    "cut-after": lambda scene, zygote, _, number: cut(scene, zygote, number, Way.AFTER),
    "gone-before": lambda scene, zygote, _, number: cut(scene, zygote, number, Way.BEFORE, deaf=True),
    "gone-after": lambda scene, zygote, _, number: cut(scene, zygote, number, Way.AFTER, deaf=True),
    "crash-before": lambda scene, zygote, server, number: crash(scene, zygote, server, number, Way.PAUSE),
    "crash-after": lambda scene, zygote, server, number: crash(scene, zygote, server, number, Way.SEEN),
}
RACES = "races"
_MEANINGS = """faults:
  kill          mainsql is killed -9 before the server has the message
  cut-before    the connection is cut before the server has the message; mainsql may connect again
  cut-after     it is cut before anything of the answer arrives
  gone-before   as cut-before, and nobody can connect any more until mainsql has ended
  gone-after    as cut-after, likewise
  crash-before  the server is killed -9 and started again before it has the message
  crash-after   it is killed -9 while it works on it
  races         see above
"""


def main() -> int:
    """Prints the lines; 1 when something came of a fault that must not."""
    arguments = _arguments()
    good = True
    wanted = arguments.fault or [*FAULTS, RACES]
    faults = [name for name in wanted if name in FAULTS]
    with new_folder() as folder, lanes(folder / "runs") as zygotes:
        for version in arguments.server or VERSIONS:
            with crashing_server(folder / f"server-{version}", version) as server:
                for name in (arguments.story or STORIES) if faults else ():
                    with _set_scene(name, server, folder / "repository", zygotes[0]) as found:
                        for fault in faults:
                            good &= _sweep(found, server, zygotes, fault, arguments)
                if RACES in wanted:
                    good &= _race(server, folder / f"race-{version}", arguments.seed)
    return 0 if good else 1


@contextlib.contextmanager
def _set_scene(name: str, server: CrashingServer, folder: Path, zygote: Zygote) -> Iterator[Scene]:
    repository = folder / f"{server.server.version}-{name.replace(' ', '-')}"
    with scene(STORIES[name], server.server, repository, zygote) as found:
        yield found


def _sweep(
    scene: Scene,
    server: CrashingServer,
    zygotes: Sequence[Zygote],
    fault: str,
    arguments: argparse.Namespace,
) -> bool:
    began = time.monotonic()
    places = range(arguments.first, count_places(scene, zygotes[0]) + 1, arguments.every)
    # A crash strikes all who are on the server.
    free = zygotes[:1] if fault.startswith("crash") else zygotes
    found = in_lanes(free, [partial(_strike, FAULTS[fault], scene, server, number) for number in places])
    left = Counter(each.left for each in found if isinstance(each, Struck))
    wrong = [each for each in found if isinstance(each, AssertionError)]
    print(
        f"PostgreSQL {scene.server.version:<6} {scene.story.name:<13} {fault:<13} {len(places):>4} places: "
        f"{left[Left.BEFORE]:>4} as before, {left[Left.UNDER_WAY]:>4} under way, "
        f"{left[Left.AFTER]:>4} as after, {len(wrong)} wrong ({time.monotonic() - began:.0f} s)",
        flush=True,
    )
    for each in wrong:
        print(each, flush=True)
    return not wrong


def _race(server: CrashingServer, folder: Path, seed: int | None) -> bool:
    seed = random.randrange(1 << 32) if seed is None else seed  # noqa: S311
    began = time.monotonic()
    with new_database(server.server) as dsn, lanes(folder / "runs", 8) as zygotes:
        socket = server.server.socket_folder
        race = Race(folder / "repository", socket, dsn, daemons=5, operators=3, turns=5, seed=seed)
        try:
            race.run(zygotes, commits=30)
        except AssertionError as error:
            print(f"PostgreSQL {server.server.version:<6} races, seed {seed}: wrong: {error}", flush=True)
            return False
    print(
        f"PostgreSQL {server.server.version:<6} races, seed {seed}: {race.kills} daemons killed, "
        f"{', '.join(f'{said} × {times}' for said, times in sorted(race.said.items()))} "
        f"({time.monotonic() - began:.0f} s)",
        flush=True,
    )
    return True


def _strike(
    strike: Strike, scene: Scene, server: CrashingServer, number: int, zygote: Zygote
) -> Struck | AssertionError:
    try:
        return strike(scene, zygote, server, number)
    except AssertionError as error:
        return AssertionError(f"place {number}: {error}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description=__doc__,
        epilog=_MEANINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "fault", nargs="*", choices=[[], *FAULTS, RACES], metavar="FAULT", help="which; all of them"
    )
    parser.add_argument("--server", type=int, action="append", choices=VERSIONS, help="major version; all")
    parser.add_argument("--story", action="append", choices=STORIES, help="what mainsql does; all of them")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="where it begins (1)")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each n-th place (1)")
    parser.add_argument("--seed", type=int, default=None, help="of the races; else one is drawn, and printed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
