"""Payments to another operator's customers in a day's statement: netted, and booked if the books agree."""

import pytest

from shuangli.errors import Unverified
from shuangli.issuer.remittances.messages import Verdict
from tests.service.banks import Banks
from tests.setting import DAY_S, NOW


def test_what_the_statement_counts_otherwise_is_not_booked(banks: Banks) -> None:
    banks.send(700)
    banks.exchange()
    banks.world.banks["OP02"].store.database.execute("UPDATE remittances_received SET amount_fen = 699")
    banks.net()
    with pytest.raises(Unverified, match="700 fen received from OP01 online, the books 699 fen"):
        banks.desks.at["OP02"].check_netting()
    assert not banks.desks.at["OP01"].has_alarm()


def test_what_a_statement_counts_is_heard_before_it_is_compared(banks: Banks) -> None:
    """The payer's operator has not heard yet what became of the payment when it is netted."""
    sent = banks.send(700)
    banks.exchange("OP01", "OP02")
    assert banks.kept(sent).verdict is None
    banks.net()
    assert banks.kept(sent).verdict is Verdict.PAID
    banks.check_settled()


def test_coins_and_payments_online_are_netted_together(banks: Banks) -> None:
    """OP01 owes 700 for a payment, OP02 as much for a coin: value moves, and no money."""
    banks.send(700)
    banks.exchange()
    store = banks.world.issuer.store
    with banks.world.transaction():
        store.vaults.owe({("OP02", "OP01", NOW): 700})
        bank = banks.world.banks["OP01"]
        bank.store.database.execute("INSERT INTO credited VALUES (?, 700)", NOW // DAY_S)
        bank.store.database.execute("INSERT INTO redeemed VALUES (?, 'OP02', 700, 0)", NOW // DAY_S)
        banks.world.banks["OP02"].store.add_load(bytes(32), b"", person=bytes(32), day=0, amount_fen=700)
    before = {name: banks.desks.issuer.issuer.vaults.held_fen(name) for name in banks.world.banks}
    banks.net()
    for name, value_fen in (("OP01", -700), ("OP02", 700)):
        held_fen = banks.desks.issuer.issuer.vaults.held_fen(name)
        assert held_fen == (before[name][0] + value_fen, before[name][1])
    banks.check_settled()
