"""Tax at the till: of each sale the tax goes to the tax office in the same second, not at the month's end.

The price includes the tax, as in China's value-added tax: of a price p at a rate r, p * r / (1 + r) is tax.
Till and tax office each show a request, and the customer's wallet answers each with its own transfer.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.sims.ecny import frame as framing
from shuangli.sims.ecny.frame import EcnyConfig, price_fen, visits
from shuangli.sims.ecny.sharing import Bills, shared
from shuangli.sims.scenario import Labels, Scenario
from shuangli.sims.settings import setting

LABELS: Final = Labels(kinds=("net price", "tax"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxConfig(EcnyConfig):
    """Sales of which a share goes to the tax office at once."""

    people: int = framing.people(160)
    merchants: int = framing.merchants(16)
    sales_per_day: float = framing.per_day(1.2, "sales to")
    price_fen: int = framing.amount_fen(3_000, "mean price, with tax")
    tax_rate: float = setting(
        0.13,
        "tax on the price without it; 0.13 is China's general rate",
        concern=framing.WORLD,
        low=0.01,
        high=0.5,
    )


def tax(config: TaxConfig, *, seed: int) -> Scenario:
    """Plan sales with tax at the till.

    Raises:
        BadInput: a setting is wrong.
    """
    frame = framing.frame(config, seed=seed)
    sales = visits(frame, "sale", config.people, config.sales_per_day)
    total_fen = price_fen(sales.chance[:, 0], config.price_fen)
    part = config.tax_rate / (1 + config.tax_rate)
    return shared(
        "tax",
        frame,
        Bills(visits=sales, total_fen=total_fen, shares=(1 - part, part), labels=LABELS),
        people=config.people,
        merchants=config.merchants,
        facts={"sales": int(sales.at_s.size), "sales_fen": int(total_fen.sum())},
    )
