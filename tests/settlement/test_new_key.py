"""An operator with a new key (F30): what the old one had signed is signed anew when it is asked for."""

from dataclasses import replace

import pytest

from shuangli import cose
from shuangli.cose import Domain
from shuangli.crypto import verify
from shuangli.errors import Unverified
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.returns import Returned, Watermark
from shuangli.operator.bank import Bank
from shuangli.operator.customers.wallets import Wallets
from shuangli.operator.resigning import signed_by
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.setting import DAY_S, NOW
from tests.settlement.unclaimed import due
from tests.world import World

LATER_S = NOW + 60


def renew(world: World, name: str = "OP01") -> Bank:
    """Certify another key for an operator, which goes on with it; every place hears of it."""
    (before,) = [one for one in world.operators if one.claims.subject == name]
    key = world.key(f"the next one of {name}")
    claims = before.claims
    certified = world.authority.certify_operator(
        name, key.public, not_before_s=claims.not_before_s, expires_at_s=claims.expires_at_s
    )
    world.operators.append(certified)
    places = [world.issuer.trust, *(bank.trust for bank in world.banks.values())]
    for trust in (*places, *(wallet.trust for wallet in world.journals)):
        trust.add_operator(certified.signed.data)
    old = world.banks[name]
    world.keys[name] = key
    world.banks[name] = Bank(
        terms=old.terms,
        key=key,
        trust=old.trust,
        store=old.store,
        issuer=world.issuer,
        pseudonyms=old.pseudonyms,
    )
    return world.banks[name]


def revoke(world: World, name: str = "OP01") -> None:
    certificate = next(one for one in world.operators if one.claims.subject == name)
    with world.issuer.transaction():
        world.issuer.centre.operator_keys.revoke(certificate.signed.data, now_s=NOW)


def certificate_of(world: World, wallet: Wallet, *, now_s: int = LATER_S) -> WalletCertificate:
    bank = world.banks["OP01"]
    with bank.store.transaction():
        data = Wallets(bank).certificate(wallet.key.public, now_s=now_s)
    return WalletCertificate.parse(data)


def holds_under(key: bytes, signed: cose.Signed) -> bool:
    return verify(key, signed.message, signed.signature)


def test_f30_an_acknowledgement_is_asked_for_again_and_comes_under_the_new_key(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    pay(rider, shop, 60)
    upload = shop.hand_in(now_s=NOW) or b""
    first, old = world.submit(upload), world.keys["OP01"].public
    revoke(world)
    renew(world)
    again = world.submit(upload, now_s=LATER_S)
    assert (again.signed.id, again.signed.data == first.signed.data) == (first.signed.id, False)
    with pytest.raises(Unverified):
        shop.acknowledge(again.signed.data, operator_key=old)
    shop.acknowledge(again.signed.data, operator_key=world.keys["OP01"].public)
    assert world.deposit_fen(shop) == 60


def test_f30_notices_and_watermarks_come_under_the_new_key(world: World) -> None:
    payer, _ = due(world)
    back_s = NOW + 30 * DAY_S
    world.return_due(now_s=back_s)
    revoke(world)
    bank = renew(world)
    (notice,) = bank.returned_to(payer.key.public, after=0)
    assert holds_under(bank.public, Returned.parse(notice).signed)
    assert [told.value_fen for told in world.tell_returns(payer)] == [60]
    with bank.store.transaction(), world.issuer.transaction():
        data = bank.watermark(now_s=back_s)
        world.issuer.take_watermark(data, now_s=back_s)
    assert holds_under(bank.public, Watermark.parse(data).signed)


def test_f30_a_wallet_is_certified_anew_once(world: World) -> None:
    wallet = world.wallet([100])
    before = wallet.certificate
    assert certificate_of(world, wallet).signed.data == before.signed.data, "nothing is due"
    bank = renew(world)
    fresh = certificate_of(world, wallet)
    assert holds_under(bank.public, fresh.signed)
    assert replace(fresh, claims=before.claims, signed=before.signed) == before, "the same wallet and tier"
    assert (fresh.claims.key, fresh.claims.serial) == (before.claims.key, before.claims.serial)
    assert certificate_of(world, wallet, now_s=LATER_S + 60) == fresh
    with bank.store.transaction(), world.issuer.transaction():
        bank.report_certificates(now_s=LATER_S)
    assert world.issuer.centre.operator_keys.is_logged(fresh)


@pytest.mark.parametrize("state", ["frozen", "closed"])
def test_f30_a_wallet_that_is_frozen_or_closed_is_not(world: World, state: str) -> None:
    wallet = world.wallet([100])
    bank = renew(world)
    with bank.store.transaction():
        if state == "frozen":
            Wallets(bank).freeze(wallet.key.public, asked_by="a court", reason="", now_s=NOW)
        else:
            bank.close_wallet(wallet.key.public, now_s=NOW)
    assert certificate_of(world, wallet) == wallet.certificate


def test_a_certificate_is_renewed_before_it_expires(world: World) -> None:
    wallet = world.wallet([100])
    expires_at_s = wallet.certificate.claims.expires_at_s
    quarter_s = world.banks["OP01"].terms.certificate_life_s // 4
    assert certificate_of(world, wallet, now_s=expires_at_s - quarter_s - 1) == wallet.certificate
    fresh = certificate_of(world, wallet, now_s=expires_at_s - quarter_s)
    assert fresh.claims.expires_at_s > expires_at_s
    wallet.install(fresh.signed.data)


def test_f30_a_place_takes_the_word_of_no_revoked_key(world: World) -> None:
    """While one key follows another, both are taken; once the old one is revoked, only the new one is."""
    wallet, old = world.wallet(), world.keys["OP01"]
    rider = world.wallet([60])
    pay(rider, wallet, 60)
    acknowledgement = world.submit(wallet.hand_in(now_s=NOW) or b"").signed
    bank = renew(world)
    anew = cose.parse(
        signed_by(bank.signer, acknowledgement.data, Domain.ACKNOWLEDGEMENT), Domain.ACKNOWLEDGEMENT
    )
    assert signed_by(bank.signer, anew.data, Domain.ACKNOWLEDGEMENT) == anew.data
    assert wallet.trust.key_of_operator("OP01", acknowledgement, "answer") == old.public
    assert wallet.trust.key_of_operator("OP01", anew, "answer") == bank.public
    revoke(world)
    wallet.update_revocations(world.issuer.centre.revocation_list(now_s=LATER_S))
    with pytest.raises(Unverified):
        wallet.trust.key_of_operator("OP01", acknowledgement, "answer")
    assert wallet.trust.key_of_operator("OP01", anew, "answer") == bank.public
    with pytest.raises(Unverified) as stranger:
        wallet.trust.key_of_operator("OP07", anew, "answer")
    assert stranger.value.code == "unknown-signer"
