r"""What is decided while a version runs: what is recorded, what later versions ask again, undo."""

from mainsql.operations.outcome import State

DONE = "create table said (what text);\n"


def said(database):
    return [row[0] for row in database.execute("select what from said order by ctid")]


def script(database, version=1, unit="main.sql"):
    rows = database.execute(
        "select script from mainsql.steps where tree = 'shop' and version = %s and unit = %s", (version, unit)
    )
    return rows[0][0]


def undo(database, version=1):
    return database.execute(
        "select undo_script from mainsql.versions where tree = 'shop' and version = %s", (version,)
    )[0][0]


def test_what_is_recorded_is_what_ran(shop, database):
    shop.push(
        {
            "main.sql": DONE + "select true as yes, 7 as n \\gset\n"
            "\\if :yes\ninsert into said values (:'n');\n\\else\ninsert into said values ('no');\n\\endif\n"
            "select 'insert into said values (''made'')' \\gexec\n"
        }
    )
    assert script(database) == (
        "-- main.sql:1\ncreate table said (what text);\n"
        "-- main.sql:2\nselect true as yes, 7 as n ;\n"
        "-- main.sql:4\ninsert into said values ('7');\n"
        "-- main.sql:8\nselect 'insert into said values (''made'')' ;\n"
        "-- main.sql:8\ninsert into said values ('made');\n"
    )


def test_mainsql_says_which_commit_and_which_version_is_there(shop, database):
    main = DONE + "insert into said values (:'mainsql_version'), (:'mainsql_commit');\n"
    shop.push({"main.sql": main})
    first = shop.source.head().id
    assert said(database) == ["0", first]
    shop.push({"README": "nothing to deploy"})
    assert shop.version == 1
    shop.push({"main.sql": main + "insert into said values (:'mainsql_version');\n"})
    assert (shop.version, said(database)) == (2, ["0", first, "1"])


def test_a_query_that_ran_already_is_asked_again_for_what_grew(shop, database):
    main = (
        DONE + "insert into said values ('x') returning what \\gset\nselect count(*) as n from said \\gset\n"
    )
    shop.push({"main.sql": main})
    outcome = shop.push({"main.sql": main + "insert into said values (:'n');\n"})
    assert (outcome.state, said(database)) == (State.UP_TO_DATE, ["x", "1"])
    assert script(database, 2) == "-- main.sql:4\ninsert into said values ('1');\n"


def test_a_statement_that_wrote_is_not_asked_again(shop, database):
    main = DONE + "insert into said values ('x') returning what \\gset\n"
    shop.push({"main.sql": main})
    outcome = shop.push({"main.sql": main + "insert into said values (:'what');\n"})
    assert (outcome.state, said(database)) == (State.FAILED, ["x"])
    assert "main.sql:2:1: cannot execute INSERT in a read-only transaction [25006]" in outcome.report
    assert "set the variables by a query that only reads" in outcome.report


def test_a_query_is_not_asked_again_for_what_does_not_need_it(shop, database):
    main = DONE + "insert into said values ('x') returning what \\gset\n\\if :{?what}\nselect 1;\n\\endif\n"
    shop.push({"main.sql": main})
    outcome = shop.push({"main.sql": main + "insert into said values ('y');\n"})
    assert (outcome.state, said(database)) == (State.UP_TO_DATE, ["x", "y"])


def test_conditions_are_decided_again_for_what_grew_in_a_branch(shop, database):
    main = DONE + "select count(*) = 0 as empty from said \\gset\n\\if :empty\n%s\\endif\n"
    shop.push({"main.sql": main % "insert into said values ('first');\n"})
    more = main % "insert into said values ('first');\ninsert into said values ('second');\n"
    outcome = shop.push({"main.sql": more})
    assert (outcome.state, shop.version, said(database)) == (State.UP_TO_DATE, 2, ["first"])
    # It ran, as far as its condition let it, and does not come up again.
    assert shop.deploy().version == 2


def test_an_undo_script_knows_what_the_variables_were(shop, database):
    files = {
        "main.sql": "create table said (what text);\ninsert into said values ('kept');\n\\i a.sql\n",
        "a.sql": "select 'x' as name \\gset\ncreate table :name (id int);\n",
        "a.undo.sql": "drop table :name;\ninsert into said values (:'mainsql_version');\n"
        "select max(what) as max from said \\gset\ninsert into said values (:'max' || :'name');\n",
        "main.undo.sql": "",
    }
    shop.push({**files, "a.sql": "select 1;", "a.undo.sql": ""})
    outcome = shop.push({**files, "main.sql": files["main.sql"] + "\\i b.sql\n", "b.sql": "select 2;"})
    assert outcome.state is State.REFUSED  # a.sql is not what was applied
    database.execute("drop table said; drop schema mainsql cascade")
    shop.push({**files, "b.sql": "", "main.sql": files["main.sql"] + "select 3;"})
    assert undo(database).startswith("\\set mainsql_version '0'\n\\set name 'x'\n-- a.undo.sql:1\n")


def test_rolling_back_runs_an_undo_script_with_the_variables_as_they_were(shop, database):
    shop.push({"main.sql": DONE + "\\i a.sql\n", "a.sql": "", "main.undo.sql": "drop table said;"})
    shop.push(
        {
            "a.sql": "select 'x' as name \\gset\ncreate table :name (id int);\n",
            "a.undo.sql": "drop table :name;\ninsert into said values (:'mainsql_version');\n"
            "select max(what) as max from said \\gset\n"
            "\\if :{?max}\ninsert into said values (:'max' || :'name');\n\\endif\n",
        }
    )
    assert database.execute("select to_regclass('x') is not null") == [(True,)]
    shop.roll_back()
    assert database.execute("select to_regclass('x') is not null") == [(False,)]
    assert said(database) == ["1", "1x"]


