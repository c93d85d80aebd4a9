"""The payer's side of a payment: judge the request, spend coins, keep the receipt. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from shuangli.cose import Domain, parse
from shuangli.crypto import Signer
from shuangli.errors import OutOfTurn, Refused, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.session import PaymentRequest, Receipt, Refusal
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.bars import bar_of
from shuangli.offline.branches import without_rivals
from shuangli.offline.chain import Coin, chains, spend_outputs
from shuangli.offline.limits import limits_of
from shuangli.offline.policy import PayerPolicy, Usage, check_payment
from shuangli.offline.records import PaymentSigned, ReceiptKept, RefusalKept, Turn
from shuangli.offline.request import verify_request
from shuangli.offline.states import PAYER, Kind, Message, PayerAction, PayerState
from shuangli.offline.trust import Trust

OBJECT_BYTES: Final = 5
TRANSFER_BYTES: Final = 220
SPEND_BYTES: Final = 56
"""Bounds in bytes: what a bundle adds to an object, a transfer to its certificate, a spend to a transfer."""


class Choose(Protocol):
    """Chooses coins for an amount; see `wallet.choice`."""

    def __call__(
        self, coins: Sequence[Coin], amount_fen: int, *, most_coins: int
    ) -> Sequence[tuple[Coin, int]]:
        """Return the chosen coins, each with the fen paid from it.

        Raises:
            Refused: the coins do not suffice, or too many of them would be needed.
        """
        ...


class PayerSession(NamedTuple):
    """One payment: what it answers, the stored bytes that every resend repeats, and the payee's answer.

    `coins` counts the coins that it spends, `hops` the changes of key of the longest chain after it.
    `returned_fen` is what has come back of it.
    """

    state: PayerState = PayerState.IDLE
    request_id: bytes = b""
    payee: bytes = b""
    amount_fen: int = 0
    expires_at_s: int = 0
    payment: Message | None = None
    transfer_id: bytes = b""
    coins: int = 0
    hops: int = 0
    answer: bytes = b""
    returned_fen: int = 0


IDLE: Final = PayerSession()
"""No payment yet."""


class Payer(NamedTuple):
    """What the payer's side needs to know of its device: key, certificate, coins, rules, what it has paid.

    `pin` says whether the holder has given the PIN for this payment.
    """

    key: Signer
    certificate: WalletCertificate
    coins: Sequence[Coin]
    choose: Choose
    trust: Trust
    policy: PayerPolicy
    usage: Usage
    pin: bool


def payer_receives(session: PayerSession, message: Message, *, payer: Payer, now_s: int) -> Turn:
    """Answer one message of the payee.

    Raises:
        OutOfTurn: the table has no action for it, or it belongs to another session.
        Malformed, Unverified: it does not hold; nothing has changed.
        Refused: the request is in order, but this device may not or cannot pay it.
    """
    action = PAYER.get((session.state, message.kind))
    if action is None:
        raise OutOfTurn("out-of-turn", f"a {message.kind.name.lower()} while {session.state.value}")
    if action is PayerAction.PAY:
        tolerance_s = payer.policy.clock_tolerance_s
        request = verify_request(message.body, trust=payer.trust, clock_tolerance_s=tolerance_s, now_s=now_s)
        return _pay(request, payer=payer, now_s=now_s)
    if action is PayerAction.RESEND and session.payment is not None:
        if parse(message.body, Domain.REQUEST).id != session.request_id:
            raise OutOfTurn("out-of-turn", "this session answers another request")
        return Turn((), (session.payment,))
    if action is PayerAction.IGNORE:
        if message.body != session.answer:
            raise OutOfTurn("out-of-turn", "the payee has answered before, and otherwise")
        return Turn((), ())
    return _keep_answer(session, message, action, payer.trust)


def spendable(coins: Sequence[Coin], request: PaymentRequest, *, now_s: int) -> list[Coin]:
    """The coins that may be paid with now and that the payee accepts."""
    accepts = request.accepts
    return [coin for coin in coins if bar_of(coin, accepts, now_s=now_s, request=request) is None]


def _pay(request: PaymentRequest, *, payer: Payer, now_s: int) -> Turn:
    accepts = request.accepts
    if request.payee == payer.key.public:
        raise Refused("own-request")
    if not payer.certificate.claims.valid_at(now_s):
        raise Refused("certificate-expired", figures={"expires_at_s": payer.certificate.claims.expires_at_s})
    check_payment(
        request.amount_fen,
        policy=payer.policy,
        limits=limits_of(payer.certificate),
        usage=payer.usage,
        now_s=now_s,
        pin=payer.pin,
    )
    coins = without_rivals(spendable(payer.coins, request, now_s=now_s))
    chosen = payer.choose(coins, request.amount_fen, most_coins=accepts.coins)
    spent = tuple(coin for coin, _ in chosen)
    signed_at_s = _signing_time(spent, request, payer=payer, now_s=now_s)
    ancestry = chains(spent)
    _check_size(ancestry, len(spent), request, payer=payer)
    transfer = Transfer.sign(
        payer.key,
        request_id=request.id,
        certificate=payer.certificate,
        signed_at_s=signed_at_s,
        claim_by_s=min(min(coin.claim_by_s, signed_at_s + coin.terms.claim_window_s) for coin in spent),
        payee=request.payee,
        spends=[Spend(coin.coin_id, pay_fen, coin.value_fen - pay_fen) for coin, pay_fen in chosen],
    )
    record = payment_signed(request, transfer, spent, ancestry=ancestry, pin=payer.pin)
    return Turn((record,), (Message(Kind.PAYMENT, record.bundle),))


def payment_signed(
    request: PaymentRequest, transfer: Transfer, spent: Sequence[Coin], *, ancestry: Bundle, pin: bool
) -> PaymentSigned:
    """The record of a signed payment; `ancestry` is the chains of the spent coins."""
    sent = Bundle(loads=ancestry.loads, transfers=(*ancestry.transfers, transfer.signed.data))
    change = [
        spend_outputs(transfer, spend, coin)[1]
        for spend, coin in zip(transfer.spends, spent, strict=True)
        if spend.change_fen
    ]
    return PaymentSigned(
        request=request,
        pin=pin,
        bundle=sent.encode(),
        transfer=transfer,
        spent=tuple(spent),
        change=tuple(change),
    )


def _signing_time(spent: Sequence[Coin], request: PaymentRequest, *, payer: Payer, now_s: int) -> int:
    """Now, or the time of the newest coin: times never decrease along a chain, even if clocks differ.

    Raises:
        Refused: a coin comes from so far in the future that the payee would not accept it (`clock`).
    """
    newest_s = max(coin.since_s for coin in spent)
    if newest_s <= now_s:
        return now_s
    still_good = spendable(spent, request, now_s=newest_s)
    in_time = newest_s < request.expires_at_s + payer.policy.clock_tolerance_s
    if not in_time or len(still_good) < len(spent) or not payer.certificate.claims.valid_at(newest_s):
        raise Refused("clock", f"a coin is dated {newest_s - now_s} s in the future")
    return newest_s


def _check_size(ancestry: Bundle, coins: int, request: PaymentRequest, *, payer: Payer) -> None:
    """Make sure that the payment fits before anything is signed: a coin is signed away only once.

    Raises:
        Refused: the payee accepts fewer coins or bytes (`too-many-coins`).
    """
    accepts = request.accepts
    if coins > accepts.coins:
        raise Refused(
            "too-many-coins",
            f"needs {coins} coins, the payee accepts {accepts.coins}",
            rule="coins",
            figures={"coins": coins, "most": accepts.coins},
        )
    certificate_bytes = len(payer.certificate.signed.data)
    ancestry_bytes = sum(len(data) + OBJECT_BYTES for data in (*ancestry.loads, *ancestry.transfers))
    most_bytes = ancestry_bytes + TRANSFER_BYTES + certificate_bytes + coins * SPEND_BYTES
    if most_bytes > accepts.bundle_bytes:
        raise Refused(
            "too-many-coins",
            f"needs {most_bytes} bytes, the payee accepts {accepts.bundle_bytes}",
            rule="bytes",
            figures={"bytes": most_bytes, "most": accepts.bundle_bytes},
        )


def signed_session(record: PaymentSigned) -> PayerSession:
    """The session that a signed payment leaves behind."""
    return PayerSession(
        state=PayerState.SIGNED,
        request_id=record.request.id,
        payee=record.request.payee,
        amount_fen=record.request.amount_fen,
        expires_at_s=record.request.expires_at_s,
        payment=Message(Kind.PAYMENT, record.bundle),
        transfer_id=record.transfer.signed.id,
        coins=len(record.spent),
        hops=1 + max(coin.hops for coin in record.spent),
    )


def answered_session(session: PayerSession, record: ReceiptKept | RefusalKept) -> PayerSession:
    """The session after the payee's answer."""
    if isinstance(record, ReceiptKept):
        return session._replace(state=PayerState.PAID, answer=record.receipt.signed.data)
    return session._replace(state=PayerState.REFUSED, answer=record.refusal.signed.data)


def returned_session(session: PayerSession, returned_fen: int) -> PayerSession:
    """The session after so much of the payment has come back."""
    returned_fen += session.returned_fen
    all_back = returned_fen >= session.amount_fen and session.state is not PayerState.PAID
    state = PayerState.RETURNED if all_back else session.state
    return session._replace(state=state, returned_fen=returned_fen)


def _keep_answer(session: PayerSession, message: Message, action: PayerAction, trust: Trust) -> Turn:
    keeps_receipt = action is PayerAction.KEEP_RECEIPT
    answer = Receipt.parse(message.body) if keeps_receipt else Refusal.parse(message.body)
    if answer.request_id != session.request_id or answer.transfer_ids != (session.transfer_id,):
        raise Unverified("not-bound", "the answer is for another payment")
    trust.verifier.check_once(answer.signed, session.payee, "payee's answer")
    record = ReceiptKept(answer) if isinstance(answer, Receipt) else RefusalKept(answer)
    return Turn((record,), ())
