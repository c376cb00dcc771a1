"""ALTER TABLE and its like → locks, and what becomes of the rows.

The lock is that of PostgreSQL's ``AlterTableGetLockLevel`` and, for storage parameters,
``reloptions.c``: the strongest that one of the actions needs. What rewrites or scans the table is told
by the manual's page ALTER TABLE and its notes. ``tests/postgres/test_locks.py`` compares it with
servers.
"""

from collections.abc import Iterator
from typing import Any

from pglast import enums

from mainsql.script.locks import Lock, Touch, Work
from mainsql.script.syntax.parsing import items, names, relation
from mainsql.script.syntax.volatility import default_work

_Action = enums.AlterTableType
_Kind = enums.ConstrType

_LOCKS = {
    _Action.AT_SetStatistics: Lock.SHARE_UPDATE_EXCLUSIVE,
    _Action.AT_SetOptions: Lock.SHARE_UPDATE_EXCLUSIVE,
    _Action.AT_ResetOptions: Lock.SHARE_UPDATE_EXCLUSIVE,
    _Action.AT_ClusterOn: Lock.SHARE_UPDATE_EXCLUSIVE,
    _Action.AT_DropCluster: Lock.SHARE_UPDATE_EXCLUSIVE,
    _Action.AT_ValidateConstraint: Lock.SHARE_UPDATE_EXCLUSIVE,
    _Action.AT_AttachPartition: Lock.SHARE_UPDATE_EXCLUSIVE,
    _Action.AT_DetachPartitionFinalize: Lock.SHARE_UPDATE_EXCLUSIVE,
    _Action.AT_EnableTrig: Lock.SHARE_ROW_EXCLUSIVE,
    _Action.AT_EnableAlwaysTrig: Lock.SHARE_ROW_EXCLUSIVE,
    _Action.AT_EnableReplicaTrig: Lock.SHARE_ROW_EXCLUSIVE,
    _Action.AT_EnableTrigAll: Lock.SHARE_ROW_EXCLUSIVE,
    _Action.AT_EnableTrigUser: Lock.SHARE_ROW_EXCLUSIVE,
    _Action.AT_DisableTrig: Lock.SHARE_ROW_EXCLUSIVE,
    _Action.AT_DisableTrigAll: Lock.SHARE_ROW_EXCLUSIVE,
    _Action.AT_DisableTrigUser: Lock.SHARE_ROW_EXCLUSIVE,
}
"""The actions that do not need ACCESS EXCLUSIVE; constraints and options have rules of their own."""

_WORK = {
    _Action.AT_SetNotNull: Work.MAY_SCAN,
    _Action.AT_SetExpression: Work.MAY_REWRITE,
    _Action.AT_AlterColumnType: Work.MAY_REWRITE,
    _Action.AT_ValidateConstraint: Work.SCANS,
    _Action.AT_SetLogged: Work.REWRITES,
    _Action.AT_SetUnLogged: Work.REWRITES,
    _Action.AT_SetAccessMethod: Work.MAY_REWRITE,
    _Action.AT_SetTableSpace: Work.REWRITES,
}

_WEAK_OPTION = (
    "fillfactor", "toast_tuple_target", "parallel_workers", "vacuum_", "autovacuum_", "log_autovacuum_",
    "deduplicate_items", "n_distinct",
)  # fmt: skip
"""How the storage parameters begin whose change lets reading and writing go on."""

_WHICH = {enums.ObjectType.OBJECT_INDEX: "index {}"}


def altered(node: Any) -> Iterator[Touch]:
    """The locks of an ALTER of a table, view, index, sequence or the like."""
    if node.objtype == enums.ObjectType.OBJECT_TYPE:
        return
    actions = items(node.cmds)
    yield Touch(
        relation(node.relation),
        max((_lock(action) for action in actions), default=Lock.ACCESS_EXCLUSIVE),
        max((_work(action) for action in actions), default=Work.NONE),
        _WHICH.get(node.objtype, "{}"),
        next(filter(None, map(_along, actions)), None),
    )
    for action in actions:
        yield from _others(action)


