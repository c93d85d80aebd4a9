"""A memory link with faults: each message meets the fate that a script gives it.

The script is explicit (a list of fates), or drawn with given odds from a stream of numbers that the
caller seeds. Messages travel in frames, so a flipped bit is met as on a socket. Pure: the same script
and the same clock give the same arrivals.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from shuangli.offline.links.frames import decode_frame, encode_frame
from shuangli.offline.states import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of one message.

    Attributes:
        copies: how often it arrives: 0 is lost, 2 is doubled
        delay_ms: how much later it arrives than it was sent; what is sent later may overtake it
        flip_bit: a bit of the frame that arrives inverted, counted from its start, modulo its length
        cut: the cable is cut while the message is on its way: it and all later ones are lost
    """

    copies: int = 1
    delay_ms: int = 0
    flip_bit: int | None = None
    cut: bool = False

    def __post_init__(self) -> None:
        if self.copies < 0 or self.delay_ms < 0 or (self.flip_bit or 0) < 0:
            raise ValueError("copies, delay_ms and flip_bit are 0 or more")


ARRIVES: Final = Fate()
LOST: Final = Fate(copies=0)
DOUBLED: Final = Fate(copies=2)
CUT: Final = Fate(cut=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """With what probability each fault befalls a message; a delay is even in 1..`longest_delay_ms`."""

    lost: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    flipped: float = 0.0
    cut: float = 0.0
    longest_delay_ms: int = 1_000

    def __post_init__(self) -> None:
        odds = (self.lost, self.doubled, self.delayed, self.flipped, self.cut)
        if not all(0 <= value <= 1 for value in odds) or self.longest_delay_ms < 1:
            raise ValueError("odds lie in 0..1, and the longest delay is at least 1 ms")


def drawn_fates(odds: Odds, draw: Callable[[], float]) -> Iterator[Fate]:
    """Endless fates; `draw` gives numbers in [0, 1), such as `random.Random(seed).random`.

    Every fate takes the same count of numbers, so that a change of odds moves no later draw.
    """
    while True:
        lost, doubled, delayed, delay, flipped, bit, cut = (draw() for _ in range(7))
        copies = 0 if lost < odds.lost else 2 if doubled < odds.doubled else 1
        yield Fate(
            copies=copies,
            delay_ms=1 + int(delay * odds.longest_delay_ms) if delayed < odds.delayed else 0,
            flip_bit=int(bit * 2**16) if flipped < odds.flipped else None,
            cut=cut < odds.cut,
        )


class Cable:
    """What the two directions of a connection share: when one is cut, so is the other."""

    __slots__ = ("is_cut",)

    def __init__(self) -> None:
        self.is_cut = False


class ScriptedLink:
    """One direction in memory whose messages meet their fates in turn; after the script all arrive.

    Attributes:
        carried_bytes: bytes of all messages that were sent, as in `MemoryLink`, also of lost ones
    """

    __slots__ = ("_cable", "_fates", "_now_ms", "_sent", "_under_way", "carried_bytes")

    def __init__(
        self,
        fates: Iterable[Fate] = (),
        *,
        cable: Cable | None = None,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        """Without a clock nobody waits: a delay then only lets later messages overtake."""
        self._fates = iter(fates)
        self._cable = cable or Cable()
        self._now_ms = now_ms
        self._sent = 0
        self._under_way: list[tuple[int, int, bytes]] = []
        self.carried_bytes = 0

    def send(self, message: Message) -> None:
        """Put a message on its way; that it was lost, the sender does not notice."""
        frame = encode_frame(message)
        fate = next(self._fates, ARRIVES)
        self.carried_bytes += len(message.encode())
        self._cable.is_cut = self._cable.is_cut or fate.cut
        if self._cable.is_cut:
            return
        if fate.flip_bit is not None:
            frame = flip(frame, fate.flip_bit)
        arrives_ms = (self._now_ms() if self._now_ms else 0) + fate.delay_ms
        for _ in range(fate.copies):
            self._sent += 1
            heappush(self._under_way, (arrives_ms, self._sent, frame))

    def receive(self) -> Message | None:
        """The message that has arrived first, or None.

        Raises:
            Malformed: it was damaged on its way.
        """
        if not self._under_way or (self._now_ms and self._under_way[0][0] > self._now_ms()):
            return None
        return decode_frame(heappop(self._under_way)[2])


def flip(data: bytes, bit: int) -> bytes:
    """`data` (not empty) with one bit inverted, counted from its start, modulo its length."""
    at, place = divmod(bit % (8 * len(data)), 8)
    return data[:at] + bytes((data[at] ^ 0x80 >> place,)) + data[at + 1 :]
