"""Alarms: a leaked minting key stops its epoch at once (F31), totals that are off suspend theirs."""

from contextlib import suppress

import pytest

from shuangli.errors import Refused, StoreError
from shuangli.issuer.epochs.states import EpochEvent, EpochState
from shuangli.messages.notices import RevocationList
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.offline.states import Kind
from shuangli.wallet.wallet import Wallet
from tests.epochs.lives import leaked_load, raise_alarm, state_of
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.persons.answers import (
    EXPIRED_S,
    culprit_with,
    frozen_fen,
    only_receivable,
    redeem_all,
    run_losses,
)
from tests.setting import DAY_S, NOW, STAGED, TRANSFERABLE
from tests.settlement.answers import outcomes
from tests.world import World

LATER_S = NOW + 3_600


def refusal_of(payer: Wallet, payee: Wallet, amount_fen: int, now_s: int = NOW) -> RefusalReason:
    """Why a payee refuses a payment."""
    paid = pay(payer, payee, amount_fen, now_s)
    assert paid.answer.kind is Kind.REFUSAL
    return Refusal.parse(paid.answer.body).reason


def fails_after_all(world: World, upload: bytes) -> None:
    """Hand an upload in, in a transaction that comes to nothing."""
    with suppress(KeyError), world.transaction():
        world.banks["OP01"].reconcile(upload, now_s=NOW)
        raise KeyError("after all")


def test_f31_a_leaked_key_stops_its_epoch_in_the_transaction_that_finds_it(world: World) -> None:
    honest = world.wallet([100, 20])
    thief, gate, shop = world.wallet(), world.wallet(tier=0), world.wallet(tier=0)
    thief.receive_load(leaked_load(world, thief, [500]).signed.data)
    pay(thief, gate, 500)
    upload = gate.hand_in(now_s=NOW) or b""
    fails_after_all(world, upload)
    assert state_of(world) is EpochState.OPEN, "what never happened has raised no alarm"
    assert outcomes(world, upload) == ["NOT_MINTED", "NOT_MINTED"]
    row = world.issuer.store.epochs.get(1)
    assert (row.state, world.deposit_fen(gate)) == (EpochState.STOPPED, 0)
    assert "never minted" in row.why
    # Nothing more is minted.
    with pytest.raises(Refused) as refused:
        world.load(honest, [1])
    assert refused.value.code == "epoch"
    # The list names the epoch from now on, and devices refuse its coins.
    listed = world.issuer.centre.revocation_list(now_s=NOW)
    assert RevocationList.parse(listed).epochs == {1}
    assert world.issuer.centre.revocation_list(now_s=NOW + 1) == listed
    shop.update_revocations(listed)
    assert refusal_of(honest, shop, 100) is RefusalReason.REVOKED
    # Honest coins are exchanged: the wallet redeems them by itself, and loads again under another epoch.
    assert world.hand_in(honest).credited_fen == 100, "the payment that was refused goes back in any case"
    assert honest.hand_in(now_s=NOW) is None, "it has not heard that the epoch was stopped"
    honest.update_revocations(listed)
    assert world.hand_in(honest).credited_fen == 20
    assert coins_of(honest) == []
    world.change_terms(STAGED)
    world.load(honest, [20])
    assert [coin.load.epoch for coin in coins_of(honest)] == [2]
    assert honest.hand_in(now_s=NOW) is None, "coins of an epoch that goes on are kept"
    fresh = world.wallet(tier=0)
    fresh.update_revocations(listed)
    other = world.wallet([30])
    assert pay(other, fresh, 30).answer.kind is Kind.RECEIPT
    world.check_books()


