"""Each rule of risk control at its edge: it speaks, and one step before it does not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from shuangli.days import DAY_S
from shuangli.operator.risk.deciding import RiskPolicy, decide
from shuangli.operator.risk.events import HOUR_S, Action, EventKind, History, Place, RiskEvent
from shuangli.operator.risk.rules import RULES, Limits, ask_rules, speed_kmh
from tests.risk.events import NOW, event, history

BEIJING, SHANGHAI = Place(3990, 11640), Place(3123, 12147)


def said(now: RiskEvent, before: Sequence[RiskEvent]) -> list[str]:
    return [reason.rule for reason in ask_rules(now, history(before), Limits())]


def outs(count: int, *, ago_s: int = 60, is_company: bool = False) -> list[RiskEvent]:
    return [event(ago_s=ago_s, other=number + 1, is_company=is_company) for number in range(count)]


def test_velocity() -> None:
    assert said(event(), outs(12)) == ["velocity"]
    assert said(event(), outs(11)) == []
    assert said(event(), outs(12, ago_s=HOUR_S + 1)) == []
    assert said(event(EventKind.DEPOSIT), outs(12)) == []
    assert said(event(is_company=True), outs(12, is_company=True)) == []


@pytest.mark.parametrize("kind", [EventKind.DEPOSIT, EventKind.REDEEMED])
def test_structuring(kind: EventKind) -> None:
    def near(amount_fen: int = 4_999_999, days: int = 0) -> RiskEvent:
        return event(kind, amount_fen, ago_s=days * DAY_S)

    assert said(near(), [near(4_000_000, 1), near(days=7)]) == ["structuring"]
    assert said(near(), [near(days=1)]) == []
    assert said(near(), [near(days=1), near(days=8)]) == []
    assert said(near(), [near(days=1), near(3_999_999, 2)]) == []
    # What is reported anyhow hides nothing.
    assert said(near(5_000_000), [near(days=1), near(days=2)]) == []


def payers(count: int, *, amount_fen: int = 50_000, ago_s: int = HOUR_S) -> list[RiskEvent]:
    return [event(EventKind.PAID_IN, amount_fen, ago_s=ago_s, other=number + 1) for number in range(count)]


def test_many_to_one() -> None:
    on = event(amount_fen=480_000)
    assert said(on, payers(12)) == ["many-to-one"]
    assert said(on, payers(11, amount_fen=60_000)) == []
    assert said(event(amount_fen=479_999), payers(12)) == []
    assert said(on, payers(12, amount_fen=41_000)) == []
    assert said(on, payers(12, ago_s=DAY_S + 1)) == []


def test_what_goes_into_a_purse_has_left_as_well() -> None:
    on, came = event(EventKind.LOADED, 300_000), payers(12)
    for loaded_fen, rules in ((179_999, []), (180_000, ["many-to-one"])):
        before = replace(history(came), loaded_fen=loaded_fen)
        assert [one.rule for one in ask_rules(on, before, Limits())] == rules
        paid = replace(on, kind=EventKind.PAID_OUT)
        assert [one.rule for one in ask_rules(paid, before, Limits())] == rules


def test_loads_are_no_payments_of_which_so_many_are_unusual() -> None:
    paid = [event(ago_s=number) for number in range(20)]
    assert said(event(), paid) == ["velocity"]
    assert said(event(EventKind.LOADED), paid) == []


def test_a_trader_whom_many_pay_every_day_is_none() -> None:
    usual = [one for day in range(2, 9) for one in payers(5, ago_s=day * DAY_S)]
    assert said(event(amount_fen=600_000), [*usual, *payers(15)]) == ["many-to-one"]
    assert said(event(amount_fen=600_000), [*usual, *payers(14)]) == []


def test_a_sleeping_wallet_wakes() -> None:
    assert said(event(amount_fen=500_000), [event(ago_s=180 * DAY_S)]) == ["sleeping-wallet-wakes"]
    assert said(event(amount_fen=499_999), [event(ago_s=180 * DAY_S)]) == []
    assert said(event(amount_fen=500_000), [event(ago_s=180 * DAY_S - 1)]) == []
    assert said(event(amount_fen=500_000), []) == []


def test_impossible_travel() -> None:
    assert said(event(place=SHANGHAI), [event(place=BEIJING, ago_s=HOUR_S)]) == ["impossible-travel"]
    assert said(event(place=SHANGHAI), [event(place=BEIJING, ago_s=2 * HOUR_S)]) == []
    assert said(event(place=Place(3990, 11641)), [event(place=BEIJING, ago_s=1)]) == []
    assert said(event(), [event(place=BEIJING, ago_s=1)]) == []


def test_the_distance_is_that_of_the_map() -> None:
    _, km = speed_kmh(event(place=SHANGHAI), History(last_place=(BEIJING, NOW - HOUR_S)))
    assert 1_050 < km < 1_090


def test_two_rules_at_once_are_one_step_more() -> None:
    def decided(now: RiskEvent, before: Sequence[RiskEvent]) -> Action:
        return decide(now, history(before), RiskPolicy(model=None)).action

    far = [event(place=BEIJING, ago_s=120)]
    assert decided(event(), outs(12)) is Action.FLAG
    assert decided(event(place=SHANGHAI), [*outs(12), *far]) is Action.HOLD
    assert decided(event(amount_fen=480_000), payers(12)) is Action.HOLD
    assert decided(event(amount_fen=480_000, place=SHANGHAI), [*payers(12), *far]) is Action.FREEZE
    assert decided(event(), []) is Action.ALLOW


def test_what_comes_in_is_never_held() -> None:
    near = event(EventKind.DEPOSIT, 4_500_000)
    before = [event(EventKind.DEPOSIT, 4_500_000, ago_s=day * DAY_S) for day in (1, 2)]
    decision = decide(near, history(before), RiskPolicy(model=None))
    assert decision.action is Action.FLAG
    assert decision.explanation.startswith("structuring: 3 movements of 45,000.00 yuan")


def test_rules_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) == 5
