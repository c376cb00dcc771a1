"""Rehearses what a target lacks: in a scratch database like it, or in it, and then takes all of that back."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

from mainsql.config import Rehearse
from mainsql.database import dumping, ledger
from mainsql.database.cloning import clone
from mainsql.database.performance import Performance
from mainsql.database.pooling import NO_DUMP, refuse_pooler
from mainsql.database.scratch import scratch_database
from mainsql.database.session import Interrupt, Session
from mainsql.database.surroundings import read_surroundings
from mainsql.errors import DatabaseError, MainsqlError, Refused, Retry
from mainsql.model import Commit, Foretold, Plan, Proof, Refusal, UndoPolicy
from mainsql.operations.foretelling import foretold
from mainsql.operations.locking import take_lock
from mainsql.operations.planning import Broken, candidates, check_tree_name, prospect, refused
from mainsql.operations.rehearsal import SAME_TRANSACTION, Ground, Rehearsed, Verdict, rehearse_plan
from mainsql.operations.target import Deployment, Target
from mainsql.operations.under_way import check_nothing_in_progress
from mainsql.script.resolver import resolve_flat
from mainsql.undo.dump import Definitions


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target is rehearsed, and how.

    In a scratch database, ``on`` the server of that connection string or an embedded one; or
    ``in_place``, where no statement waits longer than ``patience`` seconds for a lock. ``data`` is a
    script that loads rows before, with its name.
    """

    on: str | None = None
    in_place: bool = False
    patience: float = 1.0
    data: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A commit that would not be deployed: it is refused, or its tree cannot be read."""

    commit: Commit
    error: MainsqlError


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of each commit that the target lacks, the oldest first.

    ``held`` is how long locks on the target's own objects may have been held, where it was in place.
    """

    results: tuple[Rehearsed | Unplanned, ...] = ()
    held: timedelta | None = None

    @property
    def proven(self) -> bool:
        """Whether everything can be taken back, as far as it says so itself."""
        return all(isinstance(each, Rehearsed) and each.verdict.passed for each in self.results)


def rehearse(
    deployment: Deployment,
    head: Commit,
    place: Place,
    *,
    times: int = 1,
    interrupt: Interrupt | None = None,
) -> Rehearsal:
    """Rehearses each commit that the target lacks up to ``head``, until one fails.

    In the target itself nothing stays. Raises Refused when ``head`` does not come after what is
    there, StatementError and Locked when it may work later, ScriptError for the data, DatabaseError,
    Cancelled.
    """
    return _on_ground(
        deployment.target,
        place,
        interrupt or Interrupt(),
        lambda ground: tuple(_rehearse(deployment, head, ground, times)),
    )


def proof_before(target: Target, plan: Plan, *, interrupt: Interrupt) -> Proof | MainsqlError:
    """What is known of the undo of a plan that is about to run once it was tried, if the target wants that.

    Or what is against the plan.
    """
    if target.rehearse is Rehearse.NEVER or not (plan.program or plan.removals):
        return Proof.UNPROVEN
    place = Place(in_place=target.rehearse is Rehearse.IN_PLACE)
    try:
        found = _on_ground(target, place, interrupt, lambda ground: (rehearse_plan(ground, plan, times=1),))
    except MainsqlError as error:
        return error
    (result,) = found.results
    assert isinstance(result, Rehearsed)
    if result.verdict is Verdict.FAILED:
        return Refused(
            "the rehearsal failed, so it is not deployed:",
            reasons=result.why,
            hint="`mainsql rehearse` tries it again; commit what is missing, and that is tried next",
        )
    return result.verdict.proof


Work = Callable[[Ground], tuple[Rehearsed | Unplanned, ...]]


def _on_ground(target: Target, place: Place, interrupt: Interrupt, work: Work) -> Rehearsal:
    if place.in_place:
        return _in_place(target, place, interrupt, work)
    with _scratch_ground(target, place, interrupt) as ground:
        return Rehearsal(work(ground))


