"""The registration centre: marks coins spent, finds forks across all operators, keeps the supply.

It is handed uploads by operators, trusts none of them, and verifies every chain itself. Each upload is
settled whole, inside one transaction, and the supply equation is checked at its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shuangli.books import Entry, Posting
from shuangli.crypto import Signer, sha256
from shuangli.errors import Malformed, StoreError
from shuangli.issuer import logged
from shuangli.issuer.batch import Batch
from shuangli.issuer.cases import Evidences
from shuangli.issuer.epochs.alarms import raise_alarms
from shuangli.issuer.epochs.lists import newest_list
from shuangli.issuer.epochs.operator_keys import OperatorKeys
from shuangli.issuer.epochs.states import PAST, EpochState
from shuangli.issuer.facts import Settlement, coin_key
from shuangli.issuer.findings.payments import not_redeemed_fen, note_payments
from shuangli.issuer.losses.creditors import creditor_of
from shuangli.issuer.losses.desk import check_losses, outlay_fen
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import GUARANTEE_FUND, circulation, vault
from shuangli.issuer.objects import PackRow
from shuangli.issuer.own_reading import OwnReader, Shown
from shuangli.issuer.proven import Proven, settlement_of, spent_coins
from shuangli.issuer.reading import Footing, Reading, Vouched, footing_of
from shuangli.issuer.settlement import settle
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import SupplyOff, check_supply, supply_by_epoch
from shuangli.issuer.vaults.netting import FUND
from shuangli.messages.events import Event
from shuangli.messages.notices import Outcome
from shuangli.offline.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What an operator passes on: an upload, when it received it, and the pseudonym of who is paid.

    `vouched` is what a reader of this very process has said of it before: over no network does it come.
    """

    operator: str
    upload: bytes
    person: bytes
    received_s: int
    vouched: Vouched | None = field(default=None, compare=False, repr=False)


