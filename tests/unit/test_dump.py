"""What pg_dump -s -v writes → definitions by OID."""

import pytest

from mainsql.undo.catalog import Key
from mainsql.undo.dump import Definitions, parse

TEXT = r"""--
-- PostgreSQL database dump
--

\restrict abc

SET statement_timeout = 0;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- TOC entry 7 (class 1259 OID 16400)
-- Name: orders; Type: TABLE; Schema: shop; Owner: boss
--

CREATE TABLE shop.orders (
    id integer DEFAULT 1,
    note text DEFAULT ';'::text
);


ALTER TABLE shop.orders OWNER TO boss;

--
-- TOC entry 20 (class 0 OID 0)
-- Dependencies: 7
-- Name: TABLE orders; Type: ACL; Schema: shop; Owner: boss
--

GRANT SELECT ON TABLE shop.orders TO ann WITH GRANT OPTION;
SET SESSION AUTHORIZATION ann;
GRANT SELECT ON TABLE shop.orders TO bob;
RESET SESSION AUTHORIZATION;


SET default_tablespace = fast;

--
-- TOC entry 9 (class 1255 OID 16500)
-- Dependencies: 7 8
-- Name: f(integer); Type: FUNCTION; Schema: shop; Owner: boss
--

CREATE FUNCTION shop.f(integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT 1;
 SELECT ($1 + 2);
END;


-- Completed on 2026-01-01 00:00:00 UTC

--
-- PostgreSQL database dump complete
--

\unrestrict abc
"""


@pytest.fixture
def definitions() -> Definitions:
    return parse(TEXT)


def test_entries_by_key(definitions: Definitions) -> None:
    [table] = definitions.by_key[Key("pg_class", "16400")]
    assert (table.number, table.type, table.schema, table.name) == (7, "TABLE", "shop", "orders")
    assert [entry.number for entry in definitions.entries] == [7, 20, 9]
    assert definitions.positions == {7: 0, 20: 1, 9: 2}


def test_what_is_said_about_an_object_has_no_key_but_needs_it(definitions: Definitions) -> None:
    privileges = definitions.entries[1]
    assert privileges.key is None
    assert privileges.needs == {7}


def test_statements_without_semicolons_and_without_settings(definitions: Definitions) -> None:
    table, _, function = (entry.statements() for entry in definitions.entries)
    assert table == (
        "CREATE TABLE shop.orders (\n    id integer DEFAULT 1,\n    note text DEFAULT ';'::text\n)",
        "ALTER TABLE shop.orders OWNER TO boss",
    )
    assert function == (
        "CREATE FUNCTION shop.f(integer) RETURNS integer\n    LANGUAGE sql\n"
        "    BEGIN ATOMIC\n SELECT 1;\n SELECT ($1 + 2);\nEND",
    )


def test_a_role_is_taken_on_instead_of_a_session(definitions: Definitions) -> None:
    assert definitions.entries[1].statements() == (
        "GRANT SELECT ON TABLE shop.orders TO ann WITH GRANT OPTION",
        "SET ROLE ann",
        "GRANT SELECT ON TABLE shop.orders TO bob",
        "RESET ROLE",
    )


def test_an_empty_database() -> None:
    assert parse("--\n-- PostgreSQL database dump\n--\n").entries == ()


def test_what_pg_dump_does_not_write() -> None:
    with pytest.raises(ValueError, match="not an entry of pg_dump"):
        parse("--\n-- TOC entry 1 (class 1259 OID 5)\n-- nonsense\n")
