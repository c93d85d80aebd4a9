"""How members of enumerations are called in what programs read: JSON, figures, error codes."""

from enum import Enum


def word_for(member: Enum) -> str:
    """The word for a member: `OVER_LIMIT` is "over-limit"."""
    return member.name.lower().replace("_", "-")
