"""Pseudonyms: the same at every operator, another one each period, and the issuer sees nothing else (F29)."""

import hashlib
from pathlib import Path

import pytest

from shuangli.crypto import sha256
from shuangli.errors import BadInput, Refused
from shuangli.operator.pseudonyms import DOMAIN, PseudonymKey, Pseudonyms, is_same, pseudonym
from tests.persons.answers import ANNA, double_spend, pseudonym_of
from tests.setting import NOW, PSEUDONYMS, STAGED
from tests.world import World

OLD = PseudonymKey(number=2025, since_s=100, secret=bytes(range(32)))
NEW = PseudonymKey(number=2026, since_s=200, secret=bytes(range(1, 33)))


def test_it_is_hmac_sha256_as_in_rfc_2104() -> None:
    key, message = OLD.secret.ljust(64, b"\0"), DOMAIN + b"\x00\x00\x07\xe9" + ANNA
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()
    assert pseudonym(OLD, ANNA) == outer


def test_persons_keys_and_periods_tell_pseudonyms_apart() -> None:
    same_secret = PseudonymKey(number=2026, since_s=100, secret=OLD.secret)
    found = [pseudonym(key, person) for key in (OLD, NEW, same_secret) for person in (ANNA, sha256(b"Bo"))]
    assert len({*found}) == 6
    assert all(len(name) == 32 for name in found)


def test_the_key_of_the_time_is_used() -> None:
    keys = Pseudonyms(NEW, OLD)
    assert [keys.of(ANNA, at_s=at_s) for at_s in (100, 199)] == [pseudonym(OLD, ANNA)] * 2
    assert [keys.of(ANNA, at_s=at_s) for at_s in (200, 10**9)] == [pseudonym(NEW, ANNA)] * 2
    with pytest.raises(BadInput, match="in use"):
        keys.of(ANNA, at_s=99)


def test_what_is_no_key_or_no_digest_is_refused() -> None:
    with pytest.raises(BadInput, match="32 bytes"):
        PseudonymKey(number=1, since_s=0, secret=bytes(31))
    with pytest.raises(BadInput, match="number"):
        PseudonymKey(number=2**32, since_s=0, secret=bytes(32))
    with pytest.raises(BadInput, match="digest"):
        pseudonym(OLD, b"Anna")
    for keys in ((), (OLD, OLD), (OLD, PseudonymKey(number=1, since_s=100, secret=bytes(32)))):
        with pytest.raises(BadInput, match="different"):
            Pseudonyms(*keys)
    assert OLD.secret.hex() not in repr(OLD)
    assert repr(OLD.secret) not in repr(OLD)


def test_comparing_says_the_same_as_equality() -> None:
    assert is_same(ANNA, sha256(b"Anna"))
    assert not is_same(ANNA, sha256(b"Bo"))


def test_f29_two_operators_name_a_person_alike_and_a_closed_wallet_still_names_its_holder(
    world: World,
) -> None:
    wallets = [world.wallet(operator=name, person=ANNA) for name in ("OP01", "OP02")]
    with world.transaction():
        world.banks["OP01"].close_wallet(wallets[0].key.public, now_s=NOW)
    found = [
        world.banks[name].person_of(wallet.key.public, at_s=NOW)
        for name, wallet in zip(("OP01", "OP02"), wallets, strict=True)
    ]
    assert found == [PSEUDONYMS.of(ANNA, at_s=NOW)] * 2
    with pytest.raises(Refused) as refusal:
        world.banks["OP02"].person_of(wallets[0].key.public, at_s=NOW)
    assert refusal.value.code == "unknown-wallet"


def test_f29_the_issuer_is_told_pseudonyms_and_nothing_that_leads_to_a_record(tmp_path: Path) -> None:
    world = World(tmp_path, terms=STAGED)
    bo = sha256(b"Bo")
    rider = world.wallet([100], person=ANNA)
    gates = [world.wallet(tier=0, person=bo, operator=name) for name in ("OP01", "OP02")]
    double_spend(world, rider, gates, [100, 80])
    for gate in gates:
        world.hand_in(gate)
    holders = world.issuer.store.losses.holders([rider.key.public, gates[1].key.public])
    assert holders == {rider.key.public: pseudonym_of(ANNA), gates[1].key.public: pseudonym_of(bo)}
    assert world.issuer.store.losses.fund_paid_by_person_fen() == {pseudonym_of(bo): 80}
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("issuer*"))
    assert pseudonym_of(ANNA) in stored
    assert pseudonym_of(bo) in stored
    for person in (ANNA, bo):
        assert person not in stored
    assert ANNA in b"".join(path.read_bytes() for path in tmp_path.glob("OP01*")), "the operator's own record"
    world.close()
