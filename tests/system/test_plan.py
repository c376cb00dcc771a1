"""The page that people read before they deploy, and what would happen between two commits."""

import re

import pytest

FIRST = {
    "main.sql": "\\i orders.sql\n\\i turnover.sql\n\\i jobs.sql\n",
    "orders.sql": "create table orders (id int primary key, amount int, note text);\n",
    "turnover.sql": "create or replace view turnover as select sum(id) as total from orders;\n",
    "jobs.sql": "-- mainsql: always\nanalyze orders;\n",
}
SECOND = {
    "orders.sql": FIRST["orders.sql"]
    + "alter table orders drop column note;\n"
    + "alter table orders alter column amount type numeric(12, 2);\n"
    + "create index on orders (amount);\n",
    "turnover.sql": FIRST["turnover.sql"].replace("sum", "count"),
}
PAGE = """\
  orders.sql: grew, runs what is new (3 statements; undo: derived)
    3 statements follow the one that is applied since version 1
    destructive: drops column orders.note (orders.sql:2:1)
    destructive: changes the type of orders.amount (orders.sql:3:1)
    ACCESS EXCLUSIVE on orders: no reads or writes, may rewrite it (line 3)
    ACCESS EXCLUSIVE on orders and what it references: no reads or writes (line 2)
    SHARE on orders: no writes, scans it (line 4)
  turnover.sql: runs again (1 statement; undo: previous)
    it has changed since version 1, and is code that replaces itself
    ACCESS EXCLUSIVE on turnover: no reads or writes (line 1)
  jobs.sql: runs again (1 statement; undo: nothing)
    it says -- mainsql: always
    SHARE UPDATE EXCLUSIVE on orders (line 2)
  together: 2 destructive changes
  together: no reads or writes until it is committed: orders, turnover
  together: may rewrite: orders
"""


@pytest.fixture
def two_commits(repo):
    """A repository whose second commit changes all that the first made; the id of the first."""
    first = repo.commit(FIRST, "the first")
    repo.commit(SECOND, "the second")
    return first


@pytest.fixture
def alone(program, closed_port):
    """mainsql with a database that cannot be reached."""

    def run(*arguments):
        url = f"postgresql://127.0.0.1:{closed_port}/shop"
        return program.run(*arguments, environment={"MAINSQL_DATABASE": url})

    return run


def test_it_tells_what_happens_why_and_to_what(program, two_commits):
    assert program.run("deploy", "--revision", two_commits).returncode == 0
    done = program.run("plan")
    assert (done.returncode, done.stderr) == (2, "")
    assert "version 2 from" in done.stdout
    assert done.stdout.partition("\n")[2] == PAGE


def test_json_has_all_of_it(program, two_commits):
    program.run("deploy", "--revision", two_commits)
    [found] = program.json("plan")
    [commit] = found["commits"]
    orders, turnover, _ = commit["steps"]
    assert orders["why"] == "3 statements follow the one that is applied since version 1"
    assert orders["destructive"][0] == {
        "what": "drops column orders.note",
        "place": "orders.sql:2:1 (included from main.sql:1)",
        "conditional": False,
    }
    assert orders["locks"][1] == {
        "on": "orders",
        "also_on": None,
        "mode": "ACCESS EXCLUSIVE",
        "blocks": ["reads", "writes"],
        "rows": "may rewrite",
        "place": "orders.sql:3:1 (included from main.sql:1)",
        "conditional": False,
    }
    assert [lock["mode"] for lock in turnover["locks"]] == ["ACCESS SHARE", "ACCESS EXCLUSIVE"]
    assert orders["not_known"] == []
    assert found["from"] is None


def test_what_depends_on_a_condition_says_so(program, repo):
    repo.commit(
        {
            "main.sql": "select true as yes \\gset\n\\if :yes\n"
            "delete from old;\ndo $$ begin end $$;\n\\endif\n"
            "select 'drop table x' \\gexec\n"
        }
    )
    page = program.run("plan").stdout
    assert "    destructive: deletes all rows of old, if its condition holds (main.sql:3:1)\n" in page
    assert "    ROW EXCLUSIVE on old, if its condition holds (line 3)\n" in page
    assert "    not known what it does: a DO block (line 4)\n" in page
    assert "    not known what it does: what its rows say, as SQL (line 6)\n" in page


