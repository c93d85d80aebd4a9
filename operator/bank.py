"""An operator: an authorised bank that sells and buys value, reconciles, and passes on what goes back."""

from contextlib import nullcontext
from typing import NamedTuple

from shuangli.cose import Domain
from shuangli.crypto import Signer, sha256
from shuangli.days import day_of
from shuangli.errors import Refused, ShuangliError, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.reading import Vouched
from shuangli.issuer.returns.due import honest_watermark_s, taken_in_s
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.returns import Watermark
from shuangli.offline.chain import verify_load
from shuangli.offline.trust import Trust
from shuangli.operator.accounts import VAULT, Accounts
from shuangli.operator.certifying import BankTerms
from shuangli.operator.flow import Flow, IssuerLink, MintRequest, drive
from shuangli.operator.forgetting import note_judged, note_unjudged
from shuangli.operator.grants import GrantDesk, paid_from
from shuangli.operator.netting.desk import NettingDesk
from shuangli.operator.pseudonyms import Pseudonyms
from shuangli.operator.reporting import report_certificates
from shuangli.operator.resigning import signed_by
from shuangli.operator.returning import take_returns
from shuangli.operator.settlement_log import SettlementLog
from shuangli.operator.shown import Shown
from shuangli.operator.store import MOST_PENDING, OperatorStore, Pending, Received, WalletRow
from shuangli.operator.tiers import tier_of


class _TakenIn(NamedTuple):
    """An upload that is kept: when it was received first, whose wallet is to be paid, what it shows."""

    received: Received
    row: WalletRow | None
    shown: Shown


