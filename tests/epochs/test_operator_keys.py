"""A leaked operator key: devices refuse what it certified, the centre takes what was logged before (F30)."""

from collections.abc import Sequence

import pytest

from shuangli.crypto import SigningKey
from shuangli.errors import Refused, StoreError, Unverified
from shuangli.issuer.issuer import Issuer
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.claims import SERIAL_BYTES, Claims
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.notices import RevocationList
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.operator.bank import Bank
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.setting import NETWORK, NOW, YEAR_S
from tests.settlement.answers import outcomes
from tests.world import World


def forged(world: World, key: SigningKey) -> WalletCertificate:
    """A certificate that a thief has signed with the key of OP01, for a key of its own."""
    claims = Claims(
        issuer="OP01",
        subject=None,
        not_before_s=NOW - 1,
        expires_at_s=NOW + YEAR_S // 4,
        serial=bytes(SERIAL_BYTES),
        key=key.public,
    )
    return WalletCertificate.sign(world.keys["OP01"], claims, kind=WalletKind.SOFT, tier=2, profile=0)


def revoke(world: World, name: str = "OP01") -> bytes:
    """Revoke an operator's key; gives the list that names it."""
    (certificate,) = [one for one in world.operators if one.claims.subject == name]
    with world.issuer.transaction():
        world.issuer.centre.operator_keys.revoke(certificate.signed.data, now_s=NOW)
    return world.issuer.centre.revocation_list(now_s=NOW)


def log(world: World, wallet: Wallet, operator: str = "OP01") -> None:
    with world.issuer.transaction():
        world.issuer.centre.operator_keys.log([wallet.certificate.signed.data], operator=operator, now_s=NOW)


def test_f30_the_list_names_the_key_and_devices_refuse_whomever_it_has_certified(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0, operator="OP02")
    log(world, rider)
    listed = revoke(world)
    assert RevocationList.parse(listed).operators == {world.keys["OP01"].public}
    shop.update_revocations(listed)
    paid = pay(rider, shop, 100)
    assert Refusal.parse(paid.answer.body).reason is RefusalReason.REVOKED


def test_f30_the_centre_settles_what_was_logged_before_and_nothing_else(world: World) -> None:
    logged, unlogged = world.wallet([100]), world.wallet([50])
    shops = [world.wallet(tier=0, operator="OP02") for _ in range(2)]
    log(world, logged)
    for payer, shop in zip((logged, unlogged), shops, strict=True):
        pay(payer, shop, payer.purse.balance_fen)
    uploads = [shop.hand_in(now_s=NOW) or b"" for shop in shops]
    revoke(world)
    assert outcomes(world, uploads[0], "OP02") == ["SETTLED", "SETTLED"]
    assert set(outcomes(world, uploads[1], "OP02")) <= {"INVALID", "UNKNOWN_COIN"}
    assert [world.deposit_fen(shop, "OP02") for shop in shops] == [100, 0]
    world.check_books()


def test_f30_a_certificate_that_a_thief_signs_is_refused_after_the_revocation(world: World) -> None:
    thief = world.wallet([30])
    shop = world.wallet(tier=0, operator="OP02")
    certificate = forged(world, world.key(f"wallet/{len(world.journals) - 2}"))
    assert certificate.claims.key == thief.key.public
    thief.install(certificate.signed.data)
    pay(thief, shop, 30)
    revoke(world)
    log_error = None
    try:
        log(world, thief)
    except Refused as refused:
        log_error = refused.code
    assert log_error == "revoked", "nothing is logged under a key that is revoked"
    assert "SETTLED" not in outcomes(world, shop.hand_in(now_s=NOW) or b"", "OP02")


@pytest.mark.parametrize(
    ("own_fen", "said"),
    [([], ["UNKNOWN_COIN", "UNKNOWN_COIN"]), ([20], ["UNKNOWN_COIN", "UNKNOWN_COIN", "SETTLED"])],
    ids=["nothing holds", "some of it holds"],
)
def test_f30_a_bank_goes_on_whatever_the_centre_says_of_a_refused_payment(
    hops: World, own_fen: list[int], said: list[str]
) -> None:
    """The centre disowns certificates that nobody has logged; the bank has taken them for good."""
    unlogged, shop = hops.wallet([50, 30]), hops.wallet(operator="OP02")
    gate = hops.wallet(tier=0, operator="OP02")
    pay(unlogged, shop, 80)
    if own_fen:
        pay(hops.wallet(own_fen, operator="OP02"), shop, sum(own_fen))
    gate.update_revocations(revoke(hops))
    paid = pay(shop, gate, 80 + sum(own_fen))
    assert Refusal.parse(paid.answer.body).reason is RefusalReason.REVOKED
    order = [spend.pay_fen for spend in paid.transfer.spends]
    acknowledgement = hops.hand_in(shop, "OP02")
    told = dict(zip(order, acknowledgement.outcomes[-len(order) :], strict=True))
    assert [told[value_fen].name for value_fen in (50, 30, *own_fen)] == said
    assert acknowledgement.credited_fen == hops.deposit_fen(shop, "OP02") == sum(own_fen)
    assert shop.purse.in_flight_fen == 80, "what the centre disowns has not come back"
    hops.check_books()


