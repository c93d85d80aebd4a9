"""Trips: who enters where and when, waits how long at the gate, leaves, and pays how much.

Riders pay when they leave the metro, at a gate, and when they board a bus. All that decides it is drawn or
worked out here, before the run: arrivals at the gates, queues, fares.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shuangli.sims.arrays import Bools, Ints

BUS: Final = -1
"""The gate of a trip by bus."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trips:
    """One trip in each place of the arrays, in order of `exit_s` (then entry, origin, destination, wallet).

    entry_s, exit_s: seconds since midnight of the first day; `exit_s` is when the fare is paid. origin,
    destination: positions in `places`; a bus line is both at once. fare_fen: what is paid, 0 where the day's
    cap is reached. wallet: from 0 to `wallets - 1`. waited_ms: in the queue at the gate. gate: which gate of
    its row, from 0; `BUS` for a bus, and then `bus` is which one of its line (0 elsewhere). phone: the
    kind of device of each wallet.

    `ValueError` if the arrays do not fit together, or a wallet would be on two trips at once. They are kept
    as read-only copies.
    """

    stations: tuple[str, ...]
    lines: tuple[str, ...]
    wallets: int
    phone: Ints
    entry_s: Ints
    exit_s: Ints
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    fare_fen: Ints
    wallet: NDArray[np.int32]
    waited_ms: Ints
    gate: Ints
    bus: Ints

    def __post_init__(self) -> None:
        limits = {"origin": len(self.places), "destination": len(self.places), "wallet": self.wallets}
        for field in fields(self)[4:]:
            values = np.array(getattr(self, field.name), dtype=np.int32 if field.name in limits else np.int64)
            if values.ndim != 1 or values.shape != self.exit_s.shape or not values.size:
                raise ValueError("trips need arrays of one length, with at least one trip")
            low = BUS if field.name == "gate" else 0
            if values.min() < low or values.max() >= limits.get(field.name, 2**62):
                raise ValueError(f"{field.name} is out of range")
            values.setflags(write=False)
            object.__setattr__(self, field.name, values)
        if self.phone.shape != (self.wallets,):
            raise ValueError("each wallet is on one device")
        if (np.diff(self.exit_s) < 0).any():
            raise ValueError("trips must be in order of their exits")
        if ((self.gate == BUS) != (self.origin >= len(self.stations))).any():
            raise ValueError("there is a gate at stations, and only there")
        order = np.lexsort((self.exit_s, self.entry_s, self.wallet))
        # Who waits at the gate has arrived; rounded up, since a tap ends within a second.
        arrives_s = self.exit_s - -(-self.waited_ms // 1_000) - 1
        same = np.diff(self.wallet[order]) == 0
        overlap = self.entry_s[order][1:] < arrives_s[order][:-1]
        if (self.entry_s > self.exit_s).any() or overlap[same].any():
            raise ValueError("a trip must take time, and a wallet can only be on one trip at once")

    def __len__(self) -> int:
        return self.exit_s.size

    @property
    def places(self) -> tuple[str, ...]:
        """Where people enter and leave: stations, then bus lines."""
        return (*self.stations, *self.lines)

    @property
    def metro(self) -> Bools:
        """Which trips are by metro."""
        found: Bools = self.gate != BUS
        return found
