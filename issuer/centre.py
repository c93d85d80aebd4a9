"""The registration centre: marks coins spent, finds forks across all operators, keeps the supply.

It is handed uploads by operators, trusts none of them, and verifies every chain itself. Each upload is
settled whole, inside one transaction, and the supply equation is checked at its end.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from shuangli.books import Entry, Posting
from shuangli.crypto import Signer, sha256
from shuangli.errors import Malformed, ProtocolError, StoreError
from shuangli.issuer import logged
from shuangli.issuer.batch import Batch
from shuangli.issuer.epochs.alarms import raise_alarms
from shuangli.issuer.epochs.lists import newest_list
from shuangli.issuer.epochs.operator_keys import OperatorKeys
from shuangli.issuer.epochs.states import PAST, EpochState
from shuangli.issuer.facts import Settlement, coin_key, load_key
from shuangli.issuer.findings.breaches import find_breaches
from shuangli.issuer.losses.creditors import creditor_of
from shuangli.issuer.losses.desk import check_losses, outlay_fen
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import GUARANTEE_FUND, circulation, vault
from shuangli.issuer.settlement import settle
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import SupplyOff, check_supply, supply_by_epoch
from shuangli.messages.events import Event
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load, read_load
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin, Walk, walk
from shuangli.offline.refusals import VerifiedRefusal, verify_refusals
from shuangli.offline.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What an operator passes on: an upload, when it received it, and the pseudonym of who is paid."""

    operator: str
    upload: bytes
    person: bytes
    received_s: int


