"""Statement → facts, by PostgreSQL's own grammar: the only import of pglast.

The grammar is that of one release of PostgreSQL, and the server's may be another: what is said here
is advice. What cannot be parsed is deployed all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast, enums
from pglast.parser import ParseError, fingerprint, parse_sql

Object = tuple[str, ...]
"""An object as a kind and the parts of its name, without the types of arguments."""

_REPLACED = (
    ast.CreateFunctionStmt,
    ast.ViewStmt,
    ast.CreateTrigStmt,
    ast.DefineStmt,
    ast.RuleStmt,
    ast.CreateTransformStmt,
    ast.CreatePLangStmt,
)
_ALWAYS = (
    ast.CommentStmt,
    ast.SecLabelStmt,
    ast.AlterOwnerStmt,
)
_KINDS = {
    enums.ObjectType.OBJECT_TRIGGER: "trigger",
    enums.ObjectType.OBJECT_POLICY: "policy",
    enums.ObjectType.OBJECT_FUNCTION: "routine",
    enums.ObjectType.OBJECT_PROCEDURE: "routine",
    enums.ObjectType.OBJECT_ROUTINE: "routine",
    enums.ObjectType.OBJECT_VIEW: "view",
    enums.ObjectType.OBJECT_CAST: "cast",
    enums.ObjectType.OBJECT_OPERATOR: "operator",
    enums.ObjectType.OBJECT_AGGREGATE: "aggregate",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What running a statement a second time means.

    ``replaces``: it puts in place what it says, whatever is there. ``creates`` and ``drops`` name
    code, and only what it drops IF EXISTS, and nothing with it. ``grants``: it is a GRANT, or makes
    one a default privilege. ``if_not_exists``: it does nothing where something of that name is
    there. ``writes_rows``: it is INSERT, UPDATE, DELETE, MERGE or COPY.
    """

    replaces: bool = False
    creates: Object | None = None
    drops: tuple[Object, ...] = ()
    grants: bool = False
    if_not_exists: bool = False
    writes_rows: bool = False


def facts(text: str) -> Facts | None:
    """The facts of one statement, or None for what the grammar does not know."""
    try:
        parsed = parse_sql(text)
    except ParseError:
        return None
    return _facts(parsed[0].stmt) if len(parsed) == 1 else None


def is_known(text: str) -> bool:
    """Whether the grammar knows this statement; faster than ``facts``."""
    try:
        fingerprint(text)
    except ParseError:
        return False
    return True


def _facts(node: Any) -> Facts:
    match node:
        case ast.GrantStmt() | ast.GrantRoleStmt():
            return Facts(replaces=True, grants=bool(node.is_grant))
        case ast.AlterDefaultPrivilegesStmt(action=ast.GrantStmt() as action):
            return Facts(replaces=True, grants=bool(action.is_grant))
        case _ if isinstance(node, _ALWAYS):
            return Facts(replaces=True)
        case ast.AlterTableStmt() if node.cmds:
            owners = [c.subtype == enums.AlterTableType.AT_ChangeOwner for c in node.cmds]
            skips = any(c.missing_ok and c.subtype == enums.AlterTableType.AT_AddColumn for c in node.cmds)
            return Facts(replaces=all(owners), if_not_exists=skips)
        case _ if isinstance(node, _REPLACED) and node.replace:
            return Facts(replaces=True, creates=_created(node))
        case ast.DropStmt() if node.missing_ok and node.behavior == enums.DropBehavior.DROP_RESTRICT:
            kind = _KINDS.get(enums.ObjectType(node.removeType or 0))
            return Facts(drops=tuple(_dropped(kind, node.objects))) if kind else Facts()
        case _ if isinstance(
            node, (ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt, ast.CopyStmt)
        ):
            return Facts(writes_rows=True)
        case _ if getattr(node, "if_not_exists", False):
            return Facts(if_not_exists=True)
    return Facts(creates=_created(node))


def _created(node: Any) -> Object | None:
    match node:
        case ast.CreateTrigStmt():
            return ("trigger", *_relation(node.relation), str(node.trigname))
        case ast.CreatePolicyStmt():
            return ("policy", *_relation(node.table), str(node.policy_name))
        case ast.CreateFunctionStmt():
            return ("routine", *_names(node.funcname))
        case ast.ViewStmt():
            return ("view", *_relation(node.view))
        case ast.CreateCastStmt():
            return ("cast", *_type(node.sourcetype), *_type(node.targettype))
        case ast.DefineStmt() if node.kind in _KINDS:
            return (_KINDS[node.kind], *_names(node.defnames))
    return None


def _dropped(kind: str, objects: Any) -> Iterator[Object]:
    for each in objects:
        match each:
            case ast.ObjectWithArgs():
                yield (kind, *_names(each.objname))
            case _ if kind == "cast":
                yield (kind, *_type(each[0]), *_type(each[1]))
            case _:
                yield (kind, *_names(each))


def _relation(relation: Any) -> tuple[str, ...]:
    return (relation.schemaname, relation.relname) if relation.schemaname else (relation.relname,)


def _names(names: Any) -> tuple[str, ...]:
    return tuple(name.sval for name in names)


def _type(name: Any) -> tuple[str, ...]:
    return (".".join(_names(name.names)),)
