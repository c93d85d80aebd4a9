"""Two currencies at a border: exchanged online, paid offline, never added up."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.currency import DECIMALS, decimals_of, format_amount
from shuangli.errors import BadInput, Refused, Unverified
from shuangli.issuer.facts import ObjectKind
from shuangli.issuer.minting import MintingKey
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.session import PaymentRequest
from shuangli.offline.payee import verify_payment
from shuangli.offline.policy import PayeePolicy
from shuangli.operator.exchange.desk import ExchangeDesk
from shuangli.operator.exchange.rate import MILLION, Quote, Rate
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.run import play_only
from shuangli.sims.scenario import Scenario
from shuangli.sims.summary import summary
from tests.ecny.conftest import Run
from tests.engine.checks import check_books, check_hours, check_payments, check_report
from tests.engine.runs import Finished
from tests.forging import bundle, sign_away
from tests.paying import coins_of
from tests.setting import DAY_S, NETWORK, NOW, STAGED, YEAR_S
from tests.world import World

PEOPLE = 12
SMALL: dict[str, float] = {
    "people": PEOPLE,
    "people_abroad": PEOPLE,
    "merchants": 4,
    "merchants_abroad": 4,
    "days": 2,
    "both_share": 0.5,
    "short_share": 0.3,
    "payments_per_day": 2.0,
}


def abroad(done: Finished) -> Finished:
    """The other side of a run."""
    assert done.scenario.abroad is not None
    directory = done.directory / "abroad"
    result = json.loads((directory / "result.json").read_text(encoding="utf-8"))
    assert done.result["abroad"] == result
    package = (directory / "datapackage.json").read_text(encoding="utf-8")
    assert f'"smallest unit of {result["scenario"]["currency"]}"' in package
    assert '"unit": "fen"' not in package
    return Finished(scenario=done.scenario.abroad, directory=directory, result=result, run=done.run)


@pytest.fixture
def sides(run: Run) -> tuple[Finished, Finished]:
    """Both sides of a small run."""
    done = run("border", **SMALL)
    return done, abroad(done)


def test_the_books_of_each_side_balance_in_its_own_currency(sides: tuple[Finished, Finished]) -> None:
    for side, currency in zip(sides, ("CNY", "HKD"), strict=True):
        check_books(side)
        check_payments(side)
        check_hours(side)
        assert side.result["scenario"]["currency"] == currency
        loads = [Load.parse(data) for data in side.objects(ObjectKind.LOAD)]
        assert {load.currency for load in loads} == {currency}
        # Residents and visitors of both sides have paid in it.
        assert {row["paid"] > 0 for row in side.result["kinds"]["by_kind"].values()} == {True}
        assert currency in summary(sides[0].result, sides[0].run)


def test_each_side_is_verified_with_the_key_of_its_own_issuer(sides: tuple[Finished, Finished]) -> None:
    check_report(sides[1])
    roots = {(side.directory / "root-key.txt").read_text(encoding="utf-8") for side in sides}
    assert len(roots) == 2
    networks = {Load.parse(side.objects(ObjectKind.LOAD)[0]).network for side in sides}
    assert len(networks) == 2


def test_what_is_sold_here_is_paid_out_there_at_the_stated_rate(sides: tuple[Finished, Finished]) -> None:
    for here, there in (sides, sides[::-1]):
        sold, bought = here.result["exchange"], there.result["exchange"]
        rate = here.scenario.system.rate
        assert rate is not None
        sales = np.concatenate([plan.errands.sales.amount_fen for plan in here.scenario.plans])
        (each_fen,) = set(sales.tolist())
        quote = rate.quote(each_fen)
        short = here.result["operators"]["refused"]["insufficient-funds"] - _loads_in_vain(there, here)
        assert sold["sales"] == PEOPLE - short
        assert 0 < short < PEOPLE
        assert sold["sold_fen"] == sold["sales"] * each_fen
        assert sold["fees_fen"] == sold["sales"] * quote.fee_fen == sold["earned_fen"]
        assert sold["promised_fen"] == sold["sales"] * quote.bought_fen == bought["paid_out_fen"]
        assert bought["payouts"] == sold["sales"]
        position_fen = sold["sold_fen"] - sold["fees_fen"] - sold["paid_out_fen"]
        assert sold["position_fen"] == position_fen


def _loads_in_vain(there: Finished, here: Finished) -> int:
    """Loads here that were refused since nothing had been bought there."""
    return PEOPLE - int(there.result["exchange"]["sales"])


def test_a_sale_that_cannot_be_paid_out_is_undone(tmp_path: Path) -> None:
    """The visitors' wallets are opened too late; the sellers have their money back, the fee included."""
    scenario = planned(days=2, short_share=0)
    late = scenario.abroad
    assert late is not None
    plans = []
    for plan in late.plans:
        opens_s = plan.devices.opens_s.copy()
        opens_s[plan.errands.loads.device] = plan.calendar.closes_s
        plans.append(replace(plan, devices=replace(plan.devices, opens_s=opens_s)))
    scenario = replace(scenario, abroad=replace(late, plans=plans))
    result = play_only(scenario, tmp_path / "databases")
    here, there = result["exchange"], result["abroad"]["exchange"]
    assert (here["sales"], here["undone"], there["payouts"]) == (PEOPLE, PEOPLE, 0)
    assert here["sold_fen"] == here["fees_fen"] == here["earned_fen"] == 0
    assert here["position_fen"] == -here["paid_out_fen"] < 0, "what others have bought here stands"
    assert here["unpaid_fen"] == here["promised_fen"] > 0
    for side in (result, result["abroad"]):
        assert side["books"]["difference_fen"] == 0


