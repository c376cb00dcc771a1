"""The script with one of everything, as far as a server knows it."""

from pathlib import Path


def base_script(major: int) -> str:
    """fingerprint.sql for a server of this major version; lines say since when they can be read."""
    lines = (Path(__file__).parent / "fingerprint.sql").read_text().splitlines(keepends=True)
    return "".join(line for line in lines if int(line.partition("-- since ")[2] or 0) <= major)
