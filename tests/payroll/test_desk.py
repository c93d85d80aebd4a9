"""Wages at a bank: all or nothing is taken, each line is paid once, whatever is cut off in between."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.errors import Refused
from shuangli.operator.iso20022.pain001 import read_pain001
from shuangli.operator.payroll.batch import Batch, Rejection
from shuangli.operator.payroll.desk import PayrollDesk
from shuangli.operator.payroll.report import BatchReport, LineState
from tests.paying import person_of
from tests.payroll.files import Wage, pain001_of
from tests.payroll.works import FUNDS_FEN, PAID_FEN, WAGES, PowerLossError, Works, batch_of
from tests.setting import NOW
from tests.world import World


@pytest.fixture
def works(world: World) -> Works:
    return Works(world)


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


def test_an_employer_that_has_closed_its_wallet_meanwhile_gets_back_what_nobody_is_paid(works: Works) -> None:
    works.cuts = [works.begun + 3]
    with pytest.raises(PowerLossError):
        works.submit(batch_of(*WAGES))
    next_one = works.world.wallet(tier=0, person=person_of(works.employer))
    with works.world.transaction():
        for closed in (works.employer, works.payees[2]):
            works.bank.close_wallet(closed.key.public, now_s=NOW)
    assert works.desk.finish() == 1
    assert works.deposits_fen([works.employer, next_one]) == [0, FUNDS_FEN - 30_100]


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
