"""What is said of undo in a configuration: one word, or a list of them."""

from mainsql.config.values import UndoConfig
from mainsql.model import UndoPolicy

KEEP_DATA = "keep-data"
_WORDS = (*UndoPolicy, KEEP_DATA)


def undo_config(value: object) -> UndoConfig:
    """What ``"keep-data"`` or ``["required", "keep-data"]`` stand for.

    Raises ValueError, with a message for people, for anything else, and for what cannot go together.
    """
    words = value if isinstance(value, list) else [value]
    if not words or any(word not in _WORDS for word in words):
        listed = ", ".join(f'"{word}"' for word in _WORDS)
        raise ValueError(f'must be one of {listed}, or a list: ["{UndoPolicy.REQUIRED}", "{KEEP_DATA}"]')
    policies = {policy for policy in UndoPolicy if policy in words}
    if len(policies) > 1:
        raise ValueError(" and ".join(f'"{word}"' for word in sorted(policies)) + " exclude each other")
    policy = policies.pop() if policies else UndoPolicy.DERIVED
    keeps_data = KEEP_DATA in words
    if keeps_data and policy is UndoPolicy.OPTIONAL:
        raise ValueError(
            f'"{policy}" and "{KEEP_DATA}" exclude each other: only an undo that is derived puts rows back'
        )
    return UndoConfig(policy, keeps_data)
