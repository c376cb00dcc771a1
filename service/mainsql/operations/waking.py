"""Wakes the daemons that keep a target up to date, wherever they run."""

import contextlib

from mainsql.database.listening import Wake, Word, listeners, say
from mainsql.errors import DatabaseError
from mainsql.operations.target import Target


def poke(target: Target) -> int:
    """Lets every daemon that listens to the target's database poll its repository now.

    After that they look at the target's ledger. A target without a tree stands for all that its
    database has. How many listen, as far as the target's role may see that. Raises DatabaseError.
    """
    with target.connect() as session:
        count = listeners(session)
        say(session, Word(Wake.POKE, target.tree or None))
    return count


def poke_if_possible(target: Target) -> None:
    """As ``poke``, after something was deployed by hand. Never raises: they find out by themselves."""
    with contextlib.suppress(DatabaseError):
        poke(target)
