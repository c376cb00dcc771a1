"""The files of a commit that a tree is made of, each read once."""

from collections.abc import Callable

from mainsql.errors import Place, ScriptError
from mainsql.model import Gap, Stored
from mainsql.script.decoding import decode
from mainsql.script.limits import Amount, is_too_long, too_much
from mainsql.script.text import LargeText, Text

Read = Callable[[str], bytes | Stored | None]
"""The contents of the file at a path from the root of the repository, or None. Stored if it is large."""


class ScriptFiles:
    """Reads scripts once each; ``texts`` are those read so far, by path, without byte order mark.

    ``amount`` is what has been read of them, all together.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._asked: dict[str, bytes | Stored] = {}  # read to see whether it is there, and not used yet
        self._large: dict[str, Stored] = {}
        self.amount = Amount()
        self.texts: dict[str, str] = {}
        self.gaps: dict[str, tuple[Gap, ...]] = {}

    def exists(self, path: str) -> bool:
        """Whether the commit has such a file."""
        if path in self.texts or path in self._asked:
            return True
        content = self._read(path)
        if content is not None:
            self._asked[path] = content
        return content is not None

    def script(self, path: str, place: Place) -> Text:
        """The text of a script that is known to people as ``place``. Raises ScriptError."""
        content = self._content(path, place)
        if isinstance(content, str):
            return Text(content)
        if is_too_long(content):
            raise too_much(place)
        return LargeText(content, place)

    def left(self, path: str, text: Text) -> None:
        """Takes down what was read of a script."""
        if path in self._large:
            self.texts[path], self.gaps[path] = text.text, text.gaps

    def rows(self, path: str, place: Place) -> str | Stored:
        """The contents of a file with rows for a COPY. Raises ScriptError."""
        return self._content(path, place)

    def _content(self, path: str, place: Place) -> str | Stored:
        if path in self._large:
            return self._large[path]
        if path not in self.texts:
            content = self._asked.pop(path, None)
            if content is None:
                content = self._read(path)
            if content is None:
                raise ScriptError("there is no such file in the commit", place=place)
            if isinstance(content, Stored):
                self._large[path], self.texts[path] = content, ""
                return content
            self.texts[path] = decode(content, place)
        return self.texts[path]
