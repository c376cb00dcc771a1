"""psql's meta-commands: those that are carried out, those that may be ignored, those that may not."""

from difflib import get_close_matches
from typing import NoReturn

from mainsql.errors import Place, ScriptError
from mainsql.script.classify import Forbidden

CARRIED_OUT = frozenset(
    """
    copy crosstabview echo encoding g gdesc getenv gexec gset gx i include include_relative ir q qecho quit r
    reset set setenv unset warn
    """.split()
)
"""The resolver carries them out."""

QUIET = frozenset(
    """
    ? a c_line conninfo copyright crosstab_view C d da dA dAc dAf dAo dAp db dc dC dconfig dd dD ddp dE
    des det deu dew df dF dFd dFp dFt dg di dl dL dm dn do dO dp dP drds drg dRp dRs ds dt dT du dv dx dX
    dy errverbose f H html l list lo_list p print pset restrict s t T timing unrestrict x z
    """.split()
)
"""They only display or change how things are displayed: accepted, without effect."""

DIVIDES = frozenset(
    """
    copy if elif else endif i include include_relative ir q quit r reset
    """.split()
)
"""They do not stand among statements that are sent together: they decide what is sent, or send themselves."""

_HOST = "it would run a program or touch files on the host that deploys"
_PERSON = "it needs a person at the terminal"
_FILE = "it would write a file on the host that deploys"
_LARGE = "large objects come and go by SQL: lo_from_bytea, lo_put, lo_unlink"
_DATABASE = "a tree is deployed to one database; give another database a target of its own"
_PROTOCOL = "write it as a plain statement"

WHOLE_LINE = frozenset(["h", "help", "sf", "sf+", "sv", "sv+"])
"""Quiet too; psql takes the rest of the line as one argument."""

REFUSED = {
    "!": Forbidden(_HOST, "keep the tree to SQL"),
    "c": Forbidden("it would leave the database", _DATABASE),
    "connect": Forbidden("it would leave the database", _DATABASE),
    "cd": Forbidden("scripts are read from the commit, not from a folder", "give \\i the path instead"),
    "o": Forbidden(_FILE, "leave it out"),
    "out": Forbidden(_FILE, "leave it out"),
    "w": Forbidden(_FILE, "leave it out"),
    "write": Forbidden(_FILE, "leave it out"),
    "prompt": Forbidden(_PERSON, "use a variable from the configuration"),
    "password": Forbidden(_PERSON, "set passwords outside the repository"),
    "e": Forbidden(_PERSON, "leave it out"),
    "edit": Forbidden(_PERSON, "leave it out"),
    "ef": Forbidden(_PERSON, "leave it out"),
    "ev": Forbidden(_PERSON, "leave it out"),
    "watch": Forbidden("it would run the statement again and again", "leave it out"),
    "lo_import": Forbidden(_HOST, _LARGE),
    "lo_export": Forbidden(_HOST, _LARGE),
    "lo_unlink": Forbidden("it acts outside SQL", _LARGE),
    "setenv": Forbidden(
        "it would change the environment of the host that deploys",
        "use \\set; or allow the name in the configuration, under environment",
    ),
    "getenv": Forbidden(
        "it would read the environment of the host that deploys",
        "allow the name in the configuration, under environment; or use variables there, "
        "where ${NAME} is expanded",
    ),
    **{
        name: Forbidden("it speaks the extended protocol", _PROTOCOL)
        for name in (
            "bind bind_named parse close close_prepared startpipeline sendpipeline syncpipeline "
            "endpipeline flush flushrequest getresults"
        ).split()
    },
}
"""They reach outside the transaction or the commit."""


def refuse(name: str, place: Place) -> NoReturn:
    """Raises the ScriptError for a command that is not carried out."""
    if (reason := REFUSED.get(name)) is not None:
        message, hint = f"\\{name} cannot be deployed: {reason.reason}", reason.hint
    else:
        known = get_close_matches(name, sorted(CARRIED_OUT), 1)
        message = f"\\{name} is no command of psql that mainsql knows"
        hint = f"did you mean \\{known[0]}?" if known else "a backslash outside quotes begins a command"
    raise ScriptError(message, place=place, hint=hint)
