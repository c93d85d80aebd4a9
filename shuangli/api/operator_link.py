"""What a wallet asks of an operator. Signed objects go in and come out as the bytes that were signed."""

from typing import Protocol

from shuangli.api.models import Deposit, NetworkDescription


class OperatorLink(Protocol):
    """An operator, as a wallet sees it: over HTTP, or in the same process.

    Everything may be asked again: the same enrolment, order, upload or idempotency key gets the same answer.
    All methods raise what the operator raises (`Malformed`, `Unverified`, `OutOfTurn`, `Refused`), and
    `StoreError` with the code `unavailable` where it cannot be reached: then it may have heard or not.
    """

    def describe(self) -> NetworkDescription:
        """The network and the operator. It is not signed: what counts stands in the key set."""
        ...

    def key_set(self) -> bytes:
        """The newest key set."""
        ...

    def revocation_list(self) -> bytes:
        """The newest revocation list."""
        ...

    def open_wallet(self, enrolment: bytes) -> bytes:
        """The certificate of the wallet that an enrolment opens."""
        ...

    def deposit(self, deposit: Deposit, *, idempotency_key: str) -> None:
        """Pay money in from the bank account, which in a sandbox always holds enough."""
        ...

    def load(self, order: bytes) -> bytes:
        """The load that answers an order."""
        ...

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload."""
        ...
