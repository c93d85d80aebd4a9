"""A signed object passes as no other kind, and what wraps it has one legal form: faults F35 and F49."""

from itertools import permutations

import pytest

from shuangli import cose
from shuangli.cose import Domain
from shuangli.errors import Malformed, ProtocolError, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.transfers import Transfer
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from tests.forging import raw_bundle, sign_away, signed_again
from tests.paying import coins_of
from tests.protocol.attempts import final, refused_by
from tests.setting import NOW
from tests.world import World


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
