"""Statement → what it does to what is there."""

from pglast import ast

from mainsql.script.locks import Effects
from mainsql.script.syntax import naming
from mainsql.script.syntax.harming import harms
from mainsql.script.syntax.locking import touches
from mainsql.script.syntax.parsing import parsed
from mainsql.script.syntax.replacing import created

_MOST_CHARACTERS = 1_000_000
"""Longer statements are rows, and take longer to be parsed than anybody waits for a page."""

_OPAQUE = {
    ast.DoStmt: "a DO block",
    ast.CallStmt: "a CALL",
    ast.ExecuteStmt: "an EXECUTE",
    ast.DropOwnedStmt: "what a role owns",
    ast.ReassignOwnedStmt: "what a role owns",
    ast.AlterTableMoveAllStmt: "all that is in a tablespace",
    ast.AlterExtensionStmt: "the scripts of an extension",
}


def effects(text: str) -> Effects:
    """What a statement does, as far as its text tells."""
    if len(text) > _MOST_CHARACTERS:
        return Effects(opaque="a very long statement")
    node = parsed(text)
    if node is None:
        return Effects(opaque="SQL that the grammar does not know")
    if (why := _OPAQUE.get(type(node))) is not None:
        return Effects(harms=tuple(harms(node)), opaque=why)
    return Effects(
        tuple(touches(node)),
        tuple(harms(node)),
        tuple(naming.creates(node)),
        naming.replaces(node),
        tuple(naming.drops(node)),
        tuple(naming.renames(node)),
        created(node),
        naming.search_path(node),
    )
