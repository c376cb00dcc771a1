"""Rows that are too many to be held in memory go from git to the server, and nowhere else."""

from mainsql.operations.outcome import State

ROW = "a row of which there are many\n"
COUNT = 400_000  # 12 MB
TABLE = "create table t (a text);\n"


def counted(database):
    return database.execute("select count(*), count(distinct a), min(length(a)) from t")


def test_rows_in_a_script(shop, database):
    rows = ROW * COUNT
    script = f"{TABLE}copy t from stdin;\n{rows}\\.\ncopy t from stdin;\n{rows}\\.\nselect 1;\n"
    outcome = shop.push({"main.sql": script})
    assert (outcome.state, counted(database)) == (State.UP_TO_DATE, [(2 * COUNT, 1, len(ROW) - 1)])
    assert database.execute("select script from mainsql.steps where tree = 'shop'") == [
        (
            "-- main.sql:1\ncreate table t (a text);\n"
            "-- main.sql:2\n-- not shown: 12000000 bytes of rows\ncopy t from stdin;\n\\.\n"
            "-- main.sql:400004\n-- not shown: 12000000 bytes of rows\ncopy t from stdin;\n\\.\n"
            "-- main.sql:800006\nselect 1;\n",
        )
    ]
    outcome = shop.push({"main.sql": script + "select * from nowhere;"})
    assert "main.sql:800007:15: relation" in outcome.report
    assert "800007 | select * from nowhere;" in outcome.report


def test_rows_in_a_file_and_their_change(shop, database):
    main = f"-- mainsql: repeatable\ndrop table if exists t;\n{TABLE}\\copy t from 'rows.txt'\n"
    shop.push({"main.sql": main, "rows.txt": ROW * COUNT})
    assert counted(database) == [(COUNT, 1, len(ROW) - 1)]
    assert shop.deploy().version == 1
    outcome = shop.push({"rows.txt": ROW * COUNT + "one more\n"})
    assert (outcome.state, outcome.version) == (State.UP_TO_DATE, 2)
    assert counted(database) == [(COUNT + 1, 2, 8)]
    assert database.execute(
        "select undo_kind, undo_losses from mainsql.steps where tree = 'shop' and version = 2"
    ) == [("derived", ["rows of public.t"])]


def test_a_bad_row_is_told_with_its_line(shop):
    outcome = shop.push(
        {"main.sql": f"{TABLE}\\copy t from 'rows.txt'\n", "rows.txt": ROW * COUNT + "a\tb\n"}
    )
    assert outcome.state is State.FAILED
    assert "main.sql:2:1: extra data after last expected column" in outcome.report
    assert 'COPY t, line 400001: "a\tb"' in outcome.report
