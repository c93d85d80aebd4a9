"""Every kind of message in every state of a session (F04): the tables of `offline.states`, from outside."""

from typing import Final, NamedTuple

import pytest

from shuangli.errors import OutOfTurn, ProtocolError, Refused
from shuangli.offline.payee import payee_receives
from shuangli.offline.policy import PayeePolicy
from shuangli.offline.states import PAYEE, PAYER, Kind, Message, PayeeState, PayerAction, PayerState
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.setting import NOW
from tests.world import World

LATER_S: Final = NOW + 60


class Session(NamedTuple):
    """One request that several payers have answered: each stands elsewhere."""

    request_id: bytes
    payers: dict[PayerState, Wallet]
    payee: Wallet
    messages: dict[Kind, Message]
    payments: dict[PayerState, Message]


@pytest.fixture
def session(world: World) -> Session:
    first, second, third, fourth = (world.wallet([100]) for _ in range(4))
    payee = world.wallet()
    paid = pay(first, payee, 60)
    request_id = paid.request_id
    payments = {PayerState.PAID: paid.payment}
    answers = []
    for state, wallet in (
        (PayerState.REFUSED, second),
        (PayerState.RETURNED, third),
        (PayerState.SIGNED, fourth),
    ):
        (payments[state],) = wallet.receive(request_id, paid.request, now_s=NOW)
        if state is not PayerState.SIGNED:
            (answer,) = payee.receive(request_id, payments[state], now_s=NOW)
            wallet.receive(request_id, answer, now_s=NOW)
            answers.append(answer)
    world.hand_in(third)
    payers = {
        PayerState.IDLE: world.wallet([100]),
        PayerState.SIGNED: fourth,
        PayerState.PAID: first,
        PayerState.REFUSED: second,
        PayerState.RETURNED: third,
    }
    for state in payers.keys() - {PayerState.IDLE}:
        assert payers[state].purse.paying[request_id].state is state
    messages = {
        Kind.REQUEST: paid.request,
        Kind.PAYMENT: paid.payment,
        Kind.RECEIPT: paid.answer,
        Kind.REFUSAL: answers[0],
    }
    return Session(request_id, payers, payee, messages, payments)


@pytest.mark.parametrize("kind", [Kind.REQUEST, Kind.PAYMENT, Kind.RECEIPT, Kind.REFUSAL])
@pytest.mark.parametrize("state", PayerState)
def test_f04_a_payer_hears_any_message_in_any_state(session: Session, state: PayerState, kind: Kind) -> None:
    """The receipt is the first payer's, the refusal the second one's: for the others it is not bound."""
    wallet, message = session.payers[state], session.messages[kind]
    before = wallet.purse.checkpoint()
    action = PAYER.get((state, kind))
    if action is PayerAction.PAY:
        (payment,) = wallet.receive(session.request_id, message, now_s=LATER_S)
        assert payment.kind is Kind.PAYMENT
        return
    if action is PayerAction.RESEND:
        assert wallet.receive(session.request_id, message, now_s=LATER_S) == (session.payments[state],)
    elif action is PayerAction.IGNORE and state in (PayerState.PAID, PayerState.REFUSED):
        assert wallet.receive(session.request_id, message, now_s=LATER_S) == ()
    else:
        with pytest.raises((ProtocolError, Refused)) as refused:
            wallet.receive(session.request_id, message, now_s=LATER_S)
        kept = (PayerAction.KEEP_RECEIPT, PayerAction.KEEP_REFUSAL)
        assert refused.value.code == ("not-bound" if action in kept else "out-of-turn")
    assert wallet.purse.checkpoint() == before


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", PayeeState)
def test_f04_a_payee_answers_payments_only(world: World, state: PayeeState, kind: Kind) -> None:
    payer, payee = world.wallet([100]), world.wallet()
    paid = pay(payer, payee, 60)
    session = payee.purse.asking[paid.request_id]
    assert session.state is PayeeState.RECEIVED
    if (state, kind) in PAYEE:
        assert kind is Kind.PAYMENT
        return
    with pytest.raises(OutOfTurn):
        payee_receives(
            session,
            Message(kind, paid.payment.body),
            key=payee.key,
            held=payee.purse.received_with,
            trust=payee.trust,
            policy=PayeePolicy(),
            now_s=NOW,
        )
