"""A bank with risk control, and customers whose payments it looks at."""

from shuangli.errors import Refused
from shuangli.messages.event_kinds import EventKind, RiskStep
from shuangli.messages.events import Event
from shuangli.operator.customers.movements import Movement
from shuangli.operator.customers.payments import Payments
from shuangli.operator.risk.cases import Outcome
from shuangli.operator.risk.control import RiskControl
from shuangli.operator.risk.deciding import RiskPolicy
from shuangli.operator.risk.rules import Limits
from shuangli.wallet.wallet import Wallet
from tests.setting import DAY_S, NOW
from tests.world import World

HOUR_S = 3_600
FEW = Limits(payers_in_a_day=3, passed_on_from_fen=100)


class Watched:
    """A bank with risk control, whose rules speak early, and without a model."""

    def __init__(self, world: World, limits: Limits = FEW) -> None:
        self.world = world
        self.bank = world.banks["OP01"]
        self.control = RiskControl(self.bank, RiskPolicy(model=None, limits=limits))
        self.payments = Payments(self.bank)
        self.rich = [world.wallet(name=f"rich/{number}") for number in range(4)]
        self.mule, self.boss = world.wallet(name="mule"), world.wallet(name="boss")
        for wallet in self.rich:
            self.deposit(wallet, 1_000_000)

    def deposit(self, wallet: Wallet, amount_fen: int, *, now_s: int = NOW - DAY_S) -> None:
        """Put money into a wallet's account."""
        with self.bank.store.transaction():
            self.bank.deposit(wallet.key.public, amount_fen, now_s=now_s)

    def judge(self, payer: Wallet, payee: Wallet | None, amount_fen: int, *, now_s: int) -> Refused | None:
        """What risk control says to a movement; it is not done."""
        movement = Movement(
            kind="transfer" if payee else "redemption",
            payer=payer.key.public,
            payee=payee.key.public if payee else None,
            amount_fen=amount_fen,
            at_s=now_s,
        )
        with self.bank.store.transaction():
            return self.control.judge(movement)

    def pay(self, payer: Wallet, payee: Wallet, amount_fen: int, *, now_s: int) -> Refused | None:
        """As the service does: it is judged, and if nothing is said, done."""
        objection = self.judge(payer, payee, amount_fen, now_s=now_s)
        if objection is None:
            with self.bank.store.transaction():
                self.payments.transfer(payer.key.public, payee.key.public, amount_fen, note="", now_s=now_s)
        return objection

    def collect(self) -> None:
        """Four people pay the mule."""
        for number, wallet in enumerate(self.rich):
            assert self.pay(wallet, self.mule, 1_000, now_s=NOW + number) is None

    def steps(self) -> list[str]:
        """The steps of risk control that the log tells of."""
        log = self.bank.store.audit
        events = [Event.decode(log.entry(number)) for number in range(log.size)]
        return [RiskStep(one.fact("step")).name for one in events if one.kind is EventKind.RISK]

    def review(self, case_no: int, outcome: Outcome) -> None:
        """Let somebody decide about a case, a day later."""
        with self.bank.store.transaction():
            self.control.review(case_no, outcome, by="client/desk", note="called", now_s=NOW + DAY_S)

    def is_frozen(self, wallet: Wallet) -> bool:
        """Say whether a wallet is frozen."""
        row = self.bank.store.wallet(wallet.key.public)
        assert row is not None
        return row.frozen_at_s is not None
