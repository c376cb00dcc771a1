"""A mainsql.toml → a Config, or every fault that it has, each with its key."""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mainsql.config.environment import expand
from mainsql.config.repositories import contradictions, repository
from mainsql.config.schema import (
    SECTIONS,
    File,
    RepositorySection,
    Section,
    TargetSection,
    TreeSection,
)
from mainsql.config.values import (
    Apply,
    CatchUp,
    Config,
    Rehearse,
    TargetConfig,
    TreeConfig,
)
from mainsql.errors import ConfigurationError
from mainsql.model import ArchiveLimits, OnDrift, OnRemoved

Key = tuple[str, ...]
_Model = TypeVar("_Model", bound=Section)

LEDGER_TREE = "mainsql"
"""The tree of the ledger's own schema; no other may have this name."""


def load_config(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """What the file says. Raises ConfigurationError with every fault that it has, each with its key.

    No value of the file is in the faults but names of trees and repositories: it may be a password.
    """
    path = path.absolute()
    reader = _Reader(path.parent, environment)
    config = reader.config(_parse(path), path)
    if config is None:
        faults = reader.lines()
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ConfigurationError(f"{path} has {count}:", faults=faults)
    return config


def _parse(path: Path) -> dict[str, Any]:
    data, text = b"", ""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        fault = f"cannot read {path}: {error.strerror}"
    except UnicodeDecodeError as error:
        before = data.removeprefix(b"\xef\xbb\xbf")[: error.start].decode(errors="replace")
        fault = f"{path}:{_position(before)}: this is not UTF-8"
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        found = re.match(r"line (\d+), column (\d+)", where)
        fault = f"{path}:{':'.join(found.groups()) if found else _position(text)}: not TOML: {what}"
    # Outside of the handlers: an exception must not carry another one that knows the text.
    raise ConfigurationError(fault)


def _position(before: str) -> str:
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


class _Reader:
    """Checks a document. Of several faults of one key it tells the first."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._faults: dict[Key, str] = {}

    def lines(self) -> tuple[str, ...]:
        return tuple(f"{_dotted(key)}: {fault}" for key, fault in self._faults.items())

    def config(self, raw: dict[str, Any], path: Path) -> Config | None:
        """The configuration, or None when there are faults."""
        document = self._expand(raw, ())
        file = self._validate(File, document, ())
        tables = {section: self._tables(document, section) for section in SECTIONS}
        repositories = self._sections(RepositorySection, tables, "repositories")
        trees = self._sections(TreeSection, tables, "trees")
        targets = self._sections(TargetSection, tables, "targets")
        for name, it in repositories.items():
            for field, fault in contradictions(it):
                self._fault(("repositories", name, field), fault)
        repository_of = self._references(tables, "trees", "repository", "repositories")
        tree_of = self._references(tables, "targets", "tree", "trees")
        self._check_databases(tables["targets"], tree_of)
        if self._faults:
            return None
        repository_configs = {name: repository(name, it, self._folder) for name, it in repositories.items()}
        tree_configs = {
            name: TreeConfig(
                name,
                repository_configs[repository_of[name]],
                it.main,
                it.include_root,
                Apply(it.apply),
                OnRemoved(it.on_removed),
                CatchUp(it.catch_up),
                MappingProxyType(it.variables),
                MappingProxyType({name: self._environment.get(name) for name in it.environment}),
                it.undo,
            )
            for name, it in trees.items()
        }
        target_configs = {
            name: TargetConfig(
                name,
                tree_configs[tree_of[name]],
                it.database,
                it.lock_timeout,
                it.statement_timeout,
                it.undo or tree_configs[tree_of[name]].undo,
                it.drift_interval,
                OnDrift(it.on_drift),
                Rehearse(it.rehearse),
                ArchiveLimits(
                    None if it.archive_age is None else timedelta(seconds=it.archive_age), it.archive_size
                ),
                it.retry_for,
            )
            for name, it in targets.items()
        }
        return Config(
            MappingProxyType(repository_configs),
            MappingProxyType(tree_configs),
            MappingProxyType(target_configs),
            file.stop_timeout,
            path,
        )

    def _fault(self, key: Key, fault: str) -> None:
        self._faults.setdefault(key, fault)

    def _expand(self, value: Any, key: Key) -> Any:
        match value:
            case dict():
                return {k: self._expand(v, (*key, k)) for k, v in value.items()}
            case list():
                return [self._expand(item, key) for item in value]
            case str():
                try:
                    return expand(value, self._environment)
                except ValueError as error:
                    self._fault(key, str(error))
        return value

    def _tables(self, document: dict[str, Any], section: str) -> dict[str, dict[str, Any]]:
        """The tables of a section by name; one that is not a table is a fault, and taken as empty."""
        found: dict[str, dict[str, Any]] = {}
        group = document.get(section)
        for name, table in group.items() if isinstance(group, dict) else ():
            if not isinstance(table, dict):
                self._fault((section, name), f"must be a table: [{section}.NAME]")
                continue
            if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
                self._fault((section, name), "a name has only letters, digits, and _ . -")
            if section == "trees" and name == LEDGER_TREE:
                self._fault((section, name), "this name is kept for the ledger's own tree")
            found[name] = table
        return found

    def _sections(
        self, model: type[_Model], tables: dict[str, dict[str, dict[str, Any]]], section: str
    ) -> dict[str, _Model]:
        return {
            name: self._validate(model, table, (section, name)) for name, table in tables[section].items()
        }

    def _validate(self, model: type[_Model], table: dict[str, Any], key: Key) -> _Model:
        try:
            return model.model_validate(table)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                where = tuple(str(part) for part in detail["loc"] if part != "[key]")
                self._fault(key + where, _describe(detail, model, where, table))
        # Nobody looks at it: there are faults.
        return model.model_construct()

    def _references(
        self,
        tables: dict[str, dict[str, dict[str, Any]]],
        section: str,
        field: str,
        other: str,
    ) -> dict[str, str]:
        """What each table of a section names in ``field``, or the only one that there is."""
        found: dict[str, str] = {}
        known = tables[other]
        for name, table in tables[section].items():
            wanted = table.get(field)
            key = (section, name, field)
            if isinstance(wanted, str) and wanted in known:
                found[name] = wanted
            elif wanted is None and len(known) == 1:
                (found[name],) = known
            elif not known:
                self._fault(key, f"there is no [{other}.NAME] in the file")
            elif wanted is None:
                self._fault(key, f"is missing: choose one of {_listed(known)}")
            elif isinstance(wanted, str):
                self._fault(key, f"there is no [{other}.{wanted}], but {_listed(known)}")
        return found

    def _check_databases(self, targets: dict[str, dict[str, Any]], tree_of: dict[str, str]) -> None:
        first: dict[tuple[str, str | None], str] = {}
        for name, tree in tree_of.items():
            database = targets[name].get("database")
            key = ("targets", name, "database")
            if key in self._faults:
                continue
            earlier = first.setdefault((tree, database), name)
            if earlier != name:
                where = "the embedded server" if database is None else "the same database"
                self._fault(key, f"the target {earlier} deploys the tree {tree} to {where} too")


def _describe(detail: ErrorDetails, model: type[Section], where: Key, table: dict[str, Any]) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return _unknown(where[-1], model, is_table=isinstance(table[where[-1]], dict))
        case "missing":
            return "is missing"
        case "string_type":
            return "must be a string, in quotes"
        case "list_type":
            return "must be a list, in brackets"
        case "dict_type":
            return f"must be a table: [{where[0]}.NAME]" if model is File else "must be a table"
        case "literal_error":
            return f"must be {detail['ctx']['expected']}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case _:
            return detail["msg"]


def _unknown(key: str, model: type[Section], *, is_table: bool) -> str:
    for section, other in SECTIONS.items():
        if key in other.model_fields and not is_table:
            return f"unknown key here; it belongs into a [{section}.NAME]"
    if close := difflib.get_close_matches(key, model.model_fields, n=1):
        return f"unknown key; did you mean {close[0]}?"
    return f"unknown key; there is {_listed(model.model_fields)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _dotted(key: Key) -> str:
    """A key as TOML writes it."""
    return ".".join(
        part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part, ensure_ascii=False)
        for part in key
    )
