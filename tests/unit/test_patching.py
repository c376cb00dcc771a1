"""A tree with some of its files replaced: what comes of it is what resolving it again gives."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resolving import tree

from mainsql.errors import ScriptError
from mainsql.model import Tree
from mainsql.script.patching import patched

FILES = {
    "main.sql": "\\set price 3\n\\i a.sql\n\\i b.sql\nselect\n\\ir a.sql\n:price;\n\\i late.sql\n",
    "a.sql": "create table a ();\n\ncomment on table a is 'it;s';\n",
    "a.undo.sql": "drop table a;\n",
    "b.sql": "select :price;\n\\echo b\n",
    "c.sql": "select 'of a branch';",
    "late.sql": "select 1 as one \\gset\n\\if :one\n\\i c.sql\n\\endif\n"
    "\\copy a from 'rows.txt'\nselect 2;\n",
    "rows.txt": "1\n",
}

PLAIN = (
    "select 1;",
    "create table b (\n\n    id int\n);\n",
    "-- mainsql: repeatable\nselect 'a\n;b';",
    "\ufeffselect $$;$$ /* ; */;\n\n",
    "select E'\\\\',\n  x::text, a[1:];",
    "select 1 \\; select 2;",
    "select a[1\\:2];",
    "create procedure p() begin atomic select 1; end;",
    "select 'é'",
    "copy t from stdin;\n1\n2\n",
    "set search_path = a;",
)
OTHER = (
    "",
    "-- nothing\n",
    "begin;",
    "rollback;",
    "select :price;",
    "select :'price';",
    "select :{?price};",
    "select :unknown;",
    "\\echo said\nselect 1;",
    "\\i c.sql\n",
    "select a[1:2];",
    "copy t from stdin;\na\\tb\n\\.\nselect 1;",
    "select (",
    "select 'open",
    "vacuum;",
    "-- mainsql: nonsense\nselect 1;",
    "-- mainsql: no-transaction\nvacuum;",
    "select 1 \\gset",
)


def everything(of: Tree) -> tuple[object, ...]:
    """What there is to a tree, also what does not count when two are compared."""
    return of, of.files, of.gaps, of.digest


def resolved(files: Mapping[str, str]) -> Tree | None:
    try:
        return tree(files)
    except ScriptError:
        return None


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("path", ["a.sql", "c.sql"])
def test_plain_sql_is_replaced(path, text):
    found = patched(tree(FILES), {path: text.encode()})
    assert found is not None
    assert everything(found) == everything(tree({**FILES, path: text}))


@pytest.mark.parametrize("text", OTHER)
def test_what_is_not_plain_is_not(text):
    assert patched(tree(FILES), {"a.sql": text.encode()}) is None


@pytest.mark.parametrize("text", [text for text in OTHER if resolved({**FILES, "a.sql": text})])
def test_what_was_not_plain_is_not(text):
    assert patched(tree({**FILES, "a.sql": text}), {"a.sql": b"select 1;"}) is None


@pytest.mark.parametrize("path", ["main.sql", "b.sql", "a.undo.sql", "rows.txt", "unknown.sql"])
def test_other_files_are_not(path):
    assert patched(tree(FILES), {path: b"select 1;"}) is None


def test_rows_that_are_also_a_script_are_not():
    files = {"main.sql": "\\i a.sql\n\\copy t from 'a.sql'\n", "a.sql": "select 1;\n"}
    assert patched(tree(files), {"a.sql": b"select 2;\n"}) is None


def test_what_is_no_text_is_not():
    assert patched(tree(FILES), {"a.sql": b"select '\xff';"}) is None


def test_several_at_once():
    texts = {"a.sql": "select 1;\nselect 2;", "c.sql": "select 3;"}
    found = patched(tree(FILES), {path: text.encode() for path, text in texts.items()})
    assert found is not None
    assert everything(found) == everything(tree({**FILES, **texts}))


def test_nothing_changed():
    before = tree(FILES)
    assert patched(before, {}) is before


@given(
    st.dictionaries(st.sampled_from(sorted(FILES)), st.sampled_from(PLAIN + OTHER), max_size=3),
    st.dictionaries(
        st.sampled_from(["a.sql", "b.sql", "c.sql", "a.undo.sql"]),
        st.lists(st.sampled_from((*PLAIN, *OTHER, "\n", " ", ";", "'", "x")), max_size=3).map("".join),
    ),
)
def test_it_is_what_resolving_gives(before, after):
    previous = resolved({**FILES, **before})
    if previous is None or not after.keys() <= previous.files.keys():
        return
    found = patched(previous, {path: text.encode() for path, text in after.items()})
    if found is not None:
        assert everything(found) == everything(tree({**FILES, **before, **after}))
