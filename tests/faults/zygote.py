"""A process that has imported all of mainsql, and forks for each run of it: no run waits for imports.

Each run is a process of its own, with what the installed program would do in it, that can be killed
as any other. Runs come one after the other, asked for over the socket that is given by number.
"""

import contextlib
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import traceback
from importlib import import_module
from typing import NoReturn

import mainsql
from mainsql.cli import main

_A_BUG = 70
# It installs a reactor when it is imported; each run has its own.
_NOT_SHARED = "twisted.internet.reactor"
_ALSO = (
    "pglast",
    "psycopg2.extras",
    "twisted.internet.epollreactor",
    "twisted.internet.threads",
    "twisted.internet.selectreactor",
)


def serve(orders: socket.socket) -> None:
    """Answers each order with the pid of the run, and with its exit code when it has ended."""
    while True:
        order, descriptors, _, _ = socket.recv_fds(orders, 1 << 20, 1)
        if not order:
            return
        [output] = descriptors
        pid = os.fork()
        if pid == 0:
            _run(orders, output, **json.loads(order))
        os.close(output)
        orders.send(str(pid).encode())
        if _wanted_no_more(orders, pid):
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(BrokenPipeError):
            orders.send(str(os.waitstatus_to_exitcode(status)).encode())


def _wanted_no_more(orders: socket.socket, pid: int) -> bool:
    """Waits for the end of a run, or of whoever ordered it; whether it was the latter."""
    end = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([end, orders], [], [])
    finally:
        os.close(end)
    return end not in ready


def _run(
    orders: socket.socket, output: int, arguments: list[str], folder: str, environment: dict[str, str]
) -> NoReturn:
    orders.close()
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nowhere, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["mainsql", *arguments]
    code = _A_BUG
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - said as the interpreter would say it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # not back into the loop of the zygote, whatever happens


def _import_all() -> None:
    for module in pkgutil.walk_packages(mainsql.__path__, "mainsql."):
        import_module(module.name)
    for name in _ALSO:
        import_module(name)
    assert _NOT_SHARED not in sys.modules
    gc.freeze()


if __name__ == "__main__":
    _import_all()
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        orders.send(b"ready")
        serve(orders)
