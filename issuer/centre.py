"""The registration centre: marks coins spent, finds forks across all operators, keeps the supply.

It is handed uploads by operators, trusts none of them, and verifies every chain itself. Each upload is
settled whole, inside one transaction, and the supply equation is checked at its end.
"""

from dataclasses import dataclass

from shuangli.books import Entry, Posting
from shuangli.crypto import Signer, sha256
from shuangli.errors import StoreError
from shuangli.issuer.minting import GUARANTEE_FUND, circulation, vault
from shuangli.issuer.settlement import Settlement, settle
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import check_supply, supply_by_epoch
from shuangli.messages.bundle import Bundle
from shuangli.messages.notices import Outcome, RevocationList
from shuangli.offline.chain import walk
from shuangli.offline.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPolicy:
    """Honest claims on forked coins are honoured up to this much a person, in fen; 0 pays none."""

    cap_per_person_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What an operator passes on: an upload, when it received it, and a digest of the person who redeems."""

    operator: str
    bundle: bytes
    person: bytes
    received_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The centre's answer to a submission: one outcome per spend in its order, and what was paid."""

    outcomes: tuple[Outcome, ...]
    credited_fen: int


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

        Raises:
            Malformed: the upload is not a bundle.
            StoreError: the supply does not add up (`corrupt`).
        """
        upload_id = sha256(submission.bundle)
        known = self._store.answer(submission.operator, upload_id)
        if known is not None:
            outcomes, credited_fen = known
            return Settled(outcomes=tuple(map(Outcome, outcomes)), credited_fen=credited_fen)
        seen = walk(Bundle.decode(submission.bundle), self._trust)
        claimed_fen = self._store.fund_claimed_fen(submission.person)
        settlement = settle(
            seen,
            known=self._store,
            next_no=self._store.next_no,
            received_s=submission.received_s,
            fund_left_fen=max(0, self._policy.cap_per_person_fen - claimed_fen),
        )
        self._store.add_settlement(settlement, operator=submission.operator, received_s=submission.received_s)
        self._book(settlement, submission, upload_id)
        self._open_cases(settlement, submission)
        self._store.add_answer(
            submission.operator, upload_id, bytes(settlement.outcomes), settlement.credited_fen
        )
        check_supply(self._store)
        return Settled(outcomes=tuple(settlement.outcomes), credited_fen=settlement.credited_fen)

    def _book(self, settlement: Settlement, submission: Submission, upload_id: bytes) -> None:
        if not settlement.credited_fen:
            return
        postings = [
            Posting(circulation(epoch), change.redeemed_fen)
            for epoch, change in settlement.supply.items()
            if change.redeemed_fen
        ]
        if settlement.fund_paid_fen:
            postings.append(Posting(GUARANTEE_FUND, settlement.fund_paid_fen))
            self._store.add_fund_claim(submission.person, settlement.fund_paid_fen)
        postings.append(Posting(vault(submission.operator), -settlement.credited_fen))
        entry = Entry(
            kind="redemption",
            at_s=submission.received_s,
            reference=upload_id,
            postings=tuple(postings),
        )
        self._store.post(entry)

    def _open_cases(self, settlement: Settlement, submission: Submission) -> None:
        for coin_id, transfer, _ in settlement.forks:
            face_fen = next(spend.total_fen for spend in transfer.spends if spend.coin_id == coin_id)
            self._store.add_case(
                coin_id, transfer.payer, transfer.certificate.claims.issuer, face_fen, submission.received_s
            )

    def revocation_list(self, *, now_s: int) -> bytes:
        """The signed list of all revoked wallets; a new number only when something is new on it."""
        culprits = self._store.culprits()
        latest_data = self._store.latest_revocation_list()
        latest = RevocationList.parse(latest_data) if latest_data is not None else None
        if latest is not None and latest.wallets == culprits:
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
        counted = self._store.count_open()
        check_supply(self._store)
        for supply in supply_by_epoch(self._store):
            epoch = supply.epoch
            in_books_fen = -self._store.ledger.balance_fen(circulation(epoch))
            if not counted.get((epoch, False), 0) == supply.outstanding_fen == in_books_fen:
                raise StoreError("corrupt", f"epoch {epoch}: open coins, supply and circulation differ")
            if counted.get((epoch, True), 0) != supply.forked_open_fen:
                raise StoreError("corrupt", f"epoch {epoch}: open coins on forks differ")
        self._store.ledger.check()
