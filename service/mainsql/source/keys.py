"""The keys whose signatures count, laid out so that git, ssh-keygen and gpg see them and no others."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mainsql.errors import SourceError

# Each key of the keyring counts as it is; nothing is looked for elsewhere, no process is left behind.
_GPG_CONF = "batch\nno-tty\nno-autostart\nno-auto-key-retrieve\nno-auto-key-import\ntrust-model always\n"
_NONE = "/mainsql-has-no-such-program"


@dataclass(frozen=True, slots=True)
class Keys:
    """Files of public keys.

    ``allowed_signers`` is what ssh-keygen(1) describes under ALLOWED SIGNERS, ``revoked_signers`` a
    list of SSH keys or a KRL (KEY REVOCATION LISTS), ``keyring`` what ``gpg --export`` writes.
    """

    allowed_signers: Path | None = None
    revoked_signers: Path | None = None
    keyring: Path | None = None


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """What is in the files of keys; None for one that there is not."""

    allowed_signers: bytes | None
    revoked_signers: bytes | None
    keyring: bytes | None

    @property
    def digest(self) -> str:
        """What tells it from any other."""
        parts = (self.allowed_signers, self.revoked_signers, self.keyring)
        return " ".join("-" if part is None else hashlib.sha256(part).hexdigest() for part in parts)

    def without_revoked(self) -> "KeyMaterial":
        """The same, with no SSH key revoked."""
        return replace(self, revoked_signers=None)

    @contextmanager
    def laid_out(self) -> Iterator[tuple[list[str], dict[str, str]]]:
        """git's options to verify with these keys and no others, and the environment for it.

        No other configuration of git chooses a program or a file of keys then. Raises SourceError
        when a program is missing, or there is no key in the keyring.
        """
        with tempfile.TemporaryDirectory(prefix="mainsql-keys-") as folder:
            home = Path(folder)
            options = {"gpg.x509.program": _NONE, "gpg.minTrustLevel": "undefined"}
            options |= self._for_ssh(home)
            options |= self._for_openpgp(home)
            yield [part for key, value in options.items() for part in ("-c", f"{key}={value}")], _own(home)

    def _for_ssh(self, home: Path) -> dict[str, str]:
        program = _NONE
        if self.allowed_signers is not None:
            program = _program("ssh-keygen", "install OpenSSH's client")
        (home / "allowed").write_bytes(self.allowed_signers or b"")
        (home / "revoked").write_bytes(self.revoked_signers or b"")
        return {
            "gpg.ssh.program": program,
            "gpg.ssh.allowedSignersFile": str(home / "allowed"),
            "gpg.ssh.revocationFile": str(home / "revoked") if self.revoked_signers else "",
        }

    def _for_openpgp(self, home: Path) -> dict[str, str]:
        program = _NONE
        if self.keyring is not None:
            program = _program("gpg", "install GnuPG")
            (home / "gpg.conf").write_text(_GPG_CONF)
            (home / "common.conf").write_text("")  # else a new gpg may want a daemon for its keys
            _import(program, home, self.keyring)
        return {"gpg.program": program, "gpg.openpgp.program": program}


def read_keys(keys: Keys) -> KeyMaterial:
    """What is in the files now. Raises SourceError when one cannot be read."""
    return KeyMaterial(
        _contents(keys.allowed_signers), _contents(keys.revoked_signers), _contents(keys.keyring)
    )


def _contents(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"'{path}' cannot be read ({error.strerror}), so no signature can be verified",
            hint="put the file there, or correct its path in the configuration",
        ) from None


def _program(name: str, hint: str) -> str:
    if (found := shutil.which(name)) is None:
        raise SourceError(f"{name} was not found, so no signature can be verified", hint=hint)
    return str(Path(found).absolute())


def _own(home: Path) -> dict[str, str]:
    return {"GNUPGHOME": str(home)}


def _import(program: str, home: Path, keyring: bytes) -> None:
    done = subprocess.run(
        [program, "--quiet", "--status-fd", "1", "--import"],
        input=keyring,
        env={**os.environ, "LC_ALL": "C", **_own(home)},
        capture_output=True,
        check=False,
    )
    if b"[GNUPG:] IMPORT_OK " not in done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SourceError(
            f"the keyring has no OpenPGP key in it{f': {said[0]}' if said else ''}",
            hint="write it with `gpg --export --armor KEY…`",
        )
