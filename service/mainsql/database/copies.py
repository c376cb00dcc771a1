"""The rows of a COPY, on their way to the server and back."""

from io import BytesIO
from typing import BinaryIO

from mainsql.model import Stored


def opened(data: str | Stored) -> BinaryIO:
    """Rows that a script brings, to be read and closed."""
    return data.open() if isinstance(data, Stored) else BytesIO(data.encode())


class Nowhere:
    """Takes the rows of a COPY … TO stdout, which psql would print."""

    def write(self, data: str | bytes) -> int:
        """Forgets them; how many there were."""
        return len(data)