class Upload(NamedTuple):
    """A submission as read: what it shows, or why it is no hand-in; neither if it was answered before."""

    submission: Submission
    upload_id: bytes
    seen: Walk | None = None
    refusals: Sequence[VerifiedRefusal | ProtocolError] = ()
    fault: Malformed | None = None

    def coins(self) -> list[Coin]:
        """The coins that it spends."""
        if self.seen is None:
            return []
        coins = [step.coin for step in self.seen.steps if step.coin is not None]
        for verdict in self.refusals:
            if isinstance(verdict, VerifiedRefusal):
                coins += [step.outputs[0] for step in verdict.steps]
        return coins


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
        self.operator_keys = OperatorKeys(store.database, trust)

    def read(self, submissions: Sequence[Submission]) -> list[Upload]:
        """Verify what can be verified before anything is settled; call it inside a transaction or outside.

        An upload that has been answered before is not verified again.
        """
        self.operator_keys.obey()
        decoded = [self._decode(submission) for submission in submissions]
        hand_ins = [hand_in for _, hand_in in decoded if hand_in is not None]
        keys = {load_key(load) for hand_in in hand_ins for load in _loads(hand_in)}
        minted = self._store.load_numbers(list(keys))
        # The id is a hash of what was signed: what the mint log names, the issuer has signed itself.
        self._trust.minted_here = lambda load: load_key(load) in minted
        return [self._walk(upload, hand_in) for upload, hand_in in decoded]

    def _decode(self, submission: Submission) -> tuple[Upload, HandIn | None]:
        upload_id = sha256(submission.upload)
        if self._store.answer(submission.operator, upload_id) is not None:
            return Upload(submission, upload_id), None
        try:
            return Upload(submission, upload_id), HandIn.decode(submission.upload)
        except Malformed as fault:
            return Upload(submission, upload_id, fault=fault), None

    def _walk(self, upload: Upload, hand_in: HandIn | None) -> Upload:
        if hand_in is None:
            return upload
        seen = walk(hand_in.bundle, self._trust)
        return upload._replace(seen=seen, refusals=verify_refusals(hand_in.refusals, seen, self._trust))

    def settle(self, uploads: Sequence[Upload]) -> list[Settled | Malformed | StoreError]:
        """Settle a batch of uploads and check the supply: an answer to each. Call it inside a transaction.

        The same upload from the same operator again gives the stored answer. What is no hand-in is answered
        by its fault, and changes nothing. What shows coins of an epoch that is suspended waits: its fault is
        that the epoch is `unavailable`.

        What comes to light only now is received after all that its operator has said it has passed on, and
        after what has gone back, whatever time it bears.

        Raises:
            StoreError: the supply does not add up (`corrupt`).
        """
        coins = [coin for upload in uploads for coin in upload.coins()]
        loads = [load for upload in uploads if upload.seen is not None for load in upload.seen.loads]
        batch = Batch(
            self._store,
            load_keys=list(dict.fromkeys(map(load_key, loads))),
            coin_keys=list(dict.fromkeys(map(coin_key, coins))),
        )
        states = self._store.epochs.states()
        batch.past = frozenset(number for number, state in states.items() if state in PAST)
        batch.suspended = frozenset(n for n, state in states.items() if state is EpochState.SUSPENDED)
        first_open_s: dict[str, int] = {}
        answers = [self._settle(upload, batch, first_open_s) for upload in uploads]
        self._store.add_batch(batch)
        self._log(batch)
        self._store.vaults.owe(batch.redeemed)
        paid = {creditor_of(one.seen, operator=one.submission.operator): one.submission for one in uploads}
        self._store.losses.name_new_holders((key, one.person) for key, one in paid.items() if key is not None)
        check_supply(self._store)
        return answers

    def _settle(
        self, upload: Upload, batch: Batch, first_open_s: dict[str, int]
    ) -> Settled | Malformed | StoreError:
        submission = upload.submission
        operator = submission.operator
        key = (operator, upload.upload_id)
        known = batch.answers.get(key) or self._store.answer(*key)
        if known is not None:
            outcomes, credited_fen, returned_fen, _ = known
            return Settled(
                outcomes=tuple(map(Outcome, outcomes)), credited_fen=credited_fen, returned_fen=returned_fen
            )
        if upload.fault is not None:
            return upload.fault
        if upload.seen is None:
            raise StoreError("corrupt", "an upload that had an answer has none any more")
        if batch.suspended and any(load.epoch in batch.suspended for load in upload.seen.loads):
            return StoreError("unavailable", "an epoch is suspended: what is handed in of it waits")
        if operator not in first_open_s:
            first_open_s[operator] = self._store.returns.first_open_s(operator)
        received_s = max(submission.received_s, first_open_s[operator])
        settlement = settle(
            upload.seen,
            upload.refusals,
            known=batch,
            next_no=self._store.next_no,
            received_s=received_s,
            fund_left_fen=self._fund_left_fen(submission.person),
            past=batch.past,
        )
        batch.add(settlement, operator=operator, received_s=received_s)
        raise_alarms(self._store, self._trust, settlement.not_minted, operator=operator, raised_s=received_s)
        self._store.findings.add_breaches(find_breaches(upload.seen, settlement))
        self._book(settlement, submission, received_s=received_s, upload_id=upload.upload_id)
        self._open_cases(settlement, batch, found_s=received_s)
        if settlement.frozen:
            self._store.losses.freeze(settlement.frozen)
        batch.events.append(
            logged.settled(settlement, operator=operator, upload_id=upload.upload_id, received_s=received_s)
        )
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

    def _log(self, batch: Batch) -> None:
        """Log what became of each upload, and which cases were found; all of it is written before."""
        events = [
            told
            if isinstance(told, Event)
            else logged.found(self._store, told[0], found_s=told[1], trust=self._trust)
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
            data = batch.object(case.transfer_no) or self._store.object(case.transfer_no)
            operator = Transfer.parse(data).certificate.claims.issuer
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

        Raises:
            SupplyOff: something is off in an epoch.
            StoreError: the postings do not add up to the balances (`corrupt`).
        """
        counted = self._store.open_coins.count_fen()
        check_supply(self._store)
        for supply in supply_by_epoch(self._store):
            epoch = supply.epoch
            in_books_fen = -self._store.ledger.balance_fen(circulation(epoch))
            if not counted.get((epoch, False), 0) == supply.outstanding_fen == in_books_fen:
                raise SupplyOff(epoch, "open coins, supply and circulation differ")
            if counted.get((epoch, True), 0) != supply.forked_open_fen:
                raise SupplyOff(epoch, "open coins on forks differ")
        check_losses(self._store)
        self._store.ledger.check()


def _loads(hand_in: HandIn) -> Iterator[Load]:
    """The loads of a hand-in that can be read; `walk` says what is wrong with the others."""
    for data in hand_in.bundle.loads:
        with suppress(Malformed):
            yield read_load(data)
