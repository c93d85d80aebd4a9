"""`shuangli wallet open --code`: a wallet for somebody whom the operator has identified."""

from dataclasses import replace

import pytest

from shuangli.crypto import sha256
from tests.devices.people import Town

LI = sha256(b"the record of Li Ming")


def person_of(town: Town, name: str) -> bytes:
    return town.bank.wallet(bytes.fromhex(town.show(name)["wallet"])).person


def test_a_code_says_for_whom_and_of_which_tier_the_wallet_is(town: Town) -> None:
    code = town.sandbox.desk.identify(LI, 3).code
    told = town.open_wallet("ann", "--code", code)
    assert (told.code, told.facts["tier"]) == (0, 3)
    assert person_of(town, "ann") == LI
    again = town.open_wallet("bob", "--code", code)
    assert (again.code, again.facts["code"]) == (1, "not-identified")
    newer = town.sandbox.desk.identify(LI, 3).code
    assert town.open_wallet("bob", "--code", newer).code == 0, "the file that was begun is gone on with"
    assert person_of(town, "bob") == LI


@pytest.mark.parametrize("heard", [False, True], ids=["never heard", "answer lost"])
def test_f12_opening_with_a_code_that_was_cut_off_is_finished(town: Town, heard: bool) -> None:
    cut_at = 0
    while True:
        cut_at += 1
        code = town.sandbox.desk.identify(LI, 2).code
        cutting = town.cut(at=cut_at, heard=heard)
        told = town.open_wallet(f"ann{cut_at}", "--code", code)
        town.mend()
        if cutting.calls < cut_at:
            break
        assert (told.code, told.out) == (2, ""), told
        assert town.open_wallet(f"ann{cut_at}", "--code", code).code == 0
    # describe, key set, whose code it is, enrolment, revocation list
    assert cut_at == 6


def test_without_a_code_a_wallet_is_for_a_person_of_its_own(town: Town) -> None:
    for name, tier in (("ann", 2), ("bob", 2), ("cat", 4), ("shop", 0)):
        assert town.open_wallet(name, "--tier", tier).facts["tier"] == tier
    assert len({person_of(town, name) for name in ("ann", "bob", "cat", "shop")}) == 4


def test_a_bank_that_makes_nobody_up_wants_a_code_or_an_anonymous_wallet(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = replace(town.sandbox.desk.describe(), sandbox=False)
    monkeypatch.setattr(town.sandbox.desk, "_description", real)
    told = town.open_wallet("ann")
    assert (told.code, told.err.count("\n"), "--code" in told.err) == (2, 1, True)
    assert town.open_wallet("ann", "--tier", 4).code == 0


def test_what_is_no_code_is_bad_input(town: Town) -> None:
    told = town.open_wallet("ann", "--code", "K7QM_3")
    assert (told.code, told.err.count("\n"), "--code" in told.err) == (2, 1, True)
    assert not town.file("ann").exists()
