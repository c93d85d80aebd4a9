"""A customer of one operator pays one of another online: once, or the money comes back with the reason."""

from typing import Any

import pytest

from shuangli.errors import BadInput, Refused
from shuangli.issuer.remittances.messages import Verdict
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.issuer.vaults.statements import NettingStatement
from shuangli.operator.accounts import CLEARING
from shuangli.operator.customers.statements import Period
from tests.service.banks import RESERVES_FEN, Banks
from tests.setting import NETWORK, NOW


def test_a_payment_is_booked_at_both_and_netted(either: Banks) -> None:
    banks = either
    sent = banks.send(700)
    assert banks.held_fen == (4_300, 0)
    banks.exchange()
    assert banks.held_fen == (4_300, 700)
    assert banks.kept(sent).verdict is Verdict.PAID
    clearing_fen = [bank.store.ledger.balance_fen(CLEARING) for bank in banks.world.banks.values()]
    assert clearing_fen == [-700, 700]
    banks.net()
    (data,) = banks.desks.issuer.statements_to("OP02", after=0)
    told = NettingStatement.parse(data)
    assert (told.received, told.sent, told.position_fen, told.value_fen) == ((("OP01", 700),), (), 700, 0)
    assert banks.desks.issuer.issuer.vaults.held_fen("OP02")[1] == RESERVES_FEN + 700
    banks.check_settled()


def test_both_statements_name_the_other_wallet_and_the_note(banks: Banks) -> None:
    banks.send(700)
    banks.exchange()
    for name, own, other, kind, amount_fen in (
        ("OP01", banks.ann, banks.bob, "remittance", -700),
        ("OP02", banks.bob, banks.ann, "remittance-received", 700),
    ):
        line = (
            banks.desks.at[name]
            .read_statement(own, Period(start_s=0, end_s=2**40), after=0, most=9)
            .lines[-1]
        )
        assert (line.kind, line.amount_fen, line.counterparty, line.note) == (kind, amount_fen, other, "午饭")
        assert banks.desks.at[name].feed(own, "", most=9).items[-1].kind == kind


def test_no_audit_log_says_who_paid_whom(banks: Banks) -> None:
    order = banks.send(700).order
    banks.exchange()
    banks.net()
    stores: list[Any] = [banks.world.issuer.store, *(bank.store for bank in banks.world.banks.values())]
    for store in stores:
        logged = b"".join(store.audit.entries(0, store.audit.size))
        assert not any(secret in logged for secret in (banks.ann, banks.bob, order.note))


def _unknown(banks: Banks) -> bytes:
    return bytes(range(32))


def _frozen(banks: Banks) -> bytes:
    return banks.freeze_bob()


def _full(banks: Banks) -> bytes:
    key = banks.world.wallet(operator="OP02", tier=4).key.public
    desk = banks.desks.at["OP02"]
    room_fen = desk.limits(key).balance_left_fen
    desk.deposit(key, room_fen - 600, idempotency_key="nearly full")
    return key


@pytest.mark.parametrize(
    ("make", "reason"), [(_unknown, "unknown-wallet"), (_frozen, "frozen"), (_full, "over-limit")]
)
def test_what_the_payee_may_not_get_comes_back_with_the_reason(banks: Banks, make: Any, reason: str) -> None:
    payee = make(banks)
    before = banks.desks.at["OP01"].limits(banks.ann).left_today_fen
    sent = banks.send(700, payee=payee)
    banks.exchange()
    verdict = banks.kept(sent).verdict
    assert verdict is not None
    assert verdict.reason == reason
    assert banks.holds_fen("OP01", banks.ann) == 5_000
    assert banks.desks.at["OP01"].limits(banks.ann).left_today_fen == before
    line = (
        banks.desks.at["OP01"]
        .read_statement(banks.ann, Period(start_s=0, end_s=2**40), after=0, most=9)
        .lines[-1]
    )
    assert (line.kind, line.amount_fen, line.note) == ("remittance-returned", 700, f"returned: {reason}")
    banks.net()
    banks.check_settled()


def test_two_that_fit_alone_and_not_together_are_not_both_taken(either: Banks) -> None:
    banks = either
    payee = _full(banks)
    one, two = banks.send(400, payee=payee), banks.send(400, payee=payee)
    banks.exchange()
    assert [banks.kept(each).verdict for each in (one, two)] == [Verdict.PAID, Verdict.OVER_LIMIT]


def test_the_centre_gives_back_what_the_reserves_do_not_cover(banks: Banks) -> None:
    banks.desks.at["OP01"].deposit(banks.ann, RESERVES_FEN, idempotency_key="more")
    fits = banks.send(RESERVES_FEN)
    banks.exchange("OP01")
    short = banks.send(1)
    banks.exchange()
    assert [banks.kept(each).verdict for each in (fits, short)] == [Verdict.PAID, Verdict.RESERVES_SHORT]
    banks.net()
    banks.check_settled()


def test_reserves_that_are_promised_buy_no_value(banks: Banks) -> None:
    banks.send(700)
    banks.exchange()

    def buy(amount_fen: int) -> None:
        order = VaultOrder.sign(
            banks.world.keys["OP01"],
            network=NETWORK,
            operator="OP01",
            side=Side.BUY,
            amount_fen=amount_fen,
            nonce=bytes(16),
            ordered_at_s=NOW,
        )
        with banks.world.issuer.transaction():
            banks.world.issuer.vaults.execute(order.signed.data, now_s=NOW)

    with pytest.raises(Refused, match="1 fen short"):
        buy(RESERVES_FEN - 699)
    buy(RESERVES_FEN - 700)


def test_a_name_that_is_no_operator_gets_nothing(banks: Banks) -> None:
    sent = banks.send(700, to="OP99")
    banks.exchange()
    assert banks.kept(sent).verdict is Verdict.NOT_ADMITTED
    assert banks.held_fen == (5_000, 0)
    with pytest.raises(BadInput, match="operator: OP01 pays its own customers by transfers"):
        banks.send(1, to="OP01")
