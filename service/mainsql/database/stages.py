"""The settings of a session that statements find: those of scripts, and those of mainsql's own."""

from psycopg2.sql import SQL, Composable, Literal

# RESET goes back to what the session had when it connected: ALTER ROLE … SET and the like included.
_RESET = """
RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;
SET {scope} application_name TO {application}; SET {scope} client_encoding TO 'UTF8';
SET {scope} DateStyle TO ISO; SET {scope} idle_in_transaction_session_timeout TO 0;
SET {scope} tcp_keepalives_idle TO 30; SET {scope} tcp_keepalives_interval TO 10;
SET {scope} tcp_keepalives_count TO 3; SET {scope} tcp_user_timeout TO 60000;
"""

_BETWEEN = "SET SESSION idle_session_timeout TO 0;"

_OWN = """
SET LOCAL search_path TO pg_catalog, pg_temp; SET LOCAL IntervalStyle TO postgres;
SET LOCAL statement_timeout TO 0; SET LOCAL lock_timeout TO {lock};
"""

_LEAVING = """
RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP;
select pg_catalog.pg_advisory_unlock_all();
"""

PREPARED = "select name from pg_catalog.pg_prepared_statements where from_sql"
"""What scripts have left with PREPARE. The protocol's own are those of a pooler."""


def for_scripts(application: str, *, local: bool = True) -> Composable:
    """Takes back what was SET, so that a script finds what the role has.

    What is SET in its place ends with the transaction, if it is ``local``: a pooler gives the connection to
    others then. psycopg2 reads times in no other style than ISO. What the role has for sessions that do
    nothing is set aside: mainsql may have to think. But the server shall not wait for hours for one whose
    host is gone without a word, for it holds the lock of the tree.
    """
    reset = SQL(_RESET).format(scope=SQL("LOCAL" if local else "SESSION"), application=Literal(application))
    return reset if local else reset + SQL(_BETWEEN)


def for_mainsql(application: str, lock_timeout: float) -> Composable:
    """As ``for_scripts``, and names mean what they mean to the server, whatever is called by them.

    pg_temp is named, for where it is not, what is temporary comes first. ``lock_timeout`` is in seconds;
    0 is none.
    """
    own = SQL(_OWN).format(lock=Literal(f"{round(lock_timeout * 1000)}ms"))
    return for_scripts(application) + own


def for_others() -> Composable:
    """Leaves nothing behind that lives as long as a session: behind a pooler, others have it next."""
    return SQL(_LEAVING)
