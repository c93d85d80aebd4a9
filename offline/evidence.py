"""Evidence of a fork: two spends of one coin, checkable by anybody with the root key.

Mostly they are two transfers, and the culprit is the key that signed both. Or a payee has refused a coin,
which gave it back to its payer, and has spent it as well: then they are its refusal and its transfer.
Neither the order of arrival nor the operators' word matters. Validity is judged at signing time. Evidence
proves a *key*; who held it is the operator's enrolment record.
"""

from dataclasses import dataclass
from typing import Self

from shuangli import codec
from shuangli.errors import Malformed, Unverified
from shuangli.messages.fields import read_list
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import PAYEE_OUTPUT, Transfer, output_coin_id
from shuangli.offline.chain import verify_signature
from shuangli.offline.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One coin, the transfers that spend it, and the certificates of those who certified their signer.

    They are two transfers, or one and a `refusal`: `source_id` is then the coin that was split into the
    refused one, whose id is a hash of the refused transfer's id and of this. So both signatures are the
    culprit's, and nothing needs to be shown of its payer.

    Mostly there is one operator's one certificate. There are two of them where the culprit's key is certified
    twice: by another operator, or by the same one under another key.
    """

    network: str
    coin_id: bytes
    transfers: tuple[bytes, ...]
    operators: tuple[bytes, ...]
    refusal: bytes = b""
    source_id: bytes = b""

    def encode(self) -> bytes:
        """Encode as [network, coin id, [transfer, transfer], [operator certificate, ...]].

        With a refusal: [network, coin id, [transfer], [operator certificate, ...], refusal, source id].
        """
        refused = [self.refusal, self.source_id] if self.refusal else []
        return codec.encode(
            [self.network, self.coin_id, list(self.transfers), list(self.operators), *refused]
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an evidence file; nothing in it is verified yet.

        Raises:
            Malformed: it is not one.
        """
        fields = read_list(codec.decode(data), "evidence")
        if len(fields) not in (4, 6) or type(fields[0]) is not str:
            raise Malformed("shape", "evidence is an array of network, coin, spends and certificates")
        network, coin_id, transfers, operators, *refused = fields
        transfers, operators = read_list(transfers, "transfers"), read_list(operators, "certificates")
        if len(transfers) != (1 if refused else 2):
            raise Malformed("shape", "evidence holds two transfers of one network, or one and a refusal")
        if len(operators) not in (1, 2):
            raise Malformed("shape", "evidence holds one or two certificates of operators")
        if any(type(part) is not bytes for part in (coin_id, *operators, *transfers, *refused)):
            raise Malformed("shape", "evidence holds byte strings")
        refusal, source_id = refused or (b"", b"")
        if refused and not refusal:
            raise Malformed("shape", "an empty refusal")
        return cls(
            network=network,
            coin_id=coin_id,
            transfers=tuple(transfers),
            operators=tuple(operators),
            refusal=refusal,
            source_id=source_id,
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
    """A proven double spend: the coin, the key that signed twice, its transfers and, if any, its refusal.

    `operator` certified the key; two names, with a comma between them, if two operators did.
    """

    coin_id: bytes
    culprit: bytes
    operator: str
    transfers: tuple[Transfer, ...]
    refusal: Refusal | None


def verify_evidence(data: bytes, *, root: bytes) -> VerifiedFork:
    """Verify evidence of a fork, trusting nothing but `root`, the issuer's public key (32 bytes).

    1. The operators' certificates are signed by the root.
    2. The transfers are signed by one wallet key, which those operators certified; its certificates
       were valid when it signed.
    3. They spend the coin. Two of them are different transfers: their ids differ, which are hashes of
       what was signed, so two signatures over one content are no fork.
    4. A refusal is signed by the same key, and names the transfer that split the coin `source_id` so that
       the coin is the payee's output.

    Raises:
        Malformed: not an evidence file.
        Unverified: it does not prove a fork, with the reason.
    """
    evidence = Evidence.decode(data)
    trust = Trust(root=root, network=evidence.network, objects_kept=8)
    for operator in evidence.operators:
        trust.add_operator(operator)
    transfers = tuple(Transfer.parse(transfer) for transfer in evidence.transfers)
    culprit = transfers[0].payer
    for transfer in transfers:
        verify_signature(transfer, trust)
        if transfer.payer != culprit:
            raise Unverified("not-a-fork", "two different keys signed the transfers")
        if all(spend.coin_id != evidence.coin_id for spend in transfer.spends):
            raise Unverified("not-a-fork", "a transfer does not spend the coin")
    refusal = _verify_refusal(evidence, culprit, trust) if evidence.refusal else None
    if refusal is None and transfers[0].signed.id == transfers[1].signed.id:
        raise Unverified("not-a-fork", "both are the same transfer")
    return VerifiedFork(
        coin_id=evidence.coin_id,
        culprit=culprit,
        operator=", ".join(dict.fromkeys(transfer.certificate.claims.issuer for transfer in transfers)),
        transfers=transfers,
        refusal=refusal,
    )


def _verify_refusal(evidence: Evidence, culprit: bytes, trust: Trust) -> Refusal:
    refusal = Refusal.parse(evidence.refusal)
    outputs = (
        output_coin_id(transfer_id, evidence.source_id, PAYEE_OUTPUT) for transfer_id in refusal.transfer_ids
    )
    if evidence.coin_id not in outputs:
        raise Unverified("not-a-fork", "the refusal does not name the payment that the coin comes from")
    trust.verifier.check_once(refusal.signed, culprit, "refusal")
    return refusal
