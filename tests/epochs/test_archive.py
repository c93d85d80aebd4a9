"""A closed epoch moves to files that anybody can check, and the database forgets it."""

from pathlib import Path

import pytest

from shuangli.errors import Refused, StoreError
from shuangli.issuer.archive.files import TABLES
from shuangli.issuer.archive.verifying import find_spends, verify_archive
from shuangli.issuer.epochs.states import EpochState
from shuangli.messages.notices import RevocationList
from shuangli.messages.transfers import Transfer
from tests.epochs.lives import (
    ARCHIVED_S,
    CUSTOMER,
    OF_COINS,
    OVER_S,
    PATIENT,
    archive,
    archive_until,
    close,
    live_through,
    rows_of,
    state_of,
    wind_up,
)
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay, read_bundle
from tests.setting import DAY_S, NOW, STAGED, TRANSFERABLE
from tests.settlement.answers import outcomes
from tests.world import World


def test_an_archived_epoch_verifies_with_the_root_key_alone(world: World, tmp_path: Path) -> None:
    wallets = live_through(world)
    wind_up(world, wallets)
    before = world.supply()
    culprits = world.issuer.store.culprits()
    counts = rows_of(world)
    place = archive(world, tmp_path / "archive")
    verified = verify_archive(place, world.keys["root"].public)
    assert verified.totals == {name: getattr(before, name) for name in verified.totals}
    assert verified.culprits == culprits
    assert (verified.counts["mint_log"], verified.counts["cases"]) == (counts["mint_log"], counts["cases"])
    assert verified.counts["spends"] == counts["facts"] + counts["forks"]
    assert state_of(world) is EpochState.ARCHIVED
    # The database forgets all but what numbers go on from; culprits stay revoked, totals stay.
    assert rows_of(world) == dict.fromkeys(OF_COINS, 0) | {"objects": 1}
    assert world.issuer.store.culprits() == culprits
    assert RevocationList.parse(world.issuer.centre.revocation_list(now_s=ARCHIVED_S)).wallets == culprits
    assert world.supply() == before
    world.check_books()


def test_archived_again_it_is_the_same(world: World, tmp_path: Path) -> None:
    wind_up(world, live_through(world))
    place = archive(world, tmp_path / "archive")
    files = {path.name: path.read_bytes() for path in place.iterdir()}
    assert world.issuer.archive_epoch(1, tmp_path / "archive", now_s=ARCHIVED_S + 1) == place
    assert {path.name: path.read_bytes() for path in place.iterdir()} == files


def test_f20_a_claim_of_an_archived_epoch_is_late_and_changes_nothing(lived: tuple[World, Path]) -> None:
    world, place = lived
    before, balances = rows_of(world), world.issuer.store.ledger.balances()
    payer = next(wallet for wallet in world.journals if wallet.purse.paying)
    payment = next(iter(payer.purse.paying.values())).payment
    assert payment is not None
    transfer = Transfer.parse(read_bundle(payment.body).transfers[-1])
    named = outcomes(world, payment.body, now_s=ARCHIVED_S + DAY_S)
    assert set(named) == {"LATE"}
    assert world.issuer.store.findings.alarms() == [], "although the mint log does not know the load any more"
    assert (rows_of(world), world.issuer.store.ledger.balances()) == (before, balances)
    found = find_spends(place, transfer.spends[0].coin_id, root=world.keys["root"].public)
    assert transfer.signed.data in [spend.data for spend in found]
    assert found[0].further is False
    world.check_books()


def test_a_coin_that_the_archive_does_not_know(lived: tuple[World, Path]) -> None:
    world, place = lived
    assert find_spends(place, bytes(32), root=world.keys["root"].public) == []


def test_from_its_close_on_an_epoch_takes_nothing_in(world: World) -> None:
    """So that what is being archived does not change meanwhile."""
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    pay(rider, shop, 100)
    wind_up(world, {})
    close(world)
    before = rows_of(world)
    assert set(outcomes(world, shop.hand_in(now_s=NOW) or b"", now_s=ARCHIVED_S)) == {"LATE"}
    assert rows_of(world) == before
    world.check_books()


