"""More statements than a process should hold are refused before it is killed for them."""

import pytest

from mainsql.errors import Place, ScriptError
from mainsql.model import Statement
from mainsql.script.frames import Frame, InclusionBuilder, UnitBuilder
from mainsql.script.lexer import Scanner
from mainsql.script.statements import MOST_STATEMENTS, MOST_TEXT, Statements
from mainsql.script.text import Text

PLACE = Place("main.sql", 7)


@pytest.fixture
def frame():
    text = Text("")
    unit = UnitBuilder("main.sql", "main.sql", PLACE)
    return Frame(
        "main.sql", PLACE, text, Scanner(text.text, lambda *_: None), unit, InclusionBuilder("main.sql")
    )


@pytest.mark.parametrize(
    ("length", "count"), [(8, MOST_STATEMENTS), (MOST_TEXT // 10, 10)], ids=["many", "long"]
)
def test_one_too_many_is_refused(frame, length, count):
    statement = Statement("x" * length, "main.sql", PLACE, "digest")
    statements = Statements([], [])
    for _ in range(count):
        statements.add(frame, statement)
    with pytest.raises(ScriptError, match="more than 1,000,000 statements") as refused:
        statements.add(frame, statement)
    assert refused.value.place == PLACE
    assert "COPY" in refused.value.hint
