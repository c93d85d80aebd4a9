"""The desk of cases: what an operator is told of the keys that it has certified, and what it says of them.

The issuer knows a culprit's key. The operator that certified it knows who holds it: it shows the enrolment
that the holder signed at opening, and names the person by pseudonym. It also passes on what the holder pays
back. A case stays known after its epoch was archived; its evidence is in the archive then.
"""

from typing import Final

from shuangli.errors import Refused
from shuangli.issuer import logged
from shuangli.issuer.cases import evidence_of
from shuangli.issuer.facts import DATE_BYTES
from shuangli.issuer.losses.case_store import CaseTold
from shuangli.issuer.losses.desk import LossDesk
from shuangli.issuer.persons.enrolled import verify_enrolment
from shuangli.issuer.store import IssuerStore
from shuangli.offline.trust import Trust

MOST_CASES: Final = 100
"""Most cases that are told at once."""
MOST_EVIDENCE_BYTES: Final = 1_000_000
"""So much evidence at once, unless that of the first case has more; two transfers have 1.1 MB at most."""


class CaseDesk:
    """Talks with operators about cases; what writes is called inside the issuer's transaction."""

    def __init__(self, *, store: IssuerStore, trust: Trust, losses: LossDesk) -> None:
        """Use `store`; `trust` is the centre's own place."""
        self._store = store
        self._trust = trust
        self._losses = losses

    def all(self, *, operator: str = "", after: int = 0, most: int = MOST_CASES) -> list[CaseTold]:
        """The first so many cases after a number, without evidence; of keys that `operator` has certified."""
        return self._store.told_cases.cases(operator=operator, after=after, most=most)

    def of_operator(self, operator: str, *, after: int) -> list[tuple[CaseTold, bytes]]:
        """What an operator is told of its cases after a number, with evidence but for those archived.

        They are as many as fit: a thief chooses how large the transfers are that it signs twice.
        """
        told: list[tuple[CaseTold, bytes]] = []
        left = MOST_EVIDENCE_BYTES
        for case in self.all(operator=operator, after=after):
            evidence = self._evidence(case)
            left -= len(evidence)
            if told and left < 0:
                break
            told.append((case, evidence))
        return told

    def _evidence(self, case: CaseTold) -> bytes:
        if case.archived:
            return b""
        _, row = self._store.case(case.coin_key)
        return evidence_of(self._store, row, trust=self._trust).encode()

    def take_holder(self, enrolment_data: bytes, person: bytes, *, operator: str, now_s: int) -> None:
        """Take an operator's record of who holds the key of a case: the enrolment, signed by that key.

        The newest word on the person counts. The record is kept; that it was shown is logged, once.

        Raises:
            Malformed, Unverified: the enrolment does not hold, or was made elsewhere (`wrong-network`).
            Refused: no case names a key of this operator's like that (`unknown-wallet`).
        """
        enrolment = verify_enrolment(enrolment_data, operator=operator, trust=self._trust)
        self._losses.name_holder(enrolment.key, person, operator=operator)
        if self._store.told_cases.add_enrolment(enrolment.key, enrolment_data):
            number = self._store.told_cases.first_case_of(enrolment.key)
            told = logged.disclosed(enrolment.signed.id, number, operator=operator, at_s=now_s)
            self._store.audit.append([told])

    def pay_back(self, key: bytes, amount_fen: int, *, operator: str, reference: bytes, now_s: int) -> None:
        """Take what the holder of a culprit's key has paid back at the operator that certified it.

        Raises:
            BadInput: it is more than this person owes (`bad-value`).
            Refused: no case names this key (`unknown-wallet`), the reference came with another payment
                (`nonce-used`), or the vault does not hold enough (`vault-empty`).
        """
        if key not in self._losses.culprits_of(operator):
            raise Refused("unknown-wallet", f"no case names this key as one that {operator} has certified")
        debtor = self._store.losses.holders([key]).get(key, key)
        self._losses.recover(debtor, amount_fen, operator=operator, reference=reference, now_s=now_s)

    def write_off(self, case_no: int, *, now_s: int) -> int:
        """Let the fund bear for good what the person of a case still owes, on all cases; gives how much.

        Raises:
            Refused: there is no case of this number, or nothing is owed (`unknown-wallet`).
        """
        found = [case for case in self.all(after=case_no - 1, most=1) if case.case_no == case_no]
        written_off_fen = sum(
            self._losses.write_off(
                self._store.losses.holders([case.culprit]).get(case.culprit, case.culprit), now_s=now_s
            )
            for case in found
        )
        if not written_off_fen:
            raise Refused("unknown-wallet", f"nothing is owed on a case {case_no}")
        return written_off_fen


def coin_id_of(case: CaseTold) -> bytes:
    """The coin that was spent twice."""
    return case.coin_key[DATE_BYTES:]
