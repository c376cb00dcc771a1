"""What a failure says about the commit: whether it is to be tried again, and how."""

from mainsql.errors import ConnectionLost, MainsqlError, StatementError
from mainsql.model import Plan
from mainsql.operations.target import Deployment

_LOSSES = 3
"""So often it may be the network, or a server that is restarted."""


def judged(deployment: Deployment, plan: Plan, error: MainsqlError) -> MainsqlError:
    """The error; but where the connection is lost at the same statement again and again, it is its doing.

    Remembers of the commit what the next try has to know.
    """
    if isinstance(error, StatementError) and error.vague:
        deployment.careful.add(plan.commit.id)
    if not isinstance(error, ConnectionLost) or error.place is None:
        return error
    deployment.losses[plan.commit.id, error.place] += 1
    if deployment.losses[plan.commit.id, error.place] < _LOSSES:
        return error
    return StatementError(
        f"{_LOSSES} times the connection was lost at this statement, so it is not tried again",
        sqlstate="08006",
        place=error.place,
        line=plan.tree.source_line(error.place),
        detail=error.message,
        hint="see the server's log for what it does to the server or its session; "
        "if it was the network each time: mainsql deploy",
    )
