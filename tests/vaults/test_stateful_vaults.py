"""Arbitrary redemptions, orders and nettings: nothing is created, twice is once, and all books agree.

However short an operator is, the days that are over are netted: what it lacks is lent to it, and paid back.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shuangli.errors import Refused
from shuangli.issuer.minting import RESERVES, vault
from shuangli.issuer.vaults.desk import VaultDesk, lent, reserve
from shuangli.issuer.vaults.netting import Due
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.operator.accounts import BORROWED, VAULT
from shuangli.operator.bank import Bank
from shuangli.operator.netting.desk import SETTLEMENT
from shuangli.operator.netting.sums import Redeemed
from tests.setting import DAY_S, NAMES, NETWORK, NOW
from tests.world import World

VALUE_FEN = 1_000
LOADED_FEN = 10**9
OPERATORS = st.sampled_from(NAMES)


class _Killed(Exception):
    """The process ends before it commits."""


def take_and_die(bank: Bank, data: bytes, now_s: int) -> None:
    """Book a statement, and be killed before it is committed."""
    with bank.store.transaction():
        bank.netting.take(data, now_s=now_s)
        raise _Killed


class Vaults(RuleBasedStateMachine):
    """Operators redeem each other's value, as both they and the centre count it, and settle."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.world = World(Path(self.directory.name), fresh=False)
        self.desk: VaultDesk = self.world.issuer.vaults
        self.now_s = NOW
        self.orders: dict[bytes, bytes] = {}
        self.ordered_fen = dict.fromkeys(NAMES, 0)
        self.dues: list[Due] = []
        self.passed_on_s = dict.fromkeys(NAMES, -1)
        self.netted_fen = dict.fromkeys(NAMES, 0)

    @initialize(money_fen=st.integers(1, 2_000))
    def start(self, money_fen: int) -> None:
        with self.world.transaction():
            for name, bank in self.world.banks.items():
                self.desk.pay_in(name, money_fen, now_s=NOW)
                bank.netting.pay_in(money_fen, now_s=NOW)
                self.world.issuer.fill_vault(name, VALUE_FEN, now_s=NOW)
                bank.fill_vault(VALUE_FEN, now_s=NOW)
                bank.store.add_load(bytes(32), b"", person=bytes(32), day=0, amount_fen=LOADED_FEN)

    @rule(loader=OPERATORS, redeemer=OPERATORS, amount_fen=st.integers(1, 500))
    def redeem(self, loader: str, redeemer: str, amount_fen: int) -> None:
        received_s = max(self.now_s, self.passed_on_s[redeemer] + 1)
        with self.world.transaction():
            self.world.issuer.store.vaults.owe({(loader, redeemer, received_s): amount_fen})
            self.world.banks[redeemer].netting.count(received_s, amount_fen, {loader: Redeemed(amount_fen)})
        self.dues.append(Due(received_s // DAY_S, loader, redeemer, amount_fen))

    @rule(
        operator=OPERATORS,
        side=st.sampled_from(Side),
        amount_fen=st.integers(1, 3_000),
        nonce=st.integers(0, 3),
    )
    def order(self, operator: str, side: Side, amount_fen: int, nonce: int) -> None:
        data = VaultOrder.sign(
            self.world.keys[operator],
            network=NETWORK,
            operator=operator,
            side=side,
            amount_fen=amount_fen,
            nonce=bytes([nonce]) * 16,
            ordered_at_s=NOW,
        ).signed.data
        key, before = operator.encode() + bytes([nonce]), self.desk.held_fen(operator)
        code = ""
        try:
            with self.world.issuer.transaction():
                self.desk.execute(data, now_s=self.now_s)
        except Refused as refused:
            code = refused.code
        assert (code == "nonce-used") == (self.orders.get(key, data) != data)
        if code:
            assert self.desk.held_fen(operator) == before
            return
        moved_fen = 0 if self.orders.get(key) == data else amount_fen if side is Side.BUY else -amount_fen
        value_fen, money_fen = before
        assert self.desk.held_fen(operator) == (value_fen + moved_fen, money_fen - moved_fen)
        self.ordered_fen[operator] += moved_fen
        self.orders[key] = data

    @rule(operator=OPERATORS, amount_fen=st.integers(1, 500))
    def pay_in(self, operator: str, amount_fen: int) -> None:
        with self.world.transaction():
            self.desk.pay_in(operator, amount_fen, now_s=self.now_s)
            self.world.banks[operator].netting.pay_in(amount_fen, now_s=self.now_s)

    @rule()
    def a_day_ends(self) -> None:
        self.now_s += DAY_S

    @rule(operator=OPERATORS)
    def pass_on(self, operator: str) -> None:
        self.passed_on_s[operator] = self.world.sign_watermark(operator, now_s=self.now_s)

    @rule()
    def net(self) -> None:
        last, newest = self.desk_last_day(), self.now_s // DAY_S - 1
        with self.world.issuer.transaction():
            payments = self.desk.net(now_s=self.now_s)
        day = self.desk_last_day()
        assert day >= newest - 1, "one day is waited for operators, and no longer"
        if day == last:
            assert payments == []
            return
        for name in NAMES:
            assert not (self.desk.owed_fen(name) and self.desk.held_fen(name)[1]), (
                "what is there is paid back"
            )
        cuts = {name: (up_to_s + 1) // DAY_S - 1 for name, up_to_s in self.passed_on_s.items()}
        netted = [due for due in self.dues if due.day <= min(day, cuts[due.redeemer])]
        assert day == self.now_s // DAY_S - 2 or len(netted) == sum(due.day <= day for due in self.dues)
        self.dues = [due for due in self.dues if due not in netted]
        expected = dict.fromkeys(NAMES, 0)
        for due in netted:
            expected[due.loader] -= due.amount_fen
            expected[due.redeemer] += due.amount_fen
        positions = self.world.issuer.store.vaults.positions(day)
        assert positions == {name: fen for name, fen in expected.items() if fen}
        assert sum(positions.values()) == 0
        assert len(payments) <= max(0, len(positions) - 1)
        for name, position_fen in expected.items():
            self.netted_fen[name] += position_fen

    def desk_last_day(self) -> int:
        return self.world.issuer.store.vaults.last_netted_day()

    @rule(operator=OPERATORS, killed=st.booleans(), again=st.booleans())
    def fetch(self, operator: str, killed: bool, again: bool) -> None:
        bank = self.world.banks[operator]
        before = bank.store.ledger.balances()
        after = 0 if again else bank.netting.last_no()
        for data in self.desk.statements_to(operator, after=after):
            if killed:
                with pytest.raises(_Killed):
                    take_and_die(bank, data, self.now_s)
                assert bank.store.ledger.balances() == before
                return
            with bank.store.transaction():
                if bank.netting.take(data, now_s=self.now_s):
                    # Orders are booked by people; until they are, the books may hold too little.
                    assert self.ordered_fen[operator]
                    return

    @invariant()
    def nothing_is_created(self) -> None:
        balances = self.world.issuer.store.ledger.balances()
        held = [fen for account, fen in balances.items() if account.startswith(("vault:", "reserve:"))]
        if held:
            lent_fen = sum(self.desk.owed_fen(name) for name in NAMES)
            assert sum(held) == -balances[RESERVES] - lent_fen
            assert min(self.desk.owed_fen(name) for name in NAMES) >= 0
            assert max(held) <= 0, "nobody holds less than nothing"
        assert sum(self.netted_fen.values()) == 0
        self.world.issuer.check_books()

    @invariant()
    def books_agree_once_all_is_told(self) -> None:
        for name, bank in self.world.banks.items():
            if self.desk.statements_to(name, after=bank.netting.last_no()):
                continue
            ordered_fen = self.ordered_fen[name]
            for own, account, fen in (
                (VAULT, vault(name), ordered_fen),
                (SETTLEMENT, reserve(name), -ordered_fen),
                (BORROWED, lent(name), 0),
            ):
                balance_fen = -self.world.issuer.store.ledger.balance_fen(account)
                assert bank.store.ledger.balance_fen(own) + fen == balance_fen

    def teardown(self) -> None:
        self.world.close()
        self.directory.cleanup()


TestVaults = Vaults.TestCase
TestVaults.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
