"""Split bills: a meal that was ordered and brought is one bill, and three are paid for it in one second.

The kitchen, the platform that took the order and the courier each show a request for their share, and the
payer's wallet answers each with its own transfer. The shares add up to the bill, to the fen.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.sims.ecny import frame as framing
from shuangli.sims.ecny.frame import EcnyConfig, price_fen, visits
from shuangli.sims.ecny.sharing import Bills, shared
from shuangli.sims.scenario import Labels, Scenario
from shuangli.sims.settings import setting

LABELS: Final = Labels(kinds=("kitchen", "platform", "courier"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitConfig(EcnyConfig):
    """Bills that are split among several receivers."""

    people: int = framing.people(160)
    merchants: int = framing.merchants(16, "kitchens")
    bills_per_day: float = framing.per_day(0.8, "bills of")
    bill_fen: int = framing.amount_fen(4_500, "mean bill")
    platform_share: float = setting(
        0.12, "part of a bill that goes to the platform", concern=framing.WORLD, low=0.01, high=0.4
    )
    courier_share: float = setting(
        0.1, "part of a bill that goes to the courier", concern=framing.WORLD, low=0.01, high=0.4
    )


def split(config: SplitConfig, *, seed: int) -> Scenario:
    """Plan bills that are split.

    Raises:
        BadInput: a setting is wrong.
    """
    frame = framing.frame(config, seed=seed)
    bills = visits(frame, "bill", config.people, config.bills_per_day)
    total_fen = price_fen(bills.chance[:, 0], config.bill_fen)
    shares = (1 - config.platform_share - config.courier_share, config.platform_share, config.courier_share)
    return shared(
        "split",
        frame,
        Bills(visits=bills, total_fen=total_fen, shares=shares, labels=LABELS),
        people=config.people,
        merchants=config.merchants,
        facts={"bills": int(bills.at_s.size), "bills_fen": int(total_fen.sum())},
    )
