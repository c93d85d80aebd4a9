"""Uploads and orders that are cut off half way, or under way together, count once (F11, F13, F15)."""

import threading
from contextlib import ExitStack
from typing import cast

import pytest

from shuangli.errors import Refused, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.issuer import Issuer
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import Acknowledgement
from shuangli.operator.bank import Bank
from shuangli.operator.flow import Flow, Question, reply
from tests.setting import NOW
from tests.settlement.answers import refused
from tests.settlement.customers import enrolment, shop_with
from tests.world import World


def crash(world: World, name: str, act: object, *, issuer_commits: bool) -> None:
    """Kill an operator before its commit: the issuer's transaction has been committed, or not."""
    stack = ExitStack()
    stack.enter_context(world.banks[name].store.transaction())
    inner = stack.enter_context(ExitStack())
    inner.enter_context(world.issuer.transaction())
    with stack:
        act()  # type: ignore[operator]
        if issuer_commits:
            inner.close()
        raise KeyboardInterrupt


@pytest.mark.parametrize("issuer_commits", [False, True])
def test_f11_a_reconciliation_cut_off_between_two_commits_is_credited_once(
    world: World, issuer_commits: bool
) -> None:
    shop, upload = shop_with(world, 100, 50)
    bank = world.banks["OP01"]
    with pytest.raises(KeyboardInterrupt):
        crash(world, "OP01", lambda: bank.reconcile(upload, now_s=NOW), issuer_commits=issuer_commits)
    assert world.deposit_fen(shop) == 0
    assert world.supply().redeemed_fen == (150 if issuer_commits else 0)
    world.close()
    after = world.opened_again()
    acknowledgement = after.submit(upload, now_s=NOW + 60)
    assert acknowledgement.credited_fen == 150
    assert (after.deposit_fen(shop), after.supply().redeemed_fen) == (150, 150)
    assert after.submit(upload).signed.data == acknowledgement.signed.data
    after.check_books()
    after.close()


@pytest.mark.parametrize("issuer_commits", [False, True])
def test_f11_an_order_cut_off_between_two_commits_is_loaded_once(world: World, issuer_commits: bool) -> None:
    rider = world.wallet()
    order = rider.order_load([100], now_s=NOW)
    bank = world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 100, now_s=NOW)
    with pytest.raises(KeyboardInterrupt):
        crash(world, "OP01", lambda: bank.order_load(order, now_s=NOW), issuer_commits=issuer_commits)
    world.close()
    after = world.opened_again()
    with after.transaction():
        rider.receive_load(after.banks["OP01"].order_load(order, now_s=NOW + 60))
    assert rider.purse.balance_fen == 100
    assert (after.deposit_fen(rider), after.supply().loaded_fen) == (0, 100)
    after.check_books()
    after.close()


def test_f13_one_upload_twice_at_the_same_moment_is_credited_once(world: World) -> None:
    shop, upload = shop_with(world, 100, 50)
    start = threading.Barrier(2)
    answers: list[Acknowledgement | Exception] = []

    def hand_in() -> None:
        place = world.opened_again()
        try:
            start.wait(10)
            answers.append(place.submit(upload))
        except Exception as error:
            answers.append(error)
        finally:
            place.close()

    threads = [threading.Thread(target=hand_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    first, second = (cast(Acknowledgement, answer) for answer in answers)
    assert first.signed.data == second.signed.data
    assert world.deposit_fen(shop) == 150
    world.check_books()


def finish(flow: Flow, issuer: Issuer, question: Question) -> bytes:
    with pytest.raises(StopIteration) as done:
        flow.send(reply(question, issuer))
    return cast(bytes, done.value.value)


def test_f13_one_upload_twice_under_way_is_credited_once(world: World) -> None:
    shop, upload = shop_with(world, 100)
    bank = world.banks["OP01"]
    with world.transaction():
        flows = [bank.reconcile_flow(upload, now_s=NOW) for _ in range(2)]
        questions = [next(flow) for flow in flows]
        answers = {finish(flow, world.issuer, q) for flow, q in zip(flows, questions, strict=True)}
    assert len(answers) == 1
    assert world.deposit_fen(shop) == 100
    world.check_books()


def test_f13_one_order_twice_under_way_is_loaded_once(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    order = rider.order_load([100], now_s=NOW)
    with world.transaction():
        bank.deposit(rider.key.public, 250, now_s=NOW)
        flows = [bank.load_flow(order, now_s=NOW) for _ in range(2)]
        questions = [next(flow) for flow in flows]
        answers = {finish(flow, world.issuer, q) for flow, q in zip(flows, questions, strict=True)}
    assert len(answers) == 1
    assert world.deposit_fen(rider) == 150
    world.check_books()


def test_orders_under_way_count_against_deposit_and_limits(world: World) -> None:
    rider, bank = world.wallet(tier=4), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 150, now_s=NOW)
        first = bank.load_flow(rider.order_load([100], now_s=NOW), now_s=NOW)
        question = next(first)
        second = bank.load_flow(rider.order_load([100], now_s=NOW), now_s=NOW)
        with pytest.raises(Refused) as short:
            next(second)
        assert short.value.code == "insufficient-funds"
        finish(first, world.issuer, question)
        third = bank.load_flow(rider.order_load([50], now_s=NOW), now_s=NOW)
        finish(third, world.issuer, next(third))
    assert world.deposit_fen(rider) == 0


def test_orders_under_way_of_one_person_do_not_use_the_deposit_of_another_wallet(world: World) -> None:
    bank, person = world.banks["OP01"], bytes([5] * 32)
    flows = []
    with world.transaction():
        for name in ("first", "second"):
            bank.open_wallet(enrolment(world, name, person=person), now_s=NOW)
            bank.deposit(world.key(name).public, 300_000, now_s=NOW)
        for name in ("first", "second"):
            order = LoadOrder.sign(
                world.key(name), operator="OP01", values_fen=[200_000], nonce=bytes(16), ordered_at_s=NOW
            )
            flows.append(bank.load_flow(order.signed.data, now_s=NOW))
        questions = [next(flow) for flow in flows]
        third = LoadOrder.sign(
            world.key("first"), operator="OP01", values_fen=[100_001], nonce=bytes([1] * 16), ordered_at_s=NOW
        )
        with pytest.raises(Refused) as over:
            next(bank.load_flow(third.signed.data, now_s=NOW))
        assert over.value.code == "over-limit"
        for flow, question in zip(flows, questions, strict=True):
            finish(flow, world.issuer, question)
    world.check_books()


class BreakingIssuer(Issuer):
    """An issuer whose answer never arrives: it works, and then the line is dead."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def settle(self, submission: Submission) -> Settled:
        self._issuer.settle(submission)
        raise StoreError("unavailable", "the issuer cannot be reached")


def test_f15_a_reconciliation_that_fails_half_way_leaves_nothing_pending(world: World) -> None:
    shop, upload = shop_with(world, 100, 50)
    bank = world.banks["OP01"]
    broken = Bank(
        terms=bank.terms,
        key=world.keys["OP01"],
        trust=world.trust(),
        store=bank.store,
        issuer=BreakingIssuer(world.issuer),
        pseudonyms=bank.pseudonyms,
    )
    assert refused(world, broken.reconcile, upload, now_s=NOW).code == "unavailable"
    assert shop.unanswered == (upload,), "the wallet still has it, and sends it again"
    assert world.hand_in(shop).credited_fen == 150
    assert world.deposit_fen(shop) == 150
    world.check_books()
