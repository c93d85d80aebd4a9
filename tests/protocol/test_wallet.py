"""The wallet beside its sessions: loads (F50), hand-ins, and the journal that it is the fold of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.errors import OutOfTurn, ProtocolError, Unverified
from shuangli.messages.bundle import MAX_BUNDLE_BYTES
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CENTRE
from shuangli.offline.chain import walk
from shuangli.offline.request import request_id_of
from shuangli.offline.states import PayerState
from shuangli.wallet import handing_in
from shuangli.wallet.records import Checkpoint, Record
from shuangli.wallet.wallet import Wallet
from tests.paying import coins_of, pay, read_bundle
from tests.setting import DAY_S, NETWORK, NOW, TRANSFERABLE
from tests.world import World


def code_of(wallet: Wallet, load: bytes) -> str:
    before = wallet.purse.checkpoint()
    with pytest.raises(ProtocolError) as refused:
        wallet.receive_load(load)
    assert wallet.purse.checkpoint() == before
    return refused.value.code


def test_f50_a_load_is_taken_once(world: World) -> None:
    rider = world.wallet()
    load = world.load(rider, [100, 50])
    assert code_of(rider, load) == "out-of-turn"
    assert code_of(world.restart(rider), load) == "out-of-turn"
    rider.compact()
    assert code_of(world.restart(rider), load) == "out-of-turn"
    assert rider.purse.balance_fen == 150


def test_f50_a_load_must_be_what_the_open_order_asks_for(world: World) -> None:
    rider, other = world.wallet(), world.wallet()
    order = LoadOrder.parse(rider.order_load([100], now_s=NOW))
    for key, values_fen, code in (
        (other.key, [100], "not-bound"),
        (rider.key, [200], "not-bound"),
    ):
        changed = LoadOrder.sign(
            key, operator="OP01", values_fen=values_fen, nonce=order.nonce, ordered_at_s=NOW
        )
        load = Load.sign(
            world.keys["minting"],
            network=NETWORK,
            currency="CNY",
            order=changed,
            epoch=1,
            issued_at_s=NOW,
            expires_at_s=NOW + DAY_S,
        )
        assert code_of(rider, load.signed.data) == code


def test_two_equal_orders_make_two_loads(world: World) -> None:
    rider = world.wallet()
    assert world.load(rider, [100]) != world.load(rider, [100])
    assert rider.purse.balance_fen == 200
    assert len(rider.purse.coins) == 2


def test_a_certificate_for_another_key_is_not_installed(world: World) -> None:
    rider, other = world.wallet(), world.wallet()
    with pytest.raises(Unverified) as refused:
        rider.install(other.certificate.signed.data)
    assert refused.value.code == "not-bound"


def lived(world: World) -> list[Wallet]:
    """Wallets with something of everything: change, open sessions, refusals, hand-ins under way."""
    first, second, third = world.wallet([500, 200, 100]), world.wallet([300]), world.wallet([50])
    pay(first, second, 450)
    pay(second, third, 100)
    request = third.request(120, now_s=NOW)
    for payer in (first, second):
        for message in payer.receive(request_id_of(request), request, now_s=NOW):
            (answer,) = third.receive(request_id_of(request), message, now_s=NOW)
            payer.receive(request_id_of(request), answer, now_s=NOW)
    lost = third.request(30, now_s=NOW)
    first.receive(request_id_of(lost), lost, now_s=NOW)
    second.order_load([20], now_s=NOW)
    world.hand_in(second)
    third.hand_in(now_s=NOW)
    return [first, second, third]


def test_the_purse_is_the_fold_of_the_journal(hops: World) -> None:
    for wallet in lived(hops):
        assert hops.restart(wallet).purse.checkpoint() == wallet.purse.checkpoint()


def test_a_compacted_journal_gives_the_same_purse(hops: World) -> None:
    for wallet in lived(hops):
        before = wallet.purse.checkpoint()
        wallet.compact()
        (record,) = hops.journals[wallet]
        assert isinstance(record, Checkpoint)
        assert wallet.purse.checkpoint() == hops.restart(wallet).purse.checkpoint() == before


def test_a_compacted_wallet_answers_repeats_as_before(hops: World) -> None:
    payer, payee = hops.wallet([500]), hops.wallet()
    paid = pay(payer, payee, 100)
    for wallet in (payer, payee):
        wallet.compact()
    assert hops.restart(payee).receive(paid.request_id, paid.payment, now_s=NOW) == (paid.answer,)
    assert hops.restart(payer).receive(paid.request_id, paid.request, now_s=NOW) == (paid.payment,)


def pay_without_receipt(payer: Wallet, payee: Wallet, amount_fen: int) -> bytes:
    """A payment whose receipt is lost; returns the session's id."""
    request = payee.request(amount_fen, now_s=NOW)
    (payment,) = payer.receive(request_id_of(request), request, now_s=NOW)
    payee.receive(request_id_of(request), payment, now_s=NOW)
    return request_id_of(request)


