"""A payee that refuses value under a condition and spends it all the same: that is a double spend.

Whoever was told that it was refused has got no meal for it. The refusal gives nothing back, so nobody is
paid twice; and it is evidence.
"""

from pathlib import Path
from typing import Final

import pytest

from shuangli.issuer.archive.verifying import verify_archive
from shuangli.messages.notices import Outcome
from shuangli.offline.evidence import verify_evidence
from tests.conditions.conftest import CANTEEN, City, knows
from tests.epochs.lives import archive, wind_up
from tests.forging import refuse
from tests.paying import as_upload, pay
from tests.periods.making import make
from tests.setting import DAY_S, NOW
from tests.world import World

PRICE_FEN: Final = 1_000
LONG_AFTER_S: Final = NOW + 40 * DAY_S


def refused_and_claimed(world: World, city: City) -> tuple[bytes, bytes]:
    """What the payer hands in, with the refusal, and what the canteen does."""
    person = world.wallet()
    city.load(person, PRICE_FEN)
    paid = pay(person, city.canteen, PRICE_FEN)
    claim = city.canteen.hand_in(now_s=NOW)
    assert claim is not None
    return as_upload(paid.payment.body, refuse(city.canteen, paid)), claim


def refused_and_passed_on(world: World, city: City) -> bytes:
    """The canteen pays somebody honest with what it has refused: what that one hands in."""
    person = world.wallet()
    city.load(person, PRICE_FEN)
    paid = pay(person, city.canteen, PRICE_FEN)
    world.submit(as_upload(paid.payment.body, refuse(city.canteen, paid)))
    honest = world.wallet(tier=0, payee_class=CANTEEN, payee=knows("meals"))
    pay(city.canteen, honest, PRICE_FEN)
    upload = honest.hand_in(now_s=NOW)
    assert upload is not None
    return upload


@pytest.mark.parametrize("first", ["claim", "refusal"])
def test_it_is_found_whichever_comes_first(world: World, city: City, first: str) -> None:
    """A claim that comes first is paid; if the refusal does, the giver gets the value back."""
    refused, claim = refused_and_claimed(world, city)
    for upload in (claim, refused) if first == "claim" else (refused, claim):
        for _ in range(2):
            answer = world.submit(upload)
            assert (answer.outcomes[-1] is Outcome.CONDITION) == (upload is refused)
    (case,) = world.cases()
    evidence = verify_evidence(case.evidence, root=world.keys["root"].public)
    assert evidence.culprit == case.culprit == city.canteen.key.public
    assert evidence.refusal is not None
    before_fen = city.deposit_fen()
    world.return_due(now_s=LONG_AFTER_S)
    back_fen = city.deposit_fen() - before_fen
    assert (world.deposit_fen(city.canteen), back_fen) == (
        (PRICE_FEN, 0) if first == "claim" else (0, PRICE_FEN)
    )
    assert (world.supply().outstanding_fen, world.supply().fund_paid_fen) == (0, 0)


def test_who_takes_it_in_good_faith_is_paid(world: World, city: City) -> None:
    answer = world.submit(refused_and_passed_on(world, city))
    assert answer.credited_fen == PRICE_FEN
    assert [case.culprit for case in world.cases()] == [city.canteen.key.public]
    assert (world.supply().outstanding_fen, world.supply().fund_paid_fen) == (0, 0)


@pytest.mark.parametrize("first", ["claim", "refusal", "passed on"])
def test_reports_and_the_archive_of_its_epoch_verify(
    world: World, city: City, tmp_path: Path, first: str
) -> None:
    if first == "passed on":
        world.submit(refused_and_passed_on(world, city))
    else:
        refused, claim = refused_and_claimed(world, city)
        for upload in (claim, refused) if first == "claim" else (refused, claim):
            world.submit(upload)
    wind_up(world, {})
    for name in ("centre", "OP01"):
        make(world, name).verify()
    before = world.supply()
    verified = verify_archive(archive(world, tmp_path / "archive"), world.keys["root"].public)
    assert verified.totals == {name: getattr(before, name) for name in verified.totals}
    assert verified.culprits == {city.canteen.key.public}
    assert verified.totals["returned_fen"] == (PRICE_FEN if first == "refusal" else 0)
