"""How often a client may ask, and how much it may send: a token bucket for each. Pure but for the lock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST_CLIENTS: Final = 10_000
"""So many clients are told apart; what is known of those that have asked least lately is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests, or bytes, a second for long, and `burst` at once."""

    per_s: float
    burst: int

    def __post_init__(self) -> None:
        if self.per_s <= 0 or self.burst < 1:
            raise ValueError("a rate lets something through")


class RateLimiter:
    """One bucket for each client: what goes through takes tokens, and tokens come back with time."""

    def __init__(
        self, rate: Rate, monotonic_s: Callable[[], float], *, most_clients: int = MOST_CLIENTS
    ) -> None:
        """Hold every client to this rate; `monotonic_s` is a clock that never goes back, in seconds."""
        self._rate = rate
        self._monotonic_s = monotonic_s
        self._most_clients = most_clients
        self._guard = threading.Lock()
        # The tokens that are left, and when that was; in the order in which they were last taken.
        self._buckets: dict[str, tuple[float, float]] = {}

    @property
    def burst(self) -> int:
        """More than this never goes through at once."""
        return self._rate.burst

    def wait_s(self, client: str, amount: int = 1) -> float:
        """0 if a request, or so many bytes, may go through now, and counts; else the seconds to wait."""
        now_s = self._monotonic_s()
        with self._guard:
            tokens = self._left(client, now_s)
            may = tokens >= amount
            self._buckets.pop(client, None)
            self._buckets[client] = (tokens - amount if may else tokens, now_s)
            while len(self._buckets) > self._most_clients:
                del self._buckets[next(iter(self._buckets))]
        return self._missing_s(tokens, amount)

    def ahead_s(self, client: str, amount: int) -> float:
        """The same of what is only announced: it counts once it goes through."""
        now_s = self._monotonic_s()
        with self._guard:
            return self._missing_s(self._left(client, now_s), amount)

    def _left(self, client: str, now_s: float) -> float:
        tokens, then_s = self._buckets.get(client, (float(self._rate.burst), now_s))
        return min(self._rate.burst, tokens + (now_s - then_s) * self._rate.per_s)

    def _missing_s(self, tokens: float, amount: int) -> float:
        return max(0.0, (amount - tokens) / self._rate.per_s)
