"""Each place checks for itself: nothing that one device, operator or the centre has checked spares another.

Counted in a network of one rider (device 0) and two gates (1 and 2), and against the calls of libsodium.
"""

from collections.abc import Iterator
from pathlib import Path

import nacl.bindings
import pytest

from shuangli.sims.plan import NOBODY
from tests.engine.plans import WINDOW_S, calendar, cell_plan, devices, meetings, system_plan
from tests.engine.town import Town

KEY_SET = 1
"""What every place checks as soon as it is there: all that the root has certified, under one signature."""
OWN_CERTIFICATE = 1
LOAD = 1
LIST = 1
"""The revocation list that comes with the certificate."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The rider pays gate 1, then gate 2, then gate 1 again; then both gates hand in, gate 2 first."""
    plan = cell_plan(
        devices(1, 2, sync_every_s=[0, 10**6, 10**6], sync_from_s=[0, 9 * WINDOW_S + 20, 9 * WINDOW_S]),
        meetings((6 * WINDOW_S, 0, 1, 300), (7 * WINDOW_S, 0, 2, 550), (8 * WINDOW_S, 0, 1, 50)),
        when=calendar(windows=14),
    )
    town = Town(plan, tmp_path)
    yield town
    town.close()


def test_two_gates_check_the_same_things_each_for_itself(town: Town) -> None:
    town.window(6)
    assert town.wallet(0).purse.balance_fen == 2_000
    assert town.checked(0) == KEY_SET + OWN_CERTIFICATE + LIST + LOAD
    assert town.checked(1) == town.checked(2) == KEY_SET + OWN_CERTIFICATE + LIST

    rider, first, second = (town.checked(index) for index in range(3))
    town.window()
    # The gate: the load, the rider's certificate, the transfer. The rider: certificate, request, receipt.
    assert town.checked(1) - first == 3
    assert town.checked(0) - rider == 3
    assert town.checked(2) == second

    rider, first = town.checked(0), town.checked(1)
    town.window()
    assert town.checked(2) - second == 3
    assert town.checked(0) - rider == 3
    assert town.checked(1) == first

    rider = town.checked(0)
    town.window()
    # What a place has checked itself it need not check again: the rider checks request and receipt only.
    # The coin is change from gate 2, so gate 1 checks that transfer for itself, and the new one.
    assert town.checked(0) - rider == 2
    assert town.checked(1) - first == 2
    assert town.outcomes == ["paid"] * 3


def test_the_operator_and_the_centre_both_check_an_upload(town: Town) -> None:
    town.window(9)
    operator, centre = town.banks[0].trust.verifier, town.system.issuer.trust.verifier
    # Three enrolments, the rider's order, the load that the mint made, the first revocation list.
    assert operator.checked == KEY_SET + 3 + 1 + LOAD + 1
    # The rider's order: the mint takes it on the word of the key.
    assert centre.checked == KEY_SET + 1
    before = operator.checked, centre.checked
    town.window(2)
    # Two payments to gate 1, one to gate 2. Operator: three transfers, two redemptions; load and
    # certificates it has checked or made itself. Centre: the same, and all three certificates.
    assert operator.checked - before[0] == 3 + 2
    assert centre.checked - before[1] == 3 + 2 + 3
    assert town.wallet(1).purse.coins == {}


def test_what_is_reported_is_what_libsodium_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check and every signature of a run is a call of libsodium, and every call is counted once."""
    calls = {"made": 0, "checked": 0}
    sign, check = nacl.bindings.crypto_sign, nacl.bindings.crypto_sign_open

    def counted_sign(message: bytes, secret: bytes) -> bytes:
        calls["made"] += 1
        return sign(message, secret)

    def counted_check(signed: bytes, key: bytes) -> bytes:
        calls["checked"] += 1
        return check(signed, key)

    monkeypatch.setattr(nacl.bindings, "crypto_sign", counted_sign)
    monkeypatch.setattr(nacl.bindings, "crypto_sign_open", counted_check)
    # Two riders with one key, two honest ones, two gates.
    plan = cell_plan(
        devices(4, 2, copy_of=[NOBODY, 0, *[NOBODY] * 4]),
        meetings(
            *(
                (window * WINDOW_S + 7 * rider, rider, 4 + (window + rider) % 2, 300)
                for window in range(6, 10)
                for rider in range(4)
            )
        ),
    )
    town = Town(plan, tmp_path, system_plan(operators=2))
    town.finish()
    report = town.cell.report()
    branches = [
        branch.report(signatures_made=key.made)
        for branch, key in zip(town.branches, town.bank_keys, strict=True)
    ]
    issuer_made, issuer_checked = town.system.signatures()
    town.close()
    assert report.signatures_made + sum(b.signatures_made for b in branches) + issuer_made == calls["made"]
    checked = report.signatures_checked + sum(b.signatures_checked for b in branches) + issuer_checked
    assert checked == calls["checked"]
    devices_checked = sum(town.checked(index) for index in range(len(plan.devices)))
    assert report.signatures_checked == devices_checked
