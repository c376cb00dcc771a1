"""The files of a commit as text: what can be a script, and what cannot."""

from collections.abc import Callable

from mainsql.errors import Place, ScriptError

Read = Callable[[str], bytes | None]
"""The contents of the file at a path from the root of the repository, or None."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


class ScriptFiles:
    """Reads scripts once each; ``texts`` are those read so far, by path, without byte order mark."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._asked: dict[str, bytes] = {}  # read to see whether it is there, and not used yet
        self.texts: dict[str, str] = {}

    def exists(self, path: str) -> bool:
        """Whether the commit has such a file."""
        if path in self.texts or path in self._asked:
            return True
        content = self._read(path)
        if content is not None:
            self._asked[path] = content
        return content is not None

    def text(self, path: str, place: Place) -> str:
        """The text of a script that is known to people as ``place``. Raises ScriptError."""
        if path not in self.texts:
            content = self._asked.pop(path, None) or self._read(path)
            if content is None:
                raise ScriptError("there is no such file in the commit", place=place)
            self.texts[path] = _decode(content, place)
        return self.texts[path]


def _decode(content: bytes, place: Place) -> str:
    if content.startswith(_LFS_POINTER):
        raise ScriptError(
            "this is a git LFS pointer, not the file itself", place=place, hint="keep scripts in git itself"
        )
    content = content.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ScriptError(
            f"this is not UTF-8: byte 0x{content[error.start]:02x}",
            place=_after(content[: error.start].decode("utf-8"), place),
            hint="convert the file to UTF-8 (iconv -f LATIN1 -t UTF-8, for example)",
        ) from None
    before, nul, _ = text.partition("\0")
    if nul:
        raise ScriptError(
            "a NUL character cannot be part of a script",
            place=_after(before, place),
            hint="the file may be UTF-16: convert it to UTF-8",
        )
    return text


def _after(text: str, place: Place) -> Place:
    line = text.count("\n") + 1
    return Place(place.path, line, len(text) - text.rfind("\n"), place.included_from)
