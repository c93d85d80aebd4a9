"""A border: people of two countries with two currencies, who pay at shops on both sides of it.

Each currency has an issuer of its own, with its root, its mint and its registration centre (ADR 0045). Two
banks work on both sides. Who travels has a wallet in each currency. At a bank online, money of a deposit is
sold for money of a deposit abroad, at a stated rate; what is bought is loaded like any other. Offline, a
payment is in one currency: that of the shop's request. Some shops take both, and then have a wallet in each.

The two sides are played beside each other, window by window. Only exchanges cross.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from shuangli.crypto import sha256
from shuangli.currency import DECIMALS
from shuangli.operator.exchange.rate import MILLION, Rate
from shuangli.sims.arrays import Bools, Ints
from shuangli.sims.cast import Group, cast
from shuangli.sims.chance import whole
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
from shuangli.sims.errands import FREE, Errands, Loads, Sales, in_order
from shuangli.sims.plan import CellPlan, Meetings
from shuangli.sims.scenario import CELLS, HOUR_S, Labels, Scenario
from shuangli.sims.settings import setting
from shuangli.sims.signatures import HOME

SELLS_S: Final = (8 * HOUR_S, 9 * HOUR_S)
"""When, on the first day, money is sold; what was bought is loaded two hours later."""
LOADED_AFTER_S: Final = 2 * HOUR_S
LABELS: Final = Labels(kinds=("residents", "visitors"))
RESIDENT, VISITOR = range(2)
COLUMNS: Final = 3
TRAVELS, SHOP, PRICE = range(COLUMNS)
"""What chance decides of a payment: whether it is made on the other side, in which shop, at what price."""
SHOPS_ONLINE_EVERY_S: Final = 6 * HOUR_S
SEED_BYTES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderConfig(EcnyConfig):
    """Two currencies, exchanged online and paid offline on both sides of a border."""

    people: int = framing.people(80, "people of this side")
    people_abroad: int = framing.people(80, "people of the other side")
    merchants: int = framing.merchants(12, "shops of this side")
    merchants_abroad: int = framing.merchants(12, "shops of the other side")
    currency_abroad: str = setting(
        "HKD",
        "currency of the other side, ISO 4217; amounts are in its smallest unit",
        concern=framing.WORLD,
        choices=tuple(sorted(set(DECIMALS) - {HOME})),
    )
    rate_ppm: int = setting(
        920_000,
        "what a unit of the other currency costs, in millionths of a yuan",
        concern=framing.WORLD,
        unit="ppm",
        low=1_000,
        high=100_000_000,
    )
    spread_ppm: int = setting(
        5_000,
        "part of what is sold that the bank keeps as its fee",
        concern=framing.POLICY,
        unit="ppm",
        low=0,
        high=100_000,
    )
    both_share: float = setting(
        0.3, "share of shops that take both currencies", concern=framing.WORLD, low=0, high=1
    )
    travels_share: float = setting(
        0.4, "share of a day's payments that are made on the other side", concern=framing.WORLD, low=0, high=1
    )
    purse_fen: int = framing.amount_fen(30_000, "what everybody loads at first, in their own currency")
    sold_fen: int = framing.amount_fen(
        30_000, "what everybody sells, in fen or as much of the other currency"
    )
    short_share: float = setting(
        0.05,
        "share of people whose deposit is too small for that; they travel with nothing",
        concern=framing.WORLD,
        low=0,
        high=1,
    )
    payments_per_day: float = framing.per_day(1.5, "payments of")
    price_fen: int = framing.amount_fen(3_000, "mean price, in fen or as much of the other currency")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Country:
    """One side: its people and shops, the rate at which its currency is sold, what its people set out to pay.

    both: which of its shops take both currencies. scale: smallest units of its currency for a number of fen.
    short: whose deposit is too small for what they sell.
    """

    rate: Rate
    frame: Frame
    people: int
    shops: int
    both: Bools
    short: Bools
    scale: Rate | None
    going: Visits

    def amount(self, fen: int) -> int:
        """As much as so many fen, in its smallest unit."""
        return fen if self.scale is None else self.scale.quote(fen).bought_fen

    def shops_of(self, cell: int, *, only_both: bool = False) -> Ints:
        """The shops of a cell, or those of them that take both currencies."""
        mine = self.frame.of_cell(cell, self.shops)
        return mine[self.both[mine]] if only_both else mine


def border(config: BorderConfig, *, seed: int) -> Scenario:
    """Plan both sides of a border.

    Raises:
        BadInput: a setting is wrong.
    """
    here, there = _countries(config, seed)
    return replace(_side(here, there, config), abroad=_side(there, here, config))


def _countries(config: BorderConfig, seed: int) -> tuple[_Country, _Country]:
    """This side and the other. What chance decides of both comes from the one seed."""
    cost = {"per": MILLION, "gives": config.rate_ppm}
    price = {"per": config.rate_ppm, "gives": MILLION}
    spread = config.spread_ppm
    buys = Rate(sold=HOME, bought=config.currency_abroad, **price, spread_ppm=spread)
    sells = Rate(sold=config.currency_abroad, bought=HOME, **cost, spread_ppm=spread)
    chance = framing.frame(config, seed=seed)
    made = []
    for name, rate, people, shops, scale in (
        ("here", buys, config.people, config.merchants, None),
        ("there", sells, config.people_abroad, config.merchants_abroad, replace(buys, spread_ppm=0)),
    ):
        made.append(
            _Country(
                rate=rate,
                frame=chance if scale is None else replace(chance, seed=seed_abroad(seed)),
                people=people,
                shops=shops,
                both=chance.uniforms(f"takes both {name}", shops) < config.both_share,
                short=chance.uniforms(f"short {name}", people) < config.short_share,
                scale=scale,
                going=visits(chance, f"pays {name}", people, config.payments_per_day, columns=COLUMNS),
            )
        )
    return made[0], made[1]


def seed_abroad(seed: int) -> int:
    """Where chance starts on the other side: no key is the same on both."""
    return int.from_bytes(sha256(f"abroad/{seed}".encode())[:SEED_BYTES])


def _side(mine: _Country, other: _Country, config: BorderConfig) -> Scenario:
    """Everything that is in the currency of one side."""
    return framing.scenario(
        "border",
        mine.frame,
        lambda cell, first: _cell(mine, other, config, cell, first),
        labels=LABELS,
        facts={
            "decimals": DECIMALS[mine.rate.sold],
            "sells_to": other.rate.sold,
            "rate": f"{mine.rate.gives} {mine.rate.bought} for {mine.rate.per} {mine.rate.sold}",
        },
        rate=mine.rate,
    )


def _counts(mine: _Country, other: _Country, cell: int) -> tuple[int, int, int, int]:
    """Devices of a cell: residents, visitors, shops, and shops of the other side that take both."""
    return (
        mine.frame.of_cell(cell, mine.people).size,
        mine.frame.of_cell(cell, other.people).size,
        mine.shops_of(cell).size,
        other.shops_of(cell, only_both=True).size,
    )


def _first_visitor(mine: _Country, other: _Country, cell: int) -> int:
    """The number on this side of the first visitor's device of a cell."""
    before = sum(sum(_counts(mine, other, earlier)) for earlier in range(cell))
    return before + _counts(mine, other, cell)[0]


