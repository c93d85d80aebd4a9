"""Loads over a line that is cut at any call: minted once, and paid for once, though wallets close."""

from typing import Any

import pytest

from shuangli.errors import Refused, StoreError
from shuangli.messages.loads import Load, LoadOrder
from tests.paying import pay, person_of
from tests.service.desks import CUTS, Desks, State
from tests.service.wallets import order_for
from tests.setting import NOW
from tests.world import World


@pytest.mark.parametrize("only", ["revocation_list", "mint", ""])
def test_f41_a_load_that_nobody_has_heard_of_changes_nothing(world: World, desks: Desks, only: str) -> None:
    wallet = world.wallet()
    order = order_for(world, wallet, 300, deposit_fen=300)
    desks.cut(State.CUT, only=only)
    with pytest.raises(StoreError) as down:
        desks.at["OP01"].load(order)
    assert down.value.code == "unavailable"
    assert not desks.at["OP01"].has_backlog()
    desks.mend()
    other = order_for(world, wallet, 300, deposit_fen=0)
    assert Load.parse(desks.at["OP01"].load(other)).values_fen == (300,)
    with pytest.raises(Refused, match="300 fen short"):
        desks.at["OP01"].load(order)
    world.check_books()


@pytest.mark.parametrize("by", ["the wallet", "the operator"])
def test_f41_f12_a_load_whose_answer_was_lost_counts_until_it_is_known(
    world: World, desks: Desks, by: str
) -> None:
    wallet, desk = world.wallet(), desks.at["OP01"]
    order = order_for(world, wallet, 300, deposit_fen=300)
    desks.cut(State.ANSWERS_LOST, only="mint")
    for _ in range(2):
        with pytest.raises(StoreError):
            desk.load(order)
    assert desk.has_backlog()
    # It was minted: its money is not there for another one.
    other = order_for(world, wallet, 300, deposit_fen=0)
    with pytest.raises(Refused, match="300 fen short"):
        desk.load(other)
    desks.mend()
    if by == "the operator":
        desk.catch_up()
        assert not desk.has_backlog()
    assert Load.parse(desk.load(order)).values_fen == (300,)
    assert world.deposit_fen(wallet) == 0
    assert world.supply().loaded_fen == 300
    world.check_books()