def planned(**settings: object) -> Scenario:
    """A small border that is not played."""
    texts = {name: str(value) for name, value in (SMALL | settings).items()}
    return make_scenario("border", texts, seed=1, demand=None, network=None)


@pytest.mark.parametrize(
    ("currency", "rate_ppm", "sold", "bought"),
    [("JPY", 48_000, 6_250, 29_846), ("HKD", 920_000, 32_608, 29_848), ("KWD", 23_500_000, 12_765, 29_847)],
)
def test_the_smallest_unit_of_each_currency(currency: str, rate_ppm: int, sold: int, bought: int) -> None:
    """300 yuan are 6,250 yen, 326.08 dollars or 12.765 dinars; and back, less half a per cent."""
    scenario = planned(currency_abroad=currency, rate_ppm=rate_ppm)
    away = scenario.abroad
    assert away is not None
    for plan, there in zip(scenario.plans, away.plans, strict=True):
        assert set(there.errands.sales.amount_fen.tolist()) == {sold}
        assert set(plan.errands.loads.amount_fen.tolist()) == {bought}
        # Each sells to the wallet on the other side that will load it.
        first = plan.first_device
        assert sorted(there.errands.sales.buyer) == sorted(first + plan.errands.loads.device)
    assert away.facts["decimals"] == DECIMALS[currency]


def test_amounts_are_written_with_the_decimals_of_their_currency() -> None:
    told = [format_amount(-1_234_567, currency) for currency in ("CNY", "JPY", "KWD")]
    assert told == ["-12,345.67", "-1,234,567", "-1,234.567"]
    with pytest.raises(BadInput):
        decimals_of("XYZ")


