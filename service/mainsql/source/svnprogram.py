"""Runs svn, with a configuration of mainsql's own."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from mainsql.errors import SourceError
from mainsql.source.access import contents_of
from mainsql.source.children import Children

CONFIG_FOLDER = "subversion"
"""The folder, under the state, of what svn is configured by for mainsql."""

_ENVIRONMENT = {
    # Names of files come out as UTF-8, messages in English.
    "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
    "LANGUAGE": "en",
    "SSH_ASKPASS_REQUIRE": "never",
}
_OPTIONS = (
    *("--non-interactive", "--no-auth-cache"),
    *("--config-option", "servers:global:http-timeout=60"),
    # SVN_SSH in the environment goes first. Never a question; and without svn's -q, which hides why it fails.
    *("--config-option", "config:tunnels:ssh=$SVN_SSH ssh -o BatchMode=yes --"),
)
_ERROR = re.compile(r"^svn: (?P<code>E\d{6}): (?P<text>.*)$", re.MULTILINE)
CUT_OFF = "E210002"
"""The server said nothing more; through a tunnel it is ssh that knows why."""
_NOT_THERE = frozenset({"E160005", "E160006", "E160013", "E160016", "E170000", "E195012", "E200009"})
"""No such path or revision (SVN_ERR_FS_NOT_FOUND and the like, svn_error_codes.h)."""


@dataclass(frozen=True, slots=True)
class SvnOutcome:
    """What an svn process left: its exit status, its output, its messages (in English, without secrets)."""

    status: int
    output: bytes
    messages: str

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the errors that svn told, such as ``E160013``."""
        return frozenset(found["code"] for found in _ERROR.finditer(self.messages))

    @property
    def not_there(self) -> bool:
        """Whether the server answered that it has no such path, or no such revision."""
        return self.status != 0 and not _NOT_THERE.isdisjoint(self.codes)

    @property
    def reason(self) -> str:
        """What svn said at last, which is where its other errors come from; or what ssh said, if it did."""
        told = [found["text"] for found in _ERROR.finditer(self.messages)]
        others = [
            line for line in self.messages.splitlines() if line.strip() and not line.startswith("svn: ")
        ]
        lines = others if CUT_OFF in self.codes and others else told or others
        reason = lines[-1].strip() if lines else f"svn ended with status {self.status}"
        return "".join(c if c.isprintable() else "?" for c in reason)


class SvnProgram:
    """svn as one user: never with a shell, a prompt, or the configuration of whoever runs mainsql.

    What it is configured by is in ``config_dir``, where svn puts templates of it; so are the passwords
    and certificates that somebody has told it with that folder. ``password`` is given to it through
    a pipe, and so is the first line of ``password_file``, as it is then. Servers whose certificates are
    from ``ca_file`` are trusted, too. Safe to use from several threads.
    """

    def __init__(
        self,
        config_dir: Path,
        *,
        username: str | None = None,
        password: str | None = None,
        password_file: Path | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self._config_dir = config_dir
        self._username = username
        self._password = password
        self._password_file = password_file
        self._ca_file = ca_file
        self._children = Children(at_once=True)  # told to end, svn would first wait for its server

    def run(self, verb: str, *arguments: str, limit: float) -> SvnOutcome:
        """Runs svn to its end, whatever its exit status.

        Raises SourceUnavailable when it takes more than ``limit`` seconds or one of its files cannot be
        read, Cancelled when ``stop`` ends it, SourceError when svn cannot be started.
        """
        command = ["svn", verb, *_OPTIONS, *self._trusted(), "--config-dir", str(self._config_dir)]
        if self._username is not None:
            command.append(f"--username={self._username}")
        password = self._secret()
        if password is not None:
            command.append("--password-from-stdin")
        try:
            process = subprocess.Popen(
                [*command, *arguments],
                cwd="/",
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # it has no terminal to ask on, and can be ended with its children
            )
        except FileNotFoundError:
            raise SourceError(
                "svn was not found",
                hint="install Subversion's client (Debian: apt install subversion), or put the folder that "
                "svn is in on the PATH",
            ) from None
        except (OSError, ValueError) as error:
            raise SourceError(f"svn {verb} cannot be run: {error}") from None
        output, messages = self._children.finish(process, f"svn {verb}", given=password or b"", limit=limit)
        text = (messages.replace(password, b"***") if password else messages).decode("utf-8", "replace")
        return SvnOutcome(process.returncode, output, text)

    def _trusted(self) -> tuple[str, ...]:
        if self._ca_file is None:
            return ()
        contents_of(self._ca_file)
        if ";" in str(self._ca_file) or "%(" in str(self._ca_file):  # a list, a variable: svn's config file
            raise SourceError(f"svn cannot be given the path {self._ca_file}", hint="give it another name")
        return "--config-option", f"servers:global:ssl-authority-files={self._ca_file}"

    def _secret(self) -> bytes | None:
        if self._password_file is None:
            return None if self._password is None else self._password.encode("utf-8", "surrogateescape")
        return contents_of(self._password_file).partition(b"\n")[0].rstrip(b"\r")

    def stop(self) -> None:
        """Ends what ``run`` is waiting for, in whatever threads."""
        self._children.stop()