def test_an_order_that_the_issuer_refuses_is_not_under_way(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet, desk = world.wallet(), desks.at["OP01"]
    order = order_for(world, wallet, 300, deposit_fen=300)

    def empty(*_: object, **__: object) -> bytes:
        raise Refused("vault-empty")

    with monkeypatch.context() as broken:
        broken.setattr(world.issuer, "mint", empty)
        with pytest.raises(Refused) as refused:
            desk.load(order)
        assert refused.value.code == "vault-empty"
        # Its answer is lost first, and it is refused when the operator asks again by itself.
        desks.cut(State.ANSWERS_LOST, only="mint")
        broken.setattr(world.issuer, "mint", lambda *_, **__: b"")
        with pytest.raises(StoreError):
            desk.load(order)
        assert desk.has_backlog()
        desks.mend()
        broken.setattr(world.issuer, "mint", empty)
        desk.catch_up()
    assert not desk.has_backlog()
    other = order_for(world, wallet, 300, deposit_fen=0)
    assert Load.parse(desk.load(other)).values_fen == (300,)


def test_f12_a_known_load_is_given_without_the_issuer(world: World, desks: Desks) -> None:
    wallet = world.wallet()
    order = order_for(world, wallet, 300, deposit_fen=300)
    load = desks.at["OP01"].load(order)
    desks.cut(State.CUT)
    assert desks.at["OP01"].load(order) == load


def test_a_wallet_that_was_revoked_elsewhere_gets_no_load(world: World, desks: Desks) -> None:
    ann, near, far = world.wallet((500,)), world.wallet(), world.wallet(operator="OP02")
    copy = world.clone(ann)
    for payer, payee in ((ann, near), (copy, far)):
        pay(payer, payee, 500)
    for payee, name in ((near, "OP01"), (far, "OP02")):
        upload = payee.hand_in(now_s=NOW)
        assert upload is not None
        desks.at[name].reconcile(upload)
    order = order_for(world, ann, 300, deposit_fen=300)
    # As long as it is not known who is revoked, nothing is minted; and then it is.
    desks.cut(State.CUT, only="revocation_list")
    with pytest.raises(StoreError):
        desks.at["OP01"].load(order)
    desks.mend()
    with pytest.raises(Refused) as refused:
        desks.at["OP01"].load(order)
    assert refused.value.code == "frozen"
    assert world.supply().loaded_fen == 500


@pytest.mark.parametrize("state", CUTS)
def test_f11_an_order_under_way_is_known_after_the_operator_was_killed(
    world: World, desks: Desks, state: State
) -> None:
    """What the issuer was asked for is written down first: it counts, and is asked for again."""
    wallet, bank = world.wallet(name="orders"), world.banks["OP01"]
    order = order_for(world, wallet, 400, deposit_fen=500)
    desks.cut(state, only="mint")
    line = desks.lines["OP01"]
    if state is State.CUT:
        # It is not certain that the issuer has not heard.
        line.state, line.lost = State.UP, "mint"
    with pytest.raises(StoreError):
        desks.at["OP01"].load(order)
    assert desks.at["OP01"].has_backlog()
    again = world.opened_again()
    restarted = Desks(again)
    try:
        assert restarted.at["OP01"].has_backlog()
        another = wallet.order_load((200,), now_s=NOW)
        with pytest.raises(Refused) as short:
            restarted.at["OP01"].load(another)
        assert short.value.code == "insufficient-funds"
        restarted.at["OP01"].catch_up()
        assert not restarted.at["OP01"].has_backlog()
        assert again.banks["OP01"].store.load_of(LoadOrder.parse(order).signed.id) is not None
        again.check_books()
    finally:
        again.close()
    assert bank.store.ledger.balance_fen(bank.wallet(wallet.key.public).account) == -100


def test_f12_an_order_whose_answer_was_lost_stays_under_way_when_it_is_not_heard_again(
    world: World, desks: Desks
) -> None:
    wallet = world.wallet(name="orders")
    order = order_for(world, wallet, 400, deposit_fen=500)
    for state in (State.ANSWERS_LOST, State.CUT):
        desks.cut(state, only="mint")
        with pytest.raises(StoreError):
            desks.at["OP01"].load(order)
    with pytest.raises(Refused) as short:
        desks.at["OP01"].load(wallet.order_load((200,), now_s=NOW))
    assert short.value.code == "insufficient-funds", "it may have been minted"
    desks.mend()
    assert Load.parse(desks.at["OP01"].load(order)).values_fen == (400,)
    world.check_books()


def test_f41_f30_an_order_whose_answer_was_lost_stays_under_way_while_the_issuer_does_not_admit_the_bank(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key is revoked, and none certified in its place yet.

    What was minted comes back to its owner in the end: a present, if its money could leave the account.
    """
    wallet, desk = world.wallet(), desks.at["OP01"]
    order = order_for(world, wallet, 300, deposit_fen=300)
    desks.cut(State.ANSWERS_LOST, only="mint")
    with pytest.raises(StoreError):
        desk.load(order)
    desks.mend()

    def shut_out(*_: Any, **__: Any) -> bytes:
        raise Refused("not-admitted")

    with monkeypatch.context() as revoked:
        revoked.setattr(desks.issuer, "mint", shut_out)
        for ask in (lambda: desk.load(order), desk.catch_up):
            with pytest.raises(Refused) as refused:
                ask()
            assert refused.value.code == "not-admitted"
        with pytest.raises(Refused) as short, desk.transaction() as now_s:
            desk.payments.withdraw(wallet.key.public, 300, now_s=now_s)
        assert short.value.code == "insufficient-funds"
    desk.catch_up()
    assert Load.parse(desk.load(order)).values_fen == (300,)
    assert world.deposit_fen(wallet) == 0
    world.check_books()


def test_f13_what_one_is_refused_stays_under_way_while_the_same_is_asked_for_by_another(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the money could leave the account between the issuer's load and its entry in the books."""
    wallet, desk, mint = world.wallet(), desks.at["OP01"], desks.issuer.mint
    order = order_for(world, wallet, 400, deposit_fen=400)
    key = wallet.key.public

    def empty(*_: Any, **__: Any) -> bytes:
        raise Refused("vault-empty", "the vault is empty")

    def mint_and_let_another_be_refused(*args: Any, **kwargs: Any) -> bytes:
        load = mint(*args, **kwargs)
        monkeypatch.setattr(desks.issuer, "mint", empty)
        with pytest.raises(Refused, match="vault"):
            desk.load(order)
        with pytest.raises(Refused) as short, desk.transaction() as now_s:
            desk.payments.withdraw(key, 1, now_s=now_s)
        assert short.value.code == "insufficient-funds"
        return load

    monkeypatch.setattr(desks.issuer, "mint", mint_and_let_another_be_refused)
    assert Load.parse(desk.load(order)).owner == key
    assert world.deposit_fen(wallet) == 0
    assert not desk.has_backlog()


@pytest.mark.parametrize("minted", [True, False])
def test_f13_a_wallet_that_closes_while_it_loads_leaves_what_it_has_ordered(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch, minted: bool
) -> None:
    """Else its money would be in its holder's next wallet, and the load besides."""
    wallet = world.wallet()
    next_one = world.wallet(person=person_of(wallet))
    desk, mint = desks.at["OP01"], desks.issuer.mint
    order = order_for(world, wallet, 400, deposit_fen=1_000)

    def mint_and_close(*args: Any, **kwargs: Any) -> bytes:
        load = mint(*args, **kwargs)
        desk.close(wallet.key.public, lost=False, by_operator=False)
        assert [world.deposit_fen(one) for one in (wallet, next_one)] == [400, 600]
        if not minted:
            raise Refused("vault-empty", "the vault is empty")
        return load

    monkeypatch.setattr(desks.issuer, "mint", mint_and_close)
    if minted:
        desk.load(order)
    else:
        with pytest.raises(Refused):
            desk.load(order)
    left_fen = 600 if minted else 1_000
    assert [world.deposit_fen(one) for one in (wallet, next_one)] == [0, left_fen]
