"""Whose signatures the commits of a git repository carry."""

import re
import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from mainsql.errors import SourceError
from mainsql.model import Commit, Signer
from mainsql.source.commits import FIELDS, FORMAT, LOG, as_commit
from mainsql.source.gitprogram import GitProgram
from mainsql.source.keys import KeyMaterial, Keys, read_keys
from mainsql.source.objects import ObjectReader
from mainsql.source.repository import Signature, Unverified, Verified

_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_AT_ONCE = 1000
_MOST_KNOWN = 200_000
# The verdict, the fingerprints of the primary key and of the key, who it is, and what the program said
# (git-log(1), PRETTY FORMATS).
_SIGNATURE = "%x00%G?%x00%GP%x00%GF%x00%GS%x00%GG"
_ALL_FIELDS = FIELDS + 5
_GOOD, _BAD, _UNKNOWN, _NONE = "G", "B", "U", "N"

_SIGN = "sign it (git commit --amend --no-edit -S) and push it again"
_TRUST = "if the key is to be trusted, add it to "
_CHANGED = "find out who pushed it: the one who signed it did not write it as it is"
_RENEW = "let it be signed with a key that is valid"


class Signatures:
    """Verifies the signatures of commits, and remembers them as long as the keys are the same."""

    def __init__(self, git: GitProgram, reader: ObjectReader) -> None:
        self._git = git
        self._reader = reader
        self._lock = threading.Lock()
        self._keys = ""
        self._known: dict[str, Signature] = {}

    def of(self, commit_id: str, after: Collection[str] | None, keys: Keys) -> Sequence[Signature]:
        """The signatures of a commit, and of all before it that are not in ``after``, nor before those.

        The oldest first; with ``after`` None only its own. Raises SourceError when the commit is not
        there, or nothing can be verified.
        """
        ids = [commit_id] if after is None else self._span(commit_id, after)
        cut_off = frozenset() if after is None else self._cut_off()
        material = read_keys(keys)
        with self._lock:
            if self._keys != material.digest or len(self._known) > _MOST_KNOWN:
                self._known.clear()
                self._keys = material.digest
            missing = [each for each in ids if each not in self._known]
            for begin in range(0, len(missing), _AT_ONCE):
                self._learn(missing[begin : begin + _AT_ONCE], material)
            return [_hiding(self._known[each]) if each in cut_off else self._known[each] for each in ids]

    def _span(self, commit_id: str, after: Collection[str]) -> list[str]:
        """All parents are followed. What of ``after`` is not there (any more) leaves nothing out."""
        left_out = [f"^{each}" for each in sorted(after) if _ID.fullmatch(each)]
        # A commit-graph is a file beside the commits that may say something else of their parents.
        walk = ("-c", "core.commitGraph=false", "rev-list", "--ignore-missing", "--topo-order", "--reverse")
        found = self._git.run(*walk, commit_id, *left_out, "--")
        if found.status:
            raise SourceError(f"git cannot read the history of {commit_id[:10]}: {found.reason}")
        return found.text.split()

    def _cut_off(self) -> frozenset[str]:
        """Commits whose parents a shallow clone does not have: git takes them for the first ones."""
        path = Path(self._git.run("rev-parse", "--git-path", "shallow").text.rstrip("\n"))
        try:
            return frozenset(path.read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()

    def _learn(self, ids: Sequence[str], material: KeyMaterial) -> None:
        found = dict(zip(ids, self._verified(ids, material), strict=True))
        bad = [each for each in ids if found[each][1] == _BAD]
        if bad and material.revoked_signers:
            # git says of an SSH signature by a revoked key only that it is not good.
            again = self._verified(bad, material.without_revoked())
            found |= {
                each: (commit, "R", key, name, said)
                for each, (commit, verdict, key, name, said) in zip(bad, again, strict=True)
                if verdict == _GOOD
            }
        for each in ids:
            commit, verdict, key, name, said = found[each]
            if verdict == _GOOD and key:
                self._known[each] = Verified(commit, Signer(name, key))
            else:
                self._known[each] = self._unverified(commit, verdict, key, said, material)

    def _verified(
        self, ids: Sequence[str], material: KeyMaterial
    ) -> Iterator[tuple[Commit, str, str, str, str]]:
        """For each: the commit, git's verdict, the key, who it is, and what the program said."""
        with material.laid_out() as (options, environment):
            shown = (*options, *LOG, f"--format={FORMAT}{_SIGNATURE}", "--no-walk=unsorted", *ids, "--")
            done = self._git.run(*shown, environment=environment)
        fields = done.output.split(b"\0")
        if done.status or len(fields) != len(ids) * _ALL_FIELDS + 1:
            raise SourceError(f"git cannot verify commits: {done.reason}")
        for begin in range(0, len(ids) * _ALL_FIELDS, _ALL_FIELDS):
            own = fields[begin : begin + _ALL_FIELDS]
            verdict, primary, key, name, said = (e.decode("utf-8", "replace").strip() for e in own[FIELDS:])
            yield as_commit(own), verdict, primary or key, _printable(name), said

    def _unverified(
        self, commit: Commit, verdict: str, key: str, said: str, material: KeyMaterial
    ) -> Unverified:
        what, hint = self._flaw(commit, verdict, key, said, material)
        return Unverified(commit, _printable(what), hint, hint == _CHANGED)

    def _flaw(
        self, commit: Commit, verdict: str, key: str, said: str, material: KeyMaterial
    ) -> tuple[str, str]:
        match self._kind(commit):
            case None:
                return "is not signed", _SIGN
            case b"SIGNED MESSAGE":
                return "is signed with X.509, which mainsql does not verify", "sign with SSH or OpenPGP"
            case b"SSH SIGNATURE" if material.allowed_signers is None:
                return "is signed with SSH, and there are no allowed_signers", _TRUST + "allowed_signers"
            case b"PGP SIGNATURE" | b"PGP MESSAGE" if material.keyring is None:
                return "is signed with OpenPGP, and there is no keyring", _TRUST + "a keyring"
        match verdict:
            case "B" if "not permitted for use in signature namespace" in said:
                return "is signed with a key that is not allowed to sign for git", _TRUST + "allowed_signers"
            case "B":
                return "has a bad signature: it is not what was signed", _CHANGED
            case "U" if "key has expired" in said:
                return f"is signed with the key {key}, which had expired at the commit's time", _RENEW
            case "U" if "not yet valid" in said:
                return f"is signed with the key {key}, which was not valid yet at the commit's time", _RENEW
            case "U":
                return f"is signed with the unknown SSH key {key}", _TRUST + "allowed_signers"
            case "E" if "No public key" in said:
                return f"is signed with the unknown OpenPGP key {_named(said)}", _TRUST + "the keyring"
            case "X":
                return f"has a signature with the key {key} that has expired", _RENEW
            case "Y":
                renew = f"{_RENEW}; or prolong the key, and export it to the keyring again"
                return f"is signed with the key {key}, which has expired", renew
            case "R" if material.revoked_signers and key.startswith("SHA256:"):
                # ssh-keygen does not tell a key in the file from a file that it cannot read.
                what = f"is signed with the key {key}, which was revoked"
                return what, f"{_RENEW}; where that key is not in revoked_signers, a line there is no key"
            case "R":
                return f"is signed with the key {key}, which was revoked", _RENEW
        last = said.splitlines()[-1] if said else "no reason was given"
        return f"has a signature that cannot be checked: {last}", "see `git verify-commit`"

    def _kind(self, commit: Commit) -> bytes | None:
        """How it is signed; git says the same of no signature, and of one that it has no program for."""
        raw = self._reader.read(commit.id)
        headers = raw.partition(b"\n\n")[0] if isinstance(raw, bytes) else b""
        found = re.search(rb"^gpgsig(?:-sha256)? -----BEGIN ([A-Z ]+)-----", headers, re.MULTILINE)
        return found[1] if found else None


def _hiding(found: Signature) -> Unverified:
    return Unverified(
        found.commit,
        "is where a shallow clone ends: what it brings cannot be seen",
        "fetch all of history (git fetch --unshallow)",
    )


def _named(said: str) -> str:
    """The key that gpg says was used; it gives no fingerprint for one that it does not have."""
    found = re.search(r"using \S+ key (?:ID )?([0-9A-F]+)", said)
    return found[1] if found else ""


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
