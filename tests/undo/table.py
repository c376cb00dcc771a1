"""The table of docs/undo.md: by kind of statement, what comes of taking it back.

``python -m tests.undo.table`` prints it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from tests.undo.corpus import VERDICTS, Case, cases

_KINDS = {
    "tables": "tables: create, drop, alter",
    "columns": "columns",
    "constraints": "constraints of tables and domains",
    "indexes": "indexes, statistics objects",
    "views": "views, materialized views",
    "routines": "functions, procedures, aggregates, languages",
    "types": "types, domains",
    "sequences": "sequences",
    "code": "triggers, rules, policies, event triggers",
    "partitions": "partitions",
    "inheritance": "inheritance",
    "schemas": "schemas",
    "privileges": "grants, owners, default privileges, settings",
    "foreign": "foreign tables, servers, wrappers, user mappings",
    "operators": "operators, casts, collations, conversions, access methods",
    "textsearch": "text search",
    "publications": "publications, subscriptions, extensions",
    "server": "the database itself; roles, tablespaces",
    "several": "several statements, DO",
    "various": "several statements, of many kinds",
}


def table(every: Iterable[Case]) -> str:
    """The table in Markdown. What is expected of a case is what comes of it: the tests see to that."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in every:
        counts[case.kind][case.verdict] += 1
        counts[case.kind]["cases"] += 1
        counts[case.kind]["kept"] += case.kept
    lines = [
        "| statements | cases | exact | equal but for column order | lossy and declared | refused "
        "| of these two, exact with archive |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [_line(words, counts[kind]) for kind, words in _KINDS.items()]
    lines.append(_line("**all**", sum(counts.values(), Counter())))
    assert counts.keys() == _KINDS.keys()
    return "\n".join(lines)


def _line(words: str, counts: Counter[str]) -> str:
    figures = [counts[each] for each in ("cases", *VERDICTS, "kept")]
    return f"| {words} | " + " | ".join(str(figure or "") for figure in figures) + " |"


if __name__ == "__main__":
    print(table(cases()))
