"""What running a statement a second time means."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pglast import ast, enums

from mainsql.script.syntax.parsing import names, parsed, relation, type_name

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
KINDS = {
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
    node = parsed(text)
    return _facts(node) if node is not None else None


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
            return Facts(replaces=True, creates=created(node))
        case ast.DropStmt() if node.missing_ok and node.behavior == enums.DropBehavior.DROP_RESTRICT:
            kind = KINDS.get(enums.ObjectType(node.removeType or 0))
            return Facts(drops=tuple(dropped(kind, node.objects))) if kind else Facts()
        case _ if isinstance(
            node, (ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt, ast.CopyStmt)
        ):
            return Facts(writes_rows=True)
        case _ if getattr(node, "if_not_exists", False):
            return Facts(if_not_exists=True)
    return Facts(creates=created(node))


def created(node: Any) -> Object | None:
    """The code that a statement's node puts in place, or None for what is no code."""
    match node:
        case ast.CreateTrigStmt():
            return ("trigger", *relation(node.relation), str(node.trigname))
        case ast.CreatePolicyStmt():
            return ("policy", *relation(node.table), str(node.policy_name))
        case ast.CreateFunctionStmt():
            return ("routine", *names(node.funcname))
        case ast.ViewStmt():
            return ("view", *relation(node.view))
        case ast.CreateCastStmt():
            return ("cast", *type_name(node.sourcetype), *type_name(node.targettype))
        case ast.DefineStmt() if node.kind in KINDS:
            return (KINDS[node.kind], *names(node.defnames))
    return None


def dropped(kind: str, objects: Any) -> Iterator[Object]:
    """What a DROP names, as objects of a kind."""
    for each in objects:
        match each:
            case ast.ObjectWithArgs():
                yield (kind, *names(each.objname))
            case _ if kind == "cast":
                yield (kind, *type_name(each[0]), *type_name(each[1]))
            case _:
                yield (kind, *names(each))
