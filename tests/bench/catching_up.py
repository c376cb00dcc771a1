"""What it takes to bring a database up over many versions at once."""

import contextlib
from collections.abc import Iterator

import psycopg2
from tests.bench.place import Place


def seconds_for_each(place: Place, versions: int) -> float:
    """How long each of so many versions takes, each of which lets the same file grow by a statement."""
    repository = place.repository(f"growing-{versions}", {"main.sql": _script(1)})
    with place.database() as dsn:
        place.deploy(repository, dsn, undo="derived")
        repository.import_commits(_commits(versions))
        seconds = place.deploy(repository, dsn, undo="derived").seconds
        assert _count(dsn) == 1 + versions
    return seconds / versions


def _count(dsn: str) -> int:
    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from mainsql.versions where tree = 'bench'")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _commits(count: int) -> Iterator[tuple[str, dict[str, str]]]:
    for number in range(2, count + 2):
        yield f"line {number}", {"main.sql": _script(number)}


def _script(number: int) -> str:
    lines = (f"insert into lines values ({n});\n" for n in range(1, number + 1))
    return "create table lines (n int);\n" + "".join(lines)
