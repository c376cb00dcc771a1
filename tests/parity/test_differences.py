r"""Where mainsql does not do what psql does: section 4 of the design. Each test says, and tries, both.

psql is run as people run it, with ``-1 -v ON_ERROR_STOP=1`` where nothing else is said.
"""

import contextlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from tests.parity.comparing import PSQL, ours
from tests.parity.dumping import ONE_TRANSACTION, deploy, run_psql

from mainsql.errors import ScriptError
from mainsql.operations.outcome import Outcome, State
from mainsql.script.resolver import resolve


@dataclass(frozen=True, slots=True)
class Both:
    """A database for psql and one for mainsql, and a folder with the same scripts for both."""

    databases: tuple[str, str]
    folder: Path

    @property
    def scripts(self) -> Path:
        return self.folder / "scripts"

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.scripts / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def psql(self, *options: str) -> "subprocess.CompletedProcess[str]":
        return run_psql(self.databases[0], self.scripts, *(options or ONE_TRANSACTION))

    def mainsql(self) -> Outcome:
        return deploy(self.folder, self.databases[1], self.scripts)

    def tables(self) -> list[str]:
        """The tables that are there with either; without ``psql`` or ``mainsql`` before it, of both."""
        found = []
        for who, dsn in zip(("psql", "mainsql"), self.databases, strict=True):
            rows = self.rows(dsn, "select tablename from pg_tables where schemaname = 'public' order by 1")
            found.append(" ".join([f"{who}:", *(name for (name,) in rows)]))
        return found

    @staticmethod
    def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
        with contextlib.closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()


@pytest.fixture
def both(two_databases: tuple[str, str], tmp_path: Path) -> Both:
    return Both(two_databases, tmp_path)


def test_commit_in_a_file_ends_the_outer_transaction_of_psql(both: Both) -> None:
    both.write({"main.sql": "\\i a.sql\nselect 1/0;", "a.sql": "begin;\ncreate table a ();\ncommit;\n"})
    assert both.psql().returncode == 3
    assert both.mainsql().state is State.FAILED
    assert both.tables() == ["psql: a", "mainsql:"]


def test_begin_without_its_semicolon_runs_the_files_in_autocommit_with_psql(both: Both) -> None:
    both.write({"main.sql": "BEGIN TRANSACTION\n\\i a.sql\nCOMMIT;\n", "a.sql": "create table a ();"})
    done = both.psql("-v", "ON_ERROR_STOP=1")
    assert (done.returncode, 'syntax error at or near "COMMIT"' in done.stderr) == (3, True)
    outcome = both.mainsql()
    assert outcome.state is State.UP_TO_DATE, outcome.report
    assert both.tables() == ["psql: a", "mainsql: a"]


def test_rollback_lets_psql_go_on_without_a_transaction(both: Both) -> None:
    both.write({"main.sql": "create table a ();\nrollback;\ncreate table b ();\nselect 1/0;\n"})
    assert both.psql().returncode == 3
    outcome = both.mainsql()
    assert (outcome.state, "main.sql:2:1" in (outcome.report or "")) == (State.FAILED, True)
    assert both.tables() == ["psql: b", "mainsql:"]


def test_rollback_before_anything_ends_the_outer_transaction_of_psql(both: Both) -> None:
    both.write({"main.sql": "rollback;\ncreate table a ();\nselect 1/0;\n"})
    assert both.psql().returncode == 3
    outcome = both.mainsql()
    assert "division by zero" in (outcome.report or "")
    assert both.tables() == ["psql: a", "mainsql:"]


def test_prepare_transaction_is_refused_before_anything_is_sent(both: Both) -> None:
    both.write({"main.sql": "create table a ();\nprepare transaction 'x';\n"})
    assert "prepared transactions are disabled" in both.psql().stderr
    assert_refused(both, "PREPARE TRANSACTION would take the transaction out of mainsql's hands")


def test_what_cannot_run_in_a_transaction_is_refused_before_anything_is_sent(both: Both) -> None:
    both.write({"main.sql": "create table a ();\nvacuum a;\n"})
    assert "VACUUM cannot run inside a transaction block" in both.psql().stderr
    assert_refused(both, "VACUUM cannot run inside a transaction")


