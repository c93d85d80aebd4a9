"""Two operators with reserves, and a customer of each, who pay one another online."""

from typing import Final

from shuangli.issuer.minting import vault
from shuangli.issuer.vaults.desk import reserve
from shuangli.operator.accounts import CLEARING, VAULT
from shuangli.operator.netting.desk import SETTLEMENT
from shuangli.operator.remittances.store import Kept
from tests.service.desks import Desks
from tests.setting import DAY_S, NAMES, NOW
from tests.world import World

RESERVES_FEN: Final = 10_000


class Banks:
    """Two operators with reserves; `ann` has 5,000 fen at OP01, `bob` nothing at OP02."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.desks = Desks(world)
        with world.transaction():
            for name, bank in world.banks.items():
                world.issuer.vaults.pay_in(name, RESERVES_FEN, now_s=NOW)
                bank.netting.pay_in(RESERVES_FEN, now_s=NOW)
        self.ann, self.bob = (world.wallet(operator=operator).key.public for operator in ("OP01", "OP02"))
        self.desks.at["OP01"].deposit(self.ann, 5_000, idempotency_key="first")

    def send(self, amount_fen: int, *, payee: bytes = b"", to: str = "OP02") -> Kept:
        desk = self.desks.at["OP01"]
        with desk.transaction() as now_s:
            return desk.remittances.send(
                self.ann, payee or self.bob, amount_fen, operator=to, note="午饭", now_s=now_s
            )

    def freeze_bob(self) -> bytes:
        """Freeze Bob's wallet; gives its key."""
        desk = self.desks.at["OP02"]
        with desk.transaction() as now_s:
            desk.wallets.freeze(self.bob, asked_by="holder", reason="", now_s=now_s)
        return self.bob

    def exchange(self, *names: str) -> None:
        for name in names or ("OP01", "OP02", "OP01"):
            self.desks.at[name].remittances.exchange()

    def holds_fen(self, name: str, key: bytes) -> int:
        store = self.world.banks[name].store
        row = store.wallet(key)
        assert row is not None
        return -store.ledger.balance_fen(row.account)

    @property
    def held_fen(self) -> tuple[int, int]:
        """What Ann and Bob have."""
        return self.holds_fen("OP01", self.ann), self.holds_fen("OP02", self.bob)

    def kept(self, sent: Kept) -> Kept:
        desk = self.desks.at["OP01"]
        with desk.transaction():
            found = desk.remittances.kept.sent(sent.order.signed.id)
        assert found is not None
        return found

    def start_without_the_other(self) -> None:
        """All desks start anew, with a key set without OP02; what OP01 had in memory of it is gone."""
        self._start_knowing(0)

    def start_as_a_stranger(self) -> None:
        """The same, with a key set without OP01: OP02 has not heard of it."""
        self._start_knowing(1)

    def _start_knowing(self, position: int) -> None:
        world, both = self.world, self.world.operators
        world.operators = [both[position]]
        world.banks[NAMES[position]].trust._operators = (both[position],)
        self.desks = Desks(world)
        world.operators = both

    def admit_the_other(self) -> None:
        """From now on the key set names both."""
        world = self.world
        self.desks.key_set = world.authority.sign_key_set(
            2, issued_at_s=NOW, operators=world.operators, centres=[world.centre], epochs=world.epochs
        ).signed.data

    def net(self) -> None:
        """Let a day end, and be netted and booked."""
        self.desks.now_s += DAY_S
        for _ in range(2):
            for desk in self.desks.at.values():
                desk.take_returns()

    def check_settled(self) -> None:
        """Nothing is owed, and both sides' books agree with the issuer's."""
        balance_fen = self.world.issuer.store.ledger.balance_fen
        for name, bank in self.world.banks.items():
            assert bank.store.ledger.balance_fen(CLEARING) == 0
            assert bank.store.ledger.balance_fen(SETTLEMENT) == -balance_fen(reserve(name))
            assert bank.store.ledger.balance_fen(VAULT) == -balance_fen(vault(name))
            bank.store.ledger.check()
            bank.store.audit.check()
            assert not self.desks.at[name].has_alarm()
        self.world.issuer.check_books()
