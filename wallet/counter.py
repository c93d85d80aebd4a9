"""The counter of a device: it only goes up, whatever happens to the files. The edge to hardware.

A wallet file carries the counter's value of its last write, so an older copy of the file is found out
(`wallet.wallet_file`). Secure elements and TPMs have such counters (TPM 2.0 part 3, NV_Increment):
they are read, and raised by one.
"""

from typing import Protocol


class Counter(Protocol):
    """A counter outside the wallet file that nobody can set back."""

    @property
    def value(self) -> int:
        """Where it stands."""
        ...

    def increment(self) -> int:
        """Raise it by one and return where it stands then; it has been raised for good."""
        ...


class MemoryCounter:
    """A counter in memory: of a simulated secure element, and for tests."""

    __slots__ = ("value",)

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def increment(self) -> int:
        """Raise it by one."""
        self.value += 1
        return self.value
