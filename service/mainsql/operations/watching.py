"""Who is told what happens during a deploy."""

from mainsql.model import Plan, Statement


class Watcher:
    """Is told what happens meanwhile; the default does not care."""

    def planned(self, plan: Plan) -> None:
        """A plan is about to run."""

    def statement(self, statement: Statement) -> None:
        """A statement is about to run."""

    def waiting(self, why: str) -> None:
        """It could not go on now and tries again in a while."""
