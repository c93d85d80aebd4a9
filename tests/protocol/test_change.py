"""There is rarely exact change (F27): a coin is split, and the purses still balance."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.errors import Refused
from shuangli.offline.states import PayerState
from tests.paying import pay
from tests.setting import STAGED
from tests.world import World


@settings(max_examples=25)
@given(
    values_fen=st.lists(st.integers(1, 300), min_size=1, max_size=6),
    amounts_fen=st.lists(st.integers(1, 200), min_size=1, max_size=6),
)
def test_f27_whatever_is_paid_the_purses_balance(values_fen: list[int], amounts_fen: list[int]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory), terms=STAGED)
        payer, payee = world.wallet(values_fen), world.wallet()
        held_fen, paid_fen = sum(values_fen), 0
        for amount_fen in amounts_fen:
            if paid_fen + amount_fen > held_fen:
                with pytest.raises(Refused):
                    pay(payer, payee, amount_fen)
                continue
            paid = pay(payer, payee, amount_fen)
            assert payer.purse.paying[paid.request_id].state is PayerState.PAID
            split = [spend for spend in paid.transfer.spends if spend.change_fen]
            assert len(split) <= 1, "one coin at most is split"
            assert paid.transfer.pay_fen == amount_fen
            paid_fen += amount_fen
        assert (payer.purse.balance_fen, payee.purse.balance_fen) == (held_fen - paid_fen, paid_fen)
        if paid_fen:
            assert world.hand_in(payee).credited_fen == paid_fen
        assert world.supply().outstanding_fen == held_fen - paid_fen
        world.check_books()
        world.close()
