"""How often a client may ask: a token bucket for each. Pure but for the lock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST_CLIENTS: Final = 10_000
"""So many clients are told apart; what is known of those that have asked least lately is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests a second for long, and `burst` at once."""

    per_s: float
    burst: int

    def __post_init__(self) -> None:
        if self.per_s <= 0 or self.burst < 1:
            raise ValueError("a rate lets something through")


class RateLimiter:
    """One bucket for each client: a request takes a token, and tokens come back with time."""

    def __init__(
        self, rate: Rate, monotonic_s: Callable[[], float], *, most_clients: int = MOST_CLIENTS
    ) -> None:
        """Let every client ask at this rate; `monotonic_s` is a clock that never goes back, in seconds."""
        self._rate = rate
        self._monotonic_s = monotonic_s
        self._most_clients = most_clients
        self._guard = threading.Lock()
        # The tokens that are left, and when that was; in the order of the last request.
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, client: str) -> float:
        """0 if a request may go through now, and counts; else how long the client must wait, in seconds."""
        now_s = self._monotonic_s()
        with self._guard:
            tokens, then_s = self._buckets.pop(client, (float(self._rate.burst), now_s))
            tokens = min(self._rate.burst, tokens + (now_s - then_s) * self._rate.per_s)
            may = tokens >= 1
            self._buckets[client] = (tokens - 1 if may else tokens, now_s)
            while len(self._buckets) > self._most_clients:
                del self._buckets[next(iter(self._buckets))]
        return 0.0 if may else (1 - tokens) / self._rate.per_s
