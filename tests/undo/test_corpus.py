"""Whatever DDL does is taken back, or it is said before that it cannot be."""

from collections import Counter
from pathlib import Path

import pytest
from tests.conftest import VERSIONS
from tests.undo.corpus import Case, Ground, Outcome, cases
from tests.undo.table import table

_DOCS = Path(__file__).parents[2] / "docs" / "undo.md"


@pytest.fixture(scope="module")
def outcomes(ground: Ground) -> dict[Case, Outcome]:
    """What came of each case on a server."""
    major = ground.before.server_version // 10_000
    return {case: ground.run(case) for case in cases() if case.first <= major <= case.last}


def test_what_is_said_comes_true(outcomes: dict[Case, Outcome]) -> None:
    others = [
        f"{case}: {outcome.verdict}, not {case.verdict}: {outcome.words}\n    {case.sql}"
        for case, outcome in outcomes.items()
        if outcome.verdict != case.verdict or case.words not in outcome.words
    ]
    assert not others, "\n".join(others)


def test_no_statement_comes_out_wrong_and_few_are_refused(outcomes: dict[Case, Outcome]) -> None:
    verdicts = Counter(outcome.verdict for outcome in outcomes.values())
    assert verdicts["wrong"] == 0
    assert sum(verdicts.values()) >= 400
    assert verdicts["refused"] <= 0.05 * sum(verdicts.values())


@pytest.mark.parametrize("every_server", VERSIONS[:1], indirect=True)
def test_what_is_kept_comes_back(ground: Ground) -> None:
    major = ground.before.server_version // 10_000
    wrong = []
    for case in cases():
        if case.verdict in ("lossy", "refused") and case.first <= major <= case.last:
            outcome = ground.run_keeping(case)
            if outcome.verdict == "wrong" or outcome.kept is not case.kept:
                wrong.append(f"{case}: {outcome.verdict}, intact: {outcome.intact}: {outcome.words}")
    assert not wrong, "\n".join(wrong)


def test_the_documentation_has_these_figures() -> None:
    assert table(cases()) in _DOCS.read_text()
