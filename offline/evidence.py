"""Evidence of a fork: two transfers that spend one coin, checkable by anybody with the root key.

The culprit is the key that signed both. Neither the order of arrival nor the operators' word matters.
Validity is judged at signing time. Evidence proves a *key*; who held it is the operator's enrolment
record.
"""

from dataclasses import dataclass
from typing import Self

from shuangli import codec
from shuangli.errors import Malformed, Unverified
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import verify_signature
from shuangli.offline.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One coin, two transfers, and the certificate of the operator that certified their signer."""

    network: str
    coin_id: bytes
    transfers: tuple[bytes, bytes]
    operator: bytes

    def encode(self) -> bytes:
        """Encode as [network, coin id, [transfer, transfer], operator certificate]."""
        return codec.encode([self.network, self.coin_id, list(self.transfers), self.operator])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an evidence file; nothing in it is verified yet.

        Raises:
            Malformed: it is not one.
        """
        fields = codec.decode(data)
        if type(fields) is not list or len(fields) != 4:
            raise Malformed("shape", "evidence is an array of network, coin, two transfers and a certificate")
        network, coin_id, transfers, operator = fields
        if type(transfers) is not list or len(transfers) != 2 or type(network) is not str:
            raise Malformed("shape", "evidence holds two transfers of one network")
        if any(type(part) is not bytes for part in (coin_id, operator, *transfers)):
            raise Malformed("shape", "evidence holds byte strings")
        return cls(network=network, coin_id=coin_id, transfers=tuple(transfers), operator=operator)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedFork:
    """A proven double spend: the coin, the key that signed twice, and both transfers."""

    coin_id: bytes
    culprit: bytes
    operator: str
    transfers: tuple[Transfer, Transfer]


def verify_evidence(data: bytes, *, root: bytes) -> VerifiedFork:
    """Verify evidence of a fork, trusting nothing but `root`, the issuer's public key (32 bytes).

    1. The operator's certificate is signed by the root.
    2. Both transfers are signed by one wallet key, which that operator certified; its certificates
       were valid when it signed.
    3. Both spend the coin, and they are different transfers: their ids differ, which are hashes of
       what was signed, so two signatures over one content are no fork.

    Raises:
        Malformed: not an evidence file.
        Unverified: it does not prove a fork, with the reason.
    """
    evidence = Evidence.decode(data)
    trust = Trust(root=root, network=evidence.network, objects_kept=8)
    operator = trust.add_operator(evidence.operator)
    first, second = (Transfer.parse(transfer) for transfer in evidence.transfers)
    for transfer in (first, second):
        verify_signature(transfer, trust)
    if first.payer != second.payer:
        raise Unverified("not-a-fork", "two different keys signed the transfers")
    if first.signed.id == second.signed.id:
        raise Unverified("not-a-fork", "both are the same transfer")
    for transfer in (first, second):
        if all(spend.coin_id != evidence.coin_id for spend in transfer.spends):
            raise Unverified("not-a-fork", "a transfer does not spend the coin")
    return VerifiedFork(
        coin_id=evidence.coin_id,
        culprit=first.payer,
        operator=operator.claims.subject or "",
        transfers=(first, second),
    )