class Bank(Accounts):
    """One operator. Every method that writes is called inside `store.transaction()`."""

    def __init__(
        self,
        *,
        terms: BankTerms,
        key: Signer,
        trust: Trust,
        store: OperatorStore,
        issuer: IssuerLink,
        pseudonyms: Pseudonyms,
    ) -> None:
        """Run the operator that `key` certifies wallets for; `trust` is its own place.

        Under `pseudonyms`, which all operators share, the issuer is told of persons.
        """
        super().__init__(terms=terms, key=key, trust=trust, store=store, pseudonyms=pseudonyms)
        self._issuer = issuer
        self.grants = GrantDesk(self)
        self._settlements = SettlementLog(store, trust, operator=terms.name)
        self.netting = NettingDesk(store=store, trust=trust, operator=terms.name)

    def order_load(self, order_data: bytes, *, now_s: int) -> bytes:
        """Turn deposits into a load for the wallet; the same order gives the same load.

        Raises:
            Malformed, Unverified: the order does not hold.
            Refused: unknown or revoked wallet, over a limit, deposits or vault too small.
        """
        return drive(self.load_flow(order_data, now_s=now_s), self._issuer)

    def load_flow(self, order_data: bytes, *, now_s: int) -> Flow:
        """`order_load`, stopping where the issuer must mint. What is ordered counts until it has answered.

        For an order that is under way already the issuer is asked again, whatever has changed.
        """
        order = LoadOrder.parse(order_data)
        order_id, amount_fen = order.signed.id, sum(order.values_fen)
        known = self.store.load_of(order_id)
        if known is not None:
            return known
        ordered = self.under_way.find(order_id)
        wallet = self._accept(order, now_s) if ordered is None else self.row_of(order.owner)
        asked_s = now_s if ordered is None else ordered.asked_s
        day, account = self._day_of(asked_s), paid_from(wallet, order.condition)
        person = self.pseudonym_of(wallet, asked_s)
        try:
            load_data = yield MintRequest(
                operator=self.terms.name,
                order=order_data,
                customer=Customer(person, wallet.tier, self.terms.limits.profile),
                now_s=now_s,
            )
        except ShuangliError:
            self.under_way.end(order_id)
            self.gather(wallet.person, now_s)
            raise
        if not isinstance(load_data, bytes):
            raise TypeError("a mint request is answered by a load")
        known = self.store.load_of(order_id)
        if known is not None:
            # The same order was under way twice, and the other one has been booked.
            return known
        self.under_way.end(order_id)
        load, _ = verify_load(load_data, self.trust)
        self.store.add_load(order_id, load_data, person=wallet.person, day=day, amount_fen=amount_fen)
        self.book("load", account, VAULT, amount_fen, now_s, load.signed.id)
        told = {"load_id": load.signed.id, "epoch": load.epoch, "value_fen": amount_fen}
        self.log(EventKind.LOAD, now_s, **told, tier=tier_of(self.store, account))
        if order.condition is not None:
            # Paid out of a grant, it had kept as much in the deposit of a wallet that has closed meanwhile.
            self.gather(wallet.person, now_s)
        return load_data

    def _day_of(self, at_s: int) -> int:
        return day_of(at_s, offset_s=self.terms.day_offset_s)

    def _accept(self, order: LoadOrder, now_s: int) -> WalletRow:
        """Look whether a wallet may order so much, and write down that it has, before the issuer is asked."""
        wallet = self.active(order.owner)
        self.trust.verifier.check_once(order.signed, order.owner, "load order")
        if self.trust.is_revoked(WalletCertificate.parse(wallet.certificate)):
            raise Refused("frozen", "the key of the wallet or of its operator is revoked: sync first")
        amount_fen, person = sum(order.values_fen), wallet.person
        loaded_fen = self.store.loaded_fen(person, self._day_of(now_s)) + self.under_way.by_person_fen(person)
        self.terms.limits.check_load(wallet.tier, amount_fen=amount_fen, loaded_today_fen=loaded_fen)
        self.check_funds(paid_from(wallet, order.condition), amount_fen, of=order.owner)
        details = {"wallet": order.owner, "person": person}
        self.under_way.add(
            order.signed.id, order.signed.data, **details, amount_fen=amount_fen, asked_s=now_s
        )
        return wallet

    def reconcile(self, upload: bytes, *, now_s: int) -> bytes:
        """Reconcile an upload and return the signed acknowledgement; a repeat gets the stored one.

        Raises:
            Malformed: it is no hand-in, or is to be paid to two wallets.
            Unverified: it shows a load with a wrong signature (`signature`).
            Refused: it is to be paid to a wallet that was never open here (`unknown-wallet`).
        """
        return drive(self.reconcile_flow(upload, now_s=now_s), self._issuer)

    def keep(self, upload: bytes, *, now_s: int) -> None:
        """Take in an upload that cannot be passed on now: received by now, reconciled later (`pending`).

        Raises:
            Malformed, Refused: as `reconcile`.
        """
        self._take_in(upload, now_s)

    def pending(self, *, after: int = 0, most: int = MOST_PENDING) -> list[Pending]:
        """The first so many uploads after a number that have no answer yet, oldest first."""
        return self.store.pending(after=after, most=most)

    def _take_in(self, upload: bytes, now_s: int, vouched: Vouched | None = None) -> _TakenIn:
        """Keep an upload."""
        shown = Shown(upload, self.trust, vouched)
        creditor = shown.creditor
        row = self.row_of(creditor) if creditor is not None else None
        # What has been said of earlier times stays true, even if this clock was put back.
        signed = self.store.watermark()
        received_s = taken_in_s(now_s=now_s, watermark_s=signed[0] if signed is not None else None)
        return _TakenIn(self.store.add_upload(sha256(upload), upload, received_s), row, shown)

    def reconcile_flow(
        self, upload: bytes, *, now_s: int, keys_are_new: bool = True, vouched: Vouched | None = None
    ) -> Flow:
        """`reconcile`, stopping where the centre must settle; `vouched` is what a reader here has said of it.

        Unless `keys_are_new`, what names an unknown key is only kept (StoreError `queued`): the centre may
        know it, and would pay for what nobody here can say whose it is.
        """
        upload_id = sha256(upload)
        known = self.store.acknowledgement(upload_id)
        if known is not None:
            return signed_by(self._key, known, Domain.ACKNOWLEDGEMENT)
        (received_s, again), row, shown = self._take_in(upload, now_s, vouched)
        if not keys_are_new and shown.may_lack_keys:
            if not again:
                note_unjudged(self.store.database, upload_id)
            raise StoreError("queued")
        if again:
            note_judged(self.store.database, upload_id)
        settled = yield Submission(
            operator=self.terms.name,
            upload=upload,
            person=self.pseudonym_of(row, received_s),
            received_s=received_s,
            vouched=vouched,
        )
        if not isinstance(settled, Settled):
            raise TypeError("a submission is answered by a settlement")
        known = self.store.acknowledgement(upload_id)
        if known is not None:
            # The same upload was under way twice, and the other one has been booked.
            return known
        redeemed_fen, account = settled.credited_fen - settled.returned_fen, self.account_of(row)
        for kind, amount_fen in (("redemption", redeemed_fen), ("return", settled.returned_fen)):
            if amount_fen:
                self.book(kind, VAULT, account, amount_fen, received_s, upload_id)
        self.netting.count(received_s, settled.credited_fen, shown.redeemed(settled.outcomes))
        number = self._settlements.log(
            upload_id, shown, settled, received_s=received_s, tier=tier_of(self.store, account), now_s=now_s
        )
        acknowledgement = Acknowledgement.sign(
            self._key,
            upload_id=upload_id,
            received_at_s=received_s,
            credited_fen=settled.credited_fen,
            outcomes=settled.outcomes,
            entry=self.store.audit.named(number),
        ).signed.data
        self.store.acknowledge(upload_id, acknowledgement)
        return acknowledgement

    def watermark(self, *, now_s: int) -> bytes:
        """The newest watermark that can honestly be signed; the same one again while nothing has changed.

        It ends just before the oldest upload without an answer, else just before now: more may come in within
        this second. What is received from now on is dated after it.
        """
        up_to_s = honest_watermark_s(now_s=now_s, oldest_pending_s=self.store.oldest_pending_s())
        signed = self.store.watermark()
        if signed is not None and signed[0] >= up_to_s:
            return signed_by(self._key, signed[1], Domain.WATERMARK)
        data = Watermark.sign(
            self._key, network=self.trust.network, operator=self.terms.name, up_to_s=up_to_s
        ).signed.data
        self.store.add_watermark(up_to_s, data)
        return data

    def checkpoint(self, *, now_s: int) -> bytes:
        """The signed state of the audit log as stored before; the same one again while nothing is added."""
        return self.store.audit.checkpoint(self._key, network=self.trust.network, now_s=now_s)

    def take_returns(self, *, now_s: int) -> int:
        """Credit what the centre has given back since the last time, each once; says how many there were."""
        return take_returns(self, self._issuer, transaction=lambda: nullcontext(now_s))

    def returned_to(self, key: bytes, *, after: int) -> list[bytes]:
        """The signed notices of what has gone back to a wallet, after the number that it has seen."""
        notices = self.store.returned_to(key, after=after)
        return [signed_by(self._key, notice, Domain.RETURNED) for notice in notices]

    def report_lost(self, key: bytes, *, now_s: int) -> None:
        """Close a wallet whose holder has lost it: payments to it no longer go back to their payers unasked.

        Raises:
            Refused: there is none with this key (`unknown-wallet`).
        """
        self.close_wallet(key, now_s=now_s, lost=True)
        self._issuer.report_lost(self.store.enrolment(key), operator=self.terms.name, now_s=now_s)

    def report_certificates(self, *, now_s: int) -> int:
        """Tell the issuer of the wallet certificates that it does not know of; says how many there were."""
        return report_certificates(
            self.store, self._issuer, operator=self.terms.name, transaction=lambda: nullcontext(now_s)
        )
