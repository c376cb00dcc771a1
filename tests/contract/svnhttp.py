"""Subversion behind Apache (mod_dav_svn), for who has the password."""

import base64
import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract.certificates import Certificate

USER, PASSWORD = "ada", "s3cret/@:%"
USERINFO = "ada:s3cret%2F%40%3A%25"

_APACHE = shutil.which("apache2", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_MODULES = Path("/usr/lib/apache2/modules")
_LOADED = "mpm_event authn_core authn_file authz_core authz_user auth_basic dav dav_svn".split()
_CONFIGURATION = """\
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {place}/pid
ErrorLog /dev/stderr
{modules}
User www-data
Group www-data
<Location /svn>
    DAV svn
    SVNParentPath {folder}
    AuthType Basic
    AuthName svn
    AuthUserFile {place}/users
    Require valid-user
</Location>
"""


def there() -> bool:
    """Whether Apache and its module are installed, where Debian puts them."""
    return bool(_APACHE) and (_MODULES / "mod_dav_svn.so").exists()


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def svn_over_http(folder: Path, port: int = 0, certificate: Certificate | None = None) -> Iterator[str]:
    """A running server; ``http(s)://…/svn/NAME`` is the repository of that name in the folder."""
    place = folder / "apache"
    place.mkdir(mode=0o755)
    port = port or free_port()
    hashed = base64.b64encode(hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest()).decode()
    (place / "users").write_text(f"{USER}:{{SHA}}{hashed}\n")
    loaded = [*_LOADED, "ssl"] if certificate else _LOADED
    lines = [f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in loaded]
    if certificate:
        lines += [
            "SSLEngine on",
            f"SSLCertificateFile {certificate.file}",
            f"SSLCertificateKeyFile {certificate.key}",
        ]
    configuration = place / "configuration"
    configuration.write_text(
        _CONFIGURATION.format(port=port, place=place, folder=folder, modules="\n".join(lines))
    )
    server = subprocess.Popen(
        [str(_APACHE), "-DFOREGROUND", "-d", str(place), "-f", str(configuration)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr
        said = []
        while line := server.stderr.readline():
            said.append(line)
            if "resuming normal operations" in line:
                break
        assert line, said
        yield f"https://localhost:{port}/svn" if certificate else f"http://127.0.0.1:{port}/svn"
    finally:
        with server:
            server.terminate()
