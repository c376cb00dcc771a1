"""What git's log says of commits, in one form whatever the user's configuration wants."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from mainsql.model import Commit

FORMAT = "%H%x00%ct%x00%an%x00%ae%x00%B"
"""Hash, committer's date, author's name and mail, message; NUL is what no commit has in it."""
FIELDS = 5

LOG = (
    *("-c", "log.showSignature=false", "-c", "log.showRoot=true"),
    *("-c", "log.diffMerges=first-parent"),
    *("log", "-z", "--encoding=UTF-8"),
)
"""``git log``, each of whose fields ends with NUL. Signatures are not looked at unless the format asks."""

# Whoever may push writes them: a terminal takes the first for orders, and shows the others elsewhere.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile(r"\r\n?")
_LAST_SECOND = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


def as_commit(fields: Sequence[bytes]) -> Commit:
    """The commit that the fields of ``FORMAT`` tell of, which may be followed by others."""
    commit_id, seconds, name, mail, message = (field.decode("utf-8", "replace") for field in fields[:FIELDS])
    at = datetime.fromtimestamp(min(int(seconds or 0), _LAST_SECOND), UTC)
    return Commit(commit_id, legible(f"{name} <{mail}>"), legible(message), at)


def legible(text: str) -> str:
    """What people wrote, as it may be shown to others: lines end with LF, other controls are ``?``."""
    return _CONTROLS.sub("?", _LINE_END.sub("\n", text))
