"""An operator: accounts, loads and limits, and what a crash or a repeat does to them (F11 to F13, F15)."""

import threading
from contextlib import ExitStack
from typing import cast

import pytest

from shuangli.errors import BadInput, Malformed, Refused, ShuangliError, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.issuer import Issuer
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Acknowledgement, Outcome, RevocationList
from shuangli.offline.limits import LIMITS_2022
from shuangli.operator.accounts import NOBODY, RESERVES, VAULT
from shuangli.operator.bank import Bank
from shuangli.operator.flow import Flow, Question, reply
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.world import (
    DAY_S,
    NAMES,
    NETWORK,
    NOW,
    VAULT_FEN,
    YEAR_S,
    World,
    as_upload,
    coins_of,
    pay,
)


def enrolment(world: World, name: str, *, operator: str = "OP01", person: bytes = bytes([9] * 32)) -> bytes:
    return Enrolment.sign(
        world.key(name),
        network=NETWORK,
        operator=operator,
        kind=WalletKind.SOFT,
        tier=4,
        person=person,
        enrolled_at_s=NOW,
    ).signed.data


def refused(world: World, act: object, *args: object, **kwargs: object) -> ShuangliError:
    """The error with which a bank refuses; nothing may be left behind."""
    books = [bank.store.ledger.balances() for bank in world.banks.values()]
    supply = world.issuer.store.supply()
    with pytest.raises(ShuangliError) as no, world.transaction():
        act(*args, **kwargs)  # type: ignore[operator]
    assert [bank.store.ledger.balances() for bank in world.banks.values()] == books
    assert world.issuer.store.supply() == supply
    return no.value


def test_opening_a_wallet_twice_gives_the_same_certificate(world: World) -> None:
    bank = world.banks["OP01"]
    with world.transaction():
        first = bank.open_wallet(enrolment(world, "a"), now_s=NOW)
        other = bank.open_wallet(enrolment(world, "b"), now_s=NOW)
    with world.transaction():
        again = bank.open_wallet(enrolment(world, "a"), now_s=NOW + DAY_S)
    assert first == again
    certificates = [WalletCertificate.parse(data) for data in (first, other)]
    assert len({certificate.claims.serial for certificate in certificates}) == 2
    assert certificates[0].claims.expires_at_s == NOW + YEAR_S // 2
    assert certificates[0].profile == LIMITS_2022.profile


def test_nobody_is_the_heir_of_those_whose_records_are_erased(world: World) -> None:
    """What still comes back to a wallet goes to its holder's newest: none is opened for nobody."""
    asked = enrolment(world, "a", person=NOBODY)
    assert refused(world, world.banks["OP01"].open_wallet, asked, now_s=NOW).code == "unknown-wallet"


def test_a_wallet_is_open_for_one_person_at_the_operator_it_names(world: World) -> None:
    bank = world.banks["OP01"]
    with world.transaction():
        bank.open_wallet(enrolment(world, "a"), now_s=NOW)
    somebody = enrolment(world, "a", person=bytes([1] * 32))
    assert refused(world, bank.open_wallet, somebody, now_s=NOW).code == "already-open"
    elsewhere = enrolment(world, "b", operator="OP02")
    assert refused(world, bank.open_wallet, elsewhere, now_s=NOW).code == "unknown-wallet"
    forged = enrolment(world, "c")[:-1] + b"\x00"
    assert refused(world, bank.open_wallet, forged, now_s=NOW).code == "signature"


def test_a_wallet_number_is_not_lost_or_used_twice_when_a_transaction_fails(world: World) -> None:
    bank = world.banks["OP01"]
    assert refused(world, fail_after, lambda: bank.open_wallet(enrolment(world, "a"), now_s=NOW))
    with world.transaction():
        bank.open_wallet(enrolment(world, "b"), now_s=NOW)
    with world.transaction():
        bank.open_wallet(enrolment(world, "a"), now_s=NOW)
    numbers = [bank.wallet(world.key(name).public).wallet_no for name in ("b", "a")]
    assert numbers == [1, 2]


def fail_after(act: object) -> None:
    act()  # type: ignore[operator]
    raise StoreError("unavailable", "the power went")


def test_a_deposit_is_owed_to_the_holder(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 700, now_s=NOW)
    assert world.deposit_fen(rider) == 700
    stranger = world.key("stranger").public
    assert refused(world, bank.deposit, stranger, 700, now_s=NOW).code == "unknown-wallet"
    world.check_books()


@pytest.mark.parametrize("amount_fen", [0, -1, 1.5, True, 2**53])
def test_only_whole_positive_amounts_move(world: World, amount_fen: int) -> None:
    rider, worker, bank = world.wallet(), world.wallet(), world.banks["OP01"]
    keys = rider.key.public, worker.key.public
    with world.transaction():
        bank.deposit(rider.key.public, 700, now_s=NOW)
        bank.deposit(worker.key.public, 700, now_s=NOW)
    for act, args in (
        (bank.deposit, (keys[0], amount_fen)),
        (bank.pay, (*keys, amount_fen)),
        (bank.fill_vault, (amount_fen,)),
        (world.issuer.fill_vault, ("OP01", amount_fen)),
    ):
        error = refused(world, act, *args, now_s=NOW)
        assert isinstance(error, BadInput | Refused)


