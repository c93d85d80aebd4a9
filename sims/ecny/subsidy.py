"""A subsidy: a city gives everybody meal money, to be spent in time and only where meals are sold.

The money is value under a condition (`shuangli.messages.conditions`): payees are restaurants and grocers by
their merchant category codes, and what is left after the last day goes back to the city. People also carry
money of their own; their wallets spend the subsidy first where it is taken.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.cast import Group, cast, once_a_day_s
from shuangli.sims.ecny import frame as framing
from shuangli.sims.ecny.frame import (
    OPERATORS,
    EcnyConfig,
    Frame,
    Visits,
    cell_plan,
    meetings,
    price_fen,
    visits,
)
from shuangli.sims.errands import Errands, Gifts, Loads, Under
from shuangli.sims.plan import CellPlan
from shuangli.sims.scenario import CELLS, DAY_S, HOUR_S, Labels, Scenario
from shuangli.sims.settings import setting

PURPOSE: Final = "meals"
RESTAURANT: Final = 5_812
GROCER: Final = 5_411
BOOKSHOP: Final = 5_942
"""Merchant category codes, ISO 18245."""
GIVEN_S: Final = 9 * HOUR_S
LABELS: Final = Labels(kinds=("eligible", "other"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsidyConfig(EcnyConfig):
    """Meal money from a city: spent in time and where meals are sold, or it goes back."""

    days: int = framing.days(10)
    people: int = framing.people(200)
    merchants: int = framing.merchants(16)
    eligible_share: float = setting(
        0.5, "share of merchants that sell meals", concern=framing.WORLD, low=0.1, high=0.9
    )
    visits_per_day: float = framing.per_day(1.2, "purchases of")
    price_fen: int = framing.amount_fen(2_500, "mean price of a purchase")
    own_fen: int = framing.amount_fen(20_000, "money of their own that people carry")
    subsidy_fen: int = setting(
        10_000, "given to each person", concern=framing.POLICY, unit="fen", low=100, high=400_000
    )
    valid_days: int = setting(
        5, "days in which it can be spent", concern=framing.POLICY, unit="days", low=1, high=30
    )


def subsidy(config: SubsidyConfig, *, seed: int) -> Scenario:
    """Plan a subsidy.

    Raises:
        BadInput: a setting is wrong.
    """
    frame = framing.frame(config, seed=seed)
    going = visits(frame, "purchase", config.people, config.visits_per_day)
    price = price_fen(going.chance[:, 0], config.price_fen)
    return framing.scenario(
        "subsidy",
        frame,
        lambda cell, first: _cell(config, frame, cell, first, going, price),
        labels=LABELS,
        facts={"purpose": PURPOSE, "classes": [GROCER, RESTAURANT]},
    )


def _cell(
    config: SubsidyConfig, frame: Frame, cell: int, first_device: int, going: Visits, price: Ints
) -> CellPlan:
    """People first, then merchants (those that sell meals first), then the city."""
    people = frame.of_cell(cell, config.people)
    count = people.size
    shops = frame.of_cell(cell, config.merchants).size
    eligible = min(shops - 1, max(1, round(config.eligible_share * shops)))
    number = np.arange(shops)
    classes = np.where(number < eligible, np.where(number % 2, GROCER, RESTAURANT), BOOKSHOP)
    lined_up = cast(
        (
            Group(
                count=count,
                deposit_fen=config.own_fen,
                first_load_fen=config.own_fen,
                sync_every_s=DAY_S,
                sync_from_s=once_a_day_s(frame.uniforms("when people go online", config.people)[people]),
            ),
            Group(
                count=shops,
                person=False,
                operators=number % OPERATORS,
                payee_classes=classes,
                sync_every_s=DAY_S,
                sync_from_s=once_a_day_s(
                    frame.uniforms("when shops go online", config.merchants)[cell::CELLS]
                ),
            ),
            Group(count=1, person=False, deposit_fen=count * config.subsidy_fen),
        ),
        frame.calendar,
    )
    _, first_shop, city = lined_up.firsts
    mine = going.person % CELLS == cell
    shop = np.floor(going.chance[mine, 1] * shops).astype(np.int64)
    given_s = frame.first_day_s + GIVEN_S
    everybody = np.arange(count)
    amount = np.full(count, config.subsidy_fen)
    under = np.zeros(count, dtype=np.int64)
    errands = Errands(
        conditions=(
            Under(
                purpose=PURPOSE,
                payees=(GROCER, RESTAURANT),
                spend_by_s=frame.midnight_s(config.valid_days),
                giver=city,
            ),
        ),
        gifts=Gifts(at_s=given_s + everybody, receiver=everybody, amount_fen=amount, under=under),
        loads=Loads(at_s=given_s + HOUR_S + everybody, device=everybody, amount_fen=amount, under=under),
        classes=lined_up.classes,
        purposes={GROCER: (PURPOSE,), RESTAURANT: (PURPOSE,)},
    )
    meets = meetings(
        going.at_s[mine],
        going.person[mine] // CELLS,
        first_shop + shop,
        price[mine],
        LABELS.tags((shop >= eligible).astype(np.int64)),
    )
    return cell_plan(frame, cell, lined_up, meets, first_device=first_device, errands=errands)
