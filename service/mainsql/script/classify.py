"""What kind of statement it is, as far as its first words tell."""

from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

_MODES = {
    "isolation", "level", "serializable", "repeatable", "read", "committed", "uncommitted",
    "write", "only", "deferrable", "not", ",",
}  # fmt: skip


class Transaction(Enum):
    """What a statement says about the transaction."""

    NONE = auto()
    ABSORBED = auto()
    """BEGIN, START TRANSACTION, COMMIT, END: mainsql does that itself."""
    ROLLBACK = auto()
    TWO_PHASE = auto()


_LOOKED_AT = frozenset(
    """
    abort alter begin cluster commit copy create discard drop end prepare reindex reset rollback select
    set start vacuum
    """.split()
)


_CREATED_ORDINARILY = frozenset(
    "function or policy procedure schema sequence table trigger type view".split()
)


def is_ordinary(words: list[str]) -> bool:
    """Whether the first words of a statement tell that nothing here is said about it."""
    if words[0] == "create":
        return len(words) > 1 and words[1] in _CREATED_ORDINARILY
    return words[0] not in _LOOKED_AT


def transaction(words: list[str]) -> Transaction:
    """Whether a statement (its ``tokens``) begins or ends a transaction.

    The grammar is that of PostgreSQL's manual, pages BEGIN, START TRANSACTION, COMMIT, END,
    ROLLBACK, ABORT and PREPARE TRANSACTION. Savepoints are the script's own affair.
    """
    match words:
        case ["prepare", "transaction", _] | ["commit" | "rollback", "prepared", _]:
            return Transaction.TWO_PHASE
        case ["begin", *rest] if _are_modes(_without_noise(rest)):
            return Transaction.ABSORBED
        case ["start", "transaction", *rest] if _are_modes(rest):
            return Transaction.ABSORBED
        case ["commit" | "end", *rest] if _is_chain(_without_noise(rest)):
            return Transaction.ABSORBED
        case ["rollback" | "abort", *rest] if "to" not in _without_noise(rest)[:1]:
            return Transaction.ROLLBACK
    return Transaction.NONE


def begins_without_semicolon(words: list[str]) -> bool:
    """Whether this is a BEGIN that runs on into the next statement, because its semicolon is missing."""
    match words:
        case ["begin", *rest] | ["start", "transaction", *rest]:
            return not _are_modes(_without_noise(rest))
    return False


def _without_noise(words: list[str]) -> list[str]:
    return words[1:] if words[:1] in (["work"], ["transaction"]) else words


def _are_modes(words: list[str]) -> bool:
    return all(word in _MODES for word in words)


def _is_chain(words: list[str]) -> bool:
    return words in ([], ["and", "chain"], ["and", "no", "chain"])


def sets_stage(words: list[str]) -> bool:
    """Whether a statement only prepares the session for those that follow it."""
    match words:
        case ["set" | "reset", *_]:
            return True
        case ["select", "set_config", "(", *_] | ["select", "pg_catalog", ".", "set_config", "(", *_]:
            return True
    return False