def _lock(action: Any) -> Lock:
    match _Action(action.subtype or 0):
        case _Action.AT_AddConstraint if action.def_.contype == _Kind.CONSTR_FOREIGN:
            return Lock.SHARE_ROW_EXCLUSIVE
        case _Action.AT_SetRelOptions | _Action.AT_ResetRelOptions:
            weak = all(option.defname.startswith(_WEAK_OPTION) for option in action.def_)
            return Lock.SHARE_UPDATE_EXCLUSIVE if weak else Lock.ACCESS_EXCLUSIVE
        case _Action.AT_DetachPartition if action.def_.concurrent:
            return Lock.SHARE_UPDATE_EXCLUSIVE
        case kind:
            return _LOCKS.get(kind, Lock.ACCESS_EXCLUSIVE)


def _work(action: Any) -> Work:
    match _Action(action.subtype or 0):
        case _Action.AT_AddConstraint:
            return _constraint_work(action.def_)
        case _Action.AT_AddColumn:
            return _column_work(action.def_)
        case kind:
            return _WORK.get(kind, Work.NONE)


def _constraint_work(constraint: Any) -> Work:
    match _Kind(constraint.contype):
        case _Kind.CONSTR_CHECK | _Kind.CONSTR_FOREIGN if constraint.skip_validation:
            return Work.NONE
        case _Kind.CONSTR_NOTNULL:
            return Work.NONE if constraint.skip_validation else Work.MAY_SCAN
        case _Kind.CONSTR_PRIMARY if constraint.indexname:
            return Work.MAY_SCAN
        case _Kind.CONSTR_UNIQUE if constraint.indexname:
            return Work.NONE
    return Work.SCANS


def _column_work(column: Any) -> Work:
    work = default_work(column)
    for constraint in items(column.constraints):
        match _Kind(constraint.contype):
            case _Kind.CONSTR_CHECK | _Kind.CONSTR_UNIQUE | _Kind.CONSTR_PRIMARY:
                work = max(work, Work.SCANS)
            case _Kind.CONSTR_NOTNULL if not _has_default(column):
                work = max(work, Work.SCANS)
            case _Kind.CONSTR_FOREIGN if _has_default(column):
                work = max(work, Work.SCANS)
    return work


def _has_default(column: Any) -> bool:
    return any(constraint.contype == _Kind.CONSTR_DEFAULT for constraint in items(column.constraints))


def _along(action: Any) -> str | None:
    match _Action(action.subtype or 0):
        case _Action.AT_DropConstraint | _Action.AT_DropColumn:
            # With a foreign key go its triggers, which are on the other table, too.
            return "what it references"
        case _Action.AT_DropIdentity:
            return "its sequence"
    return None


def _others(action: Any) -> Iterator[Touch]:
    match _Action(action.subtype or 0):
        case _Action.AT_AddConstraint if action.def_.contype == _Kind.CONSTR_FOREIGN:
            yield referenced(action.def_, _constraint_work(action.def_))
        case _Action.AT_AddColumn:
            for constraint in items(action.def_.constraints):
                if constraint.contype == _Kind.CONSTR_FOREIGN:
                    filled = _has_default(action.def_)
                    yield referenced(constraint, Work.SCANS if filled else Work.NONE)
        case _Action.AT_AddInherit:
            yield Touch(relation(action.def_), Lock.SHARE_UPDATE_EXCLUSIVE)
        case _Action.AT_DropInherit:
            yield Touch(relation(action.def_), Lock.ACCESS_SHARE)
        case _Action.AT_AttachPartition:
            yield Touch(relation(action.def_.name), Lock.ACCESS_EXCLUSIVE, Work.MAY_SCAN)
        case _Action.AT_DetachPartition | _Action.AT_DetachPartitionFinalize:
            yield Touch(relation(action.def_.name), Lock.ACCESS_EXCLUSIVE)


def referenced(constraint: Any, work: Work = Work.NONE) -> Touch:
    """The lock of a new foreign key on the table that it references: it gets triggers."""
    return Touch(relation(constraint.pktable), Lock.SHARE_ROW_EXCLUSIVE, work)


def domain_altered(node: Any) -> Iterator[Touch]:
    """The locks of an ALTER DOMAIN: those of the tables whose rows it checks."""
    tables = "tables with columns of domain {}"
    match node.subtype:
        case "C" if not node.def_.skip_validation:
            yield Touch(names(node.typeName), Lock.SHARE, Work.SCANS, tables)
        case "O":
            yield Touch(names(node.typeName), Lock.SHARE, Work.SCANS, tables)
        case "V":
            yield Touch(names(node.typeName), Lock.SHARE, Work.SCANS, tables)