def test_psql_goes_on_after_an_error_if_it_is_not_told_to_stop(both: Both) -> None:
    both.write({"main.sql": "create table a ();\nselect 1/0;\n\\i missing.sql\ncreate table b ();\n"})
    assert both.psql("-q").returncode == 0
    assert_refused(both, "missing.sql is not in the commit")
    assert both.tables() == ["psql: a b", "mainsql:"]


def test_i_is_relative_to_the_main_script_and_with_psql_to_the_working_directory(both: Both) -> None:
    both.write({"db/main.sql": "\\i parts/a.sql\n", "db/parts/a.sql": "create table a ();"})
    done = run_psql(both.databases[0], both.scripts, *ONE_TRANSACTION, main="db/main.sql")
    assert "parts/a.sql: No such file or directory" in done.stderr
    assert ours(both.scripts, "db/main.sql") == [("create table a ();", None)]
    # Run in that folder, or with that configured, they agree.
    assert run_psql(both.databases[0], both.scripts / "db", *ONE_TRANSACTION).returncode == 0
    with pytest.raises(ScriptError, match=r"parts/a\.sql is not in the commit"):
        resolve("shop", "db/main.sql", reader(both.scripts), include_root="repository")


HOST = [
    ("\\set v `touch made`\n", "backticks would run a program on the host"),
    ("\\! touch made\n", r"\\! cannot be deployed: it would run a program"),
    ("select 1 \\g made\n", r"\\g made cannot be deployed: it would write outside the database"),
    ("select 1 \\g | cat > made\n", r"\\g \| cannot be deployed: it would write outside the database"),
    ("\\o made\nselect 1;\n", r"\\o cannot be deployed: it would write a file"),
    ("select 1 \\w made\n", r"\\w cannot be deployed: it would write a file"),
    ("\\copy (select 1) to 'made'\n", r"\\copy … to cannot be deployed"),
    ("\\copy a from program 'touch made'\n", r"\\copy … program cannot be deployed"),
]


@pytest.mark.parametrize(("command", "reason"), HOST, ids=[command.strip() for command, _ in HOST])
def test_nothing_is_run_or_written_on_the_host(both: Both, command: str, reason: str) -> None:
    both.write({"main.sql": f"create table a ();\n{command}"})
    done = both.psql()
    assert (both.scripts / "made").exists(), done.stderr
    (both.scripts / "made").unlink()
    with pytest.raises(ScriptError, match=reason):
        ours(both.scripts)
    assert not (both.scripts / "made").exists()


def test_another_database_is_not_reached(both: Both) -> None:
    both.write({"main.sql": "\\c postgres\nselect current_database() as here \\gset\n\\warn :here\n"})
    assert both.psql("-q").stderr.strip() == "postgres"
    assert_refused(both, r"\c cannot be deployed: it would leave the database")


def test_files_outside_the_repository_are_not_read(both: Both) -> None:
    both.write({"main.sql": "\\i ../outside.sql\n", "../outside.sql": "create table a ();"})
    assert both.psql().returncode == 0
    assert_refused(both, "../outside.sql leaves the repository")
    both.write({"main.sql": f"\\i {both.folder}/outside.sql\n"})
    with pytest.raises(ScriptError, match="is not inside the repository"):
        ours(both.scripts)


def test_a_circle_of_includes_is_found_and_psql_goes_round_until_it_cannot(both: Both) -> None:
    both.write(
        {"main.sql": "create table if not exists a (n serial);\ninsert into a default values;\n\\i b.sql\n"}
    )
    both.write({"b.sql": "\\i main.sql\n"})
    few_files = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"]
    psql = [PSQL, "-X", "-q", "-d", both.databases[0], "-v", "ON_ERROR_STOP=1", "-f", "main.sql"]
    done = subprocess.run([*few_files, *psql], cwd=both.scripts, capture_output=True, text=True, check=False)
    assert "Too many open files" in done.stderr
    assert both.rows(both.databases[0], "select count(*) > 10 from a") == [(True,)]
    assert_refused(both, "this include closes a circle: main.sql → b.sql → main.sql")


def test_an_if_that_is_not_closed_does_not_keep_psql_from_committing(both: Both) -> None:
    both.write({"main.sql": "create table a ();\n\\if false\ncreate table b ();\n"})
    done = both.psql("-1")
    assert (done.returncode, "reached EOF without finding closing \\endif" in done.stderr) == (0, True)
    assert_refused(both, "this \\if is never closed")
    assert both.tables() == ["psql: a", "mainsql:"]


