"""Run the study of docs/tutorial/staged-or-transferable-study.md; put its pictures and numbers into the page.

    python scripts/make_staged_study.py [--out build/staged-study] [--workers N]

The study is the scenario file that stands in the page: 54 runs, some minutes on two processors. Begun again,
it goes on where it was.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
from matplotlib.figure import Figure

from scripts.studies import ROOT, as_table, between, options, percent, run_study, write_page
from shuangli.sims.api import Comparison
from shuangli.sims.report.words import duration, yuan
from shuangli.sims.scenario import HOUR_S

PAGE: Final = ROOT / "docs/tutorial/staged-or-transferable-study.md"
PAID: Final = "payments.paid_share"
BYTES: Final = "payments.bytes_per_payment"
LOSS: Final = "forks.borne_by_guarantee_fund_fen"
DELAY: Final = "forks.detection_delay_s.p50"
HEAD: Final = (
    *("offline for", "hop cap", "payments paid", "95 % t-interval", "more than staged, 4 d 21 h"),
    *("bytes a payment", "the fund pays", "95 % t-interval", "a fork is found after, median"),
)


class Drawn(NamedTuple):
    """A picture: its name, what it shows, the axis of that, and what a unit of it is."""

    name: str
    measure: str
    label: str
    unit: float


PICTURES: Final = (
    Drawn("paid", PAID, "payments paid, %", 0.01),
    Drawn("loss", LOSS, "the guarantee fund pays, yuan", 100),
)


def hops(cap: int) -> str:
    """A hop cap in words."""
    return f"{cap} (staged)" if cap == 1 else str(cap)


def rows(compared: Comparison) -> Iterator[tuple[str, ...]]:
    """A row for each point: what is paid, what it carries, what copies cost and when they are found."""
    for paid in (
        compared.points.filter(pl.col("measure") == PAID).sort("offline_h", "hop_cap").iter_rows(named=True)
    ):
        mine = compared.points.filter(pl.col("point") == paid["point"])
        size, loss, delay = (
            mine.filter(pl.col("measure") == measure).row(0, named=True) for measure in (BYTES, LOSS, DELAY)
        )
        other = compared.differences.filter((pl.col("point") == paid["point"]) & (pl.col("measure") == PAID))
        yield (
            duration(paid["offline_h"] * HOUR_S),
            hops(paid["hop_cap"]),
            f"{100 * paid['mean']:.1f} %",
            f"{percent(paid['t_low'])} to {percent(paid['t_high'])}",
            f"{percent(other['t_low'][0])} to {percent(other['t_high'][0])}" if other.height else "–",
            f"{size['mean']:,.0f}",
            yuan(round(loss["mean"])),
            between(loss["t_low"], loss["t_high"]),
            duration(delay["mean"]),
        )


def picture(path: Path, compared: Comparison, drawn: Drawn) -> None:
    """Draw a measure over how long people are offline, a line for each hop cap, with 95 % t-intervals."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    points = compared.points.filter(pl.col("measure") == drawn.measure).sort("offline_h")
    for place, cap in enumerate(sorted(set(points["hop_cap"]))):
        mine = points.filter(pl.col("hop_cap") == cap)
        value, low, high = (mine[name].to_numpy() / drawn.unit for name in ("mean", "t_low", "t_high"))
        axes.errorbar(
            mine["offline_h"].to_numpy() + place,
            value,
            yerr=(value - low, high - value),
            marker="o",
            capsize=3,
            label=f"hop cap {hops(cap)}",
        )
    axes.set(xlabel="offline between two spells online, hours on average", ylabel=drawn.label, ylim=(0, None))
    axes.legend(loc="best")
    figure.savefig(path, dpi=110)


def main() -> int:
    """Run it, and write the page and its pictures; 1 if runs are missing."""
    out, workers = options("staged")
    compared = run_study(PAGE, out, workers=workers)
    if compared is None:
        return 1
    pictures = {}
    for drawn in PICTURES:
        path = out.with_name(f"{out.name}-{drawn.name}.png")
        picture(path, compared, drawn)
        pictures[f"staged-study-{drawn.name}.png"] = path
    write_page(PAGE, as_table(HEAD, rows(compared)), pictures)
    print(compared.sensitivity.filter(pl.col("measure").is_in([PAID, LOSS, BYTES])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