rates = st.builds(
    lambda pair, per, gives, spread_ppm: Rate(
        sold=pair[0], bought=pair[1], per=per, gives=gives, spread_ppm=spread_ppm
    ),
    st.permutations(sorted(DECIMALS)),
    st.integers(1, 10**7),
    st.integers(1, 10**7),
    st.integers(0, MILLION // 10),
)


def bought_fen(rate: Rate, sold_fen: int) -> int:
    """What an amount buys; 0 where it is too little."""
    try:
        return rate.quote(sold_fen).bought_fen
    except BadInput:
        return 0


@given(rate=rates, sold_fen=st.integers(1, 10**9), part=st.integers(1, 10**9))
def test_no_exchange_pays_more_than_its_rate(rate: Rate, sold_fen: int, part: int) -> None:
    """Nobody gains by cutting an amount into pieces, or by changing there and back."""
    whole = bought_fen(rate, sold_fen)
    value = sold_fen * rate.gives * 10 ** DECIMALS[rate.bought]
    assert whole * rate.per * 10 ** DECIMALS[rate.sold] <= value
    if not rate.spread_ppm:
        assert (whole + 1) * rate.per * 10 ** DECIMALS[rate.sold] > value
    part = min(part, sold_fen)
    pieces = sum(bought_fen(rate, piece) for piece in (part, sold_fen - part) if piece)
    assert pieces <= whole
    back = Rate(sold=rate.bought, bought=rate.sold, per=rate.gives, gives=rate.per, spread_ppm=0)
    assert not whole or bought_fen(back, whole) <= sold_fen


@pytest.mark.parametrize(
    "wrong", [{"bought": "CNY"}, {"bought": "XYZ"}, {"per": 0}, {"gives": 0}, {"spread_ppm": MILLION}]
)
def test_rates_that_there_cannot_be(wrong: dict[str, Any]) -> None:
    rate: dict[str, Any] = {"sold": "CNY", "bought": "HKD", "per": 92, "gives": 100, "spread_ppm": 0}
    with pytest.raises(BadInput):
        Rate(**rate | wrong).quote(100)


def test_an_operator_sells_only_what_is_in_the_deposit(world: World) -> None:
    bank, wallet = world.banks["OP01"], world.wallet()
    desk = ExchangeDesk(bank)
    quote = Rate(sold="CNY", bought="HKD", per=92, gives=100, spread_ppm=5_000).quote(10_000)
    assert (quote.fee_fen, quote.bought_fen) == (50, 10_815)
    with world.transaction():
        bank.deposit(wallet.key.public, 10_000, now_s=NOW)
        sale = desk.sell(wallet.key.public, b"buyer", quote, currency="CNY", now_s=NOW)
    assert (desk.position_fen, desk.fees_fen, world.deposit_fen(wallet)) == (9_950, 50, 0)
    with pytest.raises(Refused) as refused, world.transaction():
        desk.sell(wallet.key.public, b"buyer", quote, currency="CNY", now_s=NOW)
    assert refused.value.code == "insufficient-funds"
    elsewhere = replace(sale, currency="HKD", quote=Quote(sold_fen=9, fee_fen=0, bought_fen=7))
    with world.transaction():
        desk.close(sale.sale_no, paid=False, now_s=NOW)
        assert desk.pay_out(elsewhere, wallet.key.public, now_s=NOW)
    assert (desk.position_fen, desk.fees_fen, world.deposit_fen(wallet)) == (-7, 0, 10_007)
    bank.store.ledger.check()


def in_dollars(world: World, wallet: Any) -> Load:
    """A load in another currency under an epoch that the same root has certified."""
    terms = replace(STAGED, currency="HKD")
    key = world.key("dollars")
    epoch = world.authority.open_epoch(
        9, key.public, terms, not_before_s=NOW - DAY_S, expires_at_s=NOW + YEAR_S
    )
    for trust in (world.issuer.trust, *(each.trust for each in world.journals)):
        trust.add_epoch(epoch.signed.data)
    with pytest.raises(Refused) as refused, world.transaction():
        world.issuer.open_epoch(MintingKey(epoch=epoch, key=key), now_s=NOW)
    assert refused.value.code == "epoch"
    order = LoadOrder.parse(wallet.order_load([100], now_s=NOW))
    return Load.sign(
        key,
        network=NETWORK,
        currency="HKD",
        order=order,
        epoch=9,
        issued_at_s=NOW,
        expires_at_s=NOW + DAY_S,
    )


def test_a_payment_is_in_the_currency_of_the_request(world: World) -> None:
    """An honest wallet has nothing to pay with; what another program sends is refused."""
    payer, shop = world.wallet(), world.wallet(tier=0)
    payer.receive_load(in_dollars(world, payer).signed.data)
    request = shop.request(100, now_s=NOW)
    asked = PaymentRequest.parse(request.body)
    with pytest.raises(Refused) as refused:
        payer.receive(asked.id, request, now_s=NOW)
    assert refused.value.code == "insufficient-funds"
    (coin,) = coins_of(payer)
    transfer = sign_away(payer, [(coin, 100)], payee=shop.key.public, request_id=asked.id)
    with pytest.raises(Unverified) as unverified:
        verify_payment(bundle([coin], transfer), request=asked, trust=shop.trust, policy=PayeePolicy())
    assert unverified.value.code == "wrong-network"
    dollars = replace(asked, currency="HKD")
    assert verify_payment(bundle([coin], transfer), request=dollars, trust=shop.trust, policy=PayeePolicy())
