"""The nouns of mainsql, as frozen values. DESIGN's words, and nothing that decides or does."""

from mainsql.model.commit import Commit
from mainsql.model.history import AppliedStep, Attempt, History, RolledBack, Version
from mainsql.model.plan import (
    Action,
    Objection,
    Plan,
    Refusal,
    Rollback,
    RollbackStep,
    Step,
    Undo,
    UndoKind,
    UpToDate,
)
from mainsql.model.script import Anchor, Directive, Gexec, Gset, Inclusion, Note, Statement, Tree, Unit

__all__ = [
    "Action",
    "Anchor",
    "AppliedStep",
    "Attempt",
    "Commit",
    "Directive",
    "Gexec",
    "Gset",
    "History",
    "Inclusion",
    "Note",
    "Objection",
    "Plan",
    "Refusal",
    "Rollback",
    "RollbackStep",
    "RolledBack",
    "Statement",
    "Step",
    "Tree",
    "Undo",
    "UndoKind",
    "Unit",
    "UpToDate",
    "Version",
]
