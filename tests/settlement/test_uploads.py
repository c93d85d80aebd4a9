"""Uploads at an operator: a retry is credited once, and what says nothing is not kept (F12, F40)."""

from shuangli.errors import Malformed
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Outcome
from tests.forging import bundle, sign_away
from tests.paying import as_upload, coins_of
from tests.setting import DAY_S, NOW
from tests.settlement.answers import refused
from tests.settlement.customers import shop_with
from tests.world import World


def test_f12_a_retry_gets_the_stored_acknowledgement(world: World) -> None:
    shop, upload = shop_with(world, 100, 50)
    first = world.submit(upload)
    again = world.submit(upload, now_s=NOW + DAY_S)
    assert first.signed.data == again.signed.data
    assert (first.credited_fen, world.deposit_fen(shop)) == (150, 150)
    assert first.received_at_s == NOW
    world.trust().verifier.check_once(first.signed, world.keys["OP01"].public, "acknowledgement")


def test_f40_an_upload_that_shows_nothing_is_refused_and_not_kept(world: World) -> None:
    """Anybody may upload: what says nothing must not fill a database, at the operator or at the centre."""
    bank = world.banks["OP01"]
    empty = HandIn(bundle=Bundle(loads=(), transfers=())).encode()
    for act in (bank.reconcile, bank.keep):
        assert refused(world, act, empty, now_s=NOW).code == "shape"
    assert bank.pending() == []


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
