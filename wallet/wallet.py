"""A wallet: keys, purse and journal, and what a person or a gate does with it.

Every act follows one order: verify, write the records to the journal, apply them to the purse, and
only then return what is to be sent. Nothing here reads a clock or makes randomness: `now_s` is an
argument, and `random_bytes` comes in at the start.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shuangli.cose import Domain, parse
from shuangli.crypto import Signer
from shuangli.errors import Malformed, OutOfTurn, Unverified
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.fields import NONCE_BYTES
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import Acknowledgement, Enrolment
from shuangli.messages.session import PaymentRequest
from shuangli.offline.chain import load_coins, verify_load
from shuangli.offline.evidence import culprit_of
from shuangli.offline.gossip import hear
from shuangli.offline.limits import limits_of
from shuangli.offline.payee import payee_receives
from shuangli.offline.payer import IDLE, Payer, PayerSession, payer_receives
from shuangli.offline.policy import PayeePolicy, PayerPolicy, check_balance, needs_pin
from shuangli.offline.records import PaymentRefused, Turn
from shuangli.offline.request import make_request, verify_request
from shuangli.offline.states import Kind, Message
from shuangli.offline.trust import Trust
from shuangli.wallet.choice import choose
from shuangli.wallet.handing_in import compose
from shuangli.wallet.journal import Journal
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import (
    Acknowledged,
    Loaded,
    LoadOrdered,
    Opened,
    Record,
    RevocationsKept,
    Synced,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRules:
    """The rules of one wallet, shared by all wallets of a kind."""

    operator: str
    currency: str
    payer: PayerPolicy = field(default_factory=PayerPolicy)
    payee: PayeePolicy = field(default_factory=PayeePolicy)


class Wallet:
    """One wallet on one device.

    Attributes:
        key: signs; the private half stays inside
        trust: what this device has checked
        purse: what it holds; read it, change it only through this class
    """

    __slots__ = ("_journal", "_random_bytes", "_rules", "key", "purse", "trust")

    def __init__(
        self,
        *,
        key: Signer,
        trust: Trust,
        journal: Journal,
        rules: WalletRules,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """Open a wallet; what its journal says has happened, has happened."""
        self.key = key
        self.trust = trust
        self.purse = Purse()
        self._journal = journal
        self._rules = rules
        self._random_bytes = random_bytes
        for record in journal:
            self.purse.apply(record)
        if self.purse.revocations is not None:
            trust.update_revocations(self.purse.revocations.signed.data)
        for evidence in self.purse.evidence.values():
            trust.distrust(culprit_of(evidence))

    def _store(self, *records: Record) -> None:
        if records:
            self._journal.append(records)
        for record in records:
            self.purse.apply(record)

    @property
    def certificate(self) -> WalletCertificate:
        """The wallet's certificate.

        Raises:
            OutOfTurn: it has none yet.
        """
        if self.purse.certificate is None:
            raise OutOfTurn("out-of-turn", "this wallet has not been opened")
        return self.purse.certificate

    def compact(self, *, forget_before_s: int = 0) -> None:
        """Shorten the journal to one checkpoint, without settled sessions whose request expired before.

        A forgotten request is answered no more; give a time at least the clock tolerance ago.
        """
        self.purse.forget_before(forget_before_s)
        self._journal.compact(self.purse.checkpoint())

    # --- online, with the operator -------------------------------------------------------------

    def enrol(self, *, kind: WalletKind, tier: int, person: bytes, now_s: int) -> bytes:
        """The signed enrolment that asks the operator to open this wallet."""
        return Enrolment.sign(
            self.key,
            network=self.trust.network,
            operator=self._rules.operator,
            kind=kind,
            tier=tier,
            person=person,
            enrolled_at_s=now_s,
        ).signed.data

    def install(self, certificate_data: bytes) -> None:
        """Take over the operator's certificate.

        Raises:
            Malformed, Unverified: it does not hold, or certifies another key.
        """
        certificate = self.trust.wallet_certificate(WalletCertificate.parse(certificate_data))
        if certificate.claims.key != self.key.public:
            raise Unverified("not-bound", "the certificate is for another key")
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

    def order_load(self, values_fen: Sequence[int], *, now_s: int) -> bytes:
        """Order coins of these values; the order is stored before it leaves.

        Raises:
            Refused: the wallet would hold more than its tier allows (`over-limit`).
        """
        check_balance(self.purse.balance_fen, sum(values_fen), limits=limits_of(self.certificate))
        order = LoadOrder.sign(
            self.key,
            operator=self._rules.operator,
            values_fen=values_fen,
            nonce=self._random_bytes(NONCE_BYTES),
            ordered_at_s=now_s,
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
        if load.owner != self.key.public or load.values_fen != order.values_fen:
            raise Unverified("not-bound", "the load is not what was ordered")
        self._store(Loaded(load=data, nonce=load.nonce, coins=tuple(load_coins(load, terms))))

    def hand_in(self, *, now_s: int) -> bytes | None:
        """The upload of a reconciliation: redeems received coins and shows own payments.

        An upload that was not acknowledged is sent again as it is. What finds no room in one upload
        waits for the next. None when there is nothing to say.
        """
        for open_upload in self.purse.uploads.values():
            return open_upload.upload
        record = compose(self.purse, key=self.key, certificate=self.certificate, now_s=now_s)
        if record is None:
            return None
        self._store(record)
        return record.upload

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

    # --- offline, with another device ----------------------------------------------------------

    def request(self, amount_fen: int, *, now_s: int) -> Message:
        """Ask to be paid: the request is stored before it is shown.

        Raises:
            Refused: the wallet would hold more than its tier allows (`over-limit`), or its revocation list
                is too old (`stale-list`).
        """
        check_balance(self.purse.balance_fen, amount_fen, limits=limits_of(self.certificate))
        turn = make_request(
            self.key,
            currency=self._rules.currency,
            amount_fen=amount_fen,
            certificate=self.certificate,
            nonce=self._random_bytes(NONCE_BYTES),
            trust=self.trust,
            policy=self._rules.payee,
            now_s=now_s,
        )
        self._store(*turn.records)
        return turn.messages[0]

    def read_request(self, message: Message, *, now_s: int) -> PaymentRequest:
        """The request that a payee shows, verified, to be shown to the holder; nothing is paid.

        Raises:
            Malformed, Unverified, Refused: as when it is paid.
        """
        request_id_of(message)
        tolerance_s = self._rules.payer.clock_tolerance_s
        return verify_request(message.body, trust=self.trust, clock_tolerance_s=tolerance_s, now_s=now_s)

    def needs_pin(self, amount_fen: int) -> bool:
        """Say whether the holder has to give the PIN to pay this amount."""
        return needs_pin(amount_fen, policy=self._rules.payer, usage=self.purse.usage)

    def receive(
        self, request_id: bytes, message: Message, *, now_s: int, pin: bool = False
    ) -> tuple[Message, ...]:
        """Answer a message of the session that `request_id` names; the answers are stored first.

        `pin` says that the holder has just given the PIN.

        Raises:
            OutOfTurn, Malformed, Unverified, Refused: nothing has changed.
        """
        if message.kind in (Kind.LIST_NUMBER, Kind.LIST):
            return self._hear(request_id, message)
        if message.kind is Kind.PAYMENT:
            return self._as_payee(request_id, message, now_s)
        return self._as_payer(request_id, message, now_s, pin)

    def _hear(self, request_id: bytes, message: Message) -> tuple[Message, ...]:
        heard = hear(message, trust=self.trust, as_payee=request_id in self.purse.asking)
        if heard.revocations:
            self.update_revocations(heard.revocations)
        return heard.messages

    def _as_payee(self, request_id: bytes, message: Message, now_s: int) -> tuple[Message, ...]:
        session = self.purse.asking.get(request_id)
        if session is None:
            raise OutOfTurn("out-of-turn", "this wallet has made no such request")
        turn = payee_receives(
            session,
            message,
            key=self.key,
            trust=self.trust,
            policy=self._rules.payee,
            held=self.purse.received_with,
            now_s=now_s,
        )
        self._store(*turn.records)
        for record in turn.records:
            if isinstance(record, PaymentRefused) and record.evidence:
                self.trust.distrust(culprit_of(record.evidence))
        return turn.messages

    def _as_payer(self, request_id: bytes, message: Message, now_s: int, pin: bool) -> tuple[Message, ...]:
        if message.kind is Kind.REQUEST and request_id_of(message) != request_id:
            raise OutOfTurn("out-of-turn", "the request belongs to another session")
        session = self.purse.paying.get(request_id, IDLE)
        payer = Payer(
            key=self.key,
            certificate=self.certificate,
            coins=tuple(self.purse.coins.values()),
            choose=choose,
            trust=self.trust,
            policy=self._rules.payer,
            usage=self.purse.usage,
            pin=pin,
        )
        turn: Turn[PayerSession] = payer_receives(session, message, payer=payer, now_s=now_s)
        self._store(*turn.records)
        return turn.messages


def request_id_of(message: Message) -> bytes:
    """The id of the session that a request opens.

    Raises:
        Malformed: it is not a request.
    """
    if message.kind is not Kind.REQUEST:
        raise Malformed("shape", "a session starts with a request")
    return parse(message.body, Domain.REQUEST).id
