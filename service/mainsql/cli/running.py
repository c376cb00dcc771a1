"""Running the synchronous core so that Ctrl-C reaches it: it cancels the statement in hand."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import TypeVar

from mainsql.cli.output import warn
from mainsql.database.session import Interrupt

Result = TypeVar("Result")


def interruptibly(work: Callable[[Interrupt], Result]) -> Result:
    """The result of ``work``, which runs in a thread while this one waits for Ctrl-C.

    A thread that waits inside libpq never sees a signal; this one does, and cancels on the server.
    """
    interrupt = Interrupt()

    def cancel(_number: int, _frame: FrameType | None) -> None:
        if not interrupt.requested:
            warn("cancelling …")
            # It asks the server, which may take a while.
            threading.Thread(target=interrupt.request, daemon=True).start()

    before = signal.signal(signal.SIGINT, cancel)
    try:
        with ThreadPoolExecutor(max_workers=1) as threads:
            return threads.submit(work, interrupt).result()
    finally:
        signal.signal(signal.SIGINT, before)