def test_an_endif_in_another_file_closes_nothing(both: Both) -> None:
    both.write({"main.sql": "\\if true\n\\i a.sql\ncreate table b ();\n", "a.sql": "\\endif\n"})
    assert "\\endif: no matching \\if" in both.psql("-q").stderr
    assert_refused(both, "\\endif does not belong here: there is no \\if before it")


OPEN = [("'", "quoted string"), ("$a$", "dollar-quoted string"), ("/*", "comment"), ("(", "parenthesis")]


@pytest.mark.parametrize(("what", "name"), OPEN, ids=[name for _, name in OPEN])
def test_what_is_left_open_is_refused_where_it_opens(both: Both, what: str, name: str) -> None:
    both.write({"main.sql": f"create table a ();\nselect {what};\ncreate table b ();\n"})
    done = both.psql("-q")
    assert "ERROR: " in done.stderr
    assert_refused(both, f"main.sql:2:8: this {name} is never closed")
    assert both.tables() == ["psql: a", "mainsql:"]


def test_a_missing_semicolon_joins_two_statements_for_both(both: Both) -> None:
    both.write({"main.sql": "create table a ()\ncreate table b ();\n"})
    assert 'syntax error at or near "create"' in both.psql().stderr
    assert 'main.sql:2:1: syntax error at or near "create"' in (both.mainsql().report or "")


def test_an_include_in_mid_statement_runs_first_with_both(both: Both) -> None:
    both.write({"main.sql": "create table b (like a)\n\\i a.sql\n", "a.sql": "create table a (x int)"})
    assert both.psql().returncode == 0
    assert both.mainsql().state is State.UP_TO_DATE
    assert both.tables() == ["psql: a b", "mainsql: a b"]


def test_double_quotes_are_no_quotes_for_a_file_name(both: Both) -> None:
    both.write({"main.sql": '\\i "a b.sql"\n', "a b.sql": "create table a ();"})
    assert '"a b.sql": No such file or directory' in both.psql().stderr
    assert_refused(both, "psql keeps the double quotes as part of the name")


def test_g_without_a_statement_would_run_the_last_one_again(both: Both) -> None:
    both.write({"main.sql": "create table a (n serial);\ninsert into a default values;\n\\g\n"})
    assert both.psql().returncode == 0
    assert both.rows(both.databases[0], "select count(*) from a") == [(2,)]
    assert_refused(both, "\\g without a statement would run the one before it once more")


def test_the_words_of_a_skipped_branch_keep_psql_from_finding_the_body_of_a_routine(both: Both) -> None:
    routine = "create function f() returns int begin atomic select 1; end;\n"
    both.write({"main.sql": f"\\if false\nselect never\n\\endif\n{routine}create table a ();"})
    assert "syntax error at end of input" in both.psql().stderr
    assert both.mainsql().state is State.UP_TO_DATE
    assert both.tables() == ["psql:", "mainsql: a"]


def test_an_argument_named_begin_makes_psql_send_all_that_follows_at_once(both: Both) -> None:
    routine = "create function f(begin int) returns int return begin + 1;\n"
    both.write({"main.sql": f"{routine}create table a ();\n"})
    assert both.psql().returncode == 0
    assert_refused(both, "this BEGIN … END is never closed")
    assert both.tables() == ["psql: a", "mainsql:"]


def test_the_end_of_copy_data_needs_no_line_break_at_the_end_of_the_file(both: Both) -> None:
    both.write({"main.sql": "create table a (x text);\ncopy a from stdin (format csv);\nb\n\\."})
    assert both.psql().returncode == 0
    assert both.mainsql().state is State.UP_TO_DATE
    # It was not meant as a row.
    rows = [both.rows(dsn, "select x from a") for dsn in both.databases]
    assert rows == [[("b",), ("\\.",)], [("b",)]]


def reader(scripts: Path):
    def read(path: str) -> bytes | None:
        file = scripts / path
        return file.read_bytes() if file.is_file() else None

    return read


def assert_refused(both: Both, reason: str) -> None:
    """It is, for that reason, before anything is sent."""
    with pytest.raises(ScriptError) as caught:
        ours(both.scripts)
    assert reason in caught.value.report()
    outcome = both.mainsql()
    assert (outcome.state, outcome.version) == (State.FAILED, 0)
    assert both.tables()[1] == "mainsql:"
