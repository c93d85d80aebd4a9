"""What a payee, an operator and the centre make of chains: faults F19, F26, F28, F34, F35, F48 and F49."""

from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

import pytest

from shuangli import cose
from shuangli.cose import Domain
from shuangli.crypto import SigningKey
from shuangli.errors import Malformed, ProtocolError, Refused, Unverified
from shuangli.messages.bundle import Bundle
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
from shuangli.messages.session import PaymentRequest
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin, load_coins, walk
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, outputs_of, raw_bundle, sign_away, sign_rows, signed_again
from tests.world import DAY_S, NETWORK, NOW, TRANSFERABLE, YEAR_S, World, coins_of, pay

OTHER_REQUEST = bytes([1] * 32)


def refused_by(payee: Wallet, data: bytes, request: Message) -> str:
    """The code with which a payee refuses a payment; its purse must not change."""
    before = payee.purse.checkpoint()
    with pytest.raises(ProtocolError) as refused:
        payee.receive(request_id_of(request), Message(Kind.PAYMENT, data), now_s=NOW)
    assert payee.purse.checkpoint() == before
    return refused.value.code


def hop(payer: Wallet, coin: Coin, payee: Wallet, certificate: WalletCertificate | None = None) -> Coin:
    """Pass a whole coin on, whatever the rules say."""
    spends = [(coin, coin.value_fen)]
    transfer = sign_away(
        payer, spends, payee=payee.key.public, request_id=OTHER_REQUEST, certificate=certificate
    )
    return outputs_of(transfer, coin)[0]


def final(payer: Wallet, coins: list[Coin], request: Message, payee: Wallet) -> bytes:
    """All of some coins, bound to a request."""
    spends = [(coin, coin.value_fen) for coin in coins]
    transfer = sign_away(payer, spends, payee=payee.key.public, request_id=request_id_of(request))
    return bundle(coins, transfer)


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


def test_f26_a_chain_past_the_hop_cap_is_refused_by_payee_and_centre(hops: World) -> None:
    wallets = [hops.wallet([100] if not index else ()) for index in range(5)]
    for payer, payee in pairwise(wallets[:4]):
        pay(payer, payee, 100)
    (coin,) = coins_of(wallets[3])
    assert coin.hops == TRANSFERABLE.hop_cap
    request = wallets[4].request(100, now_s=NOW)
    with pytest.raises(Refused) as refused:
        wallets[3].receive(request_id_of(request), request, now_s=NOW)
    assert refused.value.code == "insufficient-funds"
    data = final(wallets[3], [coin], request, wallets[4])
    assert refused_by(wallets[4], data, request) == "hop-cap"
    acknowledgement = hops.submit(data)
    assert [outcome.name for outcome in acknowledgement.outcomes] == ["SETTLED"] * 3 + ["INVALID"]


def test_f26_a_received_coin_of_a_staged_epoch_is_not_passed_on(tmp_path: Path) -> None:
    world = World(tmp_path, terms=replace(TRANSFERABLE, mode=Mode.STAGED))
    rider, gate, shop = world.wallet([100]), world.wallet(), world.wallet()
    pay(rider, gate, 100)
    request = shop.request(100, now_s=NOW)
    with pytest.raises(Refused) as refused:
        gate.receive(request_id_of(request), request, now_s=NOW)
    assert refused.value.code == "insufficient-funds"
    assert refused_by(shop, final(gate, coins_of(gate), request, shop), request) == "staged"
    world.close()


@pytest.mark.parametrize(("pay_fen", "change_fen"), [(100, 1), (99, 0), (150, 50), (60, 39)])
def test_f28_outputs_that_do_not_add_up_are_refused(world: World, pay_fen: int, change_fen: int) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    request = gate.request(pay_fen, now_s=NOW)
    lying = coin._replace(value_fen=pay_fen + change_fen)
    transfer = sign_away(rider, [(lying, pay_fen)], payee=gate.key.public, request_id=request_id_of(request))
    data = bundle([coin], transfer)
    assert refused_by(gate, data, request) == "not-conserved"
    assert [outcome.name for outcome in world.submit(data).outcomes] == ["INVALID"]


@pytest.mark.parametrize(
    "amounts",
    [(0,), (-1,), (2**53,), (2**64 - 1,), (100, -1), (-100, 200), (100, 0), (True,), ("100",), (1, 2, 3)],
)
def test_f28_amounts_that_are_none_are_refused(world: World, amounts: tuple[object, ...]) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    request = gate.request(100, now_s=NOW)
    request_id = request_id_of(request)
    odd = sign_rows(rider, [[coin.coin_id, *amounts]], payee=gate.key.public, request_id=request_id)
    with pytest.raises(Malformed):
        Transfer.parse(odd)
    refused_by(gate, raw_bundle([coin], odd), request)
    assert [outcome.name for outcome in world.submit(raw_bundle([coin], odd)).outcomes] == ["INVALID"]


