"""Prepaid cards: customers pay a merchant in advance, spend there, and get back what they have not spent.

The money never belongs to the merchant before something is bought: it is value that the customer gives to
their own purse under a condition that only this merchant's class fulfils. Some merchants close before all is
spent; their customers ask for the rest, and have it back. What is left when a card ends comes back too.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

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
from shuangli.sims.errands import Errands, Gifts, Loads, Refunds, Under
from shuangli.sims.plan import CellPlan
from shuangli.sims.scenario import CELLS, DAY_S, HOUR_S, Labels, Scenario
from shuangli.sims.settings import setting

FIRST_CLASS: Final = 10_000
"""Classes of single merchants begin where merchant category codes end."""
BOUGHT_S: Final = 9 * HOUR_S
ASKS_S: Final = 10 * HOUR_S
"""When customers of a closed merchant ask for their money, on the day after it has closed."""
LABELS: Final = Labels(kinds=("card",))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidConfig(EcnyConfig):
    """Prepaid cards of single merchants, with refund of the unspent part."""

    days: int = framing.days(14)
    people: int = framing.people(200, "customers")
    merchants: int = framing.merchants(16)
    card_fen: int = framing.amount_fen(30_000, "what a customer pays in")
    visits_per_day: float = framing.per_day(0.5, "visits of")
    price_fen: int = framing.amount_fen(4_000, "mean price of a visit")
    valid_days: int = setting(
        12, "days in which a card can be used", concern=framing.POLICY, unit="days", low=2, high=60
    )
    closing_share: float = setting(
        0.25, "share of merchants that close", concern=framing.WORLD, low=0, high=1
    )
    closing_day: int = setting(
        6, "day of the run on which they do, from 1", concern=framing.WORLD, unit="day", low=2, high=60
    )


def prepaid(config: PrepaidConfig, *, seed: int) -> Scenario:
    """Plan prepaid cards: a customer has the card of one merchant.

    Raises:
        BadInput: a setting is wrong.
    """
    frame = framing.frame(config, seed=seed)
    going = visits(frame, "visit", config.people, config.visits_per_day)
    return framing.scenario(
        "prepaid",
        frame,
        lambda cell, first: _cell(config, frame, cell, first, going),
        labels=LABELS,
        facts={"paid_in_fen": config.people * config.card_fen},
    )


def _cell(config: PrepaidConfig, frame: Frame, cell: int, first_device: int, going: Visits) -> CellPlan:
    """Customers first, then merchants, each with a class of its own."""
    customers, merchants = (frame.of_cell(cell, total) for total in (config.people, config.merchants))
    count, shops = customers.size, merchants.size
    classes = FIRST_CLASS + merchants
    lined_up = cast(
        (
            Group(
                count=count,
                deposit_fen=config.card_fen,
                sync_every_s=DAY_S,
                sync_from_s=once_a_day_s(frame.uniforms("when people go online", config.people)[customers]),
            ),
            Group(
                count=shops,
                person=False,
                operators=np.arange(shops) % OPERATORS,
                payee_classes=classes,
                sync_every_s=DAY_S,
            ),
        ),
        frame.calendar,
    )
    chosen = np.floor(frame.uniforms("whose card", config.people)[customers] * shops).astype(np.int64)
    closes = frame.uniforms("closes", config.merchants)[merchants] < config.closing_share
    closes_s = np.where(closes, frame.midnight_s(config.closing_day - 1), frame.calendar.closes_s)
    mine = going.where(going.person % CELLS == cell)
    customer = mine.person // CELLS
    bought_s = frame.first_day_s + BOUGHT_S
    goes = (mine.at_s < closes_s[chosen[customer]]) & (mine.at_s > bought_s + 3 * HOUR_S)
    everybody = np.arange(count)
    amount = np.full(count, config.card_fen)
    asks = np.flatnonzero(closes[chosen])
    names = [f"card of {merchant}" for merchant in merchants]
    errands = Errands(
        conditions=tuple(
            Under(
                purpose=names[shop],
                payees=(int(classes[shop]),),
                spend_by_s=frame.midnight_s(config.valid_days),
                giver=int(number),
            )
            for number, shop in enumerate(chosen)
        ),
        gifts=Gifts(at_s=bought_s + everybody, receiver=everybody, amount_fen=amount, under=everybody),
        loads=Loads(at_s=bought_s + HOUR_S + everybody, device=everybody, amount_fen=amount, under=everybody),
        refunds=Refunds(
            at_s=frame.midnight_s(config.closing_day) + ASKS_S + np.arange(asks.size), device=asks
        ),
        classes=lined_up.classes,
        purposes={int(number): (name,) for number, name in zip(classes, names, strict=True)},
    )
    price = price_fen(mine.chance[:, 0], config.price_fen)
    meets = meetings(
        mine.at_s[goes],
        customer[goes],
        lined_up.firsts[1] + chosen[customer[goes]],
        price[goes],
        LABELS.tags(0, mine.person[goes]),
    )
    return cell_plan(frame, cell, lined_up, meets, first_device=first_device, errands=errands)
