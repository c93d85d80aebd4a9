"""Evidence of a fork convinces whoever has the root key, and nothing else does (F01, F33)."""

from dataclasses import replace

import pytest

from shuangli.errors import ProtocolError, Unverified
from shuangli.messages.certificates import OperatorCertificate
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin
from shuangli.offline.evidence import Evidence, verify_evidence
from shuangli.wallet.wallet import Wallet
from tests.forging import sign_away, signed_again
from tests.paying import coins_of
from tests.setting import NETWORK, NOW
from tests.world import World

REQUESTS = [bytes([number] * 32) for number in (1, 2)]


def evidence(world: World, coin: Coin, *transfers: Transfer, operators: tuple[int, ...] = (0,)) -> Evidence:
    first, second = (transfer.signed.data for transfer in transfers)
    return Evidence(
        network=NETWORK,
        coin_id=coin.coin_id,
        transfers=(first, second),
        operators=tuple(world.operators[index].signed.data for index in operators),
    )


def fork(world: World, wallet: Wallet, coin: Coin) -> list[Transfer]:
    payee = world.key("payee").public
    return [sign_away(wallet, [(coin, 60)], payee=payee, request_id=request_id) for request_id in REQUESTS]


def refused(world: World, proof: Evidence | bytes, root: bytes | None = None) -> str:
    data = proof if isinstance(proof, bytes) else proof.encode()
    with pytest.raises(ProtocolError) as no:
        verify_evidence(data, root=root or world.keys["root"].public)
    return no.value.code


def test_f01_two_transfers_of_one_coin_are_a_fork(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    first, second = fork(world, rider, coin)
    for order in ((first, second), (second, first)):
        proven = verify_evidence(evidence(world, coin, *order).encode(), root=world.keys["root"].public)
        assert (proven.culprit, proven.coin_id, proven.operator) == (rider.key.public, coin.coin_id, "OP01")
        assert [transfer.signed.id for transfer in proven.transfers] == [t.signed.id for t in order]


def test_f46_a_payment_and_a_redemption_of_one_coin_are_a_fork(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    paying, redeeming = fork(world, rider, coin)[0], sign_away(rider, [(coin, 100)])
    verify_evidence(evidence(world, coin, paying, redeeming).encode(), root=world.keys["root"].public)


def test_what_is_no_fork(world: World) -> None:
    rider, other = world.wallet([100, 70]), world.wallet([50])
    coin, second_coin = coins_of(rider)
    first, second = fork(world, rider, coin)
    assert refused(world, evidence(world, coin, first, first)) == "not-a-fork"
    assert refused(world, evidence(world, coin, first, signed_again(rider, first))) == "not-a-fork"
    assert refused(world, evidence(world, second_coin, first, second)) == "not-a-fork"
    elsewhere = sign_away(rider, [(second_coin, 70)])
    assert refused(world, evidence(world, coin, first, elsewhere)) == "not-a-fork"
    somebodys = sign_away(other, [(coin, 100)])
    assert refused(world, evidence(world, coin, first, somebodys)) == "not-a-fork"


def test_who_must_have_signed(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    first, second = fork(world, rider, coin)
    good = evidence(world, coin, first, second)
    assert refused(world, good, world.key("another root").public) == "signature"
    assert refused(world, replace(good, network="other")) == "wrong-network"
    assert refused(world, evidence(world, coin, first, second, operators=(1,))) == "unknown-signer"
    expired = sign_away(
        rider,
        [(coin, 60)],
        payee=world.key("x").public,
        request_id=REQUESTS[0],
        now_s=rider.certificate.claims.expires_at_s,
    )
    assert refused(world, evidence(world, coin, first, expired)) == "certificate-time"


def test_f33_any_flipped_bit_spoils_the_evidence(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    data = evidence(world, coin, *fork(world, rider, coin)).encode()
    root = world.keys["root"].public
    verify_evidence(data, root=root)
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProtocolError):
            verify_evidence(bytes(flipped), root=root)


def test_f33_evidence_that_is_cut_off_or_followed_by_more_is_none(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    data = evidence(world, coin, *fork(world, rider, coin)).encode()
    for odd in (data[:-1], data + b"\x00", b"", b"\x80", data[: len(data) // 2]):
        refused(world, odd)


def test_a_key_that_two_operators_certified_is_proven_by_both_certificates(world: World) -> None:
    rider = world.wallet([100], operator="OP01")
    (coin,) = coins_of(rider)
    first = fork(world, rider, coin)[0]
    twin = world.wallet(operator="OP02", name="wallet/0")
    second = fork(world, twin, coin)[1]
    assert twin.key.public == rider.key.public
    assert refused(world, evidence(world, coin, first, second)) == "unknown-signer"
    both = evidence(world, coin, first, second, operators=(0, 1)).encode()
    proven = verify_evidence(both, root=world.keys["root"].public)
    assert (proven.culprit, proven.operator) == (rider.key.public, "OP01, OP02")


def test_more_certificates_than_needed_make_it_no_evidence(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    transfers = fork(world, rider, coin)
    assert refused(world, evidence(world, coin, *transfers, operators=())) == "shape"
    assert refused(world, evidence(world, coin, *transfers, operators=(0, 1, 0))) == "shape"


def test_an_operator_that_the_root_has_not_certified_proves_nothing(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    first, second = fork(world, rider, coin)
    false = OperatorCertificate.sign(world.key("another root"), world.operators[0].claims)
    proof = replace(evidence(world, coin, first, second), operators=(false.signed.data,))
    with pytest.raises(Unverified):
        verify_evidence(proof.encode(), root=world.keys["root"].public)
    assert first.signed_at_s == NOW