def test_wages_move_between_two_accounts(world: World) -> None:
    employer, worker, bank = world.wallet(), world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(employer.key.public, 500, now_s=NOW)
        bank.pay(employer.key.public, worker.key.public, 300, now_s=NOW)
    assert (world.deposit_fen(employer), world.deposit_fen(worker)) == (200, 300)
    short = refused(world, bank.pay, employer.key.public, worker.key.public, 201, now_s=NOW)
    assert (short.code, str(short)) == ("insufficient-funds", "the deposit is 1 fen short of 201 fen")


def test_nothing_moves_to_a_wallet_that_the_operator_does_not_know(world: World) -> None:
    """Found: the answer was the database's LookupError."""
    employer, bank = world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(employer.key.public, 500, now_s=NOW)
    unknown = refused(world, bank.pay, employer.key.public, bytes(32), 300, now_s=NOW)
    assert unknown.code == "unknown-wallet"
    assert world.deposit_fen(employer) == 500


def test_a_load_moves_deposit_and_vault_at_both_sides(world: World) -> None:
    rider, bank = world.wallet([300, 200]), world.banks["OP01"]
    assert world.deposit_fen(rider) == 0
    assert bank.store.ledger.balance_fen(VAULT) == VAULT_FEN - 500
    assert bank.store.ledger.balance_fen(RESERVES) == -VAULT_FEN
    supply = world.supply()
    assert (supply.loaded_fen, supply.outstanding_fen, supply.redeemed_fen) == (500, 500, 0)
    world.check_books()


def test_a_repeated_order_gives_the_same_load_once(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    order = rider.order_load([100], now_s=NOW)
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
        loads = [bank.order_load(order, now_s=NOW + late_s) for late_s in (0, 5)]
    with world.transaction():
        loads.append(bank.order_load(order, now_s=NOW + DAY_S))
    assert len(set(loads)) == 1
    assert world.deposit_fen(rider) == 900
    assert world.supply().loaded_fen == 100


def test_what_an_order_is_refused_for(world: World) -> None:
    rider, bank = world.wallet(tier=4), world.banks["OP01"]
    order = rider.order_load([600], now_s=NOW)
    short = refused(world, bank.order_load, order, now_s=NOW)
    assert (short.code, str(short)) == ("insufficient-funds", "the deposit is 600 fen short of 600 fen")
    stranger = LoadOrder.sign(
        world.key("stranger"), operator="OP01", values_fen=[1], nonce=bytes(16), ordered_at_s=NOW
    )
    assert refused(world, bank.order_load, stranger.signed.data, now_s=NOW).code == "unknown-wallet"
    forged = order[:-1] + bytes([order[-1] ^ 1])
    assert refused(world, bank.order_load, forged, now_s=NOW).code == "signature"
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
    elsewhere = LoadOrder.sign(rider.key, operator="OP02", values_fen=[1], nonce=bytes(16), ordered_at_s=NOW)
    assert refused(world, bank.order_load, elsewhere.signed.data, now_s=NOW).code == "unknown-wallet"


def test_a_load_over_a_limit_says_by_how_much(world: World) -> None:
    rider, bank = world.wallet(tier=4), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 5_000_000, now_s=NOW)
    order = LoadOrder.sign(
        rider.key, operator="OP01", values_fen=[1_000_007], nonce=bytes(16), ordered_at_s=NOW
    ).signed.data
    over = refused(world, bank.order_load, order, now_s=NOW)
    assert over.code == "over-limit"
    assert str(over).startswith("7 fen over the balance limit of 1000000 fen")
    with world.transaction():
        bank.order_load(rider.order_load([400_000], now_s=NOW), now_s=NOW)
    over = refused(world, bank.order_load, rider.order_load([100_001], now_s=NOW), now_s=NOW)
    assert over.code == "over-limit"
    assert str(over).startswith("1 fen over the day limit of 500000 fen")
    with world.transaction():
        bank.order_load(rider.order_load([100_001], now_s=NOW), now_s=NOW + DAY_S)


def test_a_load_waits_until_the_vault_is_filled(world: World) -> None:
    rider, bank = world.wallet(tier=1), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, VAULT_FEN + 5, now_s=NOW)
    order = rider.order_load([VAULT_FEN + 5], now_s=NOW)
    empty = refused(world, bank.order_load, order, now_s=NOW)
    assert (empty.code, str(empty)) == ("vault-empty", "the vault of OP01 is 5 fen short")
    with world.transaction():
        world.issuer.fill_vault("OP01", 5, now_s=NOW)
        bank.fill_vault(5, now_s=NOW)
        bank.order_load(order, now_s=NOW)
    world.check_books()


