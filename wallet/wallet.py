"""A wallet: what a person or a gate pays and is paid with.

Keeper      key, trust, purse and journal: what has happened is what the journal says
Customer    online, with its operator: enrol, load, hand in
Wallet      offline, with another device: request, pay, receive
"""

from collections.abc import Sequence

from shuangli.errors import OutOfTurn
from shuangli.messages.fields import NONCE_BYTES
from shuangli.messages.session import PaymentRequest
from shuangli.offline.chain import Coin
from shuangli.offline.evidence import culprit_of
from shuangli.offline.gossip import hear
from shuangli.offline.limits import limits_of
from shuangli.offline.payee import payee_receives
from shuangli.offline.payer import IDLE, Payer, payer_receives
from shuangli.offline.policy import check_balance, needs_pin
from shuangli.offline.records import PaymentRefused
from shuangli.offline.request import make_request, request_id_of, verify_request
from shuangli.offline.states import Kind, Message
from shuangli.wallet.choice import choose
from shuangli.wallet.customer import Customer


class Wallet(Customer):
    """One wallet on one device."""

    __slots__ = ()

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
            nonce=self.key.challenge(NONCE_BYTES),
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
        return self._in_step(lambda: self._as_payer(request_id, message, now_s, pin))

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
            key=self.key.receiving(session.request.signed.data, message.body),
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
            key=self.key.paying(message.body),
            certificate=self.certificate,
            coins=tuple(self.purse.coins.values()),
            choose=self._choose,
            trust=self.trust,
            policy=self._rules.payer,
            usage=self.purse.usage,
            pin=pin,
        )
        turn = payer_receives(session, message, payer=payer, now_s=now_s)
        self._store(*turn.records)
        return turn.messages

    def _choose(
        self, coins: Sequence[Coin], amount_fen: int, *, most_coins: int
    ) -> Sequence[tuple[Coin, int]]:
        return choose(coins, amount_fen, most_coins=min(most_coins, self.key.most_coins))