def test_compacting_forgets_what_is_settled_and_keeps_what_is_not(hops: World) -> None:
    payer, payee = hops.wallet([500, 100]), hops.wallet()
    paid = pay(payer, payee, 100)
    open_still = pay_without_receipt(payer, payee, 50)
    payer.compact(forget_before_s=NOW)
    assert set(payer.purse.paying) == {paid.request_id, open_still}
    payer.compact(forget_before_s=NOW + DAY_S)
    assert set(payer.purse.paying) == {open_still}, "the same request may still complete it"
    hops.hand_in(payer)
    payer.compact(forget_before_s=NOW + DAY_S)
    assert set(payer.purse.paying) == {open_still}
    payee.compact(forget_before_s=NOW + DAY_S)
    assert payee.purse.asking == {}
    assert hops.restart(payee).purse.checkpoint() == payee.purse.checkpoint()
    assert payee.purse.balance_fen == 150


def test_a_hand_in_redeems_what_was_received_and_shows_what_has_no_receipt(hops: World) -> None:
    first, second, third = hops.wallet([500]), hops.wallet([70, 25]), hops.wallet()
    pay(first, second, 200)
    pay(second, third, 170)
    pay_without_receipt(second, third, 25)
    upload = second.hand_in(now_s=NOW)
    assert upload is not None
    assert second.hand_in(now_s=NOW + 60) is None, "nothing is new"
    assert second.unanswered == (upload,), "sent again as it is until it is acknowledged"
    seen = walk(read_bundle(upload), hops.trust())
    assert [step.fault for step in seen.steps if step.fault] == []
    paid_fen = {
        (step.transfer.payee, step.spend.pay_fen) for step in seen.steps if step.transfer and step.spend
    }
    assert {(CENTRE, 30), (third.key.public, 25)} <= paid_fen
    acknowledgement = hops.hand_in(second)
    assert acknowledgement.credited_fen == 30
    assert set(acknowledgement.outcomes) == {Outcome.SETTLED}
    assert second.hand_in(now_s=NOW) is None
    assert second.purse.uploads == {}
    assert second.purse.balance_fen == 70


def test_f52_what_comes_while_an_upload_waits_goes_into_another_one(hops: World) -> None:
    """The operator has the first upload and cannot answer: what is received later does not wait for it."""
    shop, riders = hops.wallet(), [hops.wallet([100]) for _ in range(3)]
    uploads = []
    for at_s, rider in zip((NOW, NOW + 60, NOW + 120), riders, strict=True):
        pay(rider, shop, 60, at_s)
        uploads.append(shop.hand_in(now_s=at_s) or b"")
    assert shop.hand_in(now_s=NOW + 180) is None
    assert shop.unanswered == tuple(uploads)
    redeemed = [{coin.coin_id for coin in record.coins} for record in shop.purse.uploads.values()]
    assert sum(map(len, redeemed)) == len(set.union(*redeemed)), "a coin is in one upload only"
    assert (shop.purse.balance_fen, shop.purse.in_flight_fen) == (0, 180)
    # The process dies; the same bytes go out again, and are answered in any order.
    shop = hops.restart(shop)
    assert shop.unanswered == tuple(uploads)
    for upload in (uploads[1], uploads[2], uploads[0]):
        answer = hops.submit(upload, now_s=NOW + 200)
        assert set(answer.outcomes) == {Outcome.SETTLED}
        shop.acknowledge(answer.signed.data, operator_key=hops.keys["OP01"].public)
        shop.compact()
        shop = hops.restart(shop)
    assert (shop.unanswered, shop.purse.in_flight_fen) == ((), 0)
    assert hops.deposit_fen(shop) == 180
    hops.check_books()


