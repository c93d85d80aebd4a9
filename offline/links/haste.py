"""How soon a request must be there: a bound on relays (F43).

A relay puts a far payee's request in front of a payer who believes to pay the near one. The request is
stored before it is shown, so an honest payee has nothing to compute, and it arrives a round trip after the
tap; a live relay adds its own way there and back. The payer's device measures from the tap (connected,
or selected) to the request, before it signs, and refuses what takes longer. What this does not stop: a relay
that fetched the request beforehand, within the request's life. Against that stands what is signed: the
payer's device shows whom the request names. The clock comes in as a function.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shuangli.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Haste:
    """The most seconds from a tap to its request, and the monotonic clock that measures them."""

    most_s: float
    monotonic_s: Callable[[], float]

    def start(self) -> float:
        """The time of a tap, for `check`."""
        return self.monotonic_s()

    def check(self, started_at_s: float) -> None:
        """Make sure that the request which is there now came in time.

        Raises:
            Refused: it did not (`too-slow`).
        """
        took_s = self.monotonic_s() - started_at_s
        if took_s > self.most_s:
            raise Refused("too-slow", f"the request took {took_s:.3f} s, allowed are {self.most_s:.3f} s")


UNHURRIED: Final = Haste(most_s=math.inf, monotonic_s=lambda: 0.0)
"""No bound: for links on which people take their time."""
