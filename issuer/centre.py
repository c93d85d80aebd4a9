"""The registration centre: marks coins spent, finds forks across all operators, keeps the supply.

It is handed uploads by operators, trusts none of them, and verifies every chain itself. Each upload is
settled whole, inside one transaction, and the supply equation is checked at its end.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.books import Entry, Posting
from shuangli.crypto import Signer, sha256
from shuangli.errors import StoreError
from shuangli.issuer.facts import Settlement
from shuangli.issuer.findings.breaches import find_breaches
from shuangli.issuer.minting import GUARANTEE_FUND, circulation, vault
from shuangli.issuer.settlement import settle
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import check_supply, supply_by_epoch
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Outcome, RevocationList
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import walk
from shuangli.offline.refusals import verify_refusals
from shuangli.offline.trust import Trust

RENEW_LIST_S: Final = 86_400
"""A revocation list is signed anew after a day; devices accept one for a week (`offline.policy`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPolicy:
    """Honest claims on forked coins are honoured up to this much a person, in fen; 0 pays none."""

    cap_per_person_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What an operator passes on: an upload, when it received it, and a digest of the person who is paid."""

    operator: str
    upload: bytes
    person: bytes
    received_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The centre's answer to a submission: an outcome for each spend, then for each coin refused.

    `credited_fen` is all that is paid for it, `returned_fen` the part of it that refusals give back out of
    circulation.
    """

    outcomes: tuple[Outcome, ...]
    credited_fen: int
    returned_fen: int


class RegistrationCentre:
    """Facts, forks, cases, supply and revocations of one network."""

    def __init__(self, *, store: IssuerStore, key: Signer, trust: Trust, policy: LossPolicy) -> None:
        """Use `store`; `key` signs revocation lists; `trust` is the centre's own place."""
        self._store = store
        self._key = key
        self._trust = trust
        # The id is a hash of what was signed: what the mint log names, the issuer has signed itself.
        trust.minted_here = store.is_minted
        self._policy = policy

    def settle(self, submission: Submission) -> Settled:
        """Settle a submission and check the supply. Call it inside a transaction.

        The same upload from the same operator again gives the stored answer.

        What comes to light only now is received after all that its operator has said it has passed on, and
        after what has gone back, whatever time it bears.

        Raises:
            Malformed: the upload is not a hand-in.
            StoreError: the supply does not add up (`corrupt`).
        """
        upload_id = sha256(submission.upload)
        known = self._store.answer(submission.operator, upload_id)
        if known is not None:
            outcomes, credited_fen, returned_fen = known
            return Settled(
                outcomes=tuple(map(Outcome, outcomes)), credited_fen=credited_fen, returned_fen=returned_fen
            )
        hand_in = HandIn.decode(submission.upload)
        seen = walk(hand_in.bundle, self._trust)
        claimed_fen = self._store.fund_claimed_fen(submission.person)
        received_s = max(submission.received_s, self._store.returns.first_open_s(submission.operator))
        settlement = settle(
            seen,
            verify_refusals(hand_in.refusals, seen, self._trust),
            known=self._store,
            next_no=self._store.next_no,
            received_s=received_s,
            fund_left_fen=max(0, self._policy.cap_per_person_fen - claimed_fen),
        )
        self._store.add_settlement(settlement, operator=submission.operator, received_s=received_s)
        self._store.findings.add_breaches(find_breaches(seen, settlement))
        self._book(settlement, submission, received_s=received_s, upload_id=upload_id)
        self._open_cases(settlement, found_s=received_s)
        settled = Settled(
            outcomes=tuple(settlement.outcomes),
            credited_fen=settlement.credited_fen,
            returned_fen=settlement.returned_fen,
        )
        self._store.add_answer(
            submission.operator,
            upload_id,
            bytes(settled.outcomes),
            credited_fen=settled.credited_fen,
            returned_fen=settled.returned_fen,
        )
        check_supply(self._store)
        return settled

    def _book(
        self, settlement: Settlement, submission: Submission, *, received_s: int, upload_id: bytes
    ) -> None:
        if settlement.fund_paid_fen:
            self._store.add_fund_claim(submission.person, settlement.fund_paid_fen)
        supply = settlement.supply.items()
        redeemed = [Posting(circulation(epoch), change.redeemed_fen) for epoch, change in supply]
        redeemed.append(Posting(GUARANTEE_FUND, settlement.fund_paid_fen))
        returned = [Posting(circulation(epoch), change.returned_fen) for epoch, change in supply]
        for kind, postings in (("redemption", redeemed), ("return", returned)):
            debits = tuple(posting for posting in postings if posting.amount_fen)
            if debits:
                total_fen = sum(posting.amount_fen for posting in debits)
                credit = Posting(vault(submission.operator), -total_fen)
                self._store.ledger.post(
                    Entry(kind=kind, at_s=received_s, reference=upload_id, postings=(*debits, credit))
                )

    def _open_cases(self, settlement: Settlement, *, found_s: int) -> None:
        for case in settlement.cases:
            operator = Transfer.parse(self._store.object(case.transfer_no)).certificate.claims.issuer
            self._store.add_case(case, operator=operator, found_s=found_s)

    def revocation_list(self, *, now_s: int) -> bytes:
        """The signed list of all revoked wallets; a new one when something is new on it, or once a day.

        Devices refuse a list that is too old, also while nobody is revoked.
        """
        culprits = self._store.culprits()
        latest_data = self._store.latest_revocation_list()
        latest = RevocationList.parse(latest_data) if latest_data is not None else None
        if latest is not None and latest.wallets == culprits and now_s - latest.issued_at_s < RENEW_LIST_S:
            return latest.signed.data
        fresh = RevocationList.sign(
            self._key,
            number=latest.number + 1 if latest is not None else 1,
            issued_at_s=now_s,
            wallets=sorted(culprits),
            operators=(),
            epochs=(),
        )
        with self._store.transaction():
            self._store.add_revocation_list(fresh.number, fresh.signed.data)
        return fresh.signed.data

    def check_books(self) -> None:
        """Count everything afresh: open coins against circulation, postings against balances.

        Raises:
            StoreError: something is off (`corrupt`).
        """
        counted = self._store.open_coins.count_fen()
        check_supply(self._store)
        for supply in supply_by_epoch(self._store):
            epoch = supply.epoch
            in_books_fen = -self._store.ledger.balance_fen(circulation(epoch))
            if not counted.get((epoch, False), 0) == supply.outstanding_fen == in_books_fen:
                raise StoreError("corrupt", f"epoch {epoch}: open coins, supply and circulation differ")
            if counted.get((epoch, True), 0) != supply.forked_open_fen:
                raise StoreError("corrupt", f"epoch {epoch}: open coins on forks differ")
        self._store.ledger.check()
