"""Running the synchronous core so that Ctrl-C reaches it: it cancels the statement in hand."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mainsql.cli.output import warn
from mainsql.database.session import Interrupt

Result = TypeVar("Result")


def interruptibly(work: Callable[[Interrupt], Result]) -> Result:
    """The result of ``work``, which runs in a thread while this one waits for Ctrl-C.

    A thread that waits inside libpq never sees a signal; this one does, and cancels on the server.
    """
    interrupt = Interrupt()
    with ThreadPoolExecutor(max_workers=1) as threads:
        future = threads.submit(work, interrupt)
        while True:
            try:
                return future.result()
            except KeyboardInterrupt:
                warn("cancelling …")
                interrupt.request()
