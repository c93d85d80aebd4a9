"""Limits that were broken offline come to light at reconciliation, and cost the payee nothing."""

from dataclasses import replace

import pytest

from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.offline import payee as payee_module
from shuangli.offline.limits import LIMITS_2022
from shuangli.offline.policy import PayerPolicy
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.forging import sign_away
from tests.world import NOW, World, pay


def paid_too_much(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Wallet, Wallet]:
    """A broken device pays 7 fen over its tier's limit to a payee that looks away."""
    payer, payee = world.wallet([300_000], tier=4), world.wallet(tier=0)
    request_id = request_id_of(payee.request(200_007, now_s=NOW))
    (coin,) = payer.purse.coins.values()
    transfer = sign_away(payer, [(coin, 200_007)], payee=payee.key.public, request_id=request_id)
    bundle = Bundle(loads=(coin.load.signed.data,), transfers=(transfer.signed.data,))
    with monkeypatch.context() as patched:
        patched.setattr(payee_module, "limits_of", lambda _: LIMITS_2022.limits(0))
        (answer,) = payee.receive(request_id, Message(Kind.PAYMENT, bundle.encode()), now_s=NOW)
    assert answer.kind is Kind.RECEIPT
    return payer, payee


def test_a_payment_over_the_tiers_limit_is_noted_and_paid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer, payee = paid_too_much(world, monkeypatch)
    assert world.hand_in(payee).credited_fen == 200_007
    (breach,) = world.issuer.store.findings.breaches()
    assert (breach.payer, breach.over_fen) == (payer.key.public, 7)
    assert world.cases() == []


def test_it_is_noted_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, payee = paid_too_much(world, monkeypatch)
    upload = payee.hand_in(now_s=NOW)
    assert upload is not None
    world.submit(upload, "OP01")
    shown = HandIn.decode(upload)
    part = replace(shown.bundle, transfers=shown.bundle.transfers[:1])
    world.submit(HandIn(bundle=part, refusals=()).encode(), "OP02")
    assert len(world.issuer.store.findings.breaches()) == 1


def test_what_is_within_the_limit_is_not_noted(world: World) -> None:
    payer = world.wallet([200_000], tier=4, payer=PayerPolicy(payment_limit_fen=10**9))
    payee = world.wallet(tier=0)
    pay(payer, payee, 200_000)
    world.hand_in(payee)
    assert world.issuer.store.findings.breaches() == []
