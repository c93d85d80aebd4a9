"""One line of `build/bench.json`: what was measured, beside the limit it is held against."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

Wanted = Callable[[str], bool]
"""Says of a line's name whether it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value and its limit in one unit; the ratio is value / limit."""

    name: str
    value: float
    unit: str
    limit: str
    limit_value: float

    def as_json(self) -> dict[str, Any]:
        """The entry as it stands in the file."""
        return {**asdict(self), "ratio": round(self.value / self.limit_value, 4)}
