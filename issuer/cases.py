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
        loss_fen: max(0, paid - face)
        found_s: when the second transfer was handed in
        evidence: encoded, verifiable with the root key alone
    """

    coin_id: bytes
    culprit: bytes
    operator: str
    face_fen: int
    paid_fen: int
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
        paid_fen = _claimed_fen(store, coin_id, culprits)
        evidence = Evidence(
            network=network,
            coin_id=coin_id,
            transfers=(first, second),
            operator=operator_certificate(Transfer.parse(second)),
        )
        cases.append(
            Case(
                coin_id=coin_id,
                culprit=culprit,
                operator=operator,
                face_fen=face_fen,
                paid_fen=paid_fen,
                loss_fen=max(0, paid_fen - face_fen),
                found_s=found_s,
                evidence=evidence.encode(),
            )
        )
    return cases


def _claimed_fen(store: IssuerStore, coin_id: bytes, culprits: set[bytes]) -> int:
    """What was paid, or is still owed to somebody who is no culprit, on all branches below a coin.

    A branch below another fork counts at most its own face here: what goes beyond is that fork's loss.
    """
    claimed_fen = 0
    for number, paid_fen in store.spends_of(coin_id):
        transfer = Transfer.parse(store.object(number))
        spend = next(spend for spend in transfer.spends if spend.coin_id == coin_id)
        for value_fen, output, owner in (
            (spend.pay_fen, PAYEE_OUTPUT, transfer.payee),
            (spend.change_fen, CHANGE_OUTPUT, transfer.payer),
        ):
            if owner == CENTRE:
                claimed_fen += paid_fen
            elif value_fen:
                output_id = output_coin_id(transfer.signed.id, coin_id, output)
                claimed_fen += min(
                    value_fen, _claimed_of_output(store, output_id, value_fen, owner, culprits)
                )
    return claimed_fen


def _claimed_of_output(
    store: IssuerStore, coin_id: bytes, value_fen: int, owner: bytes, culprits: set[bytes]
) -> int:
    if store.spends_of(coin_id):
        return _claimed_fen(store, coin_id, culprits)
    return 0 if owner in culprits else value_fen
