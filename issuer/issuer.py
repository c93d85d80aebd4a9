"""The issuer as one service: mint, registration centre and return desk over one database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from shuangli.crypto import Signer
from shuangli.days import DAY_S, OFFSET_S
from shuangli.errors import Malformed, StoreError
from shuangli.issuer.cases import list_cases
from shuangli.issuer.centre import RegistrationCentre, Settled, Submission
from shuangli.issuer.epochs.desk import EpochDesk
from shuangli.issuer.epochs.states import EpochEvent
from shuangli.issuer.logged import log_policy
from shuangli.issuer.losses.case_desk import CaseDesk
from shuangli.issuer.losses.desk import LossDesk
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import Mint, MintingKey
from shuangli.issuer.persons.desk import DAYS_KEPT, PersonDesk
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.remittances.desk import RemittanceDesk
from shuangli.issuer.returns.desk import ReturnDesk
from shuangli.issuer.returns.due import Return
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import SupplyOff
from shuangli.issuer.vaults.desk import VaultDesk
from shuangli.messages.loads import LoadOrder
from shuangli.offline.trust import Trust


class Issuer:
    """What operators reach: mint, settle and what goes back, each inside `transaction()`."""

    def __init__(
        self,
        *,
        store: IssuerStore,
        minting: MintingKey,
        centre_key: Signer,
        trust: Trust,
        policy: LossPolicy,
        day_offset_s: int = OFFSET_S,
    ) -> None:
        """Run the issuer's online side, minting under one epoch; the root key is not needed here.

        Limits of a day count from midnight to midnight where clocks are `day_offset_s` ahead of UTC.
        """
        self.store = store
        self.trust = trust
        self._key = centre_key
        self.person_desk = PersonDesk(store=store, day_offset_s=day_offset_s)
        self._mint = Mint(store=store, trust=trust, persons=self.person_desk)
        self.centre = RegistrationCentre(store=store, key=centre_key, trust=trust, policy=policy)
        self.return_desk = ReturnDesk(store=store, trust=trust, policy=policy)
        self.loss_desk = LossDesk(store=store)
        self.cases = CaseDesk(store=store, trust=trust, losses=self.loss_desk)
        self.vaults = VaultDesk(store=store, key=centre_key, trust=trust, returns=self.return_desk)
        self.remittances = RemittanceDesk(store=store, trust=trust)
        self.epochs = EpochDesk(store=store, returns=self.return_desk)
        with store.transaction():
            self.open_epoch(minting, now_s=minting.epoch.claims.not_before_s)
            log_policy(store, policy, now_s=minting.epoch.claims.not_before_s)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is kept, or nothing of it.

        If an epoch's totals do not add up, nothing of it is kept, and the epoch is suspended.
        """
        try:
            with self.store.transaction():
                yield
        except SupplyOff as off:
            self._suspend(off)
            raise

    def _suspend(self, off: SupplyOff) -> None:
        with self.store.transaction():
            row = self.store.epochs.find(off.epoch)
            if row is not None:
                self.store.epochs.move(off.epoch, EpochEvent.SUPPLY_OFF, now_s=row.changed_s, why=str(off))

    def open_epoch(self, minting: MintingKey, *, now_s: int) -> None:
        """Mint under this epoch from now on. Call it inside a transaction.

        An epoch that is known stays in its state: one that was stopped mints nothing, whoever starts anew.

        Raises:
            Refused: its number belongs to another certificate (`epoch`).
        """
        self.epochs.open(minting.epoch, now_s=now_s)
        self._mint.add_key(minting)

    def check_books(self) -> None:
        """Count everything afresh, outside a transaction; an epoch that is off is suspended.

        Raises:
            StoreError: something is off (`corrupt`).
        """
        try:
            self.centre.check_books()
        except SupplyOff as off:
            self._suspend(off)
            raise

    def archive_epoch(self, number: int, directory: Path, *, now_s: int) -> Path:
        """Move a closed epoch to files below `directory`; says where. Call it outside a transaction.

        Raises:
            Refused: the epoch is not closed (`epoch`).
            StoreError: the files cannot be written, or do not agree with the database.
        """
        # The packages that it takes are an extra.
        from shuangli.issuer.archive.writing import archive_epoch

        cases = partial(list_cases, self.store, trust=self.trust)
        return archive_epoch(
            self.store, directory, number, cases=cases, key=self._key, trust=self.trust, now_s=now_s
        )

    def fill_vault(self, operator: str, amount_fen: int, *, now_s: int) -> None:
        """Sell value to an operator against reserves."""
        self._mint.fill_vault(operator, amount_fen, now_s=now_s)

    def mint(self, order: bytes, *, operator: str, customer: Customer, now_s: int) -> bytes:
        """Answer an operator's order with a signed load."""
        return self._mint.mint(LoadOrder.parse(order), operator=operator, customer=customer, now_s=now_s)

    def settle(self, submission: Submission) -> Settled:
        """Settle one upload that an operator passes on.

        Raises:
            Malformed: it is no hand-in.
        """
        (answer,) = self.settle_all([submission])
        if not isinstance(answer, Settled):
            raise answer
        return answer

    def settle_all(self, submissions: Sequence[Submission]) -> list[Settled | Malformed | StoreError]:
        """Settle a batch of uploads that operators pass on: an answer to each, or its fault."""
        return self.centre.settle([self.centre.take(submission) for submission in submissions])

    def book_losses(self, *, now_s: int) -> bool:
        """Take what only culprits would get and book who owes what, some at a time; says if there is more."""
        return self.loss_desk.run(now_s=now_s, up_to_s=self.return_desk.complete_up_to_s(now_s=now_s))

    def count_payments(self, *, now_s: int) -> bool:
        """Count what persons paid offline, some at a time; says if there is more. Old days are dropped."""
        self.person_desk.forget(before_s=max(0, now_s - DAYS_KEPT * DAY_S))
        return self.person_desk.count_payments()

    def take_watermark(self, data: bytes, *, now_s: int) -> None:
        """Take an operator's word on up to when it has passed everything on."""
        self.return_desk.take_watermark(data, now_s=now_s)

    def checkpoint(self, *, now_s: int) -> bytes:
        """The signed state of the centre's audit log; the same one again while nothing is added.

        Call it in a transaction of its own: it is of what is stored.
        """
        return self.store.audit.checkpoint(self._key, network=self.trust.network, now_s=now_s)

    def returns_to(self, operator: str, *, after: int) -> list[Return]:
        """What has gone back to an operator's wallets after the number that it has seen."""
        return self.return_desk.returns_to(operator, after=after)

    def report_lost(self, enrolment: bytes, *, operator: str, now_s: int) -> None:
        """Note that an operator's customer has lost a wallet."""
        self.return_desk.report_lost(enrolment, operator=operator, now_s=now_s)

    def log_certificates(self, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        """Note wallet certificates that an operator has signed: they hold if its key leaks later (F30)."""
        self.centre.operator_keys.log(certificates, operator=operator, now_s=now_s)

    def claim_return(self, operator: str, number: int, *, person: bytes, now_s: int) -> int:
        """Let the guarantee fund pay a return to a person; gives what it has paid, in fen."""
        return self.return_desk.claim(operator, number, person=person, now_s=now_s)