class Partition(Issuer):
    """An issuer whose answer to a report never arrives; while it is `whole`, it does."""

    def __init__(self, issuer: Issuer, *, heard: bool) -> None:
        self._issuer = issuer
        self._heard = heard
        self.whole = False

    def log_certificates(self, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        if self.whole or self._heard:
            self._issuer.log_certificates(certificates, operator=operator, now_s=now_s)
        if not self.whole:
            raise StoreError("unavailable", "the issuer cannot be reached")


def report(world: World, bank: Bank) -> int:
    with bank.store.transaction(), world.issuer.transaction():
        return bank.report_certificates(now_s=NOW)


@pytest.mark.parametrize("heard", [False, True], ids=["never heard", "answer lost"])
def test_f30_what_a_bank_has_reported_is_honoured_and_what_a_thief_has_signed_is_not(
    world: World, heard: bool
) -> None:
    before, behind, thief = world.wallet([100]), world.wallet([50]), world.wallet([30])
    shops = [world.wallet(tier=0, operator="OP02") for _ in range(3)]
    bank = world.banks["OP01"]
    partition = Partition(world.issuer, heard=heard)
    bank._issuer = partition
    with pytest.raises(StoreError):
        report(world, bank)
    partition.whole = True
    assert report(world, bank) == 3, "the partition has lost nothing"
    assert report(world, bank) == 0
    after = world.wallet()
    assert report(world, bank) == 1, "only what is new is reported"
    for wallet in (before, behind, thief, after):
        assert world.issuer.centre.operator_keys.is_logged(wallet.certificate)
    thief.install(forged(world, world.key("wallet/2")).signed.data)
    for payer, shop in zip((before, behind, thief), shops, strict=True):
        pay(payer, shop, payer.purse.balance_fen)
    uploads = [shop.hand_in(now_s=NOW) or b"" for shop in shops]
    revoke(world)
    assert [outcomes(world, upload, "OP02") for upload in uploads[:2]] == [["SETTLED", "SETTLED"]] * 2
    assert "SETTLED" not in outcomes(world, uploads[2], "OP02")
    assert [world.deposit_fen(shop, "OP02") for shop in shops] == [100, 50, 0]
    world.check_books()


def test_f30_what_was_signed_under_a_key_that_is_revoked_keeps_nothing_from_being_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = world.wallet(), world.wallet()
    bank, told = world.banks["OP01"], list[bytes]()

    def log_certificates(certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        if old.certificate.signed.data in certificates:
            raise Refused("revoked")
        told.extend(certificates)

    monkeypatch.setattr(world.issuer, "log_certificates", log_certificates)
    assert report(world, bank) == 2
    assert told == [new.certificate.signed.data]
    assert report(world, bank) == 0


def test_f30_what_a_wrong_clock_has_dated_keeps_nothing_from_being_reported(world: World) -> None:
    """The operator was not certified by then: the centre never takes it, and those behind it are safe."""
    bank, ahead = world.banks["OP01"], world.key("ahead")
    with bank.store.transaction():
        enrolment = Enrolment.sign(
            ahead,
            network=NETWORK,
            operator="OP01",
            kind=WalletKind.SOFT,
            tier=2,
            person=bytes(range(32)),
            enrolled_at_s=NOW,
        )
        bank.open_wallet(enrolment.signed.data, now_s=NOW + 5 * YEAR_S)
    behind = world.wallet()
    assert report(world, bank) == 2
    assert world.issuer.centre.operator_keys.is_logged(behind.certificate)


def test_what_a_bank_could_not_report_for_another_reason_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.wallet()
    bank = world.banks["OP01"]

    def log_certificates(certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        raise Refused("not-admitted")

    with monkeypatch.context() as dismissed:
        dismissed.setattr(world.issuer, "log_certificates", log_certificates)
        with pytest.raises(Refused):
            report(world, bank)
    assert report(world, bank) == 1


def test_many_certificates_are_reported_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wallets = [world.wallet() for _ in range(5)]
    monkeypatch.setattr("shuangli.operator.reporting.MOST_CERTIFICATES", 2)
    assert report(world, world.banks["OP01"]) == 5
    for wallet in wallets:
        assert world.issuer.centre.operator_keys.is_logged(wallet.certificate)


def test_while_no_key_is_revoked_nobody_asks_for_the_log(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    pay(rider, shop, 100)
    assert world.hand_in(shop).credited_fen == 100
    assert world.issuer.trust.disowns is None


def test_an_operator_reports_its_own_certificates(world: World) -> None:
    wallet = world.wallet()
    with pytest.raises(Refused) as refused:
        log(world, wallet, "OP02")
    assert refused.value.code == "unknown-wallet"
    for _ in range(2):
        log(world, wallet)
    assert world.issuer.centre.operator_keys.is_logged(wallet.certificate)


def test_only_what_the_root_has_certified_is_revoked(world: World) -> None:
    stranger = world.authority.certify_operator("OP01", world.key("x").public, not_before_s=0, expires_at_s=1)
    flipped = stranger.signed.data[:-1] + bytes([stranger.signed.data[-1] ^ 1])
    with pytest.raises(Unverified), world.issuer.transaction():
        world.issuer.centre.operator_keys.revoke(flipped, now_s=NOW)
    assert world.issuer.centre.operator_keys.revoked() == frozenset()


def test_f30_a_watermark_under_a_revoked_key_says_nothing(world: World) -> None:
    """A thief could else say that all was passed on, and make honest claims late."""
    world.sign_watermark("OP01", now_s=NOW)
    revoke(world)
    with pytest.raises(Unverified):
        world.sign_watermark("OP01", now_s=NOW + 1_000)
