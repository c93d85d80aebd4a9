"""Rates of exchange between two currencies, in whole numbers. Pure.

    fee    = sold x spread, rounded up to the smallest unit of what is sold
    bought = (sold - fee) x rate, rounded down to the smallest unit of what is bought

A rate is stated between whole units, as people say it: 1,000,000 HKD for 920,000 CNY. Both roundings are in
the operator's favour, by less than one smallest unit each, so nobody gains by cutting an amount into pieces.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.currency import decimals_of
from shuangli.errors import BadInput
from shuangli.money import fen

MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What one exchange comes to: `sold_fen` and, as a part of it, `fee_fen` in the currency that is sold,
    `bought_fen` in the other one."""

    sold_fen: int
    fee_fen: int
    bought_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Whoever sells `per` units of the currency `sold` gets `gives` units of `bought`, less the spread."""

    sold: str
    bought: str
    per: int
    gives: int
    spread_ppm: int

    def __post_init__(self) -> None:
        if self.sold == self.bought:
            raise BadInput("bad-value", f"{self.sold} for {self.bought}: give two different currencies")
        if min(self.per, self.gives) < 1 or not 0 <= self.spread_ppm < MILLION:
            raise BadInput(
                "bad-value", "a rate is of whole units, with a spread from 0 to below 1,000,000 ppm"
            )

    def quote(self, sold_fen: int) -> Quote:
        """What selling so many smallest units comes to.

        Raises:
            BadInput: it is no amount, or too little to buy one smallest unit (`bad-value`).
        """
        fee_fen = -(-fen(sold_fen) * self.spread_ppm // MILLION)
        gives = self.gives * 10 ** decimals_of(self.bought)
        per = self.per * 10 ** decimals_of(self.sold)
        bought_fen = (sold_fen - fee_fen) * gives // per
        if bought_fen < 1:
            raise BadInput(
                "bad-value", f"{sold_fen} of the smallest unit of {self.sold} buy no {self.bought}"
            )
        return Quote(sold_fen=sold_fen, fee_fen=fee_fen, bought_fen=fen(bought_fen))
