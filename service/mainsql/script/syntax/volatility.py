"""Whether a new column fills the rows that are there: what its type and its default tell.

The manual's page ALTER TABLE, notes: a default that is not volatile is stored once for all rows; a
volatile one, a stored generated column, an identity column and a domain with constraints rewrite the
table. What a function or a type is, only the database knows; its own ones are known here.
"""

from typing import Any

from pglast import enums
from pglast.visitors import Visitor

from mainsql.script.locks import Work
from mainsql.script.syntax.parsing import items, names

_SERIAL = frozenset("serial serial2 serial4 serial8 bigserial smallserial".split())
_TYPES = frozenset(
    """
    bit bool boolean box bpchar bytea char cidr circle date daterange datemultirange float4 float8 inet int2
    int4 int4multirange int4range int8 int8multirange int8range interval json jsonb jsonpath line lseg
    macaddr macaddr8 money name nummultirange numrange numeric oid path pg_lsn point polygon regclass
    regconfig regproc regrole regtype text tid time timestamp timestamptz timetz tsmultirange tsquery
    tsrange tstzmultirange tstzrange tsvector uuid varbit varchar xid xid8 xml
    """.split()
)
"""Types of PostgreSQL's own, none of them a domain."""
_VOLATILE = frozenset(
    """
    clock_timestamp currval gen_random_uuid lastval nextval random random_normal setval timeofday
    txid_current uuidv4 uuidv7
    """.split()
)
_STEADY = frozenset(
    """
    abs array_fill coalesce concat current_database current_schema current_setting date_trunc
    decode encode format jsonb_build_array jsonb_build_object json_build_array json_build_object lower
    make_date make_interval make_timestamp md5 now pg_backend_pid repeat round statement_timestamp
    timezone to_char to_date to_timestamp transaction_timestamp upper
    """.split()
)
"""Functions of PostgreSQL's own that give the same value for all rows of a statement."""


def default_work(column: Any) -> Work:
    """What ADD COLUMN does to the rows that are there, constraints aside."""
    work = _type_work(column.typeName)
    for constraint in items(column.constraints):
        match enums.ConstrType(constraint.contype):
            case enums.ConstrType.CONSTR_IDENTITY:
                return Work.REWRITES
            case enums.ConstrType.CONSTR_GENERATED:
                # Before release 18 there were none but stored ones.
                stored = getattr(constraint, "generated_kind", "s") == "s"
                work = Work.REWRITES if stored else max(work, Work.NONE)
            case enums.ConstrType.CONSTR_DEFAULT:
                work = max(work, _default_work(constraint.raw_expr))
    return work


def _type_work(node: Any) -> Work:
    *schema, name = names(node.names)
    if name in _SERIAL:
        return Work.REWRITES
    own = schema in ([], ["pg_catalog"]) and name in _TYPES
    # An array is none, even one of domains.
    return Work.NONE if own or node.arrayBounds else Work.MAY_REWRITE


def _default_work(expression: Any) -> Work:
    calls = _Calls()
    calls(expression)
    if calls.names & _VOLATILE:
        return Work.REWRITES
    return Work.NONE if calls.names <= _STEADY else Work.MAY_REWRITE


class _Calls(Visitor):
    """Collects the names of the functions that an expression calls."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_FuncCall(self, _ancestors: Any, node: Any) -> None:
        self.names.add(names(node.funcname)[-1])
