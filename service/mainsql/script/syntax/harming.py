"""What a statement takes away: data, or something that others may rely on."""

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums
from pglast.visitors import Visitor

from mainsql.script.locks import Harm, Rows, RowsOfSchema
from mainsql.script.syntax.parsing import items, names, relation, type_name
from mainsql.script.syntax.replacing import KINDS, dropped

_Kind = enums.ObjectType
_WORDS = {
    _Kind.OBJECT_MATVIEW: "materialized view",
    _Kind.OBJECT_FDW: "foreign data wrapper",
    _Kind.OBJECT_FOREIGN_SERVER: "server",
    _Kind.OBJECT_OPCLASS: "operator class",
    _Kind.OBJECT_OPFAMILY: "operator family",
    _Kind.OBJECT_STATISTIC_EXT: "statistics",
    _Kind.OBJECT_TSCONFIGURATION: "text search configuration",
    _Kind.OBJECT_TSDICTIONARY: "text search dictionary",
    _Kind.OBJECT_TSPARSER: "text search parser",
    _Kind.OBJECT_TSTEMPLATE: "text search template",
}
RELATIONS = frozenset(
    [
        _Kind.OBJECT_TABLE,
        _Kind.OBJECT_FOREIGN_TABLE,
        _Kind.OBJECT_VIEW,
        _Kind.OBJECT_MATVIEW,
        _Kind.OBJECT_SEQUENCE,
        _Kind.OBJECT_INDEX,
    ]
)
"""The kinds of objects that share one space of names with tables."""
ON_RELATIONS = frozenset([_Kind.OBJECT_TRIGGER, _Kind.OBJECT_POLICY, _Kind.OBJECT_RULE])
"""The kinds whose names are behind that of their table."""


def harms(node: Any) -> Iterator[Harm]:
    """What a statement takes away, in its order."""
    match node:
        case ast.DropStmt():
            yield from _dropped(node)
        case ast.TruncateStmt():
            for each in items(node.relations):
                yield Harm(f"empties {_dotted(relation(each))}", relation(each))
            if node.behavior == enums.DropBehavior.DROP_CASCADE:
                yield Harm("empties every table that references what it empties")
        case ast.AlterTableStmt():
            for action in items(node.cmds):
                yield from _altered(node, action)
        case ast.AlterDomainStmt() if node.subtype == "X":
            yield Harm(f"drops constraint {node.name} of domain {_dotted(names(node.typeName))}")
        case ast.DropOwnedStmt():
            yield Harm(f"drops all that belongs to {_roles(node)}")
        case ast.DropRoleStmt():
            yield Harm(f"drops role {_roles(node)}")
        case ast.DropSubscriptionStmt():
            yield Harm(f"drops subscription {node.subname}")
        case ast.DropUserMappingStmt():
            yield Harm(f"drops a user mapping of server {node.servername}")
        case _:
            found = _WithoutWhere()
            found(node)
            yield from found.harms


def _dropped(node: Any) -> Iterator[Harm]:
    kind = _Kind(node.removeType or 0)
    word = _WORDS.get(kind, kind.name.removeprefix("OBJECT_").replace("_", " ").lower())
    cascade = node.behavior == enums.DropBehavior.DROP_CASCADE
    behind = ", and all that depends on it" if cascade else ""
    for each in node.objects:
        match each:
            case ast.ObjectWithArgs():
                name: tuple[str, ...] = names(each.objname)
            case ast.TypeName():
                name = names(each.names)
            case ast.String():
                name = (str(each.sval),)
            case _ if kind == _Kind.OBJECT_CAST:
                name = (f"{type_name(each[0])[0]} as {type_name(each[1])[0]}",)
            case _ if kind == _Kind.OBJECT_TRANSFORM:
                name = (f"for {type_name(each[0])[0]} language {each[1].sval}",)
            case _ if kind in (_Kind.OBJECT_OPCLASS, _Kind.OBJECT_OPFAMILY):
                # The access method comes first.
                name = names(each[1:])
            case _:
                name = names(each)
        code = next(dropped(KINDS[kind], [each])) if kind in KINDS and not cascade else None
        if kind in ON_RELATIONS:
            *table, last = name
            yield Harm(f"drops {word} {last} of {_dotted(table)}{behind}", tuple(table), code)
        else:
            of = name if kind in RELATIONS else None
            yield Harm(f"drops {word} {_dotted(name)}{behind}", of, code, _rows(kind, name))


def _rows(kind: Any, name: tuple[str, ...]) -> Rows | RowsOfSchema | None:
    match kind:
        case _Kind.OBJECT_TABLE:
            return Rows(name)
        case _Kind.OBJECT_SCHEMA:
            return RowsOfSchema(name[-1])
    return None


def _altered(node: Any, action: Any) -> Iterator[Harm]:
    name = relation(node.relation)
    column = f"{_dotted(name)}.{action.name}"
    behind = ", and all that depends on it" if action.behavior == enums.DropBehavior.DROP_CASCADE else ""
    attribute = "attribute" if node.objtype == _Kind.OBJECT_TYPE else "column"
    match enums.AlterTableType(action.subtype or 0):
        case enums.AlterTableType.AT_DropColumn:
            rows = Rows(name, action.name) if attribute == "column" else None
            yield Harm(f"drops {attribute} {column}{behind}", name, rows=rows)
        case enums.AlterTableType.AT_AlterColumnType:
            yield Harm(f"changes the type of {column}", name, rows=Rows(name, action.name, changes=True))
        case enums.AlterTableType.AT_DropConstraint:
            yield Harm(f"drops constraint {action.name} of {_dotted(name)}{behind}", name)


class _WithoutWhere(Visitor):
    """Finds the UPDATE and DELETE of all rows, also in WITH."""

    def __init__(self) -> None:
        super().__init__()
        self.harms: list[Harm] = []

    def visit_UpdateStmt(self, _ancestors: Any, node: Any) -> None:
        self._look("updates", node)

    def visit_DeleteStmt(self, _ancestors: Any, node: Any) -> None:
        self._look("deletes", node)

    def _look(self, verb: str, node: Any) -> None:
        if _is_true(node.whereClause):
            name = relation(node.relation)
            self.harms.append(Harm(f"{verb} all rows of {_dotted(name)}", name))


def _is_true(condition: Any) -> bool:
    match condition:
        case None:
            return True
        case ast.A_Const(val=ast.Boolean(boolval=value)):
            return bool(value)
    return False


def _roles(node: Any) -> str:
    # Without a name it is CURRENT_ROLE or one of its like.
    return ", ".join(role.rolename or "the current role" for role in items(node.roles))


def _dotted(name: Any) -> str:
    return ".".join(name)
