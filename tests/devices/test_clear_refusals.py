"""Refusals say over which limit, by how much, until when, and what would do instead."""

import dataclasses
import string

import pytest

from shuangli.errors import Refused
from shuangli.messages.certificates import Mode
from shuangli.messages.session import Accepts, PaymentRequest
from shuangli.money import format_yuan
from shuangli.offline.bars import bar_of
from shuangli.offline.chain import Coin
from shuangli.offline.conditions import may_receive
from shuangli.offline.payer import spendable
from shuangli.offline.spending import MAX_CHAIN
from shuangli.operator.service.auth.codes import STEP_S
from shuangli.wallet.commands.opened import opened
from shuangli.wallet.explaining import explain
from shuangli.wallet.left import left_of
from shuangli.wallet.wording import WORDS, clearly, figure, how_long
from tests.devices.meeting import Till, pay_at_till, pay_offline
from tests.devices.people import Town, second_factor
from tests.wallet_file.files import PASSPHRASE

DAY_S = 86_400


def refusal(town: Town, name: str, *, other: str, yuan: str) -> Refused:
    """What the wallet says when another asks it for so much."""
    till = Till(town, town.file(other), yuan)
    with pytest.raises(Refused) as refused:
        pay_at_till(town, town.file(name))
    till.give_up()
    return refused.value


def typed(amount_fen: int) -> str:
    """An amount in yuan as it is typed."""
    return format_yuan(amount_fen).replace(",", "")


def test_what_could_be_paid_can_be_paid_and_no_fen_more(town: Town) -> None:
    ann, bob = town.wallet("ann"), town.wallet("bob")
    totp = second_factor(town, ann)
    for _ in range(5):
        town.now_s += STEP_S
        town.type("load", "4000", "--deposit", "--code", totp.at(town.now_s), "--file", ann)
    for _ in range(3):
        assert pay_offline(town, payer=ann, payee=bob, yuan="5000").paid
    payable_fen = refusal(town, "ann", other="bob", yuan="5000.01").figures["payable_fen"]
    assert 400_000 < payable_fen < 500_000, "the purse holds 5,000.00, in more coins than a payee accepts"
    more = refusal(town, "ann", other="bob", yuan=typed(payable_fen + 1))
    assert (more.code, more.rule, more.figures["payable_fen"]) == ("too-many-coins", "coins", payable_fen)
    assert pay_offline(town, payer=ann, payee=bob, yuan=typed(payable_fen)).paid
    assert town.type("load", "100", "--deposit", "--file", ann).code == 0
    left_fen = 500_000 - payable_fen
    over = refusal(town, "ann", other="bob", yuan=typed(left_fen + 1))
    assert (over.code, over.rule, over.figures["payable_fen"]) == ("over-limit", "day", left_fen)
    assert "0.01 over the limit of 20,000.00 for a day, of which" in str(over)
    assert f"{format_yuan(left_fen)} is left until 2025-10-09 16:00 UTC" in str(over)
    assert pay_offline(town, payer=ann, payee=bob, yuan=typed(left_fen)).paid


def test_who_may_not_hold_so_much_is_told_how_much_more_it_could_take(town: Town) -> None:
    bob = town.open_wallet("bob", "--tier", 4) and town.file("bob")
    told = town.type("receive", "10000.01", "--at", f"unix:{town.directory}/x", "--file", bob, "--json")
    assert (told.code, told.facts["code"], told.facts["rule"]) == (1, "over-limit", "balance")
    assert told.facts["figures"] == {
        "over_fen": 1,
        "most_fen": 1_000_000,
        "left_fen": 1_000_000,
        "held_fen": 0,
    }
    assert "and could take 10,000.00 more" in told.facts["why"]


def test_a_list_that_is_too_old_says_since_when(town: Town) -> None:
    ann = town.wallet("ann")
    town.now_s += 8 * DAY_S
    told = town.type("receive", "1", "--at", f"unix:{town.directory}/x", "--file", ann)
    assert told.code == 1
    assert "the revocation list is 8 d 0 h old; it has been too old since 2025-10-16 08:53 UTC" in told.out
    limits = town.type("limits", "--file", ann)
    assert "fresh until 2025-10-16 08:53 UTC, 1 d 0 h ago: sync first" in limits.out


def test_coins_that_live_too_short_are_named_with_the_time_when_they_expire(town: Town) -> None:
    ann = town.wallet("ann", loaded="50")
    with opened(ann, passphrase=PASSPHRASE, edges=town.edges) as found:
        wallet = found.wallet
        (expires_at_s, amount_fen), *_ = left_of(wallet, now_s=town.now_s).expiring
        late_s = expires_at_s - 10
        short = Refused("insufficient-funds", "x", figures={"short_fen": 100, "amount_fen": 100})
        said = str(clearly(short, wallet, now_s=late_s))
        left = left_of(wallet, now_s=late_s)
        accepts = wallet.rules.payee.accepts
        assert not [coin for coin in wallet.purse.coins.values() if not bar_of(coin, accepts, now_s=late_s)]
    assert amount_fen == 5_000
    assert left.spendable_fen == left.payable_fen == 0
    assert "1.00 short of 1.00: the purse holds 50.00, and 0.00 could be paid; 50.00 lives too short" in said
    assert figure("first_expires_at_s", expires_at_s) in said