def test_what_did_not_run_has_nothing_to_be_undone(shop, database):
    shop.push(
        {
            "main.sql": DONE + "select false as f \\gset\n\\if :f\n\\i a.sql\n\\endif\n",
            "main.undo.sql": "drop table said;",
            "a.sql": "create table a ();",
            "a.undo.sql": "drop table a;",
        }
    )
    assert undo(database) == "-- main.undo.sql:1\ndrop table said;\n"
    shop.roll_back(0)
    assert database.execute("select to_regclass('said')") == [(None,)]


def test_the_stage_of_an_undo_script_is_the_one_that_was_set(shop, database):
    shop.push(
        {
            "main.sql": "create schema one; create schema two;\nselect true as t, 'two' as where \\gset\n"
            "\\if :t\nset search_path = :where;\n\\else\nset search_path = one;\n\\endif\n\\i a.sql\n",
            "main.undo.sql": "drop schema one; drop schema two;",
            "a.sql": "create table a ();",
            "a.undo.sql": "drop table a;",
        }
    )
    assert database.execute("select to_regclass('two.a') is not null") == [(True,)]
    assert "-- main.sql:4\nset search_path = two;\n-- a.undo.sql:1\ndrop table a;\n" in undo(database)
    shop.roll_back(0)
    assert database.execute("select to_regnamespace('two')") == [(None,)]


def test_what_a_query_makes_cannot_end_the_transaction(shop, database):
    for made in ("COMMIT", "create table b (); rollback", "vacuum", "copy said from stdin"):
        outcome = shop.push({"main.sql": DONE + f"select '{made}' \\gexec\n"})
        assert outcome.state is State.FAILED
        assert "main.sql:2:1: " in outcome.report
        assert "Nothing was changed" in outcome.report
    for value in ("COMMIT; select 1", "1; commit", "\\\\! ls", "'"):
        quoted = value.replace("'", "''").replace("\\\\", "\\")
        outcome = shop.push({"main.sql": DONE + f"select '{quoted}' as v \\gset\nselect 1; :v;\n"})
        assert outcome.state is State.FAILED
        assert "main.sql:3:" in outcome.report
    assert database.execute("select to_regclass('said')") == [(None,)]


def test_an_error_behind_a_value_has_its_place_in_the_file(shop):
    outcome = shop.push(
        {"main.sql": "select 'some name' as v \\gset\nselect :'v' as a,\n  :'v'::text, nope;\n"}
    )
    assert 'main.sql:3:15: column "nope" does not exist [42703]' in outcome.report
    assert "     3 |   :'v'::text, nope;\n       |               ^" in outcome.report


def test_an_error_in_what_a_query_made_shows_it(shop):
    outcome = shop.push({"main.sql": "select 'select 1/0' \\gexec\n"})
    assert "main.sql:1:1: division by zero [22012]" in outcome.report
    assert "generated statement: select 1/0" in outcome.report


def test_gset_needs_one_row_and_names_that_can_be_variables(shop):
    for query, message in [
        ("select 1 as a where false", "\\gset needs exactly one row, and this returned no rows"),
        ("select generate_series(1, 3) as a", "\\gset needs exactly one row, and this returned 3 rows"),
        ("select 1 + 1", '"?column?" cannot be the name of a variable'),
    ]:
        outcome = shop.push({"main.sql": f"{query} \\gset\n"})
        assert f"main.sql:1:1: {message}" in outcome.report
        assert f"     1 | {query} \\gset\n       | ^" in outcome.report


def test_columns_must_not_set_what_was_taken_for_known(shop):
    outcome = shop.push({"main.sql": "\\set a 1\nselect 2 a \\gset\nselect :a;\n"})
    assert "it sets :a, which the script has used with another value by then" in outcome.report
    assert "each with AS" in outcome.report


def test_echoes_are_said_when_they_are_reached(shop):
    outcome = shop.push(
        {
            "main.sql": "select 5 as n \\gset\n"
            "\\if :n\n\\echo never\n\\else\n\\echo n is :n\n\\endif\nselect 1;"
        }
    )
    said = [note.text for note in outcome.deployed[0].notes]
    assert said == ['\\if: "5" is neither true nor false, and taken for false', "n is 5"]
    assert outcome.deployed[0].statements == 2


def test_another_query_for_a_variable_is_no_change(shop, database):
    main = DONE + "select %s as n \\gset\ninsert into said values (:'n');\n"
    shop.push({"main.sql": main % 1})
    outcome = shop.push({"main.sql": main % 2})
    assert (outcome.state, shop.version, said(database)) == (State.UP_TO_DATE, 1, ["1"])
    outcome = shop.push({"main.sql": main % 3 + "insert into said values (:n * 10);\n"})
    assert (outcome.state, shop.version, said(database)) == (State.UP_TO_DATE, 2, ["1", "30"])
    outcome = shop.push({"main.sql": main.replace("insert", "\ninsert  into other; insert") % 3})
    assert "its statement 2 is not what was applied" in outcome.report


def test_a_query_that_is_new_with_what_asks_for_it_may_write(shop, database):
    main = (
        DONE
        + "create function f() returns text begin atomic insert into said values ('f') returning what; end;\n"
    )
    shop.push({"main.sql": main})
    main += "select f() as f \\gset\ninsert into said values (:'f' || 2);\n"
    shop.push({"main.sql": main})
    assert said(database) == ["f", "f2"]
    outcome = shop.push({"main.sql": main + "insert into said values (:'f' || 3);\n"})
    assert "set the variables by a query that only reads" in outcome.report
