"""Scripts of any size, as people write them."""

from collections.abc import Iterator
from pathlib import Path

_ROW = "{0}\t{0:032x}\t2024-01-01 00:00:00\tplain text with a \\\\ in it, for row {0}\n"


def migration(number: int, statements: int) -> str:
    """A file with a table and what belongs to it: that many statements (at least one)."""
    table = f"item_{number:05d}"
    kinds = [
        f"create table {table} (\n    id bigint primary key,\n    name text not null,\n"
        "    price numeric(12, 2) not null default 0,\n    created timestamptz not null default now()\n);\n",
        f"comment on table {table} is 'Items of kind {number}; one row each.';\n",
        f"create index {table}_name on {table} (name);\n",
        f"create function {table}_total() returns numeric language sql stable as $$\n"
        f"    select coalesce(sum(price), 0) from {table}; -- of all\n$$;\n",
        f"alter table {table} add constraint {table}_cheap check (price < 1000000);\n",
        f"create view {table}_dear as\n    select id, name from {table} where price > 100;\n",
    ]
    rows = (
        f"insert into {table} (id, name, price) values ({n}, 'the item''s number {n}', {n}.50);\n"
        for n in range(1, max(statements - len(kinds), 0) + 1)
    )
    return f"-- Items of kind {number}.\n\n" + "\n".join([*kinds[:statements], *rows])


def tree(files: int, statements: int) -> dict[str, str]:
    """A tree of that many files besides main.sql, with that many statements in all."""
    each, more = divmod(statements, files)
    paths = {f"schema/{n // 100:03d}/{n:05d}.sql": migration(n, each + (n < more)) for n in range(files)}
    return {"main.sql": "".join(f"\\i {path}\n" for path in paths), **paths}


def seeds(files: int) -> dict[str, str]:
    """A tree of that many files with a row each, for one table: a transaction has only so many locks."""
    rows = {f"seeds/{n // 100:03d}/{n:05d}.sql": f"insert into seeds values ({n});\n" for n in range(files)}
    includes = "".join(f"\\i {path}\n" for path in rows)
    return {"main.sql": f"create table seeds (id int primary key);\n{includes}", **rows}


def inserts(count: int, size: int) -> str:
    """One script of that many statements and about so many characters; the first makes the table."""
    width = size // count - 1  # and a line break
    heads = (f"insert into filled values ({number}, '" for number in range(1, count))
    rows = (f"{head}{'x' * (width - len(head) - 3)}');\n" for head in heads)
    return "create table filled (id int, name text);\n" + "".join(rows)


def long_script(size: int) -> str:
    """One script of about that many characters."""
    block = "\n".join(migration(number, 10) for number in range(200))
    return block * max(size // len(block), 1)


def rows(size: int) -> Iterator[str]:
    """Lines of COPY data of about that many bytes, many at a time."""
    number = written = 0
    while written < size:
        lines = "".join(_ROW.format(n) for n in range(number, number + 10_000))
        number += 10_000
        written += len(lines)
        yield lines


def write_copy(folder: Path, size: int, *, inline: bool) -> None:
    r"""A main.sql with that many bytes of COPY data in it, or beside it for ``\copy``."""
    with (folder / "main.sql").open("w") as script:
        script.write("create table copied (id bigint, code text, at timestamp, note text);\n")
        if inline:
            script.write("copy copied from stdin;\n")
            script.writelines(rows(size))
            script.write("\\.\n")
        else:
            script.write("\\copy copied from 'rows.txt'\n")
            with (folder / "rows.txt").open("w") as data:
                data.writelines(rows(size))
