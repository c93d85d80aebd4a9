"""Whose signature counts: faults F19 and F34, and keys that follow each other."""

from dataclasses import replace

import pytest

from shuangli.crypto import SigningKey
from shuangli.errors import Unverified
from shuangli.messages.certificates import (
    CentreCertificate,
    Epoch,
    Mode,
    OperatorCertificate,
    Terms,
    WalletCertificate,
    WalletKind,
)
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import RevocationList
from shuangli.offline.chain import Coin, load_coins
from shuangli.wallet.wallet import Wallet
from tests.forging import outputs_of, sign_away
from tests.paying import coins_of
from tests.protocol.attempts import OTHER_REQUEST, final, refused_by
from tests.setting import DAY_S, NETWORK, NOW, YEAR_S
from tests.world import World


def hop(payer: Wallet, coin: Coin, payee: Wallet, certificate: WalletCertificate | None = None) -> Coin:
    """Pass a whole coin on, whatever the rules say."""
    spends = [(coin, coin.value_fen)]
    transfer = sign_away(
        payer, spends, payee=payee.key.public, request_id=OTHER_REQUEST, certificate=certificate
    )
    return outputs_of(transfer, coin)[0]


def certify(key: SigningKey, wallet: Wallet, operator: str) -> WalletCertificate:
    claims = replace(wallet.certificate.claims, issuer=operator)
    return WalletCertificate.sign(key, claims, kind=WalletKind.SOFT, tier=2, profile=1)


@pytest.mark.parametrize(("operator", "code"), [("OP01", "signature"), ("OP99", "unknown-signer")])
def test_f19_an_uncertified_key_inside_a_chain_is_found_by_the_next_payee(
    hops: World, operator: str, code: str
) -> None:
    first, hidden, last, payee = (hops.wallet([100] if not i else ()) for i in range(4))
    (coin,) = coins_of(first)
    false = certify(hops.key("nobody"), hidden, operator)
    received = hop(hidden, hop(first, coin, hidden), last, false)
    request = payee.request(100, now_s=NOW)
    assert refused_by(payee, final(last, [received], request, payee), request) == code


def forged_load(world: World, wallet: Wallet, key: SigningKey, **changes: object) -> Load:
    order = LoadOrder.parse(wallet.order_load([100], now_s=NOW))
    fields: dict[str, object] = {
        "network": NETWORK,
        "currency": "CNY",
        "epoch": 1,
        "issued_at_s": NOW,
        "expires_at_s": NOW + DAY_S,
    }
    return Load.sign(key, order=order, **{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "key", "code"),
    [
        ({}, "another", "signature"),
        ({"epoch": 2}, "minting", "epoch"),
        ({"issued_at_s": NOW + 2 * YEAR_S, "expires_at_s": NOW + 2 * YEAR_S + DAY_S}, "minting", "epoch"),
        ({"issued_at_s": NOW - YEAR_S}, "minting", "epoch"),
        ({"expires_at_s": NOW + 31 * DAY_S}, "minting", "epoch"),
        ({"network": "other"}, "minting", "wrong-network"),
        ({"currency": "EUR"}, "minting", "wrong-network"),
    ],
)
def test_f34_a_load_outside_its_epoch_is_refused_everywhere(
    world: World, changes: dict[str, object], key: str, code: str
) -> None:
    rider, gate = world.wallet(), world.wallet(tier=0)
    load = forged_load(world, rider, world.key(key), **changes)
    with pytest.raises(Unverified) as refused:
        rider.receive_load(load.signed.data)
    assert refused.value.code == code
    (coin,) = load_coins(load, world.terms)
    request = gate.request(100, now_s=NOW)
    data = final(rider, [coin], request, gate)
    assert refused_by(gate, data, request) == code
    if code == "signature":
        # An operator keeps nothing of it (tests/service/test_forged_loads.py).
        with pytest.raises(Unverified, match="the signature of the load"):
            world.submit(data)
    else:
        assert [outcome.name for outcome in world.submit(data).outcomes] == ["UNKNOWN_COIN"]


def test_f34_an_epoch_that_the_root_has_not_signed_is_not_trusted(world: World) -> None:
    terms = Terms(
        currency="CNY",
        mode=Mode.TRANSFERABLE,
        hop_cap=60,
        coin_life_s=YEAR_S,
        claim_window_s=YEAR_S,
        grace_s=0,
    )
    claims = world.epoch.claims
    false = Epoch.sign(world.key("nobody"), claims, number=2, terms=terms)
    with pytest.raises(Unverified) as refused:
        world.trust().add_epoch(false.signed.data)
    assert refused.value.code == "signature"


def test_both_keys_of_an_operator_count_while_one_follows_the_other(world: World) -> None:
    rider = world.wallet([100])
    second = world.key("OP01/second")
    span = world.operators[0].claims
    renewed = OperatorCertificate.sign(
        world.keys["root"], replace(span, key=second.public, serial=bytes([9] * len(span.serial)))
    )
    certificate = certify(second, rider, "OP01")
    for order in ((0, 1), (1, 0)):
        place = world.trust()
        place._operators = ()
        for index in order:
            place.add_operator((world.operators[0], renewed)[index].signed.data)
        assert place.operator_of(rider.certificate).claims.key == world.keys["OP01"].public
        assert place.operator_of(certificate).claims.key == second.public


def test_both_keys_of_the_centre_count_while_one_follows_the_other(world: World) -> None:
    second, span = world.key("centre/second"), world.centre.claims
    renewed = CentreCertificate.sign(
        world.keys["root"], replace(span, key=second.public, serial=bytes([9] * len(span.serial)))
    )
    place = world.trust()
    place.add_centre(renewed.signed.data)
    listed = RevocationList.sign(second, number=1, issued_at_s=NOW, wallets=[], operators=[], epochs=[])
    assert place.update_revocations(listed.signed.data)
    false = RevocationList.sign(
        world.key("nobody"), number=2, issued_at_s=NOW, wallets=[], operators=[], epochs=[]
    )
    with pytest.raises(Unverified):
        place.update_revocations(false.signed.data)