@contextlib.contextmanager
def _scratch_ground(target: Target, place: Place, interrupt: Interrupt) -> Iterator[Ground]:
    """A scratch database like the target, with the rows of ``place``. The target is only read."""
    with target.connect(interrupt) as there:
        refuse_pooler(there, "a rehearsal in a scratch database")
        around = read_surroundings(there)
        with scratch_database(around, on=place.on) as scratch:
            clone(there, target.dsn, scratch, lock_wait=target.limits.lock_timeout or 10.0)
            with Session(scratch.dsn, application_name="mainsql scratch", interrupt=interrupt) as session:
                ground = Ground(
                    session,
                    target.limits,
                    _derived(target.undo),
                    lambda: _definitions(scratch.admin_dsn, scratch.major),
                    dsn=scratch.admin_dsn,
                    keeps_data=target.keeps_data,
                    foretell=_foretelling(there, target),
                )
                _load(ground, place)
                yield ground


class _Asked(Exception):
    """What makes the objects of the target has to be known before a transaction begins."""


def _in_place(target: Target, place: Place, interrupt: Interrupt, work: Work) -> Rehearsal:
    known: Definitions | str | None = None

    def define() -> Definitions | str:
        if known is None:
            raise _Asked
        return SAME_TRANSACTION

    with target.connect(interrupt) as session:
        limits = replace(target.limits, lock_timeout=place.patience)
        while True:
            rows = place.data is not None
            ground = Ground(
                session,
                limits,
                _derived(target.undo),
                define,
                True,
                known,
                rows,
                target.keeps_data,
                _foretelling(session, target),
            )
            take_lock(session, target)
            begun = time.monotonic()
            try:
                _load(ground, place)
                results = work(ground)
            except _Asked:
                session.rollback()  # pg_dump would wait for what it has locked
                known = NO_DUMP if session.pooled else _definitions(target.dsn, session.server_major)
                continue
            except MainsqlError as error:
                error.outcome = f"Nothing was changed: all of it was taken back in {target.label}."
                raise
            finally:
                session.rollback()
            begins = [begun] if rows else [each.begun for each in results if isinstance(each, Rehearsed)]
            held = time.monotonic() - min(begins, default=time.monotonic())
            return Rehearsal(results, timedelta(seconds=held))


def _rehearse(
    deployment: Deployment, head: Commit, ground: Ground, times: int
) -> Iterator[Rehearsed | Unplanned]:
    session, tree = ground.session, deployment.target.tree
    check_tree_name(deployment, ledger.tree_names(session))
    check_nothing_in_progress(deployment.target, ledger.read_versions(session, tree))
    for commit in candidates(deployment, ledger.read_history(session, tree), head):
        match prospect(deployment, ledger.read_history(session, tree), commit):
            case Plan() as plan:
                result = rehearse_plan(ground, plan, times=times)
                yield result
                if result.verdict is Verdict.FAILED:
                    return
                ground = replace(ground, known=result.known)
            case Refusal() as refusal:
                yield Unplanned(commit, refused(refusal))
            case Broken(_, error):
                yield Unplanned(commit, error)


def _derived(undo: UndoPolicy) -> UndoPolicy:
    """What is demanded of an undo meanwhile: here it is tried anyway."""
    return UndoPolicy.OPTIONAL if undo is UndoPolicy.OPTIONAL else UndoPolicy.DERIVED


def _foretelling(session: Session, target: Target) -> Callable[[Plan], Iterator[Foretold]]:
    """What says how much a plan keeps of the rows in the database of the session."""

    def tell(plan: Plan) -> Iterator[Foretold]:
        session.reset_stage()  # names are looked for as scripts look for them
        return chain.from_iterable(foretold(session, target, plan).values())

    return tell


def _definitions(dsn: str, major: int) -> Definitions | str:
    try:
        return dumping.dump_definitions(dsn, major)
    except DatabaseError as error:
        if error.retry is Retry.LATER:
            raise
        return error.message


def _load(ground: Ground, place: Place) -> None:
    if place.data is None:
        return
    name, text = place.data
    with ground.step():
        ground.session.reset_stage()
        Performance(ground.session, ground.session.variables()).run(resolve_flat(name, text), lambda _: None)
        ground.session.settle_constraints()
        ground.session.own_stage(ground.limits.lock_timeout)
