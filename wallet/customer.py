"""A wallet as the customer of its operator: opened, loaded, reconciled (see `wallet.keeper`)."""

from collections.abc import Sequence, Set

from shuangli.errors import OutOfTurn, StoreError, Unverified
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.conditions import NO_CLASS, Condition
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.fields import NONCE_BYTES
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.returns import Returned
from shuangli.offline.chain import load_coins, verify_load
from shuangli.offline.limits import limits_of
from shuangli.offline.policy import check_balance
from shuangli.offline.spending import is_dead
from shuangli.wallet.handing_in import MAX_UPLOAD_COINS, compose
from shuangli.wallet.keeper import Keeper
from shuangli.wallet.records import (
    Acknowledged,
    Loaded,
    LoadOrdered,
    Opened,
    OrderRefused,
    RevocationsKept,
    Synced,
    ValueReturned,
)


class Customer(Keeper):
    """What a wallet says to its operator when it is online, and what it takes from there."""

    __slots__ = ()

    def enrol(
        self, *, kind: WalletKind, tier: int, person: bytes, now_s: int, payee_class: int = NO_CLASS
    ) -> bytes:
        """The signed enrolment that asks the operator to open this wallet, for a payee of this class."""
        return Enrolment.sign(
            self.key,
            network=self.trust.network,
            operator=self._rules.operator,
            kind=kind,
            tier=tier,
            person=person,
            enrolled_at_s=now_s,
            payee_class=payee_class,
        ).signed.data

    def install(self, certificate_data: bytes) -> None:
        """Take over the operator's certificate.

        Raises:
            Malformed, Unverified: it does not hold, or certifies another key.
        """
        certificate = self.trust.wallet_certificate(WalletCertificate.parse(certificate_data))
        if certificate.claims.key != self.key.public:
            raise Unverified("not-bound", "the certificate is for another key")
        self.key.install(certificate_data)
        self._store(Opened(certificate=certificate))

    def update_revocations(self, data: bytes) -> None:
        """Take over a revocation list if it is newer than the one at hand.

        Raises:
            Malformed, Unverified: it is not a list signed by a centre.
        """
        if self.trust.update_revocations(data) and self.trust.revocations is not None:
            self._store(RevocationsKept(listed=self.trust.revocations))

    def note_sync(self, *, now_s: int) -> None:
        """Note that the operator was reached and has said all: limits that count from there start anew."""
        self._store(Synced(at_s=now_s))

    def order_load(
        self, values_fen: Sequence[int], *, now_s: int, condition: Condition | None = None
    ) -> bytes:
        """Order coins of these values, out of what was granted under `condition` if there is one.

        The order is stored before it leaves.

        Raises:
            Refused: the wallet would hold more than its tier allows (`over-limit`).
        """
        check_balance(self.purse.balance_fen, sum(values_fen), limits=limits_of(self.certificate))
        order = LoadOrder.sign(
            self.key,
            operator=self._rules.operator,
            values_fen=values_fen,
            nonce=self.key.challenge(NONCE_BYTES),
            ordered_at_s=now_s,
            condition=condition,
        )
        self._store(LoadOrdered(order=order))
        return order.signed.data

    def receive_load(self, data: bytes) -> None:
        """Take the coins of a load.

        Raises:
            Malformed, Unverified: it does not hold.
            OutOfTurn: it answers no open order of this wallet, or an old load is fed in again (F50).
        """
        load, terms = verify_load(data, self.trust)
        order = self.purse.orders.get(load.nonce)
        if order is None:
            raise OutOfTurn("out-of-turn", "the load answers no open order")
        ordered = (self.key.public, order.values_fen, order.condition)
        if (load.owner, load.values_fen, load.condition) != ordered:
            raise Unverified("not-bound", "the load is not what was ordered")
        self.key.take_load(data)
        self._store(Loaded(load=data, nonce=load.nonce, coins=tuple(load_coins(load, terms))))

    def drop_order(self, order_data: bytes) -> None:
        """Give up an order that the operator has refused; a load that comes for it all the same is refused.

        If the operator has minted it after all, its value comes back to the holder's account when it expires.
        An order that is not open any more changes nothing.
        """
        nonce = LoadOrder.parse(order_data).nonce
        if nonce in self.purse.orders:
            self._store(OrderRefused(nonce=nonce))

    def hand_in(self, *, now_s: int, give_back: bool = False) -> bytes | None:
        """A new upload for a reconciliation: redeems received coins and shows own payments.

        Own value under a condition that can no longer be spent is handed in as well, for its giver; with
        `give_back` also what could be.

        Only what no upload holds yet is in it, so it need not wait for the answers to those before: it is on
        time if it is received in time, whatever became of them (F52). What finds no room in one upload goes
        into the next. None when nothing is new; what waits for an answer is `unanswered`.

        A secure element gives the places of dead coins away, and cannot redeem them any more. They are shown
        then without that, and keep nothing else from being handed in.

        Raises:
            StoreError: the custody does not hold a coin that is not dead: it is not this wallet's
                (`out-of-step`).
        """
        try:
            return self._in_step(lambda: self._new_upload(now_s, give_back))
        except StoreError as error:
            given_up = self.key.given_up(self.purse.coins) if error.code == "out-of-step" else frozenset()
            tolerance_s = self._rules.payer.clock_tolerance_s
            dead = (is_dead(self.purse.coins[each], now_s + tolerance_s) for each in given_up)
            if not given_up or not all(dead):
                raise
        return self._new_upload(now_s, give_back, given_up=given_up)

    def _new_upload(self, now_s: int, give_back: bool, *, given_up: Set[bytes] = frozenset()) -> bytes | None:
        record = compose(
            self.purse,
            key=self.key,
            certificate=self.certificate,
            most_coins=min(self.key.most_coins, MAX_UPLOAD_COINS),
            give_back=give_back,
            given_up=given_up,
            now_s=now_s,
        )
        if record is None:
            return None
        self._store(record)
        return record.upload

    @property
    def unanswered(self) -> tuple[bytes, ...]:
        """The uploads that were not acknowledged yet, oldest first: each is sent again as it is.

        Their acknowledgements may come in any order. One of them may be here that never left the device.
        """
        return tuple(record.upload for record in self.purse.uploads.values())

    def acknowledge(self, data: bytes, *, operator_key: bytes) -> Acknowledgement:
        """Take the operator's answer to an upload.

        Raises:
            Malformed, Unverified: it does not hold.
            OutOfTurn: it answers no open upload of this wallet.
        """
        acknowledgement = Acknowledgement.parse(data)
        if acknowledgement.upload_id not in self.purse.uploads:
            raise OutOfTurn("out-of-turn", "the acknowledgement answers no open upload")
        self.trust.verifier.check_once(acknowledgement.signed, operator_key, "acknowledgement")
        self._store(Acknowledged(acknowledgement=acknowledgement))
        return acknowledgement

    def take_returned(self, data: bytes, *, operator_key: bytes) -> Returned:
        """Take the operator's notice that value has come back; notices come in the order of their numbers.

        Raises:
            Malformed, Unverified: it does not hold, or is for another key.
            OutOfTurn: it was taken before.
        """
        notice = Returned.parse(data)
        if notice.owner != self.key.public:
            raise Unverified("not-bound", "the notice is for another wallet")
        if notice.number <= self.purse.returned_no:
            raise OutOfTurn("out-of-turn", "this notice was taken before")
        self.trust.verifier.check_once(notice.signed, operator_key, "notice")
        self._store(ValueReturned(notice=notice))
        return notice
