"""Links: how the bytes of a session get from one device to the other.

`Link` is one device's end of a connection. `MemoryLink` is one direction in memory, both ends in one
object: it keeps order and loses nothing, and the simulator sends every payment over two of them.
`Duplex` joins two directions to one device's end. The other links:

    faulty.py   a memory link that loses, doubles, delays, damages and is cut, by a script
    sockets.py  TCP and Unix sockets, with the frames of frames.py
    qr.py       a message in one or more QR codes; qr_images.py draws and qr_reading.py reads them
    text.py     a message as text; hand.py a session whose messages a person carries
    ndef.py     a message as an NFC record; apdu.py and chaining.py as card commands; tap.py a session so

No link hides anything from an eavesdropper, and none needs to be trusted: what a device acts on is
signed, and what it has stored is sent again. See `docs/reference/links.md`.
"""

from collections import deque
from typing import Protocol

from shuangli.offline.states import Message


class Link(Protocol):
    """One device's end of a connection."""

    def send(self, message: Message) -> None:
        """Put a message on its way.

        Raises:
            LinkError: the connection does not take it.
        """
        ...

    def receive(self) -> Message | None:
        """The next message; None if there is none now (in memory), or none will come (after a goodbye).

        Raises:
            Malformed: what arrived is not a message.
            LinkError: the connection was cut, or the other side is silent.
        """
        ...


class MemoryLink:
    """A link in memory: bytes go in at one end and come out at the other, in order."""

    __slots__ = ("_waiting", "carried_bytes")

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self.carried_bytes = 0

    def send(self, message: Message) -> None:
        """Put a message on its way."""
        data = message.encode()
        self.carried_bytes += len(data)
        self._waiting.append(data)

    def receive(self) -> Message | None:
        """The next message, or None."""
        return Message.decode(self._waiting.popleft()) if self._waiting else None


class Duplex:
    """One device's end of two one-way links."""

    __slots__ = ("_inbound", "_outbound")

    def __init__(self, *, outbound: Link, inbound: Link) -> None:
        self._outbound = outbound
        self._inbound = inbound

    def send(self, message: Message) -> None:
        """Put a message on its way to the other device."""
        self._outbound.send(message)

    def receive(self) -> Message | None:
        """The next message of the other device, or None."""
        return self._inbound.receive()
