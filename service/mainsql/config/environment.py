"""``${NAME}`` in the strings of a configuration."""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}|\$\{", re.ASCII)


def expand(text: str, environment: Mapping[str, str]) -> str:
    """The text with ``${NAME}`` and ``${NAME:-default}`` replaced; ``$${`` stands for ``${``.

    As in a shell, the default also stands in for a variable that is set and empty. What a
    variable holds is not expanded again. Raises ValueError that names what is not set.
    """
    unset: dict[str, None] = {}

    def replace(found: re.Match[str]) -> str:
        name, default = found["name"], found["default"]
        if found.group() == "$${":
            return "${"
        if name is None:
            raise ValueError("write ${NAME} or ${NAME:-default} for a variable, $${ for a plain ${")
        if default is not None:
            return environment.get(name) or default
        if name not in environment:
            unset[name] = None
        return environment.get(name, "")

    expanded = _REFERENCE.sub(replace, text)
    if unset:
        verb = "is" if len(unset) == 1 else "are"
        raise ValueError(f"{' and '.join(unset)} {verb} not set in the environment")
    return expanded
