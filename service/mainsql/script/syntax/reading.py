"""The tables that queries and changes of rows name, and the locks that they take on them."""

from collections.abc import Iterator
from typing import Any

from pglast.visitors import Skip, Visitor

from mainsql.script.locks import Lock, Name, Touch
from mainsql.script.syntax.parsing import items, relation


def rows_touched(node: Any) -> Iterator[Touch]:
    """The locks of SELECT, INSERT, UPDATE, DELETE and MERGE, wherever they stand in a statement."""
    found = _Tables()
    found(node)
    for name, lock in found.locks.items():
        if len(name) > 1 or name[0] not in found.subqueries:
            yield Touch(name, lock)


class _Tables(Visitor):
    """``locks`` are the tables with the strongest lock on each, ``subqueries`` the names in WITH."""

    def __init__(self) -> None:
        super().__init__()
        self.locks: dict[Name, Lock] = {}
        self.subqueries: set[str] = set()

    def visit_CommonTableExpr(self, _ancestors: Any, node: Any) -> None:
        self.subqueries.add(node.ctename)

    def visit_RangeVar(self, _ancestors: Any, node: Any) -> None:
        self._touch(node, Lock.ACCESS_SHARE)

    def visit_IntoClause(self, _ancestors: Any, _node: Any) -> Any:
        return Skip

    def visit_SelectStmt(self, _ancestors: Any, node: Any) -> None:
        for locking in items(node.lockingClause):
            wanted = {each.relname for each in items(locking.lockedRels)}
            for each in items(node.fromClause):
                self._lock(each, wanted)

    def visit_LockingClause(self, _ancestors: Any, _node: Any) -> Any:
        return Skip

    def visit_InsertStmt(self, _ancestors: Any, node: Any) -> None:
        self._touch(node.relation, Lock.ROW_EXCLUSIVE)

    visit_UpdateStmt = visit_InsertStmt
    visit_DeleteStmt = visit_InsertStmt
    visit_MergeStmt = visit_InsertStmt

    def _lock(self, node: Any, wanted: set[str]) -> None:
        """ROW SHARE for what a FOR UPDATE is about: all of FROM, or the aliases that it names."""
        tables = _Named()
        tables(node)
        for alias, each in tables.found:
            if not wanted or alias in wanted:
                self._touch(each, Lock.ROW_SHARE)

    def _touch(self, node: Any, lock: Lock) -> None:
        name = relation(node)
        self.locks[name] = max(lock, self.locks.get(name, lock))


class _Named(Visitor):
    """The tables of a FROM with the names that they have there."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Any]] = []

    def visit_RangeVar(self, _ancestors: Any, node: Any) -> None:
        self.found.append((node.alias.aliasname if node.alias else node.relname, node))
