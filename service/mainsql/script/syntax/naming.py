"""Which names of relations are there behind a statement, and which are not any more."""

from collections.abc import Iterator
from typing import Any

from pglast import ast, enums

from mainsql.script.locks import Name
from mainsql.script.syntax.harming import RELATIONS
from mainsql.script.syntax.parsing import items, names, relation

_Kind = enums.ObjectType


def creates(node: Any) -> Iterator[Name]:
    """The relations that a statement makes, where there was none of that name."""
    match node:
        case ast.CreateStmt() | ast.CreateForeignTableStmt() if not _of(node).if_not_exists:
            yield _made(_of(node).relation)
        case ast.CreateTableAsStmt(into=into) if into and not node.if_not_exists:
            yield _made(into.rel)
        case ast.SelectStmt() if node.intoClause:
            yield _made(node.intoClause.rel)
        case ast.ViewStmt() if not node.replace:
            yield _made(node.view)
        case ast.CreateSeqStmt() if not node.if_not_exists:
            yield _made(node.sequence)
        case ast.IndexStmt() if node.idxname and not node.if_not_exists:
            yield (*relation(node.relation)[:-1], node.idxname)


def _of(node: Any) -> Any:
    return node.base if isinstance(node, ast.CreateForeignTableStmt) else node


def _made(node: Any) -> Name:
    return ("pg_temp", node.relname) if node.relpersistence == "t" else relation(node)


def replaces(node: Any) -> Name | None:
    """The view that a statement makes, or puts something else in its place."""
    return relation(node.view) if isinstance(node, ast.ViewStmt) and node.replace else None


def drops(node: Any) -> Iterator[Name]:
    """The relations that a statement drops."""
    if isinstance(node, ast.DropStmt) and _Kind(node.removeType or 0) in RELATIONS:
        yield from map(names, items(node.objects))


def renames(node: Any) -> Iterator[tuple[Name, Name]]:
    """Which relation has which name behind a statement, or is in which schema."""
    match node:
        case ast.RenameStmt() if node.relation and node.renameType in RELATIONS:
            name = relation(node.relation)
            yield name, (*name[:-1], str(node.newname))
        case ast.AlterObjectSchemaStmt() if node.relation:
            name = relation(node.relation)
            yield name, (str(node.newschema), name[-1])


def search_path(node: Any) -> tuple[str, ...] | None:
    """The schemas in which names are looked for behind a statement, if it says so: by SET or set_config."""
    match node:
        case ast.VariableSetStmt(name="search_path") if node.args:
            found = (getattr(arg.val, "sval", None) for arg in node.args if isinstance(arg, ast.A_Const))
            return tuple(name for name in found if name)
        case ast.SelectStmt(targetList=(ast.ResTarget(val=ast.FuncCall() as call),)):
            return _configured(call)
    return None


def _configured(call: Any) -> tuple[str, ...] | None:
    match call.args:
        case (
            ast.A_Const(val=ast.String(sval="search_path")),
            ast.A_Const(val=ast.String(sval=str(value))),
            _,
        ) if names(call.funcname)[-1] == "set_config":
            return tuple(name for each in value.split(",") if (name := each.strip().strip('"')))
    return None
