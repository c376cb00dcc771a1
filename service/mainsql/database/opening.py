"""Makes connections, or says why there is none."""

import psycopg2
from psycopg2.extensions import connection as Connection

from mainsql.database.connecting import connection_parameters, settings
from mainsql.database.failures import connection_failed
from mainsql.errors import DatabaseUnavailable


def opened_connection(dsn: str, application_name: str) -> Connection:
    """A new connection. Raises DatabaseUnavailable."""
    parameters = connection_parameters(dsn)
    try:
        found: Connection = psycopg2.connect(dsn, **settings(parameters, application_name))
    except psycopg2.OperationalError as error:
        raise connection_failed(error, parameters) from None
    except UnicodeDecodeError:
        # A server that is not set to English says why in an encoding that is not known yet.
        raise DatabaseUnavailable(
            f"cannot connect to database {parameters.get('dbname', '')}",
            hint="the server's own log says why",
        ) from None
    return found
