"""What may stand in a mainsql.toml, section by section."""

import posixpath
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from mainsql.config.durations import LONGEST_AGE, duration
from mainsql.config.sizes import size
from mainsql.config.undo import undo_config
from mainsql.config.values import UndoConfig
from mainsql.script.variables import NAME as VARIABLE


def _one_line(text: str) -> str:
    if not text or not text.isprintable() or text != text.strip():
        raise ValueError("must be one line of visible text, with no space around it")
    return text


def _git_argument(text: str) -> str:
    if text.startswith("-"):
        raise ValueError("must not begin with a dash: it would be taken for an option")
    return text


def _secret(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError("must not be empty, nor have control characters in it")
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _commit_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", text):
        raise ValueError("must be the full id of a commit: what a branch or a tag means can change")
    return text


def _inside(text: str) -> str:
    if text.startswith("/") or posixpath.normpath(text).split("/")[0] == "..":
        raise ValueError("must be a relative path inside the repository")
    return text


def _script(text: str) -> str:
    path = posixpath.normpath(_inside(text))
    if path == "." or text.endswith("/"):
        raise ValueError("must name a file")
    return path


def _connection_string(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")) and "=" not in text:
        raise ValueError("is neither a URL (postgresql://user@host/database) nor settings (host=… dbname=…)")
    return text


def _variable_name(name: str) -> str:
    if not VARIABLE.match(name):
        raise ValueError("cannot be the name of a psql variable: letters, digits and _ only")
    return name


def _environment_name(name: str) -> str:
    if not name or "=" in name or "\0" in name:
        raise ValueError("cannot be the name of an environment variable")
    return name


def _variable(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int():
            return str(value)
        case _:
            raise ValueError("must be a string, a whole number, true or false: write it in quotes")


_Line = Annotated[str, AfterValidator(_one_line)]
_Timeout = Annotated[float, BeforeValidator(duration)]
_Interval = Annotated[float, BeforeValidator(lambda value: duration(value, positive=True))]
_Age = Annotated[float, BeforeValidator(lambda value: duration(value, positive=True, longest=LONGEST_AGE))]
_Undo = Annotated[UndoConfig, BeforeValidator(undo_config)]
_Variables = dict[Annotated[str, AfterValidator(_variable_name)], Annotated[str, BeforeValidator(_variable)]]


class Section(BaseModel):
    """A table of the file. Its defaults are those of ``mainsql.config.values``."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class RepositorySection(Section):
    """``[repositories.NAME]``"""

    url: Annotated[_Line, AfterValidator(_git_argument)]
    branch: Annotated[_Line, AfterValidator(_git_argument)] | None = None
    tags: Annotated[list[Annotated[_Line, AfterValidator(_git_argument)]], BeforeValidator(_listed)] = []
    interval: _Interval = 5.0
    vcs: Literal["git", "svn"] | None = None
    partial: bool = False
    username: _Line | None = None
    password: Annotated[str, AfterValidator(_secret)] | None = None
    password_file: _Line | None = None
    ssh_key: _Line | None = None
    known_hosts: _Line | None = None
    ca_file: _Line | None = None
    verify: Literal["none", "head", "every"] = "none"
    allowed_signers: _Line | None = None
    revoked_signers: _Line | None = None
    keyring: _Line | None = None
    signed_after: Annotated[str, AfterValidator(_commit_id)] | None = None


class TreeSection(Section):
    """``[trees.NAME]``"""

    repository: str | None = None
    main: Annotated[_Line, AfterValidator(_script)] | None = None
    include_root: Annotated[_Line, AfterValidator(_inside)] = "main"
    apply: Literal["changes", "whole"] = "changes"
    on_removed: Literal["keep", "undo", "refuse"] = "keep"
    catch_up: Literal["each", "newest"] = "each"
    undo: _Undo = UndoConfig()
    variables: _Variables = {}
    environment: list[Annotated[str, AfterValidator(_environment_name)]] = []


class TargetSection(Section):
    """``[targets.NAME]``"""

    tree: str | None = None
    database: Annotated[_Line, AfterValidator(_connection_string)] | None = None
    lock_timeout: _Timeout = 5.0
    statement_timeout: _Timeout = 0.0
    retry_for: _Timeout = 600.0
    undo: _Undo | None = None
    drift_interval: _Timeout = 3600.0
    on_drift: Literal["report", "refuse"] = "report"
    rehearse: Literal["never", "before", "in-place"] = "never"
    archive_age: _Age | None = None
    archive_size: Annotated[int, BeforeValidator(size)] | None = None


class File(Section):
    """The top level."""

    repositories: dict[str, Any] = {}
    trees: dict[str, Any] = {}
    targets: dict[str, Any] = {}
    stop_timeout: _Timeout = 30.0


SECTIONS: dict[str, type[Section]] = {
    "repositories": RepositorySection,
    "trees": TreeSection,
    "targets": TargetSection,
}
