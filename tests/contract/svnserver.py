"""Subversion's own server, svnserve, as inetd would start it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract.inetd import Inetd, serving


class SvnServer(Inetd):
    """Serves the repositories in a folder; ``asked`` is set when somebody connects."""

    def __init__(self, folder: Path) -> None:
        super().__init__(["svnserve", "--inetd", "--root", str(folder)])
        self.asked = threading.Event()

    def url(self, path: str, userinfo: str = "") -> str:
        return f"svn://{userinfo}{'@' if userinfo else ''}127.0.0.1:{self.port}/{path}"

    def hang(self) -> None:
        """From now on it says nothing to who connects, and waits for them to go."""
        self.command = ["cat"]

    def verify_request(self, request: object, client_address: object) -> bool:
        self.asked.set()
        return True


@contextmanager
def svn_server(folder: Path) -> Iterator[SvnServer]:
    """A running server, stopped at the end."""
    with serving(server := SvnServer(folder)):
        yield server
