"""Keys over a line that is cut: the last that were published stand, and every certificate is reported."""

from pathlib import Path

import pytest

from shuangli.errors import ShuangliError, StoreError
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.notices import RevocationList
from shuangli.wallet.wallet import Wallet
from tests.service.desks import CUTS, Desks, State
from tests.setting import DAY_S, NOW
from tests.world import World


def test_f41_the_last_key_set_and_list_stand_for_the_newest(world: World, desks: Desks) -> None:
    desk = desks.at["OP01"]
    desks.cut(State.CUT)
    assert desk.key_set() == desks.key_set
    first = desk.revocation_list()
    assert RevocationList.parse(first).number == 0
    desks.mend()
    newer = desk.revocation_list()
    assert RevocationList.parse(newer).number == 1
    desks.cut(State.CUT)
    assert desk.revocation_list() == newer


def test_a_newer_key_set_is_trusted_and_an_older_one_is_not_taken(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, older = desks.at["OP01"], desks.key_set
    another = world.authority.certify_operator(
        "OP03", world.key("OP03").public, not_before_s=NOW - DAY_S, expires_at_s=NOW + DAY_S
    )
    newer = world.authority.sign_key_set(
        2,
        issued_at_s=NOW,
        operators=[*world.operators, another],
        centres=[world.centre],
        epochs=world.epochs,
    ).signed.data
    desks.key_set = newer
    assert desk.key_set() == newer
    assert another in world.banks["OP01"].trust.operators
    desks.key_set = older
    assert desks.issuer.key_set() == newer
    monkeypatch.setattr(desks.issuer, "key_set", lambda: older)
    assert desk.key_set() == newer


def test_a_key_set_of_another_root_is_not_taken(world: World, desks: Desks, tmp_path: Path) -> None:
    known = desks.key_set
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other", seed=2, fresh=False)
    desks.key_set = other.authority.sign_key_set(
        9, issued_at_s=NOW, operators=other.operators, centres=[other.centre], epochs=other.epochs
    ).signed.data
    other.close()
    with pytest.raises(ShuangliError):
        desks.issuer.key_set()
    assert desks.at["OP01"].key_set() == known


def wallet_of(world: World) -> Wallet:
    """A wallet whose key OP01 has not opened."""
    return world.wallet(operator="OP02")


@pytest.mark.parametrize("state", CUTS)
def test_f30_a_certificate_is_reported_once_it_is_signed_or_when_the_line_is_mended(
    world: World, desks: Desks, state: State
) -> None:
    desk, wallet = desks.at["OP01"], world.wallet()
    known = world.issuer.centre.operator_keys
    desk.report_certificates()
    assert known.is_logged(wallet.certificate)
    desks.cut(state, only="log_certificates")
    cut_off = WalletCertificate.parse(desk.open_wallet(world.enrolment(wallet_of(world), tier=4, now_s=NOW)))
    assert desk.has_unreported()
    with pytest.raises(StoreError):
        desk.catch_up()
    assert known.is_logged(cut_off) == (state is State.ANSWERS_LOST)
    desks.mend()
    desk.catch_up()
    assert known.is_logged(cut_off)
    assert not desk.has_unreported()
    opened = WalletCertificate.parse(desk.open_wallet(world.enrolment(wallet_of(world), tier=4, now_s=NOW)))
    assert known.is_logged(opened), "it is reported as it is signed"
    desks.lines["OP01"].asked.clear()
    desk.report_certificates()
    assert not desks.lines["OP01"].asked
