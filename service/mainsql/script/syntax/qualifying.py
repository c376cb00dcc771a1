"""Columns of queries with the name of their relation before them, and without."""

from typing import Any

from pglast import ast, enums
from pglast.visitors import Skip, Visitor

from mainsql.script.syntax.parsing import parsed


def as_since_16(query: str) -> str:
    """The query of a view as servers from 16 on write it, from how those before do.

    Where there is one relation in FROM, its name is not before its columns any more; inside of
    subqueries it still is (get_query_def in ruleutils.c).
    """
    node = parsed(query)
    match node:
        case ast.SelectStmt(op=enums.SetOperation.SETOP_NONE, fromClause=(relation,)):
            if isinstance(relation, ast.JoinExpr):
                return query
        case _:
            return query
    columns = _Columns(node)
    columns(node)
    for place in sorted(columns.places, reverse=True):
        query = query[:place] + query[_behind_name(query, place) :]
    return query


class _Columns(Visitor):
    """Where columns with a name before them are, those of subqueries left out."""

    def __init__(self, query: Any) -> None:
        super().__init__()
        self._query = query
        self.places: list[int] = []

    def visit_SelectStmt(self, _ancestors: Any, node: Any) -> Any:
        return None if node is self._query else Skip

    def visit_ColumnRef(self, _ancestors: Any, node: Any) -> None:
        # Of a whole row (t.*) the name is always written.
        if len(node.fields) == 2 and isinstance(node.fields[1], ast.String):
            self.places.append(node.location)


def _behind_name(query: str, place: int) -> int:
    """Where what follows the name and the point is."""
    if query[place] != '"':
        return query.index(".", place) + 1
    end = place + 1
    while query[end] != '"' or query[end : end + 2] == '""':
        end += 2 if query[end] == '"' else 1
    return end + 2
