"""An operator's wallets and accounts: for whom it opens one, and what moves between them."""

import pytest

from shuangli.errors import BadInput, Refused, StoreError
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.loads import Load
from shuangli.offline.limits import LIMITS_2022
from shuangli.operator.accounts import NOBODY
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NAMES, NOW, YEAR_S
from tests.settlement.answers import refused
from tests.settlement.customers import enrolment
from tests.world import World


def test_opening_a_wallet_twice_gives_the_same_certificate(world: World) -> None:
    bank = world.banks["OP01"]
    with world.transaction():
        first = bank.open_wallet(enrolment(world, "a"), now_s=NOW)
        other = bank.open_wallet(enrolment(world, "b"), now_s=NOW)
    with world.transaction():
        again = bank.open_wallet(enrolment(world, "a"), now_s=NOW + DAY_S)
    assert first == again
    certificates = [WalletCertificate.parse(data) for data in (first, other)]
    assert len({certificate.claims.serial for certificate in certificates}) == 2
    assert certificates[0].claims.expires_at_s == NOW + YEAR_S // 2
    assert certificates[0].profile == LIMITS_2022.profile


def test_nobody_is_the_heir_of_those_whose_records_are_erased(world: World) -> None:
    """What still comes back to a wallet goes to its holder's newest: none is opened for nobody."""
    asked = enrolment(world, "a", person=NOBODY)
    assert refused(world, world.banks["OP01"].open_wallet, asked, now_s=NOW).code == "unknown-wallet"


def test_a_wallet_is_open_for_one_person_at_the_operator_it_names(world: World) -> None:
    bank = world.banks["OP01"]
    with world.transaction():
        bank.open_wallet(enrolment(world, "a"), now_s=NOW)
    somebody = enrolment(world, "a", person=bytes([1] * 32))
    assert refused(world, bank.open_wallet, somebody, now_s=NOW).code == "already-open"
    elsewhere = enrolment(world, "b", operator="OP02")
    assert refused(world, bank.open_wallet, elsewhere, now_s=NOW).code == "unknown-wallet"
    forged = enrolment(world, "c")[:-1] + b"\x00"
    assert refused(world, bank.open_wallet, forged, now_s=NOW).code == "signature"


def test_a_wallet_number_is_not_lost_or_used_twice_when_a_transaction_fails(world: World) -> None:
    bank = world.banks["OP01"]
    assert refused(world, fail_after, lambda: bank.open_wallet(enrolment(world, "a"), now_s=NOW))
    with world.transaction():
        bank.open_wallet(enrolment(world, "b"), now_s=NOW)
    with world.transaction():
        bank.open_wallet(enrolment(world, "a"), now_s=NOW)
    numbers = [bank.wallet(world.key(name).public).wallet_no for name in ("b", "a")]
    assert numbers == [1, 2]


def fail_after(act: object) -> None:
    act()  # type: ignore[operator]
    raise StoreError("unavailable", "the power went")


def test_a_deposit_is_owed_to_the_holder(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 700, now_s=NOW)
    assert world.deposit_fen(rider) == 700
    stranger = world.key("stranger").public
    assert refused(world, bank.deposit, stranger, 700, now_s=NOW).code == "unknown-wallet"
    world.check_books()


@pytest.mark.parametrize("amount_fen", [0, -1, 1.5, True, 2**53])
def test_only_whole_positive_amounts_move(world: World, amount_fen: int) -> None:
    rider, worker, bank = world.wallet(), world.wallet(), world.banks["OP01"]
    keys = rider.key.public, worker.key.public
    with world.transaction():
        bank.deposit(rider.key.public, 700, now_s=NOW)
        bank.deposit(worker.key.public, 700, now_s=NOW)
    for act, args in (
        (bank.deposit, (keys[0], amount_fen)),
        (bank.pay, (*keys, amount_fen)),
        (bank.fill_vault, (amount_fen,)),
        (world.issuer.fill_vault, ("OP01", amount_fen)),
    ):
        error = refused(world, act, *args, now_s=NOW)
        assert isinstance(error, BadInput | Refused)


def test_wages_move_between_two_accounts(world: World) -> None:
    employer, worker, bank = world.wallet(), world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(employer.key.public, 500, now_s=NOW)
        bank.pay(employer.key.public, worker.key.public, 300, now_s=NOW)
    assert (world.deposit_fen(employer), world.deposit_fen(worker)) == (200, 300)
    short = refused(world, bank.pay, employer.key.public, worker.key.public, 201, now_s=NOW)
    assert (short.code, str(short)) == ("insufficient-funds", "the deposit is 1 fen short of 201 fen")


def test_nothing_moves_to_a_wallet_that_the_operator_does_not_know(world: World) -> None:
    """Found: the answer was the database's LookupError."""
    employer, bank = world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(employer.key.public, 500, now_s=NOW)
    unknown = refused(world, bank.pay, employer.key.public, bytes(32), 300, now_s=NOW)
    assert unknown.code == "unknown-wallet"
    assert world.deposit_fen(employer) == 500


def test_both_operators_have_the_same_shape(world: World) -> None:
    for name in NAMES:
        rider = world.wallet([30], operator=name)
        shop = world.wallet(tier=0, operator=name)
        pay(rider, shop, 30)
        assert world.hand_in(shop).operator == name
        assert world.deposit_fen(shop, name) == 30
        assert Load.parse(coins_of(world.wallet([5], operator=name))[0].load.signed.data).operator == name
    world.check_books()