def test_a_refusal_may_come_after_its_payment_was_shown(hops: World) -> None:
    """The payment is in one open upload, its refusal in the next; what comes back, comes back once."""
    first, second, shop = hops.wallet([100]), hops.wallet([100]), hops.wallet()
    request = shop.request(60, now_s=NOW)
    request_id = request_id_of(request)
    (paid,) = first.receive(request_id, request, now_s=NOW)
    (other,) = second.receive(request_id, request, now_s=NOW)
    (_,) = shop.receive(request_id, paid, now_s=NOW)
    shown = second.hand_in(now_s=NOW) or b""
    (refusal,) = shop.receive(request_id, other, now_s=NOW)
    second.receive(request_id, refusal, now_s=NOW)
    told = second.hand_in(now_s=NOW) or b""
    assert second.unanswered == (shown, told)
    for upload in (told, shown):
        answer = hops.submit(upload)
        second.acknowledge(answer.signed.data, operator_key=hops.keys["OP01"].public)
    assert second.purse.paying[request_id].state is PayerState.RETURNED
    assert (second.purse.in_flight_fen, hops.deposit_fen(second)) == (0, 60)
    hops.check_books()


def test_a_hand_in_that_is_too_large_goes_in_parts(hops: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = hops.wallet()
    riders = [hops.wallet([50, 20]) for _ in range(6)]
    for rider in riders:
        pay(rider, shop, 60)
    pay(shop, riders[0], 33)
    assert handing_in.MAX_UPLOAD_BYTES * 2 <= MAX_BUNDLE_BYTES
    monkeypatch.setattr(handing_in, "MAX_UPLOAD_BYTES", 1_200)
    credited_fen, uploads = 0, 0
    while (upload := shop.hand_in(now_s=NOW)) is not None:
        assert len(upload) < 3_000
        uploads += 1
        credited_fen += hops.hand_in(shop).credited_fen
    assert uploads > 3
    assert credited_fen == 6 * 60 - 33
    assert shop.purse.balance_fen == 0
    hops.check_books()


def test_an_acknowledgement_must_be_the_operators_and_answer_an_open_upload(hops: World) -> None:
    payer, payee = hops.wallet([500]), hops.wallet()
    pay(payer, payee, 200)
    upload = payee.hand_in(now_s=NOW)
    assert upload is not None
    answer = hops.submit(upload).signed.data
    with pytest.raises(Unverified):
        payee.acknowledge(answer, operator_key=hops.keys["OP02"].public)
    with pytest.raises(OutOfTurn):
        payer.acknowledge(answer, operator_key=hops.keys["OP01"].public)
    payee.acknowledge(answer, operator_key=hops.keys["OP01"].public)
    with pytest.raises(OutOfTurn):
        payee.acknowledge(answer, operator_key=hops.keys["OP01"].public)


class FullJournal:
    """A journal whose device is full: nothing more is kept."""

    def __init__(self, kept: list[Record]) -> None:
        self.kept = kept

    def append(self, records: object) -> None:
        raise OSError(28, "no space left")

    def compact(self, checkpoint: object) -> None:
        raise OSError(28, "no space left")

    def __iter__(self) -> Iterator[Record]:
        return iter(self.kept)


def test_what_cannot_be_written_is_not_said(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request = gate.request(60, now_s=NOW)
    for wallet in (rider, gate):
        wallet._journal = FullJournal(list(world.journals[wallet]))
    with pytest.raises(OSError, match="space"):
        rider.receive(request_id_of(request), request, now_s=NOW)
    with pytest.raises(OSError, match="space"):
        gate.request(60, now_s=NOW)
    assert rider.purse.balance_fen == 100
    assert set(gate.purse.asking) == {request_id_of(request)}


def test_coins_of_one_transfer_come_home_by_different_ways(tmp_path: Path) -> None:
    """A transfer of two coins is shown once with one chain and once with both; the upload must hold both."""
    world = World(tmp_path, terms=TRANSFERABLE)
    payer, middle, shop = world.wallet([100, 70]), world.wallet(), world.wallet()
    pay(payer, middle, 170)
    for amount_fen in (100, 70):
        pay_without_receipt(middle, shop, amount_fen)
    assert [coin.value_fen for coin in coins_of(shop)] == [100, 70]
    for wallet in (middle, shop):
        upload = wallet.hand_in(now_s=NOW)
        assert upload is not None
        assert [step.fault for step in walk(read_bundle(upload), world.trust()).steps if step.fault] == []
    assert world.hand_in(shop).credited_fen == 170
    world.check_books()
    world.close()
