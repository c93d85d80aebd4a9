"""Links: how the bytes of a session get from one device to the other.

A link is one direction of a connection. `MemoryLink` keeps order and loses nothing; what a real link
does to messages (loss, doubling, cuts) is for its own module.
"""

from collections import deque
from typing import Protocol

from shuangli.offline.states import Message


class Link(Protocol):
    """One direction between two devices."""

    def send(self, message: Message) -> None:
        """Put a message on its way."""
        ...

    def receive(self) -> Message | None:
        """The next message that has arrived, or None.

        Raises:
            Malformed: what arrived is not a message.
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
