"""F11: the settling process is killed at every point of its batches, started again, and all is sent again."""

from functools import partial
from pathlib import Path
from typing import Final

import pytest

from shuangli.issuer.centre import Settled, Submission
from tests.database.places import Places
from tests.setting import NAMES, NOW
from tests.settlement.dying import Points, settle, settle_and_die
from tests.settlement.histories import EVERYTHING, live
from tests.settlement.kept import everything_kept
from tests.world import World

BATCH: Final = 4


def batches_of(template: World) -> list[list[Submission]]:
    """A history with a fork and a refusal, in a few batches from two operators."""
    submissions = [
        Submission(operator=NAMES[at % 2], upload=upload, person=bytes(32), received_s=NOW)
        for at, upload in enumerate(live(template, EVERYTHING).uploads)
    ]
    return [submissions[at : at + BATCH] for at in range(0, len(submissions), BATCH)]


@pytest.mark.parametrize("share", [7, pytest.param(1, marks=pytest.mark.heavy)])
def test_f11_f15_killed_at_every_point(places: Places, template: World, tmp_path: Path, share: int) -> None:
    batches = batches_of(template)
    points = Points(None)
    with places.new() as place:
        template.copy(place).close()
        undisturbed = template.opened_again(place)
        settle(undisturbed, batches, points, tmp_path / "undisturbed")
        names = [*points.names]
        expected = everything_kept(undisturbed.issuer.store)
        undisturbed.close()
    credits_fen = (tmp_path / "undisturbed").read_text().split()
    assert {*names} >= {
        "begun",
        "insert facts",
        "insert objects",
        "before the commit",
        "committed",
        "answered",
    }
    # Named points all, and one in `share` of the others.
    named = sorted(names.index(name) + 1 for name in {*names})[:: places.share]
    for dies_at in sorted({*named} | {*range(1, len(names), share * places.share)}):
        told = tmp_path / f"told {dies_at}"
        with places.new() as place:
            template.copy(place).close()
            assert settle_and_die(partial(template.opened_again, place), batches, dies_at, told)
            world = template.opened_again(place)
            answered = told.read_text().split()
            again = [answer for batch in batches for answer in settled(world, batch)]
            # What was acknowledged before is answered the same, and all ends as if nothing had happened.
            assert [str(answer.credited_fen) for answer in again] == credits_fen
            assert answered == credits_fen[: len(answered)]
            assert everything_kept(world.issuer.store) == expected, names[dies_at - 1]
            world.issuer.centre.check_books()
            world.close()


def settled(world: World, batch: list[Submission]) -> list[Settled]:
    with world.issuer.transaction():
        answers = world.issuer.settle_all(batch)
    return [answer for answer in answers if isinstance(answer, Settled)]
