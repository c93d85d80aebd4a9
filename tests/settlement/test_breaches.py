"""Limits that were broken offline come to light at reconciliation, and cost the payee nothing."""

import pytest

from shuangli.messages.hand_in import HandIn
from shuangli.offline.policy import PayerPolicy
from tests.paying import pay
from tests.setting import NOW
from tests.settlement.breaches import paid_too_much
from tests.world import World


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
    part = shown.bundle._replace(transfers=shown.bundle.transfers[:1])
    world.submit(HandIn(bundle=part, refusals=()).encode(), "OP02")
    assert len(world.issuer.store.findings.breaches()) == 1


def test_what_is_within_the_limit_is_not_noted(world: World) -> None:
    payer = world.wallet([200_000], tier=4, payer=PayerPolicy(payment_limit_fen=10**9))
    payee = world.wallet(tier=0)
    pay(payer, payee, 200_000)
    world.hand_in(payee)
    assert world.issuer.store.findings.breaches() == []
