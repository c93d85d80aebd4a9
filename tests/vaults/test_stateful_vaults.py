"""Arbitrary redemptions, orders and nettings: nothing is created, and twice is once."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shuangli.errors import Refused
from shuangli.issuer.minting import RESERVES
from shuangli.issuer.vaults.desk import VaultDesk
from shuangli.issuer.vaults.orders import Side, VaultOrder
from tests.world import DAY_S, NETWORK, NOW, World

OPERATORS = st.sampled_from(["OP01", "OP02", "OP03", "OP04"])


class Vaults(RuleBasedStateMachine):
    """Operators redeem each other's value, as the centre counts it, and settle."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.world = World(Path(self.directory.name))
        self.desk: VaultDesk = self.world.issuer.vaults
        self.now_s = NOW
        self.orders: dict[bytes, bytes] = {}
        self.day_owed: dict[tuple[str, str], int] = {}

    @initialize(money_fen=st.integers(1, 2_000))
    def start(self, money_fen: int) -> None:
        with self.world.issuer.transaction():
            for name in ("OP01", "OP02", "OP03", "OP04"):
                self.desk.pay_in(name, money_fen, now_s=NOW)
                self.world.issuer.fill_vault(name, 1_000, now_s=NOW)

    @rule(loader=OPERATORS, redeemer=OPERATORS, amount_fen=st.integers(1, 500))
    def redeem(self, loader: str, redeemer: str, amount_fen: int) -> None:
        with self.world.issuer.transaction():
            self.world.issuer.store.vaults.owe({(loader, redeemer, self.now_s): amount_fen})
        if loader != redeemer:
            key = (loader, redeemer)
            self.day_owed[key] = self.day_owed.get(key, 0) + amount_fen

    @rule(
        operator=st.sampled_from(["OP01", "OP02"]),
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
        moved_fen = amount_fen if side is Side.BUY else -amount_fen
        again = self.orders.get(key) == data
        value_fen, money_fen = before
        assert self.desk.held_fen(operator) == (
            before if again else (value_fen + moved_fen, money_fen - moved_fen)
        )
        self.orders[key] = data

    @rule()
    def net(self) -> None:
        self.now_s += DAY_S
        before = self.world.issuer.store.ledger.balances()
        try:
            with self.world.issuer.transaction():
                payments = self.desk.net(now_s=self.now_s)
        except Refused:
            assert self.world.issuer.store.ledger.balances() == before
            return
        day = self.now_s // DAY_S - 1
        positions = self.world.issuer.store.vaults.positions(day)
        expected: dict[str, int] = {}
        for (loader, redeemer), fen in self.day_owed.items():
            expected[loader] = expected.get(loader, 0) - fen
            expected[redeemer] = expected.get(redeemer, 0) + fen
        assert positions == {name: fen for name, fen in expected.items() if fen}
        assert sum(positions.values()) == 0
        assert len(payments) <= max(0, len(positions) - 1)
        self.day_owed.clear()
        after = self.world.issuer.store.ledger.balances()
        with self.world.issuer.transaction():
            assert self.desk.net(now_s=self.now_s) == []
        assert self.world.issuer.store.ledger.balances() == after

    @invariant()
    def nothing_is_created(self) -> None:
        balances = self.world.issuer.store.ledger.balances()
        held = [fen for account, fen in balances.items() if account.startswith(("vault:", "reserve:"))]
        assert sum(held) == -balances[RESERVES]
        assert max(held) <= 0, "nobody holds less than nothing"
        self.world.issuer.check_books()

    def teardown(self) -> None:
        self.world.close()
        self.directory.cleanup()


TestVaults = Vaults.TestCase
TestVaults.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