class Upload(NamedTuple):
    """A submission on its way, and what a reader says of it, if one was asked."""

    submission: Submission
    upload_id: bytes
    reading: Reading | None = None


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
        self._policy = policy
        self._reader = OwnReader(trust)
        self.operator_keys = OperatorKeys(store.database, trust)

    def take(self, submission: Submission) -> Upload:
        """A submission that nobody has looked at."""
        return Upload(submission, sha256(submission.upload))

    def is_answered(self, upload: Upload) -> bool:
        """Say whether the operator was answered to this upload before."""
        return self._store.answer(upload.submission.operator, upload.upload_id) is not None

    def footing(self) -> Footing:
        """What readers are to trust, as of now."""
        return footing_of(self._trust, revoked=self.operator_keys.revoked())

    def settle(
        self, uploads: Sequence[Upload], *, read_on: Footing | None = None
    ) -> list[Settled | Malformed | StoreError]:
        """Settle a batch of uploads and check the supply: an answer to each. Call it inside a transaction.

        The same upload from the same operator again gives the stored answer. What is no hand-in is answered
        by its fault, and changes nothing. What shows coins of an epoch that is suspended waits: its fault is
        that the epoch is `unavailable`. `read_on` is what readers have trusted: if it is not what is trusted
        now, what they say does not count.

        What comes to light only now is received after all that its operator has said it has passed on, and
        after what has gone back, whatever time it bears.

        Raises:
            StoreError: the supply does not add up (`corrupt`).
        """
        self.operator_keys.obey()
        if read_on is not None and read_on != self.footing():
            uploads = [upload._replace(reading=None) for upload in uploads]
        proven = [one.reading.proven for one in uploads if one.reading is not None and one.reading.proven]
        batch = Batch(
            self._store,
            load_keys=list(dict.fromkeys([key for one in proven for key in one.load_keys])),
            coin_keys=list(dict.fromkeys([key for one in proven for key in one.root_keys])),
        )
        states = self._store.epochs.states()
        batch.past = frozenset(number for number, state in states.items() if state in PAST)
        batch.suspended = frozenset(n for n, state in states.items() if state is EpochState.SUSPENDED)
        answers = [self._answer(upload, batch) for upload in uploads]
        self._store.add_batch(batch)
        self._log(batch)
        self._store.vaults.owe(batch.redeemed)
        self._store.losses.name_new_holders(batch.holders.items())
        check_supply(self._store)
        return answers

    def _answer(self, upload: Upload, batch: Batch) -> Settled | Malformed | StoreError:
        submission = upload.submission
        key = (submission.operator, upload.upload_id)
        known = batch.answers.get(key) or self._store.answer(*key)
        if known is not None:
            outcomes, credited_fen, returned_fen, _ = known
            return Settled(
                outcomes=tuple(map(Outcome, outcomes)), credited_fen=credited_fen, returned_fen=returned_fen
            )
        settlement = self._settle(upload, batch)
        if not isinstance(settlement, Settlement):
            return settlement
        settled = Settled(
            outcomes=tuple(settlement.outcomes),
            credited_fen=settlement.credited_fen,
            returned_fen=settlement.returned_fen,
        )
        batch.answers[key] = (
            *(bytes(settled.outcomes), settled.credited_fen, settled.returned_fen),
            submission.received_s,
        )
        return settled

    def _settle(self, upload: Upload, batch: Batch) -> Settlement | Malformed | StoreError:
        """Settle an upload that was not answered before."""
        submission = upload.submission
        operator = submission.operator
        if operator not in batch.first_open_s:
            batch.first_open_s[operator] = self._store.returns.first_open_s(operator)
        received_s = max(submission.received_s, batch.first_open_s[operator])
        proven = upload.reading.proven if upload.reading is not None else None
        if proven is not None and batch.holds(proven, received_s=received_s):
            settlement = self._settle_proven(proven, submission, batch, received_s=received_s)
        else:
            try:
                shown = self._reader.read(submission.upload, upload.reading, batch)
            except Malformed as fault:
                return fault
            if batch.suspended and any(load.epoch in batch.suspended for load in shown.seen.loads):
                return StoreError("unavailable", "an epoch is suspended: what is handed in of it waits")
            settlement = self._settle_shown(shown, submission, batch, received_s=received_s)
        self._book(settlement, submission, received_s=received_s, upload_id=upload.upload_id)
        self._open_cases(settlement, batch, found_s=received_s)
        if settlement.frozen:
            batch.events += logged.freeze(self._store, settlement.frozen, now_s=received_s, operator=operator)
        batch.events += logged.settled(
            settlement, operator=operator, upload_id=upload.upload_id, received_s=received_s
        )
        return settlement

    def _settle_proven(
        self, proven: Proven, submission: Submission, batch: Batch, *, received_s: int
    ) -> Settlement:
        """Let a hand-in change what it has been proven to change."""
        first_no = self._store.next_no(len(proven.kinds))
        settlement, breaches = settlement_of(proven, first_no=first_no, load_numbers=batch.loads_known)
        operator = submission.operator
        pack = PackRow(first_no, operator, received_s, proven.kinds, proven.objects)
        batch.add(settlement, operator=operator, received_s=received_s, pack=pack)
        self._store.findings.add_breaches(breaches)
        if proven.holder is not None:
            batch.holders.setdefault(proven.holder, submission.person)
        return settlement

    def _settle_shown(
        self, shown: Shown, submission: Submission, batch: Batch, *, received_s: int
    ) -> Settlement:
        """Settle a hand-in spend by spend."""
        seen, refusals = shown
        coin_keys = list(dict.fromkeys(map(coin_key, spent_coins(seen, refusals))))
        batch.look_up(load_keys=(), coin_keys=coin_keys)
        operator = submission.operator
        settlement = settle(
            seen,
            refusals,
            known=batch,
            next_no=self._store.next_no,
            received_s=received_s,
            fund_left_fen=self._fund_left_fen(submission.person),
            past=batch.past,
            operator=operator,
        )
        batch.add(settlement, operator=operator, received_s=received_s)
        raise_alarms(self._store, self._trust, settlement.not_minted, operator=operator, raised_s=received_s)
        self._store.findings.add_breaches(note_payments(seen, settlement))
        self._store.persons.add_redeemed(not_redeemed_fen(seen, settlement))
        creditor = creditor_of(seen, operator=operator)
        if creditor is not None:
            batch.holders.setdefault(creditor, submission.person)
        return settlement

    def _log(self, batch: Batch) -> None:
        """Log what became of each upload, and which cases were found; all of it is written before."""
        evidences = Evidences(self._store, self._trust)
        events = [
            told
            if isinstance(told, Event)
            else logged.found(self._store, told[0], found_s=told[1], evidences=evidences)
            for told in batch.events
        ]
        if events:
            self._store.audit.append(events)

    def _fund_left_fen(self, person: bytes) -> int:
        claimed_fen = self._store.losses.fund_paid_fen(person)
        # Balances are read only where the fund has an end.
        all_fen = outlay_fen(self._store) if self._policy.fund_fen is not None else 0
        return self._policy.left_fen(claimed_fen=claimed_fen, outlay_fen=all_fen)

    def _book(
        self, settlement: Settlement, submission: Submission, *, received_s: int, upload_id: bytes
    ) -> None:
        if settlement.fund_paid_fen:
            self._store.losses.add_fund_paid(submission.person, settlement.fund_paid_fen)
            self._store.vaults.owe({(FUND, submission.operator, received_s): settlement.fund_paid_fen})
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

    def _open_cases(self, settlement: Settlement, batch: Batch, *, found_s: int) -> None:
        for case in settlement.cases:
            operator = batch.certified_by(case.transfer_no, self._store.object)
            if self._store.add_case(case, operator=operator, found_s=found_s):
                batch.events.append((case, found_s))

    def revocation_list(self, *, now_s: int) -> bytes:
        """The signed list of all that is revoked: wallets, operators' keys, epochs that were stopped.

        A new one when something is new on it, or once a day: devices refuse a list that is too old, also
        while nobody is revoked.
        """
        return newest_list(self._store, self._key, now_s=now_s)

    def check_books(self) -> None:
        """Count everything afresh: open coins against circulation, postings against balances.

        An epoch that is suspended is passed over: people look at it, and it hides nothing about the others.

        Raises:
            SupplyOff: something is off in an epoch.
            StoreError: the postings do not add up to the balances (`corrupt`).
        """
        counted = self._store.open_coins.count_fen()
        check_supply(self._store)
        suspended = self._store.epochs.in_states((EpochState.SUSPENDED,))
        for supply in supply_by_epoch(self._store):
            epoch = supply.epoch
            if epoch in suspended:
                continue
            in_books_fen = -self._store.ledger.balance_fen(circulation(epoch))
            if not counted.get((epoch, False), 0) == supply.outstanding_fen == in_books_fen:
                raise SupplyOff(epoch, "open coins, supply and circulation differ")
            if counted.get((epoch, True), 0) != supply.forked_open_fen:
                raise SupplyOff(epoch, "open coins on forks differ")
        check_losses(self._store)
        self._store.ledger.check()
