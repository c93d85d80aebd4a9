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
    """One coin, two transfers, and the certificates of the operators that certified their signer.

    Mostly that is one operator's one certificate. It is two where the culprit's key is certified twice:
    by another operator, or by the same one under another key.
    """

    network: str
    coin_id: bytes
    transfers: tuple[bytes, bytes]
    operators: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Encode as [network, coin id, [transfer, transfer], [operator certificate, ...]]."""
        return codec.encode([self.network, self.coin_id, list(self.transfers), list(self.operators)])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an evidence file; nothing in it is verified yet.

        Raises:
            Malformed: it is not one.
        """
        fields = codec.decode(data)
        if type(fields) is not list or len(fields) != 4:
            raise Malformed("shape", "evidence is an array of network, coin, transfers and certificates")
        network, coin_id, transfers, operators = fields
        if type(transfers) is not list or len(transfers) != 2 or type(network) is not str:
            raise Malformed("shape", "evidence holds two transfers of one network")
        if type(operators) is not list or len(operators) not in (1, 2):
            raise Malformed("shape", "evidence holds one or two certificates of operators")
        if any(type(part) is not bytes for part in (coin_id, *operators, *transfers)):
            raise Malformed("shape", "evidence holds byte strings")
        return cls(
            network=network,
            coin_id=coin_id,  # type: ignore[arg-type]  # checked above
            transfers=tuple(transfers),  # type: ignore[arg-type]
            operators=tuple(operators),  # type: ignore[arg-type]
        )


def culprit_of(evidence: bytes) -> bytes:
    """The key that evidence names, which this device has made or verified itself."""
    return Transfer.parse(Evidence.decode(evidence).transfers[0]).payer


def make_evidence(coin_id: bytes, transfers: tuple[Transfer, Transfer], trust: Trust) -> Evidence:
    """Evidence that a coin was spent twice, for anybody who has the root key.

    Raises:
        Unverified: the operator that certified the signer is not trusted here.
    """
    operators = [trust.operator_of(transfer.certificate).signed.data for transfer in transfers]
    return Evidence(
        network=trust.network,
        coin_id=coin_id,
        transfers=(transfers[0].signed.data, transfers[1].signed.data),
        operators=tuple(dict.fromkeys(operators)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedFork:
    """A proven double spend: the coin, the key that signed twice, and both transfers.

    `operator` certified the key; two names, with a comma between them, if two operators did.
    """

    coin_id: bytes
    culprit: bytes
    operator: str
    transfers: tuple[Transfer, Transfer]


def verify_evidence(data: bytes, *, root: bytes) -> VerifiedFork:
    """Verify evidence of a fork, trusting nothing but `root`, the issuer's public key (32 bytes).

    1. The operators' certificates are signed by the root.
    2. Both transfers are signed by one wallet key, which those operators certified; its certificates
       were valid when it signed.
    3. Both spend the coin, and they are different transfers: their ids differ, which are hashes of
       what was signed, so two signatures over one content are no fork.

    Raises:
        Malformed: not an evidence file.
        Unverified: it does not prove a fork, with the reason.
    """
    evidence = Evidence.decode(data)
    trust = Trust(root=root, network=evidence.network, objects_kept=8)
    for operator in evidence.operators:
        trust.add_operator(operator)
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
        operator=", ".join(dict.fromkeys(t.certificate.claims.issuer for t in (first, second))),
        transfers=(first, second),
    )
