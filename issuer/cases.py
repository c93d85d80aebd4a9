"""Cases: a fork found in reconciliation, with its culprit, evidence, loss and who bears it.

A case's loss is what was paid for the coin beyond its face. Value that the culprit still holds is
frozen and covers its case first; so a double spend of part of a coin may cost nobody anything.
`issuer.losses` says who bears the loss.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shuangli.issuer.facts import DATE_BYTES, CaseRow, ObjectKind
from shuangli.issuer.losses.branches import claims_on_forks
from shuangli.issuer.store import IssuerStore
from shuangli.messages.transfers import Transfer
from shuangli.offline.evidence import Evidence
from shuangli.offline.trust import Trust

_SHARED: Final = 4
"""So many spends are kept, read, while evidence is made."""


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


def recorded_spends(store: IssuerStore) -> Iterator[tuple[bytes, bytes]]:
    """Every spend that the centre has recorded: coin id, id of what spends it (empty for a refusal)."""
    for table in ("facts", "forks"):
        for coin_key, object_id in store.database.rows(f"SELECT coin_key, object_id FROM {table}"):  # noqa: S608
            yield coin_key[DATE_BYTES:], object_id


def list_cases(store: IssuerStore, *, trust: Trust) -> list[Case]:
    """All cases in the order in which they were found; `trust` knows who certified the payers."""
    figures = claims_on_forks(store).figures
    evidences = Evidences(store, trust)
    cases = []
    for row in store.cases():
        claimed_fen, paid_fen, fund_paid_fen = figures[row.coin_key]
        evidence = evidences.of(row)
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


class Evidences:
    """Makes the evidence of cases, one after the other.

    A thief may sign two transfers of ten thousand coins, and make as many cases of them. Those lie together,
    and what they share is read once.
    """

    def __init__(self, store: IssuerStore, trust: Trust) -> None:
        """`trust` knows the operators that certified the payers."""
        self._store = store
        self._trust = trust
        self._known: dict[int, tuple[bytes, bytes]] = {}

    def of(self, row: CaseRow) -> Evidence:
        """The two spends of the coin that came first, whatever comes later; at most one is a refusal."""
        spends = sorted(self._store.spends_of(row.coin_key))[:2]
        shown = [self._read(spend.number) for spend in spends]
        refusal = b"".join(data for data, certificate in shown if not certificate)
        return Evidence(
            network=self._trust.network,
            coin_id=row.coin_id,
            transfers=tuple(data for data, certificate in shown if certificate),
            operators=tuple(dict.fromkeys(certificate for _, certificate in shown if certificate)),
            refusal=refusal,
            source_id=row.source_id if refusal else b"",
        )

    def _read(self, number: int) -> tuple[bytes, bytes]:
        """A transfer, and the certificate of the operator that certified its payer; none after a refusal."""
        found = self._known.get(number)
        if found is None:
            if len(self._known) == _SHARED:
                self._known.clear()
            kind, data = self._store.objects.get(number)
            certificate = b""
            if kind is ObjectKind.TRANSFER:
                certificate = self._trust.operator_of(Transfer.parse(data).certificate).signed.data
            found = self._known[number] = data, certificate
        return found


def evidence_of(store: IssuerStore, row: CaseRow, *, trust: Trust) -> Evidence:
    """The evidence of one case (`Evidences.of`)."""
    return Evidences(store, trust).of(row)
