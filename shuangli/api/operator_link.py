"""What a wallet asks of an operator. Signed objects go in and come out as the bytes that were signed."""

from typing import TYPE_CHECKING, Protocol

from shuangli.api.models import NetworkDescription

if TYPE_CHECKING:  # pydantic comes with the extra `api`
    from shuangli.api.asked import TransferOrder
    from shuangli.api.told import Booked, LimitsView, ReceiptView, StatementView
    from shuangli.api.told_service import Done, IdentifiedTold, RecoveryTold, SecretTold


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

    def identified(self, code: str) -> "IdentifiedTold":
        """The person and tier that a code is for, which the operator gave to somebody it has identified."""
        ...

    def make_up_person(self, tier: int) -> "IdentifiedTold":
        """In a sandbox, a made-up person with such a code."""
        ...

    def open_wallet(self, enrolment: bytes, *, code: str = "") -> bytes:
        """The certificate of the wallet that an enrolment opens; asked again, it needs no code."""
        ...

    def name_recovery_key(self, wallet: bytes, recovery_key: bytes, *, code: str = "") -> "RecoveryTold":
        """Let a key recover a wallet from now on, in place of the one before; with a second factor's code."""
        ...

    def recovery(self, recovery_key: bytes) -> "RecoveryTold":
        """What a recovery key gives back; the request is signed with it, as those below."""
        ...

    def recover(self, recovery_key: bytes, enrolment: bytes) -> bytes:
        """The certificate of the wallet that takes the place of the lost one."""
        ...

    def deposit(self, wallet: bytes, amount_fen: int, *, idempotency_key: str) -> "Booked":
        """Pay money in from the bank account, which in a sandbox always holds enough."""
        ...

    def load(self, order: bytes, *, code: str = "") -> bytes:
        """The load that answers an order; above an amount with a code."""
        ...

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload."""
        ...

    def certificate(self, wallet: bytes) -> bytes:
        """The newest certificate of a wallet."""
        ...

    def returns(self, wallet: bytes, *, after: int) -> list[bytes]:
        """Signed notices of what has come back to a wallet since the notice of this number."""
        ...

    def limits(self, wallet: bytes) -> "LimitsView":
        """A wallet's limits, and what is left of them."""
        ...

    def statement(
        self, wallet: bytes, *, start_s: int = 0, end_s: int = 2**40, after: int = 0, most: int = 100
    ) -> "StatementView":
        """What the wallet's account did in a period, after an entry of this number."""
        ...

    def transfer(
        self, wallet: bytes, asked: "TransferOrder", *, idempotency_key: str, code: str = ""
    ) -> "ReceiptView":
        """Pay another customer of the operator online; above an amount with a code."""
        ...

    def start_second_factor(self, wallet: bytes) -> "SecretTold":
        """A secret for codes, shown once; it is in use after `confirm_second_factor`."""
        ...

    def confirm_second_factor(self, wallet: bytes, code: str) -> "Done":
        """Put the second factor into use by a code of it."""
        ...
