"""Cases: a fork found in reconciliation, with its culprit, evidence, loss and who bears it.

A case's loss is what was paid for the coin beyond its face. Value that the culprit still holds is
frozen and covers its case first; so a double spend of part of a coin may cost nobody anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shuangli.issuer.store import IssuerStore
from shuangli.messages.transfers import CENTRE, CHANGE_OUTPUT, PAYEE_OUTPUT, Transfer, output_coin_id
from shuangli.offline.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One double spend.

    Attributes:
        coin_id: the coin that was spent twice
        culprit: the key that signed both transfers
        operator: who certified that key
        face_fen: what the coin was worth
        paid_fen: what was claimed of it on all branches and not frozen
        owed_fen: the part of it that nobody has handed in yet, so that it has not been paid
        loss_fen: max(0, paid - face)
        found_s: when the second transfer was handed in
        evidence: encoded, verifiable with the root key alone
    """

    coin_id: bytes
    culprit: bytes
    operator: str
    face_fen: int
    paid_fen: int
    owed_fen: int
    loss_fen: int
    found_s: int
    evidence: bytes


def list_cases(
    store: IssuerStore, *, network: str, operator_certificate: Callable[[Transfer], bytes]
) -> list[Case]:
    """All cases in the order in which they were found.

    `operator_certificate` gives the certificate of the operator that certified a transfer's payer.
    """
    culprits = store.culprits()
    cases = []
    for coin_id, culprit, operator, face_fen, found_s in store.cases():
        first, second = [store.object(number) for number, _ in store.spends_of(coin_id)][:2]
        certificates = [operator_certificate(Transfer.parse(data)) for data in (first, second)]
        paid_fen, owed_fen = _claimed_fen(store, coin_id, culprits)
        evidence = Evidence(
            network=network,
            coin_id=coin_id,
            transfers=(first, second),
            operators=tuple(dict.fromkeys(certificates)),
        )
        cases.append(
            Case(
                coin_id=coin_id,
                culprit=culprit,
                operator=operator,
                face_fen=face_fen,
                paid_fen=paid_fen,
                owed_fen=owed_fen,
                loss_fen=max(0, paid_fen - face_fen),
                found_s=found_s,
                evidence=evidence.encode(),
            )
        )
    return cases


class _Branch:
    """A coin below the one that was forked: what was claimed of it, and paid, counts up to its value."""

    __slots__ = ("claimed_fen", "coin_id", "most_fen", "owner", "paid_fen", "parent")

    def __init__(self, coin_id: bytes, owner: bytes, most_fen: int, parent: "_Branch | None") -> None:
        self.coin_id = coin_id
        self.owner = owner
        self.most_fen = most_fen
        self.parent = parent
        self.claimed_fen = 0
        self.paid_fen = 0


def _claimed_fen(store: IssuerStore, coin_id: bytes, culprits: set[bytes]) -> tuple[int, int]:
    """What was paid, or is still owed to somebody who is no culprit, on all branches below a coin.

    Returns both together, and what is still owed.
    A branch below another fork counts at most its own face here: what goes beyond is that fork's loss.
    """
    forked = _Branch(coin_id, b"", 0, None)
    # Parents before children, without recursion: an owner may split one coin a thousand times.
    branches = [forked]
    for branch in branches:
        spends = store.spends_of(branch.coin_id)
        if not spends and branch.owner not in culprits:
            branch.claimed_fen = branch.most_fen
        for number, paid_fen in spends:
            transfer = Transfer.parse(store.object(number))
            if transfer.payee == CENTRE:
                branch.claimed_fen += paid_fen
                branch.paid_fen += paid_fen
            else:
                branches += _outputs(transfer, branch)
    for branch in reversed(branches):
        if branch.parent is not None:
            branch.parent.claimed_fen += min(branch.claimed_fen, branch.most_fen)
            branch.parent.paid_fen += min(branch.paid_fen, branch.most_fen)
    return forked.claimed_fen, forked.claimed_fen - forked.paid_fen


def _outputs(transfer: Transfer, branch: _Branch) -> list[_Branch]:
    spend = next(spend for spend in transfer.spends if spend.coin_id == branch.coin_id)
    outputs = (
        (PAYEE_OUTPUT, transfer.payee, spend.pay_fen),
        (CHANGE_OUTPUT, transfer.payer, spend.change_fen),
    )
    return [
        _Branch(output_coin_id(transfer.signed.id, branch.coin_id, output), owner, value_fen, branch)
        for output, owner, value_fen in outputs
        if value_fen
    ]