def test_an_epoch_is_closed_only_once_everything_in_it_has_its_fate(world: World, tmp_path: Path) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    world.submit(pay(rider, shop, 60).payment.body)
    desk = world.issuer.epochs
    assert any("mints" in what for what in desk.waits_for(1, now_s=OVER_S))
    with world.issuer.transaction():
        desk.end_minting(1, now_s=NOW + DAY_S)
    for now_s, what in (
        (OVER_S, "handed in"),
        (OVER_S, "2 coins are still open"),
    ):
        assert any(what in words for words in desk.waits_for(1, now_s=now_s))
    world.return_due(now_s=OVER_S, told=[])
    assert any("has not booked return" in words for words in desk.waits_for(1, now_s=ARCHIVED_S))
    world.return_due(now_s=OVER_S)
    assert [words.split(" until")[0] for words in desk.waits_for(1, now_s=OVER_S)] == [
        "the return window is open"
    ]
    with pytest.raises(Refused):
        world.issuer.archive_epoch(1, tmp_path, now_s=ARCHIVED_S)
    close(world)
    assert list(tmp_path.glob("epoch-*")) == []


def test_a_dispute_keeps_an_epoch_open(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    world.submit(pay(rider, shop, 60).payment.body)
    with world.transaction():
        world.banks["OP01"].report_lost(shop.key.public, now_s=NOW)
    wind_up(world, {})
    assert any("decision" in words for words in world.issuer.epochs.waits_for(1, now_s=ARCHIVED_S))
    with pytest.raises(Refused):
        close(world)


def test_a_payment_out_of_two_epochs_stays_until_both_are_archived(world: World, tmp_path: Path) -> None:
    rider = world.wallet([100])
    world.change_terms(STAGED)
    world.load(rider, [40])
    shop = world.wallet(tier=0)
    pay(rider, shop, 140)
    world.hand_in(shop)
    world.wallet([1])
    wind_up(world, {}, number=2)
    root = world.keys["root"].public
    first = archive(world, tmp_path, number=1)
    left = rows_of(world)
    assert (left["mint_log"], left["facts"], left["objects"]) == (2, 2, 3)
    # What is left is whole: evidence, books, a repeat.
    world.check_books()
    second = archive(world, tmp_path, number=2)
    for place, redeemed_fen, returned_fen in ((first, 100, 0), (second, 40, 1)):
        totals = verify_archive(place, root).totals
        assert (totals["redeemed_fen"], totals["returned_fen"]) == (redeemed_fen, returned_fen)
    assert rows_of(world)["facts"] == 0
    assert rows_of(world)["objects"] == 1
    world.check_books()


def test_what_goes_on_after_is_numbered_after_it(world: World, tmp_path: Path) -> None:
    wind_up(world, live_through(world))
    last_return = world.banks["OP01"].store.last_return_no()
    with world.issuer.transaction():
        last_no = world.issuer.store.next_no() - 1
    place = archive(world, tmp_path)
    world.change_terms(STAGED)
    later_s = ARCHIVED_S + DAY_S
    world.nobody_revoked = world.issuer.centre.revocation_list(now_s=later_s)
    late, shop = world.wallet(payer=PATIENT), world.wallet(tier=0)
    world.load(late, [30], now_s=later_s)
    pay(late, shop, 10, later_s)
    world.hand_in(shop, now_s=later_s)
    with world.issuer.transaction():
        assert world.issuer.store.next_no() > last_no
    with world.issuer.transaction():
        world.issuer.epochs.end_minting(2, now_s=later_s)
    world.return_due(now_s=later_s + 40 * DAY_S)
    assert world.banks["OP01"].store.last_return_no() == last_return + 1
    assert world.deposit_fen(late) == 20
    assert place.exists()
    world.check_books()


def test_an_old_order_is_not_filled_again(world: World, tmp_path: Path) -> None:
    """Its answer is in the archive; an operator that has lost it would get a second load."""
    rider = world.wallet()
    order = rider.order_load([10], now_s=NOW)
    with world.issuer.transaction():
        world.issuer.mint(order, operator="OP01", customer=CUSTOMER, now_s=NOW)
    wind_up(world, {})
    archive(world, tmp_path)
    world.change_terms(STAGED)
    with pytest.raises(Refused) as refused, world.issuer.transaction():
        world.issuer.mint(order, operator="OP01", customer=CUSTOMER, now_s=NOW)
    assert refused.value.code == "epoch"


def test_what_the_fund_does_not_pay_is_void_in_the_archive(tmp_path: Path) -> None:
    world = World(tmp_path, cap_fen=0)
    cheat, first, second = world.wallet([100]), world.wallet(tier=0), world.wallet(tier=0)
    copy = world.clone(cheat)
    pay(cheat, first, 100)
    pay(copy, second, 100)
    world.hand_in(first)
    world.hand_in(second)
    wind_up(world, {})
    assert world.supply().forked_open_fen == 100
    place = archive(world, tmp_path / "archive")
    verified = verify_archive(place, world.keys["root"].public)
    assert (verified.totals["void_fen"], verified.counts["void_coins"]) == (100, 1)
    assert (world.supply().void_fen, world.supply().forked_open_fen) == (100, 0)
    world.check_books()
    world.close()


def test_what_the_fund_did_not_pay_for_it_does_not_pay_after_the_close(tmp_path: Path) -> None:
    """The return over the cap is the newest of its operator, so the database still knows it."""
    world = World(tmp_path, terms=TRANSFERABLE, cap_fen=0)
    cheat, first, second, third = world.wallet([100]), world.wallet(), world.wallet(), world.wallet()
    copy = world.clone(cheat)
    pay(cheat, first, 100)
    world.hand_in(first)
    pay(copy, second, 100)
    world.submit(pay(second, third, 100).payment.body)
    wind_up(world, {})
    archive(world, tmp_path / "archive")
    number = world.banks["OP01"].store.last_return_no()
    with world.issuer.transaction():
        assert world.issuer.store.returns.from_fund("OP01", number) is not None
        assert world.issuer.claim_return("OP01", number, person=bytes(32), now_s=ARCHIVED_S) == 0
    world.check_books()
    world.close()


def test_nothing_is_deleted_that_the_files_do_not_hold(world: World, tmp_path: Path) -> None:
    """Files of another database, or a database that was changed meanwhile."""
    wind_up(world, live_through(world))
    close(world)
    place = tmp_path / "archive"
    with pytest.raises(KeyError):
        archive_until(world, place, "named")
    world.issuer.store.database.execute(
        "DELETE FROM facts WHERE coin_key = (SELECT max(coin_key) FROM facts)"
    )
    before = rows_of(world)
    with pytest.raises(StoreError) as refused:
        world.issuer.archive_epoch(1, place, now_s=ARCHIVED_S)
    assert (refused.value.code, rows_of(world), state_of(world)) == ("corrupt", before, EpochState.CLOSED)


def test_every_table_has_a_part_even_if_it_is_empty(lived: tuple[World, Path]) -> None:
    _, place = lived
    assert {path.name.split("-")[0] for path in place.glob("*.parquet")} == set(TABLES)


def test_a_redemption_signed_by_hand_is_in_the_archive(world: World, tmp_path: Path) -> None:
    rider = world.wallet([9])
    (coin,) = coins_of(rider)
    redeem = sign_away(rider, [(coin, 9)])
    world.submit(bundle([coin], redeem))
    wind_up(world, {})
    place = archive(world, tmp_path)
    (found,) = find_spends(place, coin.coin_id, root=world.keys["root"].public)
    assert (found.data, found.settled_fen, found.received_s) == (redeem.signed.data, 9, NOW)
