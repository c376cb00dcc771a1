"""Certificate authorities, and the certificates of servers, as openssl makes them."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Certificate:
    """The certificate of a server, and its key."""

    file: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        """For the server."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.file, self.key)
        return made


class Authority:
    """One that nobody trusts who is not told to; ``file`` is its own certificate."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.file, self._key = folder / "authority.pem", folder / "authority.key"
        _openssl(
            *("req", "-x509", *_KEY, "-days", "2", "-subj", "/CN=tests"),
            *("-addext", "basicConstraints=critical,CA:TRUE"),
            *("-keyout", str(self._key), "-out", str(self.file)),
        )

    def certificate(self, host: str) -> Certificate:
        """A new one, for a server of this name."""
        made = Certificate(self._folder / f"{host}.pem", self._folder / f"{host}.key")
        request, names = self._folder / "request", self._folder / "names"
        names.write_text(f"subjectAltName=DNS:{host}\n")
        _openssl("req", *_KEY, "-subj", f"/CN={host}", "-keyout", str(made.key), "-out", str(request))
        _openssl(
            *("x509", "-req", "-in", str(request), "-CA", str(self.file), "-CAkey", str(self._key)),
            *("-CAcreateserial", "-days", "1", "-extfile", str(names), "-out", str(made.file)),
        )
        return made


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
