"""Wages at a bank: all or nothing is taken, each line is paid once, whatever is cut off in between."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.errors import Refused
from shuangli.operator.iso20022.pain001 import read_pain001
from shuangli.operator.payroll.batch import Batch, Rejection
from shuangli.operator.payroll.csv_file import read_csv
from shuangli.operator.payroll.desk import PAYROLL, PayrollDesk
from shuangli.operator.payroll.report import BatchReport, LineState
from shuangli.wallet.wallet import Wallet
from tests.payroll.files import Wage, csv_of, pain001_of
from tests.world import NOW, World

FUNDS_FEN = 1_000_000


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
        return self.desk.submit(batch, debtor=self.employer.key.public)

    def paid(self, batch: Batch) -> BatchReport:
        report = self.submit(batch)
        assert isinstance(report, BatchReport), report
        return report

    def deposits_fen(self, wallets: Sequence[Wallet] = ()) -> list[int]:
        return [self.world.deposit_fen(wallet) for wallet in wallets or (self.employer, *self.payees)]

    def waiting_fen(self) -> int:
        return -self.bank.store.ledger.balance_fen(PAYROLL)


@pytest.fixture
def works(world: World) -> Works:
    return Works(world)


def batch_of(*wages: Wage, batch_id: str = "november") -> Batch:
    batch = read_csv(csv_of(*wages), batch_id=batch_id)
    assert isinstance(batch, Batch), batch
    return batch


WAGES = (Wage("2", "100", "a"), Wage("3", "200", "b"), Wage("4", "300", "c"), Wage("2", "1", "d"))
PAID_FEN = [FUNDS_FEN - 60_100, 10_100, 20_000, 30_000]


def test_all_lines_are_paid_and_reported(works: Works) -> None:
    report = works.paid(batch_of(*WAGES))
    assert works.deposits_fen() == PAID_FEN
    assert report.is_done
    assert [(line.line, line.reference, line.state) for line in report.lines] == [
        (line, reference, LineState.PAID) for line, reference in enumerate("abcd", 2)
    ]
    assert works.waiting_fen() == 0
    told = report.as_json()
    assert (told["status"], told["paid_fen"], told["lines"][1]["status"]) == ("done", 60_100, "paid")
    works.world.check_books()
    works.bank.store.audit.check()


def test_the_same_batch_again_pays_nothing_more(works: Works) -> None:
    assert works.paid(batch_of(*WAGES)) == works.paid(batch_of(*WAGES))
    assert works.deposits_fen() == PAID_FEN


def test_another_batch_under_the_same_name_is_refused(works: Works) -> None:
    works.paid(batch_of(*WAGES))
    with pytest.raises(Refused, match="november") as error:
        works.submit(batch_of(*WAGES, Wage("2", "1", "e")))
    assert error.value.code == "nonce-used"
    assert works.deposits_fen() == PAID_FEN


def test_one_wrong_line_and_nobody_is_paid(works: Works) -> None:
    with works.world.transaction():
        works.bank.close_wallet(works.payees[2].key.public, now_s=NOW)
    wrong = (*WAGES, Wage("99", "1", "e"), Wage("1", "1", "f"), Wage("3", "490000", "g"))
    rejection = works.submit(batch_of(*wrong))
    assert isinstance(rejection, Rejection)
    assert [(problem.line, problem.field) for problem in rejection.problems] == [
        *((0, "total"), (4, "wallet"), (6, "wallet"), (7, "wallet")),
    ]
    assert works.deposits_fen() == [FUNDS_FEN, 0, 0, 0]
    # The name is not taken.
    assert isinstance(works.submit(batch_of(WAGES[0])), BatchReport)


def test_a_payee_is_not_paid_over_what_the_tier_may_hold(world: World) -> None:
    works = Works(world, payees=0)
    poor = world.wallet(tier=4)
    with world.transaction():
        works.bank.deposit(works.employer.key.public, 10_000_000, now_s=NOW)
    rejection = works.submit(batch_of(Wage("2", "9999", "a"), Wage("2", "1", "b"), Wage("2", "0.01", "c")))
    assert isinstance(rejection, Rejection)
    assert [(problem.line, problem.field) for problem in rejection.problems] == [(4, "amount")]
    assert works.deposits_fen([poor]) == [0]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"debtor": "2"}, "debtor"), ({"day": "<Dt>2025-10-10</Dt>"}, "date")],
)
def test_a_message_for_another_employer_or_day_is_refused(
    works: Works, changed: dict[str, str], field: str
) -> None:
    batch = read_pain001(pain001_of(*WAGES, **changed), operator="OP01")
    assert isinstance(batch, Batch)
    rejection = works.submit(batch)
    assert isinstance(rejection, Rejection)
    assert [(problem.line, problem.field) for problem in rejection.problems] == [(0, field)]


def test_a_message_is_paid(works: Works) -> None:
    batch = read_pain001(pain001_of(*WAGES), operator="OP01")
    assert isinstance(batch, Batch)
    assert works.paid(batch).is_done
    assert works.deposits_fen() == PAID_FEN
    found = works.desk.find("2025-10", debtor=works.employer.key.public)
    assert found.sum_fen(LineState.PAID) == 60_100


def test_nobody_finds_another_employers_batch(works: Works) -> None:
    works.paid(batch_of(*WAGES))
    for debtor, name in ((works.payees[0], "november"), (works.employer, "december")):
        with pytest.raises(Refused) as error:
            works.desk.find(name, debtor=debtor.key.public)
        assert error.value.code == "not-found"


def test_a_wallet_that_closes_meanwhile_is_not_paid(works: Works) -> None:
    # The batch is taken and the first two lines are paid; then the power goes.
    works.cuts = [works.begun + 3]
    with pytest.raises(PowerLossError):
        works.submit(batch_of(*WAGES))
    assert works.waiting_fen() == 30_100
    with works.world.transaction():
        works.bank.close_wallet(works.payees[2].key.public, now_s=NOW)
    assert works.desk.finish() == 1
    report = works.paid(batch_of(*WAGES))
    assert [line.state for line in report.lines] == [
        *(LineState.PAID, LineState.PAID, LineState.GIVEN_BACK, LineState.PAID)
    ]
    assert works.deposits_fen() == [FUNDS_FEN - 30_100, 10_100, 20_000, 0]
    assert works.waiting_fen() == 0
    assert works.desk.finish() == 0


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wages")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 12), max_size=6), data=st.data())
def test_each_line_is_paid_once_whatever_is_cut_off(
    cuts: list[int], data: st.DataObject, directory: Path
) -> None:
    """In any order of batches handed in, handed in again and finished, with the power going at any commit."""
    place = directory / str(len([*directory.iterdir()]))
    place.mkdir()
    world = World(place)
    try:
        works = Works(world)
        works.cuts = [works.begun + cut for cut in cuts]
        batches = [batch_of(*WAGES), batch_of(Wage("3", "7", "a"), batch_id="bonus")]
        for _ in range(data.draw(st.integers(1, 5))):
            batch = data.draw(st.sampled_from([*batches, None]))
            try:
                if batch is None:
                    works.desk.finish()
                else:
                    works.submit(batch)
            except PowerLossError:
                works.desk = PayrollDesk(works.bank, works._transaction, lines_at_once=2)
            assert sum(works.deposits_fen()) + works.waiting_fen() == FUNDS_FEN
        works.cuts = []
        for batch in batches:
            works.paid(batch)
        assert works.deposits_fen() == [PAID_FEN[0] - 700, PAID_FEN[1], PAID_FEN[2] + 700, PAID_FEN[3]]
        assert works.waiting_fen() == 0
    finally:
        world.close()