def test_f28_a_coin_that_is_repeated_in_one_transfer_is_refused(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    request = gate.request(200, now_s=NOW)
    rows = [[coin.coin_id, 100], [coin.coin_id, 100]]
    odd = sign_rows(rider, rows, payee=gate.key.public, request_id=request_id_of(request))
    assert refused_by(gate, raw_bundle([coin], odd), request) == "shape"


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


def test_f35_no_kind_of_object_verifies_as_another(world: World) -> None:
    key, verifier = world.key("anybody"), world.trust().verifier
    for made, read in permutations(Domain, 2):
        signed = cose.sign(key, made, b"\x80")
        with pytest.raises(Unverified):
            verifier.check_once(cose.parse(signed.data, read), key.public, "object")
        assert cose.parse(signed.data, read).id != signed.id


def test_f35_a_transfer_signed_as_another_kind_moves_nothing(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    request = gate.request(100, now_s=NOW)
    honest = Transfer.parse(Bundle.decode(final(rider, [coin], request, gate)).transfers[-1])
    for domain in Domain:
        if domain is Domain.TRANSFER:
            continue
        data = raw_bundle([coin], cose.sign(rider.key, domain, honest.signed.payload).data)
        assert refused_by(gate, data, request) == "signature"
        assert [outcome.name for outcome in world.submit(data).outcomes] == ["INVALID"]


def test_f35_a_receipt_does_not_pass_as_a_refusal(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(300, now_s=NOW)
    (payment,) = rider.receive(request_id_of(request), request, now_s=NOW)
    (receipt,) = gate.receive(request_id_of(request), payment, now_s=NOW)
    with pytest.raises(ProtocolError):
        rider.receive(request_id_of(request), Message(Kind.REFUSAL, receipt.body), now_s=NOW)


def test_f48_a_payment_with_an_invented_coin_is_refused_whole(world: World) -> None:
    rider, other, gate = world.wallet([100]), world.wallet([50]), world.wallet(tier=0)
    (real,), (somebodys,) = coins_of(rider), coins_of(other)
    request = gate.request(150, now_s=NOW)
    invented = real._replace(coin_id=bytes([7] * 32), value_fen=50)
    spends = [(real, 100), (invented, 50)]
    transfer = sign_away(rider, spends, payee=gate.key.public, request_id=request_id_of(request))
    assert refused_by(gate, bundle([real], transfer), request) == "unknown-coin"
    spends = [(real, 100), (somebodys, 50)]
    transfer = sign_away(rider, spends, payee=gate.key.public, request_id=request_id_of(request))
    assert refused_by(gate, bundle([real, somebodys], transfer), request) == "not-owner"


def test_f49_what_wraps_a_transfer_has_one_legal_form(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    data = sign_away(rider, [(coin, 100)]).signed.data
    for odd in (
        data[1:],  # no tag
        b"\xd9\x00\x12" + data[1:],  # the tag in a longer form
        b"\xd1" + data[1:],  # another tag
        data.replace(b"\xa0", b"\xa1\x04\x41\x01", 1),  # something in the unprotected header
        data + b"\x00",
        data[:-1],
    ):
        with pytest.raises(Malformed):
            Transfer.parse(odd)


def test_f49_another_valid_signature_is_the_same_transfer(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    transfer = sign_away(rider, [(coin, 100)])
    again = signed_again(rider, transfer)
    world.trust().verifier.check_once(again.signed, rider.key.public, "transfer")
    assert again.signed.data != transfer.signed.data
    assert again.signed.id == transfer.signed.id


def test_a_walk_reports_one_step_for_every_spend(world: World) -> None:
    rider, other = world.wallet([100, 50]), world.wallet([70])
    coins = [*coins_of(rider), *coins_of(other)]
    three = sign_away(rider, [(coin, coin.value_fen) for coin in coins])
    false = three.signed.data[:-1] + bytes([three.signed.data[-1] ^ 1])
    for shown, objects, codes in (
        (coins, [three.signed.data], [None, None, "not-owner"]),
        (coins[:2], [three.signed.data], [None, None, "unknown-coin"]),
        (coins[2:], [three.signed.data], ["unknown-coin", "unknown-coin", "not-owner"]),
        ([], [three.signed.data], ["unknown-coin"] * 3),
        (coins, [false], ["signature"] * 3),
        (coins, [b"\x00", three.signed.data], ["cbor", None, None, "not-owner"]),
    ):
        seen = walk(Bundle.decode(raw_bundle(shown, *objects)), world.trust())
        assert [step.fault and step.fault.code for step in seen.steps] == codes


def test_a_transfer_of_unknown_coins_costs_no_signature_check(world: World) -> None:
    rider = world.wallet([100])
    place = world.trust()
    before = place.verifier.checked
    walk(Bundle.decode(bundle([], sign_away(rider, [(coins_of(rider)[0], 100)]))), place)
    assert place.verifier.checked == before


def test_the_cache_spares_signatures_and_no_other_check(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    data = Bundle.decode(pay(rider, gate, 100).payment.body)
    place = world.trust()
    first, checked = walk(data, place), place.verifier.checked
    again = walk(data, place)
    assert place.verifier.checked == checked
    assert [step.fault for step in first.steps] == [step.fault for step in again.steps] == [None]
    stranger = world.trust()
    stranger._epochs = ()
    assert [fault.code for fault in walk(data, stranger).faults] == ["epoch"]


@pytest.mark.parametrize(
    ("signed_s", "claim_by_s", "code"),
    [
        (-1, DAY_S, "time-order"),
        (0, 2 * DAY_S, None),
        (0, 2 * DAY_S + 1, "deadline-order"),
        (29 * DAY_S, 30 * DAY_S, None),
        (29 * DAY_S, 30 * DAY_S + 1, "deadline-order"),
        (30 * DAY_S, 30 * DAY_S, "expired-coin"),
    ],
)
def test_times_along_a_chain(world: World, signed_s: int, claim_by_s: int, code: str | None) -> None:
    """A coin of 30 days, with 2 days to claim."""
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    transfer = sign_away(
        rider,
        [(coin, 100)],
        payee=world.key("x").public,
        request_id=OTHER_REQUEST,
        now_s=NOW + signed_s,
        claim_by_s=NOW + claim_by_s,
    )
    (step,) = walk(Bundle.decode(bundle([coin], transfer)), world.trust()).steps
    assert (step.fault and step.fault.code) == code


def test_a_deadline_is_never_later_than_one_before_it_and_change_keeps_its_own(hops: World) -> None:
    payer, middle, payee = hops.wallet([100]), hops.wallet(), hops.wallet()
    (coin,) = coins_of(payer)
    first = sign_away(payer, [(coin, 60)], payee=middle.key.public, request_id=OTHER_REQUEST)
    received, change = outputs_of(first, coin)
    assert (received.claim_by_s, change.claim_by_s) == (NOW + DAY_S, coin.claim_by_s)
    for claim_by_s, code in ((NOW + DAY_S, None), (NOW + DAY_S + 1, "deadline-order")):
        onward = sign_away(
            middle,
            [(received, 60)],
            payee=payee.key.public,
            request_id=OTHER_REQUEST,
            claim_by_s=claim_by_s,
        )
        *_, step = walk(Bundle.decode(bundle([received], onward)), hops.trust()).steps
        assert (step.fault and step.fault.code) == code


def test_a_certificate_counts_at_the_time_of_signing_but_for_redemptions(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    expired_s = rider.certificate.claims.expires_at_s
    paying = sign_away(
        rider, [(coin, 100)], payee=world.key("x").public, request_id=OTHER_REQUEST, now_s=expired_s
    )
    redeeming = sign_away(rider, [(coin, 100)], now_s=expired_s)
    codes = [
        step.fault and step.fault.code
        for transfer in (paying, redeeming)
        for step in walk(Bundle.decode(bundle([coin], transfer)), world.trust()).steps
    ]
    assert codes == ["certificate-time", None]


def test_a_redemption_hands_in_whole_coins(world: World) -> None:
    """With change a payee could be paid out of it, and its own upload then show two redemptions."""
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    data = bundle([coin], sign_away(rider, [(coin, 60)]))
    (step,) = walk(Bundle.decode(data), world.trust()).steps
    assert step.fault is not None
    assert step.fault.code == "not-conserved"


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


def test_a_payment_must_answer_its_request(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request = gate.request(90, now_s=NOW)
    (coin,) = coins_of(rider)
    data = final(rider, [coin], request, gate)
    assert refused_by(gate, data, request) == "wrong-amount"
    parsed = PaymentRequest.parse(request.body)
    elsewhere = sign_away(rider, [(coin, 90)], payee=world.key("x").public, request_id=parsed.id)
    assert refused_by(gate, bundle([coin], elsewhere), request) == "not-bound"
    early = sign_away(rider, [(coin, 90)], payee=gate.key.public, request_id=parsed.id, now_s=NOW + 3_600)
    assert refused_by(gate, bundle([coin], early), request) == "clock"
