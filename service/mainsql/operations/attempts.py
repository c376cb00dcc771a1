"""Runs a transaction until it goes through, or fails for a reason that it can tell."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mainsql.database import dumping
from mainsql.database.executor import Manner
from mainsql.database.observing import FellShort, Foresight
from mainsql.database.pooling import NO_DUMP
from mainsql.database.session import Session
from mainsql.errors import DatabaseError, Retry, StatementError
from mainsql.operations.target import Target

Result = TypeVar("Result")


def attempts(target: Target, session: Session, manner: Manner, work: Callable[[Manner], Result]) -> Result:
    """The result of ``work``, a transaction that is rolled back and run again where it was not enough.

    ``manner`` is how it is run first. Raises what ``work`` raises.
    """
    while True:
        try:
            return work(manner)
        except StatementError as error:
            if not error.vague or manner.one_by_one or error.retry is Retry.LATER:
                raise
            session.rollback()
            # Which of the statements that were sent together it was, the server did not say.
            manner = replace(manner, one_by_one=True)
        except FellShort as short:
            session.rollback()  # pg_dump would wait for what it has locked
            manner = replace(manner, foresight=_foresight(target, session, manner.foresight, short))
        session.notes.clear()


def _foresight(target: Target, session: Session, before: Foresight, short: FellShort) -> Foresight:
    """What is read before the next try, which is more than before. Raises DatabaseError when it is not."""
    definitions = before.definitions
    if short.definitions and definitions is None and session.pooled:
        definitions = NO_DUMP
    elif short.definitions and definitions is None:
        try:
            definitions = dumping.dump_definitions(target.dsn, session.server_major)
        except DatabaseError as error:
            if error.retry is Retry.LATER:
                raise
            definitions = error.message
    found = before.beside(short, definitions)
    if found == before:
        raise DatabaseError(
            f"what a version does to the catalogs of {target.label} cannot be told",
            hint='set undo = "optional" for this target, and report this',
        )
    return found
