"""Takes passwords out of text before a person or a log sees it."""

import re

_IN_URL = re.compile(r"(://[^\s:/@]*):\S+@")
_IN_CONNINFO = re.compile(r"(?i)\b(password|sslpassword|passphrase)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)")


def redact(text: str) -> str:
    """The text with every password in a URL or a libpq connection string shown as ``***``.

    It would rather hide too much than too little: in a URL everything up to the last ``@`` is
    taken as the password, so that one with an ``@`` or a ``/`` in it does not slip through.
    """
    return _IN_CONNINFO.sub(r"\1\2***", _IN_URL.sub(r"\1:***@", text))
