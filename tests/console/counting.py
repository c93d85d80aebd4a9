"""Entries of a log, counted as they are read."""

from shuangli.messages.events import Event


class Counting:
    """Reads entries, and counts them."""

    read = 0

    @classmethod
    def decode(cls, data: bytes) -> Event:
        """Read an entry, and count it."""
        cls.read += 1
        return Event.decode(data)
