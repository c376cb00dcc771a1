"""Who is told what happens during a deploy."""

from mainsql.model import Plan, Statement
from mainsql.operations.outcome import Deployed


class Watcher:
    """Is told what happens meanwhile; the default does not care."""

    def planned(self, plan: Plan) -> None:
        """A plan is about to run."""

    def statement(self, statement: Statement) -> None:
        """A statement is about to run."""

    def waiting(self, why: str) -> None:
        """It could not go on now and tries again in a while."""

    def deployed(self, done: Deployed) -> None:
        """A version was committed."""

    def told(self, what: str) -> None:
        """Something that belongs into the log."""
