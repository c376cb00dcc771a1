"""Brings a target up to a commit as ``reconcile`` does, and does not give up at the first obstacle."""

import random
import time
from collections.abc import Callable
from dataclasses import replace

from mainsql.database.session import Interrupt
from mainsql.errors import MainsqlError
from mainsql.model import Commit
from mainsql.operations.deploying import Watcher, reconcile
from mainsql.operations.outcome import Deployed, Outcome
from mainsql.operations.persistence import may_pass, persist
from mainsql.operations.target import Deployment


def bring_up_to_date(
    deployment: Deployment,
    head: Commit,
    *,
    interrupt: Interrupt | None = None,
    watcher: Watcher | None = None,
    retry_failed: bool = False,
    stopping: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    jitter: Callable[[], float] = random.random,
) -> Outcome:
    """What ``reconcile`` gives, tried again for as long as the target's limits say.

    That is counted anew after each version. ``watcher`` is told of each try, and of each version at once.
    Raises as ``reconcile`` does.
    """
    interrupt = interrupt or Interrupt()
    watcher = watcher or Watcher()
    deployed: list[Deployed] = []

    def attempt() -> Outcome:
        outcome = reconcile(
            deployment,
            head,
            interrupt=interrupt,
            watcher=watcher,
            retry_failed=retry_failed,
            stopping=stopping,
        )
        for done in outcome.deployed:
            watcher.deployed(done)
        deployed.extend(outcome.deployed)
        return outcome

    def persistently() -> Outcome:
        return persist(
            attempt,
            patience=deployment.target.limits.retry_for,
            interrupt=interrupt,
            waiting=watcher.waiting,
            clock=clock,
            jitter=jitter,
        )

    outcome = persistently()
    while outcome.interrupted is not None and may_pass(outcome.interrupted) and not stopping():
        try:
            outcome = persistently()
        except MainsqlError as error:
            outcome = replace(outcome, interrupted=error)
            break
    return replace(outcome, deployed=tuple(deployed))
