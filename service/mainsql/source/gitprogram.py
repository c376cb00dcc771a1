"""Runs git for one repository. The only import of GitPython."""

import os
import re
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from mainsql.errors import SourceError
from mainsql.source.children import Children

# Without it, importing GitPython raises ImportError where git is not installed.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
from git.cmd import Git
from git.exc import GitCommandNotFound

# What a hook finds set (git rev-parse --local-env-vars): it means the hook's repository, not ours.
# GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS stay, they carry what the user configured.
_OF_ANOTHER_REPOSITORY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
_NEVER_ASK = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
}
_SAYS_NOTHING = (
    "Could not read from remote repository.",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
)
_HOW_LONG = re.compile(r" after \d+ (ms|milliseconds)\b")
"""As curl tells it: what differs each time would be news each time, in a log."""
_NOT_INSTALLED = 127  # of env(1), when it cannot find the program


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a git process left: its exit status, its output, its messages (in English, without secrets)."""

    status: int
    output: bytes
    messages: str

    @property
    def text(self) -> str:
        """The output as text; bytes that are not UTF-8 as lone surrogates."""
        return self.output.decode("utf-8", "surrogateescape")

    @property
    def reason(self) -> str:
        """The last line of the messages that says something."""
        lines = [
            line.strip().removeprefix("fatal: ").removeprefix("error: ")
            for line in self.messages.splitlines()
            if line.strip() and not line.startswith("hint:")
        ]
        telling = [line for line in lines if line not in _SAYS_NOTHING] or lines
        reason = telling[-1] if telling else f"git ended with status {self.status}"
        reason = _HOW_LONG.sub("", reason)
        return "".join(c if c.isprintable() else "?" for c in reason)


class GitProgram:
    """git, for one repository: never with a shell, a prompt or the environment of a surrounding hook.

    ``git_dir`` is None only to look for one. ``environment`` is added, ``secrets`` are shown as
    ``***`` in all that git says. Safe to use from several threads.
    """

    def __init__(
        self,
        git_dir: Path | None,
        *,
        environment: Mapping[str, str] | None = None,
        secrets: Collection[str] = (),
    ) -> None:
        self._secrets = secrets
        self._environment = {"LC_ALL": "C", "GIT_NO_REPLACE_OBJECTS": "1", **_NEVER_ASK}
        if git_dir is not None:
            self._environment["GIT_DIR"] = str(git_dir)
            # Grafts rewrite history as replacements do; only a file that is not there turns them off.
            self._environment["GIT_GRAFT_FILE"] = str(git_dir / "mainsql-takes-no-grafts")
        self._environment.update(environment or {})
        self._git = Git("/")
        self._git.update_environment(**self._environment)
        self._children = Children()

    def run(
        self, *arguments: str, limit: float | None = None, environment: Mapping[str, str] | None = None
    ) -> Outcome:
        """Runs git to its end, whatever its exit status; ``environment`` is added for this once.

        Raises SourceUnavailable when it takes more than ``limit`` seconds, Cancelled when
        ``stop`` ends it, SourceError when git cannot be started.
        """
        process = self._spawn(arguments, environment=environment)
        output, messages = self._children.finish(process, f"git {_verb(arguments)}", limit=limit)
        return self._outcome(process.returncode, output, messages)

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A git process to talk to by its pipes; ``end`` it when done."""
        return self._spawn(arguments, stdin=subprocess.PIPE)

    def stop(self) -> None:
        """Ends what ``run`` is waiting for, in whatever threads."""
        self._children.stop()

    def _spawn(
        self,
        arguments: tuple[str, ...],
        stdin: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> "subprocess.Popen[bytes]":
        command = [str(Git.GIT_PYTHON_GIT_EXECUTABLE), *arguments]
        strange = [
            name for name in _OF_ANOTHER_REPOSITORY if name in os.environ and name not in self._environment
        ]
        if strange:  # GitPython can set variables, but not take them away
            command = ["env", *(part for name in strange for part in ("-u", name)), *command]
        try:
            # In a session of its own it has no terminal to ask on, and can be ended with its children.
            wrapper = self._git.execute(
                command, istream=stdin, as_process=True, start_new_session=True, env=environment
            )
        except GitCommandNotFound:
            raise _not_installed() from None
        except ValueError as error:
            raise SourceError(f"git {_verb(arguments)} cannot be given this: {error}") from None
        process, wrapper.proc = wrapper.proc, None
        if process is None:
            raise AssertionError("GitPython started no process")
        return process

    def _outcome(self, status: int, output: bytes, messages: bytes) -> Outcome:
        text = messages.decode("utf-8", "replace")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        if status == _NOT_INSTALLED:
            raise _not_installed()
        refuse_dubious(text)
        return Outcome(status, output, text)


def refuse_dubious(messages: str) -> None:
    """Raises SourceError with git's own advice where git distrusts the owner of a repository."""
    _, found, advice = messages.partition("dubious ownership in repository at ")
    if found:
        where, _, how = advice.partition("\n")
        raise SourceError(
            f"git detected dubious ownership in repository at {where}",
            hint=" ".join(how.partition("fatal:")[0].split()) or "see safe.directory in git-config(1)",
        )


def _not_installed() -> SourceError:
    return SourceError("git was not found", hint="install git, or put the folder that it is in on the PATH")


def _verb(arguments: tuple[str, ...]) -> str:
    """The subcommand: the first argument that is no option of git itself, nor the value of one."""
    words = iter(arguments)
    for word in words:
        if word in ("-c", "-C"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""
