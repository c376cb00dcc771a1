"""Does many things at once: as many as there are zygotes."""

import contextlib
import os
import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tests.faults.runs import Zygote

Result = TypeVar("Result")


@contextlib.contextmanager
def lanes(folder: Path, number: int | None = None) -> Iterator[Sequence[Zygote]]:
    """So many zygotes, each with a state of its own in the folder; one for each processor if not said."""
    with contextlib.ExitStack() as stack:
        # All of them are started before the first of them is waited for.
        started = [Zygote(folder / str(n)) for n in range(number or os.cpu_count() or 1)]
        yield [stack.enter_context(zygote) for zygote in started]


def in_lanes(zygotes: Sequence[Zygote], tasks: Iterable[Callable[[Zygote], Result]]) -> list[Result]:
    """What the tasks come to, in their order, each carried out with a zygote that is free.

    Raises what the first that fails raises.
    """
    free: queue.SimpleQueue[Zygote] = queue.SimpleQueue()
    for zygote in zygotes:
        free.put(zygote)

    def carry_out(task: Callable[[Zygote], Result]) -> Result:
        zygote = free.get()
        try:
            return task(zygote)
        finally:
            free.put(zygote)

    with ThreadPoolExecutor(len(zygotes)) as threads:
        begun = [threads.submit(carry_out, task) for task in tasks]
        try:
            return [each.result() for each in begun]
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