@pytest.mark.parametrize("after_s", [0, 5 * DAY_S, 29 * DAY_S, 60 * DAY_S, 200 * DAY_S])
def test_a_coin_is_barred_exactly_where_the_protocol_would_not_spend_it(town: Town, after_s: int) -> None:
    ann, bob = town.wallet("ann", loaded="50"), town.wallet("bob", loaded="5")
    assert pay_offline(town, payer=ann, payee=bob, yuan="4").paid
    with opened(bob, passphrase=PASSPHRASE, edges=town.edges) as found:
        wallet, now_s = found.wallet, town.now_s + after_s
        coins = tuple(wallet.purse.coins.values())
        (session,) = wallet.purse.asking.values()
        for hops in (0, 1, 8):
            accepts = Accepts(hops=hops, bundle_bytes=65_536, coins=64, claim_time_s=3_600, list_age_s=DAY_S)
            request = _asking(session.request, accepts)
            free = [c for c in coins if bar_of(c, accepts, now_s=now_s, request=request) is None]
            assert free == spendable(coins, request, now_s=now_s)
            assert free == [coin for coin in coins if may_be_spent(coin, request, now_s)]


def may_be_spent(coin: Coin, request: PaymentRequest, now_s: int) -> bool:
    """The rule once more, as one condition: what the wallet's own is held against."""
    accepts = request.accepts
    return (
        coin.load.currency == request.currency
        and coin.hops < min(coin.terms.hop_cap, accepts.hops)
        and len(coin.path) < MAX_CHAIN
        and (coin.hops == 0 or coin.terms.mode is Mode.TRANSFERABLE)
        and min(coin.claim_by_s, now_s + coin.terms.claim_window_s) - now_s > accepts.claim_time_s
        and now_s < coin.load.expires_at_s
        and may_receive(coin.load.condition, request)
    )


def _asking(request: PaymentRequest, accepts: Accepts) -> PaymentRequest:
    """The same request of a payee who accepts other things; its signature is not looked at here."""
    return dataclasses.replace(request, accepts=accepts)


def test_a_locked_wallet_says_until_when(town: Town) -> None:
    ann = town.wallet("ann")
    for _ in range(3):
        assert town.type("show", "--file", ann, env={"SHUANGLI_PASSPHRASE": "no"}).code == 2
    told = town.type("show", "--file", ann, "--json")
    assert (told.code, told.facts["code"]) == (1, "locked")
    assert told.facts["figures"] == {"left_s": 30, "until_s": town.now_s + 30}
    assert "locked until 2025-10-09 08:53 UTC, for another 30 s" in told.facts["why"]


SAID = {
    "sync-required/payments": {"payments": 200},
    "sync-required/time": {"synced_at_s": 0, "most_s": DAY_S},
    "stale-list/none": {},
    "certificate-expired": {"expires_at_s": 0},
    "request-expired/past": {"made_at_s": 0, "expires_at_s": 60},
    "request-expired/future": {"made_at_s": 0, "expires_at_s": 60},
    "locked/for-good": {"tries": 10},
    "pin-required/amount": {"above_fen": 100_000},
    "pin-required/payments": {"payments": 10},
    "too-many-coins/bytes": {"bytes": 70_000, "most": 65_536},
}


@pytest.mark.parametrize("name", SAID)
def test_each_rule_has_words_that_take_all_figures_of_its_refusal(name: str) -> None:
    code, _, rule = name.partition("/")
    refused = Refused(code, "other words", rule=rule, figures=SAID[name])
    explanation = explain(refused, now_s=0)
    assert explanation.name == name
    said = str(clearly(refused, now_s=0))
    assert said != "other words"
    for _, field, _, _ in string.Formatter().parse(WORDS[name]):
        if field:
            assert figure(field, explanation.figures[field]) in said


def test_what_has_no_words_of_its_own_keeps_those_of_the_error() -> None:
    assert (
        str(clearly(Refused("revoked", "the payee has been revoked"), now_s=0))
        == "the payee has been revoked"
    )


@pytest.mark.parametrize(
    ("span_s", "said"), [(59, "59 s"), (61, "1 min 1 s"), (7_260, "2 h 1 min"), (90_000, "1 d 1 h")]
)
def test_spans_are_said_in_two_units(span_s: int, said: str) -> None:
    assert how_long(span_s) == said