def reads(words: list[str]) -> bool:
    """Whether a statement is a query, which changes nothing but by the functions that it calls."""
    match words:
        case ["select" | "values" | "table" | "show", *_]:
            return True
        case ["with", *rest]:
            return {"insert", "update", "delete", "merge"}.isdisjoint(rest)
    return False


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Why a statement cannot be deployed, and the way out."""

    reason: str
    hint: str


_BY_HAND = "run it by hand, once, outside mainsql, and keep it out of the tree"
_DIRECTIVE = 'or let it run outside: "-- mainsql: no-transaction" in the first line of a file of its own'
_OWN_SESSION = "leave it out: each version has a session of its own"
_SPLIT = "put it into a file without the directive"


def forbidden(words: list[str]) -> Forbidden | None:
    """Why a statement cannot run in the transaction of a version, or None if it can, or may.

    The list is what the servers 14 to 18 refuse in a transaction block and the text alone tells;
    what it does not tell (CLUSTER of a partitioned table, say) the server refuses when it comes.
    """
    if words == ["discard", "all"]:
        return Forbidden("DISCARD ALL cannot run inside a transaction", _OWN_SESSION)
    what = _outside_transaction(words)
    if what is not None:
        name, way_out = what
        return Forbidden(f"{name} cannot run inside a transaction", f"{way_out}; {_DIRECTIVE}")
    return _out_of_the_commit(words)


def forbidden_alone(words: list[str]) -> Forbidden | None:
    """Why a statement cannot run outside a transaction, as a file that says no-transaction has it."""
    match words:
        case ["discard", "all"]:
            return Forbidden("DISCARD ALL would give up the lock of the deploy", _OWN_SESSION)
        case ["copy", *_]:
            return Forbidden(
                "COPY cannot stand in a file that says no-transaction",
                "put it into a file without the directive: it runs in a transaction",
            )
        case ["savepoint" | "release", *_]:
            return Forbidden("a savepoint needs a transaction, and this file says no-transaction", _SPLIT)
        case ["create", "index", "concurrently", *rest] | [
            "create", "unique", "index", "concurrently", *rest,
        ] if rest[:1] == ["on"] or rest[:4] == ["if", "not", "exists", "on"]:  # fmt: skip
            return Forbidden(
                "CREATE INDEX CONCURRENTLY has to name the index here",
                "name it: what is left of it after a crash is looked for by its name",
            )
    return _out_of_the_commit(words)


_ATOMIC = frozenset(
    """
    alter analyze comment create delete drop grant import insert lock merge notify reassign refresh
    revoke security select table truncate update values with
    """.split()
)


def is_atomic(words: list[str]) -> bool:
    """Whether a statement can run in a transaction, as far as its text tells, so that it is all or nothing.

    The others either refuse to, or may commit in between (CALL, DO).
    """
    if words[0] not in _ATOMIC or words[1:2] == ["subscription"]:
        return False
    return _outside_transaction(words) is None


def _out_of_the_commit(words: list[str]) -> Forbidden | None:
    if words[:1] == ["copy"] and (reach := _copy_reaches(words)):
        return Forbidden(
            f"COPY {reach} would leave the commit",
            "put the data into the script, after COPY … FROM stdin",
        )
    if words[:1] == ["set"] and "standard_conforming_strings" in words and words[-1] in _OFF:
        return Forbidden(
            "standard_conforming_strings = off changes how the script is read",
            "write strings with backslashes as E'…'",
        )
    return None


_OFF = ("off", "'off'", "false", "'false'", "0", "no", "'no'")


def _outside_transaction(words: list[str]) -> tuple[str, str] | None:
    match words:
        case ["vacuum", *_]:
            return "VACUUM", "ANALYZE runs in a transaction; leave vacuuming to autovacuum"
        case ["create" | "drop" as verb, "database" | "tablespace" as kind, *_]:
            return f"{verb} {kind}".upper(), _BY_HAND
        case ["alter", "database", _, "set", "tablespace", *_]:
            return "ALTER DATABASE … SET TABLESPACE", _BY_HAND
        case ["alter", "system", *_]:
            return "ALTER SYSTEM", "ALTER DATABASE … SET or ALTER ROLE … SET can, for most settings"
        case ["cluster"] | ["cluster", "verbose"] | ["cluster", "(", *_, ")"]:
            return "CLUSTER of all tables", "name the table"
        case ["create", "subscription", *_] if not _makes_no_slot(words):
            return "CREATE SUBSCRIPTION that makes a slot", "say WITH (create_slot = false)"
        case ["alter", "subscription", _, "refresh", *_]:
            return "ALTER SUBSCRIPTION … REFRESH", _BY_HAND
    return _concurrently(words)


def _concurrently(words: list[str]) -> tuple[str, str] | None:
    leave_out = "without CONCURRENTLY it can (it locks out writers meanwhile)"
    match words:
        case ["create", "index", "concurrently", *_] | [
            "create", "unique", "index", "concurrently", *_,
        ]:  # fmt: skip
            return "CREATE INDEX CONCURRENTLY", leave_out
        case ["drop", "index", "concurrently", *_]:
            return "DROP INDEX CONCURRENTLY", leave_out
        case ["reindex", *rest] if "concurrently" in rest and not _says_off(rest, "concurrently"):
            return "REINDEX CONCURRENTLY", leave_out
        case ["reindex", *rest]:
            kind = rest[rest.index(")") + 1 :] if rest[:1] == ["("] and ")" in rest else rest
            if kind[:1] in (["schema"], ["database"], ["system"]):
                return f"REINDEX {kind[0].upper()}", "name the tables or indexes"
        case ["alter", "table", *rest] if "detach" in rest and rest[-1:] == ["concurrently"]:
            return "DETACH PARTITION CONCURRENTLY", leave_out
    return None


def _makes_no_slot(words: list[str]) -> bool:
    said = [word for word in words if word != "="]
    return _says_off(said, "create_slot") or _says_off(said, "connect")


def _says_off(words: list[str], option: str) -> bool:
    return any(one == option and other in _OFF for one, other in pairwise(words))


class Copy(Enum):
    """Where a COPY statement sends its rows."""

    IN = auto()
    """FROM stdin: the rows follow in the script."""
    OUT = auto()
    """TO stdout."""


def copy(words: list[str]) -> Copy | None:
    """Whether a statement is a COPY that the client takes part in."""
    match _copy_direction(words):
        # The grammar takes either word for either direction.
        case ["from", "stdin" | "stdout", *_]:
            return Copy.IN
        case ["to", "stdin" | "stdout", *_]:
            return Copy.OUT
    return None


def _copy_reaches(words: list[str]) -> str | None:
    match _copy_direction(words):
        case ["from" | "to", "program", *_]:
            return "… PROGRAM"
        case ["from", *_] if copy(words) is None:
            return "FROM a file of the server"
        case ["to", *_] if copy(words) is None:
            return "TO a file of the server"
    return None


def _copy_direction(words: list[str]) -> list[str]:
    """The words of a COPY from its FROM or TO on; empty when it is no COPY."""
    if words[:1] != ["copy"]:
        return []
    depth = 0
    for index, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in ("from", "to"):
            return words[index:]
    return []
