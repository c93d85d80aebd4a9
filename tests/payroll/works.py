"""An employer whose bank pays wages, and the wages that it pays."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from shuangli.operator.payroll.batch import Batch, Rejection
from shuangli.operator.payroll.csv_file import read_csv
from shuangli.operator.payroll.desk import PAYROLL, PayrollDesk
from shuangli.operator.payroll.report import BatchReport
from shuangli.wallet.wallet import Wallet
from tests.payroll.files import Wage, csv_of
from tests.setting import NOW
from tests.world import World

FUNDS_FEN = 1_000_000
"""What the employer has at first."""


class PowerLossError(Exception):
    """The machine has stopped in the middle of a transaction."""


class Works:
    """An employer (wallet 1) with money, payees, and a payroll desk that pays two lines at a time."""

    def __init__(self, world: World, payees: int = 3) -> None:
        self.world = world
        self.bank = world.banks["OP01"]
        self.employer = world.wallet(tier=0, name="works")
        self.payees = [world.wallet(name=f"payee/{number}") for number in range(payees)]
        self.cuts: list[int] = []
        self.begun = 0
        with world.transaction():
            self.bank.deposit(self.employer.key.public, FUNDS_FEN, now_s=NOW)
        self.desk = PayrollDesk(self.bank, self._transaction, lines_at_once=2)

    @contextmanager
    def _transaction(self) -> Iterator[int]:
        self.begun += 1
        with self.bank.store.transaction():
            yield NOW
            if self.begun in self.cuts:
                raise PowerLossError

    def submit(self, batch: Batch) -> BatchReport | Rejection:
        """Hand a batch in for the employer."""
        return self.desk.submit(batch, debtor=self.employer.key.public)

    def paid(self, batch: Batch) -> BatchReport:
        """Hand in a batch that is taken; the report on it."""
        report = self.submit(batch)
        assert isinstance(report, BatchReport), report
        return report

    def deposits_fen(self, wallets: Sequence[Wallet] = ()) -> list[int]:
        """What is on the accounts of these wallets, or of the employer and all payees."""
        return [self.world.deposit_fen(wallet) for wallet in wallets or (self.employer, *self.payees)]

    def waiting_fen(self) -> int:
        """What was taken from employers and has not been paid yet."""
        return -self.bank.store.ledger.balance_fen(PAYROLL)


def batch_of(*wages: Wage, batch_id: str = "november") -> Batch:
    """The batch of a CSV file with these lines."""
    batch = read_csv(csv_of(*wages), batch_id=batch_id)
    assert isinstance(batch, Batch), batch
    return batch


WAGES = (Wage("2", "100", "a"), Wage("3", "200", "b"), Wage("4", "300", "c"), Wage("2", "1", "d"))
PAID_FEN = [FUNDS_FEN - 60_100, 10_100, 20_000, 30_000]
"""What the employer and the payees have once `WAGES` are paid."""