def test_it_stays_short_unless_all_is_asked_for(program, repo):
    names = [f"t{number}" for number in range(100)]
    includes = "".join(f"\\i {name}.sql\n" for name in names)
    repo.commit(
        {
            "main.sql": includes + "".join(f"drop table old_{number};\n" for number in range(20)),
            **{f"{name}.sql": f"create table {name} ();\nselect 1;\n" for name in names},
        }
    )
    page = program.run("plan").stdout
    assert len(page.splitlines()) < 65
    assert "  and 61 units more (122 statements): --all shows them\n" in page
    assert "  main.sql: new, runs (20 statements;" in page
    assert page.count("    destructive: drops table old_") == 6
    assert "    destructive: and 14 more: --all shows them\n" in page
    assert "    locks: and 14 more: --all shows them\n" in page
    everything = program.run("plan", "--all").stdout
    assert everything.count(": new, runs") == 101
    assert everything.count("destructive: drops") == 20
    assert "more" not in everything


def test_on_a_terminal_lines_break_between_words_and_hang(program, two_commits):
    program.run("deploy", "--revision", two_commits)
    shown = program.on_terminal("plan", columns=60)
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= 60
    assert "    ACCESS EXCLUSIVE on orders: no reads or writes, may\n      rewrite it (line 3)\n" in plain
    assert "\x1b[1;31m    destructive: drops column orders.note" in shown


def test_what_takes_a_unit_back_is_told_and_shown_as_sql(program, repo):
    (repo.path / "mainsql.toml").write_text(
        '[repositories.r]\nurl = "."\n[trees.shop]\non_removed = "undo"\n[targets.test]\n'
    )
    repo.commit({"main.sql": "\\i a.sql\n\\i b.sql\n", "a.sql": "create table a ();", "b.sql": "select 1;",
                 "a.undo.sql": "drop table a;"})  # fmt: skip
    assert program.run("deploy").returncode == 0
    repo.commit({"main.sql": "\\i b.sql\n", "a.sql": None, "a.undo.sql": None})
    page = program.run("plan").stdout
    assert "    destructive: drops table a (undo of a.sql in version 1:" in page
    assert "drop table a;" in program.run("plan", "--sql").stdout


