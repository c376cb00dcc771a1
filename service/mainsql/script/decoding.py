"""Bytes → text: what can be a script, and what cannot."""

from mainsql.errors import Place, ScriptError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def decode(content: bytes, place: Place, *, line: int = 1, first: bool = True) -> str:
    """The text of a file, or of a piece of it that begins with a ``line``, without byte order mark.

    Raises ScriptError, with its place in the file that ``place`` names.
    """
    if first and content.startswith(_LFS_POINTER):
        raise ScriptError(
            "this is a git LFS pointer, not the file itself", place=place, hint="keep scripts in git itself"
        )
    if first:
        content = content.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ScriptError(
            f"this is not UTF-8: byte 0x{content[error.start]:02x}",
            place=_after(content[: error.start].decode("utf-8"), place, line),
            hint="convert the file to UTF-8 (iconv -f LATIN1 -t UTF-8, for example)",
        ) from None
    before, nul, _ = text.partition("\0")
    if nul:
        raise ScriptError(
            "a NUL character cannot be part of a script",
            place=_after(before, place, line),
            hint="the file may be UTF-16: convert it to UTF-8",
        )
    return text


def _after(text: str, place: Place, line: int) -> Place:
    return Place(place.path, line + text.count("\n"), len(text) - text.rfind("\n"), place.included_from)
