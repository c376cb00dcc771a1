"""Statement → the locks that it takes: the table of rules.

They are those of the manual's section "Explicit Locking" and of the pages of the commands; where these
are silent, what the servers 16 and 18 do. ``tests/postgres/test_locks.py`` runs each of them.
"""

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums

from mainsql.script.locks import Lock, Name, Touch, Work
from mainsql.script.syntax.altering import altered, domain_altered, referenced
from mainsql.script.syntax.harming import ON_RELATIONS, RELATIONS
from mainsql.script.syntax.parsing import items, names, relation, says
from mainsql.script.syntax.reading import rows_touched

_Kind = enums.ObjectType


def touches(node: Any) -> list[Touch]:
    """The locks that a statement takes, the strongest on each relation, in the order of the text."""
    found: dict[tuple[str, Name], Touch] = {}
    for touch in _touches(node):
        key = touch.which, touch.relation
        if key not in found or (touch.lock, touch.work) > (found[key].lock, found[key].work):
            found[key] = touch
    return list(found.values())


def _touches(node: Any) -> Iterator[Touch]:
    match node:
        case ast.AlterTableStmt():
            yield from altered(node)
        case ast.AlterDomainStmt():
            yield from domain_altered(node)
        case ast.CreateStmt():
            yield from _table_created(node)
        case ast.DropStmt():
            yield from _dropped(node)
        case ast.IndexStmt():
            yield Touch(relation(node.relation), _while_indexing(bool(node.concurrent)), Work.SCANS)
        case ast.ViewStmt():
            yield from rows_touched(node.query)
            if node.replace:
                yield Touch(relation(node.view), Lock.ACCESS_EXCLUSIVE)
        case ast.RuleStmt():
            yield Touch(relation(node.relation), Lock.ACCESS_EXCLUSIVE)
        case ast.CreatePolicyStmt() | ast.AlterPolicyStmt():
            yield Touch(relation(node.table), Lock.ACCESS_EXCLUSIVE)
        case ast.CreateTrigStmt():
            yield Touch(relation(node.relation), Lock.SHARE_ROW_EXCLUSIVE)
        case ast.TruncateStmt():
            cascade = node.behavior == enums.DropBehavior.DROP_CASCADE
            along = "what references it" if cascade else None
            for each in items(node.relations):
                yield Touch(relation(each), Lock.ACCESS_EXCLUSIVE, along=along)
        case ast.LockStmt():
            for each in items(node.relations):
                yield Touch(relation(each), Lock(int(node.mode or Lock.ACCESS_EXCLUSIVE)))
        case ast.RenameStmt() | ast.AlterObjectSchemaStmt() | ast.CommentStmt() | ast.SecLabelStmt():
            yield from _described(node)
        case _:
            yield from _maintained(node)


def _maintained(node: Any) -> Iterator[Touch]:
    match node:
        case ast.RefreshMatViewStmt() if node.concurrent:
            yield Touch(relation(node.relation), Lock.EXCLUSIVE, Work.SCANS)
        case ast.RefreshMatViewStmt():
            yield Touch(relation(node.relation), Lock.ACCESS_EXCLUSIVE, Work.REWRITES)
        case ast.ClusterStmt() if node.relation:
            yield Touch(relation(node.relation), Lock.ACCESS_EXCLUSIVE, Work.REWRITES)
        case ast.ReindexStmt() if node.relation:
            index = node.kind == enums.ReindexObjectType.REINDEX_OBJECT_INDEX
            which = "the table of index {}" if index else "{}"
            lock = _while_indexing(says(node.params, "concurrently"))
            yield Touch(relation(node.relation), lock, Work.SCANS, which)
        case ast.VacuumStmt() if node.is_vacuumcmd and says(node.options, "full"):
            for each in items(node.rels):
                yield Touch(relation(each.relation), Lock.ACCESS_EXCLUSIVE, Work.REWRITES)
        case ast.VacuumStmt():
            for each in items(node.rels):
                yield Touch(relation(each.relation), Lock.SHARE_UPDATE_EXCLUSIVE)
        case ast.CreateStatsStmt():
            for each in items(node.relations):
                yield Touch(relation(each), Lock.SHARE_UPDATE_EXCLUSIVE)
        case ast.CreatePublicationStmt() | ast.AlterPublicationStmt():
            for each in items(node.pubobjects):
                if each.pubtable:
                    yield Touch(relation(each.pubtable.relation), Lock.SHARE_UPDATE_EXCLUSIVE)
        case ast.AlterSeqStmt():
            yield Touch(relation(node.sequence), Lock.SHARE_ROW_EXCLUSIVE)
        case ast.CopyStmt() if node.relation:
            yield Touch(relation(node.relation), Lock.ROW_EXCLUSIVE if node.is_from else Lock.ACCESS_SHARE)
        case ast.GrantStmt() | ast.CreateForeignTableStmt() | ast.CreateSeqStmt():
            pass
        case _:
            yield from rows_touched(node)