class TestBetweenTwoCommits:
    @pytest.mark.parametrize("written", ["HEAD~1..", "HEAD~1..HEAD", "main~..main"])
    def test_it_needs_no_database(self, alone, repo, two_commits, written):
        done = alone("plan", written)
        assert (done.returncode, done.stderr) == (2, "")
        heading, first, rest = done.stdout.split("\n", 2)
        assert heading == f"shop, if its version 1 is {two_commits[:10]} (the first):"
        assert first == f"shop: version 2 from {repo.head[:10]} (the second)"
        assert rest == PAGE

    def test_no_server_is_started_for_it(self, program, two_commits, tmp_path):
        done = program.run("plan", f"{two_commits}..", environment={"MAINSQL_DATABASE": ""})
        assert done.returncode == 2, done.stderr
        assert not (tmp_path / "state" / "embedded").exists()

    def test_it_is_what_a_deploy_of_each_would_do(self, program, repo, two_commits):
        repo.commit({"orders.sql": SECOND["orders.sql"] + "select 3;\n"}, "the third")
        between = program.json("plan", f"{two_commits}..")[0]["commits"]
        assert program.run("deploy", "--revision", two_commits).returncode == 0
        [found] = program.json("plan")
        assert found["commits"] == between
        assert [commit["version"] for commit in between] == [2, 3]

    def test_sql_is_what_would_be_sent(self, alone, two_commits):
        sql = alone("plan", "--sql", f"{two_commits}..").stdout
        assert re.findall(r"^(\w+ \w+)", sql, re.MULTILINE) == [
            *("alter table", "alter table", "create index", "create or", "analyze orders"),
        ]

    def test_nothing_to_do(self, alone, repo, two_commits):
        assert alone("plan", "HEAD..").returncode == 0
        repo.commit({"readme.txt": "x"})
        done = alone("plan", "HEAD~1..")
        assert (done.returncode, done.stderr) == (0, "")
        assert "is up to date at version 1" in done.stdout

    def test_what_is_refused_and_what_fails(self, alone, repo, two_commits):
        repo.commit({"orders.sql": "create table orders (id bigint);\n"})
        done = alone("plan", "HEAD~1..")
        assert (done.returncode, "was edited after it was applied" in done.stdout) == (3, True)
        repo.commit({"orders.sql": "\\i missing.sql\n"})
        assert alone("plan", f"{two_commits}..").returncode == 1
        repo.commit(SECOND)
        done = alone("plan", "HEAD~1..")
        assert done.returncode == 3
        assert "no database can be at" in done.stderr
        assert "missing.sql is not in the commit" in done.stderr

    def test_the_wrong_way_round(self, alone, two_commits):
        done = alone("plan", f"HEAD..{two_commits}")
        assert done.returncode == 3
        assert "(the second) does not come before" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["HEAD~1...HEAD"], "HEAD~1...HEAD is no range of commits"),
            (["..HEAD"], "..HEAD is no range of commits"),
            (["HEAD~1..", "HEAD.."], "too many arguments"),
            (["one", "two"], "too many arguments"),
            (["HEAD~1..", "--revision", "HEAD"], "--revision and a range of commits exclude each other"),
            (["nobody", "HEAD~1.."], "there is no tree nobody"),
        ],
    )
    def test_what_cannot_be_meant(self, alone, two_commits, arguments, complaint):
        done = alone("plan", *arguments)
        assert (done.returncode, done.stdout) == (64, "")
        assert complaint in done.stderr

    def test_an_unknown_commit(self, alone, two_commits):
        done = alone("plan", "nowhere..")
        assert done.returncode == 1
        assert "nowhere" in done.stderr

    def test_with_a_configuration(self, alone, repo, closed_port):
        url = f"postgresql://127.0.0.1:{closed_port}"
        (repo.path / "mainsql.toml").write_text(
            '[repositories.r]\nurl = "."\n[trees.shop]\ncatch_up = "newest"\nvariables = { a = "7" }\n'
            f'[targets.test]\ndatabase = "{url}/test"\n[targets.live]\ndatabase = "{url}/live"\n'
        )
        for text in ("select 1;", "select 1;\nselect :'mainsql_target', :a;", "select 1;\nselect :a;"):
            repo.commit({"main.sql": text})
        both = alone("plan", "HEAD~2..", "--sql")
        assert (both.returncode, both.stdout) == (2, "-- main.sql:2\nselect 7;\n" * 2)
        done = alone("plan", "HEAD~2..HEAD~1", "live", "--sql")
        assert (done.returncode, done.stdout) == (2, "-- main.sql:2\nselect 'live', 7;\n")
        assert alone("plan", "live", "HEAD~2..HEAD~1").stdout.startswith("shop@live, if its version 1 is ")
        assert "there is no target test2" in alone("plan", "test2", "HEAD~2..").stderr


def test_what_will_be_kept_is_told_with_its_size(program, repo, database):
    made = "create table old (id int primary key, note text);\ncreate table loose (a int, b int);\n"
    repo.commit({"main.sql": f"-- mainsql: keep-data\n{made}"})
    program.run("deploy")
    database.execute("insert into old values (1, 'a'); analyze old")
    gone = "drop table old;\nalter table loose drop column b;\n"
    repo.commit({"main.sql": f"-- mainsql: keep-data\n{made}{gone}"})
    page = program.run("plan").stdout
    assert "    kept: rows of public.old (about 1 row, 16 kB)\n" in page
    no_key = "public.loose has no key to find each row by"
    assert f"    not kept: values of column public.loose.b: {no_key}\n" in page
    [step] = program.json("plan")[0]["commits"][0]["steps"]
    of_old, of_loose = step["keeps"]
    assert of_old == {
        "kind": "table",
        "of": "public.old",
        "kept": True,
        "why_not": None,
        "put_back": True,
        "rows": 1,
        "bytes": 16384,
    }
    assert (of_loose["of"], of_loose["kept"], of_loose["why_not"]) == ("public.loose.b", False, no_key)
