"""Cases: a fork found in reconciliation, with its culprit, evidence, loss and who bears it.

A case's loss is what was paid for the coin beyond its face. Value that the culprit still holds is
frozen and covers its case first; so a double spend of part of a coin may cost nobody anything.
`issuer.losses` says who bears the loss.
"""

from dataclasses import dataclass

from shuangli.issuer.facts import CaseRow, ObjectKind
from shuangli.issuer.losses.branches import claims_on_forks
from shuangli.issuer.store import IssuerStore
from shuangli.messages.transfers import Transfer
from shuangli.offline.evidence import Evidence
from shuangli.offline.trust import Trust


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
        fund_paid_fen: what the guarantee fund has paid on this case, which its culprit owes
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
    fund_paid_fen: int
    loss_fen: int
    found_s: int
    evidence: bytes


def list_cases(store: IssuerStore, *, trust: Trust) -> list[Case]:
    """All cases in the order in which they were found; `trust` knows who certified the payers."""
    figures = claims_on_forks(store).figures
    cases = []
    for row in store.cases():
        claimed_fen, paid_fen, fund_paid_fen = figures[row.coin_key]
        evidence = evidence_of(store, row, trust=trust)
        cases.append(
            Case(
                coin_id=row.coin_id,
                culprit=row.culprit,
                operator=row.operator,
                face_fen=row.face_fen,
                paid_fen=claimed_fen,
                owed_fen=claimed_fen - paid_fen,
                fund_paid_fen=fund_paid_fen,
                loss_fen=max(0, claimed_fen - row.face_fen),
                found_s=row.found_s,
                evidence=evidence.encode(),
            )
        )
    return cases


def evidence_of(store: IssuerStore, row: CaseRow, *, trust: Trust) -> Evidence:
    """The two spends of the coin that came first, whatever comes later; at most one of them is a refusal.

    `trust` knows the operators that certified the payers.
    """
    spends = sorted(store.spends_of(row.coin_key))[:2]
    refusal = b"".join(store.object(spend.number) for spend in spends if spend.kind is ObjectKind.REFUSAL)
    transfers = [store.object(spend.number) for spend in spends if spend.kind is ObjectKind.TRANSFER]
    payers = [Transfer.parse(data).certificate for data in transfers]
    certificates = [trust.operator_of(payer).signed.data for payer in payers]
    return Evidence(
        network=trust.network,
        coin_id=row.coin_id,
        transfers=tuple(transfers),
        operators=tuple(dict.fromkeys(certificates)),
        refusal=refusal,
        source_id=row.source_id if refusal else b"",
    )
