"""The life of an epoch, as a table: what may become of it, and what is done under it in each state. Pure.

    OPEN ----end minting----> MINTING_CLOSED --close--> CLOSED --archive--> ARCHIVED
      |                            |                      ^
      +---alarm---> STOPPED <------+                      |
      |               |  +-----------close----------------+
      +--supply off---+--> SUSPENDED --release--> STOPPED

An *alarm* is a load under the epoch's key that the issuer has not minted: the key has leaked. From then on
nothing is minted, devices refuse its coins, and what the mint log knows is settled as before, so that honest
holders exchange it. *Supply off* is a total that does not add up: nobody can say what is owed, so nothing is
settled either until people have looked and *release* the epoch. Other epochs go on meanwhile.

Whatever is not in the table is illegal, and changes nothing.
"""

from enum import Enum
from typing import Final

from shuangli.errors import Refused


class EpochState(Enum):
    """The states; the values stand in the database."""

    OPEN = "open"
    MINTING_CLOSED = "minting-closed"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    ARCHIVED = "archived"

    @property
    def mints(self) -> bool:
        """Say whether loads are minted under it."""
        return self is EpochState.OPEN

    @property
    def settles(self) -> bool:
        """Say whether what is handed in is settled, and what nobody claims goes back."""
        return self in (EpochState.OPEN, EpochState.MINTING_CLOSED, EpochState.STOPPED)

    @property
    def revoked(self) -> bool:
        """Say whether revocation lists name it."""
        return self in (EpochState.STOPPED, EpochState.SUSPENDED)


class EpochEvent(Enum):
    """What happens to an epoch."""

    END_MINTING = "end minting"
    ALARM = "alarm"
    SUPPLY_OFF = "supply off"
    RELEASE = "release"
    CLOSE = "close"
    ARCHIVE = "archive"


_S, _E = EpochState, EpochEvent
MOVES: Final[dict[tuple[EpochState, EpochEvent], EpochState]] = {
    (_S.OPEN, _E.END_MINTING): _S.MINTING_CLOSED,
    (_S.OPEN, _E.ALARM): _S.STOPPED,
    (_S.OPEN, _E.SUPPLY_OFF): _S.SUSPENDED,
    (_S.MINTING_CLOSED, _E.ALARM): _S.STOPPED,
    (_S.MINTING_CLOSED, _E.SUPPLY_OFF): _S.SUSPENDED,
    (_S.MINTING_CLOSED, _E.CLOSE): _S.CLOSED,
    (_S.STOPPED, _E.ALARM): _S.STOPPED,
    (_S.STOPPED, _E.SUPPLY_OFF): _S.SUSPENDED,
    (_S.STOPPED, _E.CLOSE): _S.CLOSED,
    (_S.SUSPENDED, _E.ALARM): _S.SUSPENDED,
    (_S.SUSPENDED, _E.SUPPLY_OFF): _S.SUSPENDED,
    (_S.SUSPENDED, _E.RELEASE): _S.STOPPED,
    (_S.CLOSED, _E.SUPPLY_OFF): _S.SUSPENDED,
    (_S.CLOSED, _E.ARCHIVE): _S.ARCHIVED,
}
"""(state, event) -> the next state."""
PAST: Final = (EpochState.CLOSED, EpochState.ARCHIVED)
"""The states in which everything has its fate: what is handed in now is late, and changes nothing."""


def next_state(state: EpochState, event: EpochEvent) -> EpochState:
    """The state that an event leads to.

    Raises:
        Refused: the table has no such move (`epoch`).
    """
    found = MOVES.get((state, event))
    if found is None:
        raise Refused("epoch", f"an epoch that is {state.value} has no event {event.value!r}")
    return found