def _cell(mine: _Country, other: _Country, config: BorderConfig, cell: int, first_device: int) -> CellPlan:
    residents, visitors, shops, both = _counts(mine, other, cell)
    who, guests = (mine.frame.of_cell(cell, country.people) for country in (mine, other))
    purse_fen, sold_fen = mine.amount(config.purse_fen), mine.amount(config.sold_fen)
    to_sell_fen = np.where(mine.short[who], sold_fen // 2, sold_fen)
    seller = np.arange(residents)
    sells_s = mine.frame.midnight_s(0) + whole(mine.frame.uniforms("sells", mine.people)[who], *SELLS_S)
    comes_s = other.frame.midnight_s(0) + whole(other.frame.uniforms("sells", other.people)[guests], *SELLS_S)
    bought_fen = other.rate.quote(other.amount(config.sold_fen)).bought_fen
    shop = Group(count=0, person=False, sync_every_s=SHOPS_ONLINE_EVERY_S)
    lined_up = cast(
        (
            Group(
                count=residents,
                operators=who // CELLS % OPERATORS,
                deposit_fen=purse_fen + to_sell_fen,
                first_load_fen=purse_fen,
            ),
            Group(count=visitors, operators=guests // CELLS % OPERATORS),
            replace(shop, count=shops, operators=np.arange(shops) % OPERATORS),
            replace(shop, count=both, operators=np.arange(both) % OPERATORS),
        ),
        mine.frame.calendar,
    )
    errands = Errands(
        sales=in_order(
            Sales,
            at_s=sells_s,
            device=seller,
            amount_fen=np.full(residents, sold_fen),
            buyer=_first_visitor(other, mine, cell) + seller,
        ),
        loads=in_order(
            Loads,
            at_s=comes_s + LOADED_AFTER_S,
            device=residents + np.arange(visitors),
            amount_fen=np.full(visitors, bought_fen),
            under=np.full(visitors, FREE),
        ),
    )
    return cell_plan(
        mine.frame,
        cell,
        lined_up,
        _payments(mine, other, config, cell),
        first_device=first_device,
        errands=errands,
        unit_fen=10 ** DECIMALS[mine.rate.sold],
    )


def _payments(mine: _Country, other: _Country, config: BorderConfig, cell: int) -> Meetings:
    """What is paid in the currency of one side in a cell, by its residents and by its visitors.

    Residents pay with it at home, and abroad in shops that take both; visitors in its own country.
    """
    residents, visitors, shops, _ = _counts(mine, other, cell)
    abroad = other.shops_of(cell)
    takes = np.flatnonzero(other.both[abroad])
    columns: list[list[Ints]] = []
    for kind, country, first_payer in ((RESIDENT, mine, 0), (VISITOR, other, residents)):
        going = country.going.where(country.going.person % CELLS == cell)
        travels = going.chance[:, TRAVELS] < config.travels_share
        where = abroad if kind == RESIDENT else mine.shops_of(cell)
        # On the other side of one's own: to which of its shops, and whether that one takes both.
        shop = np.floor(going.chance[:, SHOP] * where.size).astype(np.int64)
        in_both = (other.both if kind == RESIDENT else mine.both)[where][shop]
        if kind == RESIDENT:
            at_home = np.floor(going.chance[:, SHOP] * shops).astype(np.int64)
            beyond = shops + np.searchsorted(takes, shop)
            payee = np.where(travels, beyond, at_home)
            kept = ~travels | in_both
        else:
            payee, kept = shop, travels & ~in_both
        asked_fen = price_fen(going.chance[:, PRICE], mine.amount(config.price_fen))
        columns.append(
            [
                going.at_s[kept],
                first_payer + going.person[kept] // CELLS,
                residents + visitors + payee[kept],
                asked_fen[kept],
                LABELS.tags(kind, len(LABELS.kinds) * np.flatnonzero(kept) + kind),
            ]
        )
    return meetings(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))
