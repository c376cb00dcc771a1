"""Follows symbolic links inside a commit, without a file system that would follow them anywhere."""

from collections.abc import Callable

from mainsql.errors import SourceError

_MOST = 40  # as Linux does, path_resolution(7)


def follow(
    path: str,
    is_file: Callable[[str], bool],
    link: Callable[[str], str | None],
    error: Callable[[str], SourceError],
) -> str | None:
    """The path of the file that a path leads to, through links also on the way; None where there is none.

    ``link`` gives where the link at a path leads to, None for what is no link; it may raise for what
    cannot be read. ``error`` makes an error of what is wrong with the path; it is raised for a link
    that leaves the repository or leads back to itself.
    """
    done: list[str] = []
    ahead = path.split("/")[::-1]
    links = 0
    while ahead:
        part = ahead.pop()
        if part == ".." and not done:
            raise error("leads out of the repository")
        if part == "..":
            done.pop()
            continue
        if part in ("", "."):
            continue
        done.append(part)
        here = "/".join(done)
        if is_file(here):
            return None if ahead else here  # a file is no folder
        target = link(here)
        if target is None:
            continue  # a folder, or nothing
        links += 1
        if target.startswith("/"):
            raise error(f"leads out of the repository, to '{target}'")
        if links > _MOST:
            raise error("is a symbolic link that leads back to itself")
        done.pop()
        ahead += target.split("/")[::-1]
    return None