def test_f31_honest_payments_that_were_on_their_way_are_settled(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    pay(rider, shop, 60)
    raise_alarm(world)
    assert world.hand_in(shop, now_s=LATER_S).credited_fen == 60
    world.return_due(now_s=NOW + 40 * DAY_S)
    assert world.deposit_fen(rider) == 40
    world.check_books()


def test_an_alarm_of_one_epoch_leaves_the_others_open(world: World) -> None:
    world.change_terms(STAGED)
    raise_alarm(world)
    assert (state_of(world, 1), state_of(world, 2)) == (EpochState.STOPPED, EpochState.OPEN)
    assert RevocationList.parse(world.issuer.centre.revocation_list(now_s=NOW)).epochs == {1}
    world.load(world.wallet(), [5])


def test_f34_an_epoch_that_was_never_opened_here_is_stopped_before_it_begins(world: World) -> None:
    """Its key has leaked before the issuer has used it."""
    key = world.key("minting/2")
    epoch = world.authority.open_epoch(
        2, key.public, STAGED, not_before_s=NOW - DAY_S, expires_at_s=NOW + DAY_S
    )
    for trust in (world.issuer.trust, *(bank.trust for bank in world.banks.values())):
        trust.add_epoch(epoch.signed.data)
    thief = world.wallet()
    thief.trust.add_epoch(epoch.signed.data)
    thief.receive_load(leaked_load(world, thief, [9], epoch=2).signed.data)
    (coin,) = coins_of(thief)
    assert outcomes(world, bundle([coin], sign_away(thief, [(coin, 9)]))) == ["NOT_MINTED"]
    assert (state_of(world, 1), state_of(world, 2)) == (EpochState.OPEN, EpochState.STOPPED)


def two_epochs(world: World) -> tuple[Wallet, Wallet, bytes, bytes]:
    """A shop paid in each of two epochs, and their uploads."""
    old, first = world.wallet([100]), world.wallet(tier=0)
    world.change_terms(STAGED)
    new, second = world.wallet([40]), world.wallet(tier=0)
    pay(old, first, 100)
    pay(new, second, 40)
    return first, second, first.hand_in(now_s=NOW) or b"", second.hand_in(now_s=NOW) or b""


def test_a_total_that_is_off_suspends_its_epoch_and_no_other(world: World) -> None:
    first, second, of_first, of_second = two_epochs(world)
    world.issuer.store.database.execute("UPDATE supply SET loaded_fen = loaded_fen + 1 WHERE epoch = 1")
    with pytest.raises(StoreError) as off:
        world.submit(of_second)
    assert (off.value.code, state_of(world, 1)) == ("corrupt", EpochState.SUSPENDED)
    assert "1 fen" in world.issuer.store.epochs.get(1).why
    assert world.issuer.store.cases() == []
    # The batch was undone; sent again, what is of other epochs is settled, and the rest waits.
    assert world.submit(of_second).credited_fen == 40
    with pytest.raises(StoreError) as waits:
        world.submit(of_first)
    assert waits.value.code == "unavailable"
    world.return_due(now_s=NOW + 40 * DAY_S, operators=["OP02"])
    assert (world.deposit_fen(first), world.deposit_fen(second)) == (0, 40)
    assert RevocationList.parse(world.issuer.centre.revocation_list(now_s=NOW)).epochs == {1}
    # People have looked, and mended it.
    world.issuer.store.database.execute("UPDATE supply SET loaded_fen = loaded_fen - 1 WHERE epoch = 1")
    with world.issuer.transaction():
        world.issuer.epochs.release(1, now_s=LATER_S, why="a bit had flipped")
    assert state_of(world, 1) is EpochState.STOPPED
    assert world.submit(of_first).credited_fen == 100
    world.check_books()


def test_nothing_of_a_suspended_epoch_goes_back(world: World) -> None:
    rider = world.wallet([100])
    world.issuer.store.database.execute("UPDATE supply SET loaded_fen = loaded_fen + 1")
    with pytest.raises(StoreError):
        world.return_due(now_s=NOW + 40 * DAY_S)
    assert state_of(world) is EpochState.SUSPENDED
    world.return_due(now_s=NOW + 41 * DAY_S)
    assert world.deposit_fen(rider) == 0
    world.issuer.store.database.execute("UPDATE supply SET loaded_fen = loaded_fen - 1")
    with world.issuer.transaction():
        world.issuer.epochs.release(1, now_s=LATER_S, why="mended")
    world.return_due(now_s=NOW + 42 * DAY_S)
    assert world.deposit_fen(rider) == 100
    world.check_books()


def test_what_the_fund_is_to_pay_in_a_suspended_epoch_waits_and_keeps_nobody_from_the_rest(
    world: World,
) -> None:
    """The bank goes on: it hears of what went back before, and of nettings and cases after."""
    world.change_terms(TRANSFERABLE)
    rider, cheat = world.wallet([50]), world.wallet([100])
    first, second, third = (world.wallet(tier=0) for _ in range(3))
    copy = world.clone(cheat)
    pay(cheat, first, 100)
    world.hand_in(first)
    pay(copy, second, 100)
    world.submit(pay(second, third, 100).payment.body)
    world.return_due(now_s=NOW + 40 * DAY_S, told=())
    returns = world.issuer.store.returns.of_operator("OP01", after=0, most=9)
    assert [(back.from_fund, back.owner) for back in returns] == [
        (False, rider.key.public),
        (True, second.key.public),
    ]
    with world.issuer.transaction():
        world.issuer.store.epochs.move(2, EpochEvent.SUPPLY_OFF, now_s=LATER_S, why="off")
    bank = world.banks["OP01"]
    with bank.store.transaction(), world.issuer.transaction():
        assert bank.take_returns(now_s=LATER_S) == 1
    assert (world.deposit_fen(rider), world.deposit_fen(second)) == (50, 0)
    with world.issuer.transaction():
        world.issuer.epochs.release(2, now_s=LATER_S, why="mended")
    with bank.store.transaction(), world.issuer.transaction():
        assert bank.take_returns(now_s=LATER_S) == 1
    assert world.deposit_fen(second) == 100
    world.check_books()


def test_nothing_is_taken_from_a_culprit_in_a_suspended_epoch(world: World) -> None:
    """Nobody can say what is owed in it: a culprit's coin is no money to set off against another debt."""
    culprit, _ = culprit_with(world, [100, 400], [100, 100])
    redeem_all(world, culprit)
    with world.issuer.transaction():
        world.issuer.store.epochs.move(1, EpochEvent.SUPPLY_OFF, now_s=LATER_S, why="off")
    before = world.supply()
    run_losses(world, now_s=EXPIRED_S)
    assert (world.supply(), frozen_fen(world), only_receivable(world).open_fen) == (before, 0, 100)
    with world.issuer.transaction():
        world.issuer.epochs.release(1, now_s=EXPIRED_S, why="mended")
    run_losses(world, now_s=EXPIRED_S)
    assert (world.supply().returned_fen, frozen_fen(world), only_receivable(world).open_fen) == (400, 300, 0)


def test_nobody_decides_over_payments_of_a_suspended_epoch(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    world.submit(pay(rider, shop, 60).payment.body)
    with world.transaction():
        world.banks["OP01"].report_lost(shop.key.public, now_s=NOW)
    world.return_due(now_s=NOW + 4 * DAY_S)
    (dispute,) = world.issuer.return_desk.disputes()
    with world.issuer.transaction():
        world.issuer.store.epochs.move(1, EpochEvent.SUPPLY_OFF, now_s=LATER_S, why="off")
    with pytest.raises(StoreError) as waits, world.issuer.transaction():
        world.issuer.return_desk.decide(dispute, to_payee=True, now_s=LATER_S)
    assert waits.value.code == "unavailable"
    assert world.issuer.return_desk.disputes() == [dispute]


def test_counting_afresh_finds_what_running_totals_hide(world: World) -> None:
    world.wallet([100])
    world.issuer.check_books()
    world.issuer.store.database.execute("DELETE FROM open_coins")
    with pytest.raises(StoreError) as off:
        world.issuer.check_books()
    assert (off.value.code, state_of(world)) == ("corrupt", EpochState.SUSPENDED)