def test_a_nonce_serves_one_order_only(world: World) -> None:
    """Two orders with one nonce would make loads that look alike (F50)."""
    rider, bank = world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
    orders = [
        LoadOrder.sign(rider.key, operator="OP01", values_fen=[100], nonce=bytes(16), ordered_at_s=at_s)
        for at_s in (NOW, NOW + 1)
    ]
    with world.transaction():
        bank.order_load(orders[0].signed.data, now_s=NOW)
    error = refused(world, bank.order_load, orders[1].signed.data, now_s=NOW)
    assert error.code == "nonce-used"


def test_f34_nothing_is_minted_outside_the_epoch(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
    late_s = world.epoch.claims.expires_at_s
    order = rider.order_load([100], now_s=late_s)
    assert refused(world, bank.order_load, order, now_s=late_s).code == "epoch"


def test_a_revoked_wallet_gets_no_more_loads(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    listed = RevocationList.sign(
        world.keys["centre"], number=1, issued_at_s=NOW, wallets=[rider.key.public], operators=[], epochs=[]
    )
    bank.trust.update_revocations(listed.signed.data)
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
    order = rider.order_load([100], now_s=NOW)
    assert refused(world, bank.order_load, order, now_s=NOW).code == "frozen"


# --- reconciliation --------------------------------------------------------------------------------


def shop_with(world: World, *amounts_fen: int) -> tuple[Wallet, bytes]:
    """A shop that was paid, and its upload."""
    shop = world.wallet(tier=0)
    for amount_fen in amounts_fen:
        pay(world.wallet([amount_fen]), shop, amount_fen)
    return shop, shop.hand_in(now_s=NOW) or b""


def test_f12_a_retry_gets_the_stored_acknowledgement(world: World) -> None:
    shop, upload = shop_with(world, 100, 50)
    first = world.submit(upload)
    again = world.submit(upload, now_s=NOW + DAY_S)
    assert first.signed.data == again.signed.data
    assert (first.credited_fen, world.deposit_fen(shop)) == (150, 150)
    assert first.received_at_s == NOW
    world.trust().verifier.check_once(first.signed, world.keys["OP01"].public, "acknowledgement")


def test_f12_a_retry_at_another_operator_credits_nothing_twice(world: World) -> None:
    shop, upload = shop_with(world, 100)
    world.enrol(shop, "OP02")
    assert world.submit(upload, "OP01").credited_fen == 100
    second = world.submit(upload, "OP02")
    assert (second.credited_fen, set(second.outcomes)) == (0, {Outcome.REPEAT})
    assert (world.deposit_fen(shop, "OP01"), world.deposit_fen(shop, "OP02")) == (100, 0)
    world.check_books()


def test_an_upload_for_a_wallet_that_is_not_open_here_is_refused_and_not_kept(world: World) -> None:
    _, upload = shop_with(world, 100)
    error = refused(world, world.banks["OP02"].reconcile, upload, now_s=NOW)
    assert error.code == "unknown-wallet"
    assert world.banks["OP02"].pending() == []


def test_an_upload_that_is_none_is_refused(world: World) -> None:
    first, second = world.wallet([100]), world.wallet([50])
    coins = [*coins_of(first), *coins_of(second)]
    two = [
        sign_away(wallet, [(coin, coin.value_fen)])
        for wallet, coin in zip((first, second), coins, strict=True)
    ]
    for upload in (b"", b"\x80", as_upload(bundle(coins, *two)), bundle(coins)):
        error = refused(world, world.banks["OP01"].reconcile, upload, now_s=NOW)
        assert isinstance(error, Malformed)


def test_a_redemption_that_does_not_hold_does_not_say_for_whom_an_upload_is(world: World) -> None:
    """Else one bad object would block an upload, or credit somebody else."""
    first, second = world.wallet([100]), world.wallet([50])
    (own,), (foreign,) = coins_of(first), coins_of(second)
    upload = bundle([own, foreign], sign_away(second, [(own, 100)]), sign_away(first, [(own, 100)]))
    acknowledgement = world.submit(upload)
    assert [outcome.name for outcome in acknowledgement.outcomes] == ["INVALID", "SETTLED"]
    assert (world.deposit_fen(first), world.deposit_fen(second)) == (100, 0)


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
    assert shop.hand_in(now_s=NOW + 60) == upload, "the wallet still has it, and sends it again"
    assert world.hand_in(shop).credited_fen == 150
    assert world.deposit_fen(shop) == 150
    world.check_books()


def test_both_operators_have_the_same_shape(world: World) -> None:
    for name in NAMES:
        rider = world.wallet([30], operator=name)
        shop = world.wallet(tier=0, operator=name)
        pay(rider, shop, 30)
        assert world.hand_in(shop).operator == name
        assert world.deposit_fen(shop, name) == 30
        assert Load.parse(coins_of(world.wallet([5], operator=name))[0].load.signed.data).operator == name
    world.check_books()
