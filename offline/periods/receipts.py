"""Receipts that wallets were given, held against the log that they name their entries in.

An acknowledgement is signed, and names its upload's entry: its number and the hash of its leaf. A log without
it is one that its origin has promised otherwise, and the two signed objects prove that to anybody
(`shuangli.offline.omission`).
"""

from collections.abc import Sequence
from typing import Self

from shuangli.cose import Verifier
from shuangli.errors import Malformed, Unverified
from shuangli.merkle import leaf_hash
from shuangli.messages.certificates import RoleCertificate
from shuangli.messages.notices import Acknowledgement


class Receipts:
    """Signed acknowledgements of one operator, and which of their entries were seen."""

    def __init__(self, promised: dict[int, bytes]) -> None:
        """Expect these leaves, 32 bytes each, under their numbers."""
        self._promised = promised
        self._seen: set[int] = set()
        self._other: int | None = None

    @classmethod
    def read(cls, receipts: Sequence[bytes], certificate: RoleCertificate, *, origin: str) -> Self:
        """Verify receipts, and note what they promise of the log of `origin`.

        Raises:
            Unverified: one is no receipt, of another operator, or not signed by this one (`report`).
        """
        promised: dict[int, bytes] = {}
        verifier = Verifier(capacity=1)
        for position, data in enumerate(receipts, 1):
            try:
                said = Acknowledgement.parse(data)
                verifier.check_once(said.signed, certificate.claims.key, "receipt")
            except (Malformed, Unverified) as fault:
                raise Unverified("report", f"receipt {position} is not one of {origin}: {fault}") from fault
            if said.operator != origin:
                raise Unverified("report", f"receipt {position} is of {said.operator}, not of {origin}")
            promised[said.entry.number] = said.entry.leaf_hash
        return cls(promised)

    def see(self, number: int, data: bytes) -> None:
        """Compare an entry with what was promised under its number."""
        expected = self._promised.get(number)
        if expected is None:
            return
        self._seen.add(number)
        if leaf_hash(data) != expected and self._other is None:
            self._other = number

    def check(self) -> None:
        """Make sure that all that was promised was seen.

        Raises:
            Unverified: an entry is another than promised, or is not there (`audit-log`).
        """
        if self._other is not None:
            raise Unverified("audit-log", f"a receipt names entry {self._other}, where the log has another")
        missing = self._promised.keys() - self._seen
        if missing:
            raise Unverified("audit-log", f"a receipt names entry {min(missing)}, which the log has not got")
