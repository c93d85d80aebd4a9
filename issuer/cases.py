"""Cases: a fork found in reconciliation, with its culprit, evidence, loss and who bears it.

A case's loss is what was paid for the coin beyond its face. Value that the culprit still holds is
frozen and covers its case first; so a double spend of part of a coin may cost nobody anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shuangli.issuer.facts import CaseRow, ObjectKind, Spent
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
    for row in store.cases():
        paid_fen, owed_fen = _claimed_fen(store, row, culprits)
        evidence = _evidence(store, row, network=network, operator_certificate=operator_certificate)
        cases.append(
            Case(
                coin_id=row.coin_id,
                culprit=row.culprit,
                operator=row.operator,
                face_fen=row.face_fen,
                paid_fen=paid_fen,
                owed_fen=owed_fen,
                loss_fen=max(0, paid_fen - row.face_fen),
                found_s=row.found_s,
                evidence=evidence.encode(),
            )
        )
    return cases


def _evidence(
    store: IssuerStore, row: CaseRow, *, network: str, operator_certificate: Callable[[Transfer], bytes]
) -> Evidence:
    """The first two spends of the coin; at most one of them is a refusal."""
    spends = store.spends_of(row.coin_id)[:2]
    refusal = b"".join(store.object(spend.number) for spend in spends if spend.kind is ObjectKind.REFUSAL)
    transfers = [store.object(spend.number) for spend in spends if spend.kind is ObjectKind.TRANSFER]
    certificates = [operator_certificate(Transfer.parse(data)) for data in transfers]
    return Evidence(
        network=network,
        coin_id=row.coin_id,
        transfers=tuple(transfers),
        operators=tuple(dict.fromkeys(certificates)),
        refusal=refusal,
        source_id=row.source_id if refusal else b"",
    )


class _Branch:
    """A coin at or below the one that was forked: what was claimed of it, and paid, up to its value."""

    __slots__ = ("claimed_fen", "coin_id", "most_fen", "owner", "paid_fen", "parent", "place")

    def __init__(
        self, coin_id: bytes, owner: bytes, most_fen: int, place: tuple[int, int], parent: "_Branch | None"
    ) -> None:
        self.coin_id = coin_id
        self.owner = owner
        self.most_fen = most_fen
        self.place = place
        self.parent = parent
        self.claimed_fen = 0
        self.paid_fen = 0

    def pay(self, amount_fen: int) -> None:
        self.claimed_fen += amount_fen
        self.paid_fen += amount_fen


def _claimed_fen(store: IssuerStore, row: CaseRow, culprits: set[bytes]) -> tuple[int, int]:
    """What was paid, or is still owed to somebody who is no culprit, on all branches below a coin.

    Returns both together, and what is still owed.
    A branch below another fork counts at most its own face here: what goes beyond is that fork's loss.
    """
    forked = _Branch(row.coin_id, row.culprit, row.face_fen, (row.parent_no, row.position), None)
    # Parents before children, without recursion: an owner may split one coin a thousand times.
    branches = [forked]
    for branch in branches:
        settled = [spend for spend in store.spends_of(branch.coin_id) if spend.settled_fen]
        if not settled:
            returned_fen = store.returns.paid_fen(*branch.place)
            if returned_fen is not None:
                branch.pay(returned_fen)
            elif branch.owner not in culprits and not store.open_coins.is_held(*branch.place):
                branch.claimed_fen = branch.most_fen
        for spend in settled:
            outputs = _outputs(store, spend, branch)
            branches += outputs
            if not outputs:
                branch.pay(spend.settled_fen)
    for branch in reversed(branches):
        if branch.parent is not None:
            branch.parent.claimed_fen += min(branch.claimed_fen, branch.most_fen)
            branch.parent.paid_fen += min(branch.paid_fen, branch.most_fen)
    return forked.claimed_fen, forked.claimed_fen - forked.paid_fen


def _outputs(store: IssuerStore, spent: Spent, branch: _Branch) -> list[_Branch]:
    """What a spend splits a coin into: nothing if it redeems or refuses it."""
    if spent.kind is ObjectKind.REFUSAL:
        return []
    transfer = Transfer.parse(store.object(spent.number))
    if transfer.payee == CENTRE:
        return []
    number, spend = next(
        (number, spend) for number, spend in enumerate(transfer.spends) if spend.coin_id == branch.coin_id
    )
    outputs = (
        (PAYEE_OUTPUT, transfer.payee, spend.pay_fen),
        (CHANGE_OUTPUT, transfer.payer, spend.change_fen),
    )
    return [
        _Branch(
            output_coin_id(transfer.signed.id, branch.coin_id, output),
            owner,
            value_fen,
            (spent.number, 2 * number + index),
            branch,
        )
        for index, (output, owner, value_fen) in enumerate(outputs)
        if value_fen
    ]
