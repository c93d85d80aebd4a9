"""A case to look at: two transfers that spend one coin, side by side, with the fork marked. Pure."""

from dataclasses import dataclass

from shuangli.errors import ProtocolError
from shuangli.messages.transfers import Transfer
from shuangli.offline.evidence import VerifiedFork, verify_evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two transfers: when it was signed, to whom, and what it does with each of its coins."""

    transfer_id: str
    signed_at_s: int
    payee: str
    spends: tuple[tuple[str, int, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A proven double spend; a spend is (coin, fen to the payee, whether it is the coin that forked)."""

    name: str
    coin: str
    culprit: str
    operator: str
    sides: tuple[Side, ...]
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCase:
    """Evidence that proves nothing, and why."""

    name: str
    why: str


def case_view(name: str, evidence: bytes, *, root: bytes) -> CaseView | NoCase:
    """What evidence shows, after it was verified with the root key alone."""
    try:
        fork = verify_evidence(evidence, root=root)
    except ProtocolError as fault:
        return NoCase(name=name, why=str(fault))
    return CaseView(
        name=name,
        coin=fork.coin_id.hex(),
        culprit=fork.culprit.hex(),
        operator=fork.operator,
        sides=tuple(_side(transfer, fork) for transfer in fork.transfers),
        refused=fork.refusal is not None,
    )


def second_spend_of(evidence: bytes, *, root: bytes) -> int | None:
    """When the later one of two spends was signed; None where evidence proves nothing."""
    try:
        return max(transfer.signed_at_s for transfer in verify_evidence(evidence, root=root).transfers)
    except ProtocolError:
        return None


def _side(transfer: Transfer, fork: VerifiedFork) -> Side:
    return Side(
        transfer_id=transfer.signed.id.hex(),
        signed_at_s=transfer.signed_at_s,
        payee=transfer.payee.hex(),
        spends=tuple(
            (spend.coin_id.hex(), spend.pay_fen, spend.coin_id == fork.coin_id) for spend in transfer.spends
        ),
    )