def _while_indexing(concurrent: bool) -> Lock:
    return Lock.SHARE_UPDATE_EXCLUSIVE if concurrent else Lock.SHARE


def _table_created(node: Any) -> Iterator[Touch]:
    for each in items(node.inhRelations):
        if node.partbound:
            yield Touch(relation(each), Lock.ACCESS_EXCLUSIVE, along="its default partition")
        else:
            yield Touch(relation(each), Lock.SHARE_UPDATE_EXCLUSIVE)
    for element in (*items(node.tableElts), *items(node.constraints)):
        match element:
            case ast.TableLikeClause():
                yield Touch(relation(element.relation), Lock.ACCESS_SHARE)
            case ast.Constraint(contype=enums.ConstrType.CONSTR_FOREIGN):
                yield referenced(element)
            case ast.ColumnDef():
                for constraint in items(element.constraints):
                    if constraint.contype == enums.ConstrType.CONSTR_FOREIGN:
                        yield referenced(constraint)


def _dropped(node: Any) -> Iterator[Touch]:
    kind = _Kind(node.removeType or 0)
    cascade = node.behavior == enums.DropBehavior.DROP_CASCADE
    depending = "what depends on it" if cascade else None
    for each in items(node.objects):
        match kind:
            case _Kind.OBJECT_INDEX:
                lock = Lock.SHARE_UPDATE_EXCLUSIVE if node.concurrent else Lock.ACCESS_EXCLUSIVE
                yield Touch(names(each), lock, which="the table of index {}")
            case _Kind.OBJECT_TABLE:
                along = depending or "what it references"
                yield Touch(names(each), Lock.ACCESS_EXCLUSIVE, along=along)
            case _ if kind in RELATIONS:
                yield Touch(names(each), Lock.ACCESS_EXCLUSIVE, along=depending)
            case _ if kind in ON_RELATIONS:
                yield Touch(names(each)[:-1], Lock.ACCESS_EXCLUSIVE)
            case _Kind.OBJECT_SCHEMA if cascade:
                yield Touch((each.sval,), Lock.ACCESS_EXCLUSIVE, which="all that is in schema {}")
            case _Kind.OBJECT_EXTENSION:
                yield Touch((each.sval,), Lock.ACCESS_EXCLUSIVE, which="the tables of extension {}")
            case _ if cascade:
                word = kind.name.removeprefix("OBJECT_").lower()
                found = each.names if isinstance(each, ast.TypeName) else getattr(each, "objname", None)
                if found:
                    which = "tables that use " + word + " {}"
                    yield Touch(names(found), Lock.ACCESS_EXCLUSIVE, which=which)


_ON_TABLES = frozenset([_Kind.OBJECT_TABCONSTRAINT, *ON_RELATIONS])


def _described(node: Any) -> Iterator[Touch]:
    match node:
        case ast.CommentStmt() | ast.SecLabelStmt() if node.objtype in RELATIONS:
            yield Touch(names(node.object), Lock.SHARE_UPDATE_EXCLUSIVE, which=_which(node.objtype))
        case ast.CommentStmt() | ast.SecLabelStmt() if node.objtype == _Kind.OBJECT_COLUMN:
            yield Touch(names(node.object)[:-1], Lock.SHARE_UPDATE_EXCLUSIVE)
        case ast.CommentStmt() if node.objtype in _ON_TABLES:
            yield Touch(names(node.object)[:-1], Lock.ACCESS_SHARE)
        case ast.RenameStmt() if node.relation and node.renameType != _Kind.OBJECT_ATTRIBUTE:
            index = node.renameType == _Kind.OBJECT_INDEX
            lock = Lock.SHARE_UPDATE_EXCLUSIVE if index else Lock.ACCESS_EXCLUSIVE
            yield Touch(relation(node.relation), lock, which=_which(node.renameType))
        case ast.AlterObjectSchemaStmt() if node.relation:
            yield Touch(relation(node.relation), Lock.ACCESS_EXCLUSIVE)


def _which(kind: Any) -> str:
    return "index {}" if kind == _Kind.OBJECT_INDEX else "{}"
