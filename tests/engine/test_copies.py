"""A secret copy of a wallet, used at another place: F01, seen from every side."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.errors import Refused
from shuangli.issuer.cases import list_cases
from shuangli.messages.notices import RevocationList
from shuangli.offline.evidence import verify_evidence
from shuangli.operator.flow import drive
from shuangli.sims.adversaries.truth import Deed, Heard, forked_coins, undisclosed_fen
from shuangli.sims.plan import NOBODY
from shuangli.sims.system import derive_key
from tests.engine.plans import WINDOW_S, calendar, cell_plan, devices, meetings, system_plan
from tests.engine.town import Town

COPY_OF = [NOBODY, 0, NOBODY, NOBODY, NOBODY]
"""Rider 1 uses a copy of rider 0's wallet, rider 2 is honest; 3 and 4 are gates."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The copy and then the original pay 1,100 fen; when gates have handed in, the copy tries again."""
    plan = cell_plan(
        devices(3, 2, copy_of=COPY_OF, sync_every_s=[0, 0, 0, 3 * WINDOW_S, 3 * WINDOW_S]),
        meetings(
            (5 * WINDOW_S, 2, 3, 500),
            (6 * WINDOW_S, 1, 4, 1_100),
            (6 * WINDOW_S + 60, 0, 3, 1_100),
            (16 * WINDOW_S, 1, 3, 300),
            (16 * WINDOW_S + 60, 2, 3, 300),
        ),
        when=calendar(windows=20),
    )
    town = Town(plan, tmp_path, system_plan(operators=2))
    yield town
    town.close()


def test_the_fork_is_found_and_names_the_copied_key(town: Town) -> None:
    town.finish()
    culprit = derive_key(1, "device/0").public
    assert town.device(0).key.public == town.device(1).key.public == culprit
    cases = list_cases(town.system.issuer.store, trust=town.system.issuer.trust)
    report = town.cell.report()
    assert set(report.guilty) == {culprit}
    assert {case.coin_id for case in cases} == set(forked_coins(report.deeds))
    assert len(cases) >= 1
    for case in cases:
        proven = verify_evidence(case.evidence, root=town.system.anchors.root)
        assert proven.culprit == case.culprit == culprit
        payees = {transfer.payee for transfer in proven.transfers}
        assert len(payees) == 2


def test_gates_refuse_the_key_as_soon_as_they_have_heard(town: Town) -> None:
    town.finish()
    assert town.outcomes == ["paid", "paid", "paid", "refused-by-payee", "paid"]


def test_the_operator_gives_a_culprit_no_load(town: Town) -> None:
    """Found: operators were never told of revocations, so a culprit could go on loading."""
    town.window(12)
    order = town.wallet(0).order_load([100], now_s=town.now_s)
    honest_order = town.wallet(2).order_load([100], now_s=town.now_s)
    bank = town.banks[0]
    listed = bank.trust.revocations
    assert isinstance(listed, RevocationList)
    assert listed.wallets == {town.device(0).key.public}
    with bank.store.transaction():
        bank.deposit(town.wallet(0).key.public, 100, now_s=town.now_s)
        bank.deposit(town.wallet(2).key.public, 100, now_s=town.now_s)
        with pytest.raises(Refused) as refused:
            bank.order_load(order, now_s=town.now_s)
    assert refused.value.code == "frozen"
    with bank.store.transaction(), town.system.issuer.transaction():
        assert drive(bank.load_flow(honest_order, now_s=town.now_s), town.system.issuer)


def test_a_copy_lives_from_its_first_use_and_has_what_the_original_has_then(tmp_path: Path) -> None:
    plan = cell_plan(
        devices(2, 2, copy_of=[NOBODY, 0, NOBODY, NOBODY]),
        meetings((6 * WINDOW_S, 0, 2, 1_100), (7 * WINDOW_S, 1, 3, 300), (8 * WINDOW_S, 1, 3, 700)),
    )
    town = Town(plan, tmp_path)
    town.window(7)
    assert town.device(1).wallet is None
    town.window(2)
    # The original had paid before the copy was made, so that the copy never had these coins.
    assert town.outcomes == ["paid", "paid", "insufficient-funds"]
    assert town.wallet(0).purse.balance_fen == 900
    assert town.wallet(1).purse.balance_fen == 600
    assert town.wallet(1).purse.certificate == town.wallet(0).purse.certificate
    assert forked_coins(town.cell.report().deeds) == {}
    town.close()


def test_a_copy_of_a_wallet_that_is_not_open_does_not_live(tmp_path: Path) -> None:
    plan = cell_plan(devices(2, 1, copy_of=[NOBODY, 0, NOBODY]), meetings((0, 1, 2, 100), (60, 0, 2, 100)))
    town = Town(plan, tmp_path)
    town.window()
    assert town.outcomes == ["not-open", "not-open"]
    assert town.device(1).wallet is None
    town.close()


def spend(coin: bytes, transfer: bytes, at_s: int) -> Deed:
    return Deed(coin, transfer, b"key", at_s, 1, 3, True)


def test_forked_are_coins_that_two_transfers_spend() -> None:
    spends = [
        spend(b"a", b"1", 10),
        spend(b"b", b"1", 10),
        spend(b"a", b"1", 20),  # handed in again: the same transfer is no fork
        spend(b"c", b"2", 30),
        spend(b"a", b"2", 30),
        spend(b"a", b"3", 40),
    ]
    assert forked_coins(spends) == {b"a": 30}
    assert forked_coins([]) == {}


@pytest.mark.parametrize(
    ("heard", "twice_fen"),
    [
        (Heard(set(), {}), 3),  # open at the centre once, in the devices twice
        (Heard({b"1"}, {b"a": {b"1"}}), 3),
        (Heard({b"1", b"2"}, {b"a": {b"1", b"2"}}), 0),
        (Heard({b"1", b"2"}, {b"a": {b"2"}}), 3),  # of the first transfer, other coins were shown
        (Heard({b"1", b"2"}, {}), 0),  # a forged coin: none of its spends is recorded
    ],
)
def test_what_the_centre_has_not_heard_of_counts_once(heard: Heard, twice_fen: int) -> None:
    """Found: two payees that hand nothing in hold one coin twice, and the books seemed to be off."""
    spends = [spend(b"a", b"1", 10), spend(b"a", b"2", 20), spend(b"b", b"1", 10)]
    assert undisclosed_fen(spends, heard) == twice_fen
