"""Payments to another operator's customers while any line is cut: paid once, or given back in time."""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from shuangli.errors import StoreError
from shuangli.issuer.remittances.messages import Verdict
from shuangli.operator.remittances.desk import ANSWER_WITHIN_S
from tests.service.banks import Banks
from tests.service.desks import CUTS, Desks, State
from tests.setting import NOW
from tests.world import World

CALLS = ("remit", "remittances_to", "answer_remittance", "remittance_outcomes")


@pytest.mark.parametrize("state", CUTS)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("operator", ["OP01", "OP02"])
def test_f41_a_call_that_is_cut_off_is_made_again_and_pays_once(
    banks: Banks, call: str, state: State, operator: str
) -> None:
    banks.send(700)
    banks.desks.cut(state, only=call, operator=operator)
    for name in ("OP01", "OP02", "OP01") * 2:
        with suppress(StoreError):
            banks.exchange(name)
    banks.desks.mend()
    banks.exchange()
    assert banks.held_fen == (4_300, 700)
    assert not banks.desks.at["OP01"].has_backlog()
    banks.net()
    banks.check_settled()


def test_f11_a_process_that_starts_anew_goes_on_where_the_killed_one_was(tmp_path: Path) -> None:
    world = World(tmp_path)
    banks = Banks(world)
    sent = banks.send(700)
    for name in ("OP01", "OP02", "OP01"):
        banks.exchange(name)
        world.close()
        world = world.opened_again()
        banks.world, banks.desks = world, Desks(world)
    assert banks.held_fen == (4_300, 700)
    assert banks.kept(sent).verdict is Verdict.PAID
    banks.net()
    banks.check_settled()
    world.close()


def test_who_is_away_for_too_long_is_not_waited_for(either: Banks) -> None:
    banks = either
    sent = banks.send(700)
    banks.exchange("OP01")
    # It has answered, and the centre did not hear it in time.
    banks.desks.cut(State.CUT, only="answer_remittance", operator="OP02")
    with pytest.raises(StoreError):
        banks.exchange("OP02")
    banks.desks.now_s += ANSWER_WITHIN_S
    banks.exchange("OP01")
    assert banks.kept(sent).verdict is Verdict.TOO_LATE
    banks.desks.mend()
    banks.exchange("OP02", "OP01")
    assert banks.held_fen == (5_000, 0)
    banks.net()
    banks.check_settled()


def test_an_answer_in_the_last_moment_counts_and_a_later_one_does_not(banks: Banks) -> None:
    early, late = banks.send(100), banks.send(200)
    banks.exchange("OP01")
    banks.desks.cut(State.CUT, only="answer_remittance", operator="OP02")
    with pytest.raises(StoreError):
        banks.exchange("OP02")
    (first, second) = banks.desks.at["OP02"].remittances.kept.not_passed_on(after=0, most=9)
    ends_s = NOW + ANSWER_WITHIN_S
    for (_, data), now_s in ((first, ends_s - 1), (second, ends_s)):
        banks.desks.issuer.answer_remittance(data, operator="OP02", now_s=now_s)
    banks.desks.mend()
    banks.exchange()
    assert [banks.kept(each).verdict for each in (early, late)] == [Verdict.PAID, Verdict.TOO_LATE]
    assert banks.held_fen == (4_900, 100)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_or_paid_twice_whatever_is_cut(tmp_path: Path, seed: int) -> None:
    """A random walk: payments, calls that are cut or whose answers are lost, days that pass."""
    chance = random.Random(seed)
    world = World(tmp_path)
    banks = Banks(world)
    total_fen = sum(banks.held_fen)
    sent = []
    for _ in range(40):
        step = chance.choice(("send", "exchange", "exchange", "cut", "mend", "later"))
        if step == "send":
            payee = chance.choice((banks.bob, bytes(32)))
            amount_fen = min(chance.randint(1, 400), banks.held_fen[0])
            if amount_fen:
                sent.append(banks.send(amount_fen, payee=payee))
        elif step == "cut":
            state = chance.choice(CUTS)
            banks.desks.cut(state, only=chance.choice(CALLS), operator=chance.choice(("OP01", "OP02")))
        elif step == "mend":
            banks.desks.mend()
        elif step == "later":
            banks.desks.now_s += chance.choice((60, ANSWER_WITHIN_S // 2))
        else:
            with suppress(StoreError):
                banks.exchange(chance.choice(("OP01", "OP02")))
    banks.desks.mend()
    banks.exchange()
    assert sum(banks.held_fen) == total_fen
    paid = [each for each in map(banks.kept, sent) if each.verdict is Verdict.PAID]
    assert all(banks.kept(each).verdict is not None for each in sent)
    assert banks.held_fen[1] == sum(each.order.amount_fen for each in paid)
    banks.net()
    banks.check_settled()
    world.close()
