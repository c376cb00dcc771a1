"""Statement that runs outside a transaction → what it is about."""

from pglast import ast
from pglast.enums import AlterSubscriptionType, AlterTableType, ObjectType, ReindexObjectType

from mainsql.script.outside import (
    BuildsIndex,
    Configures,
    Detaches,
    DropsIndex,
    Kind,
    Makes,
    Reach,
    RebuildsIndexes,
    Removes,
    Repeats,
    Unclear,
    Undertaking,
)
from mainsql.script.syntax.parsing import items, names, parsed, relation, says

_REACHES = {
    ReindexObjectType.REINDEX_OBJECT_INDEX: Reach.INDEX,
    ReindexObjectType.REINDEX_OBJECT_TABLE: Reach.TABLE,
    ReindexObjectType.REINDEX_OBJECT_SCHEMA: Reach.SCHEMA,
    ReindexObjectType.REINDEX_OBJECT_DATABASE: Reach.DATABASE,
    ReindexObjectType.REINDEX_OBJECT_SYSTEM: Reach.DATABASE,
}
_REPEATED = (
    ast.VacuumStmt,
    ast.ClusterStmt,
    ast.CheckPointStmt,
    ast.LoadStmt,
    ast.DiscardStmt,
)
_NOT_TWICE = (
    AlterSubscriptionType.ALTER_SUBSCRIPTION_ADD_PUBLICATION,
    AlterSubscriptionType.ALTER_SUBSCRIPTION_DROP_PUBLICATION,
)


def undertaking(text: str) -> Undertaking:
    """What the statement of this text is about."""
    match parsed(text):
        case ast.IndexStmt(concurrent=True, idxname=str(name)) as node:
            return BuildsIndex(name, relation(node.relation))
        case ast.DropStmt(removeType=ObjectType.OBJECT_INDEX, concurrent=True) as node:
            return DropsIndex(names(items(node.objects)[0]))
        case ast.ReindexStmt() as node:
            if node.kind is None or not says(node.params, "concurrently"):
                return Repeats()
            named = relation(node.relation) if node.relation else tuple(filter(None, [node.name]))
            return RebuildsIndexes(_REACHES[node.kind], named)
        case ast.AlterTableStmt() as node if (partition := _detached(node)) is not None:
            return Detaches(relation(node.relation), partition)
        case ast.CreatedbStmt(dbname=str(name)):
            return Makes(Kind.DATABASE, name)
        case ast.DropdbStmt(dbname=str(name)):
            return Removes(Kind.DATABASE, name)
        case ast.CreateTableSpaceStmt(tablespacename=str(name)):
            return Makes(Kind.TABLESPACE, name)
        case ast.DropTableSpaceStmt(tablespacename=str(name)):
            return Removes(Kind.TABLESPACE, name)
        case ast.CreateSubscriptionStmt(subname=str(name)):
            return Makes(Kind.SUBSCRIPTION, name)
        case ast.DropSubscriptionStmt(subname=str(name)):
            return Removes(Kind.SUBSCRIPTION, name)
        case ast.AlterSubscriptionStmt(kind=AlterSubscriptionType() as kind) if kind in _NOT_TWICE:
            return Unclear()
        case ast.AlterSystemStmt() | ast.AlterDatabaseStmt() | ast.AlterSubscriptionStmt():
            return Configures()
        case node if isinstance(node, _REPEATED):
            return Repeats()
    return Unclear()


def _detached(node: ast.AlterTableStmt) -> tuple[str, ...] | None:
    for command in items(node.cmds):
        if command.subtype == AlterTableType.AT_DetachPartition and command.def_.concurrent:
            return relation(command.def_.name)
    return None
