"""Run the worked study of docs/tutorial/clone-study.md, and put its pictures and numbers into the page.

    python scripts/make_clone_study.py [--out build/clone-study] [--workers N]

The study is the scenario file that stands in the page: 60 runs, some minutes on two processors. Begun again,
it goes on where it was.
"""

import sys
from collections.abc import Iterator
from typing import Final

import polars as pl

from scripts.studies import ROOT, as_table, between, options, run_study, write_page
from shuangli.sims.api import Comparison
from shuangli.sims.report.words import duration, yuan

PAGE: Final = ROOT / "docs/tutorial/clone-study.md"
LOSS: Final = "forks.borne_by_guarantee_fund_fen"
PAID: Final = "payments.paid_share"
PICTURES: Final = {
    f"levels-{LOSS}.png": "clone-study-loss.png",
    f"levels-{PAID}.png": "clone-study-paid.png",
}
HEAD: Final = (
    *("gates reconcile every", "first load", "the fund pays", "95 % t-interval"),
    *("trips paid", "more than the baseline, bootstrap"),
)


def rows(compared: Comparison) -> Iterator[tuple[str, ...]]:
    """A row for each point: loss, share paid, and the paired difference of the loss."""
    for loss in compared.points.filter(pl.col("measure") == LOSS).iter_rows(named=True):
        point = pl.col("point") == loss["point"]
        paid = compared.points.filter(point & (pl.col("measure") == PAID))["mean"][0]
        others = compared.differences.filter(point & (pl.col("measure") == LOSS))
        yield (
            duration(loss["reconcile_every_s"]),
            yuan(loss["load_fen"]),
            yuan(round(loss["mean"])),
            between(loss["t_low"], loss["t_high"]),
            f"{100 * paid:.1f} %",
            between(others["bootstrap_low"][0], others["bootstrap_high"][0]) if others.height else "–",
        )


def main() -> int:
    """Run it, and write the page and its pictures; 1 if runs are missing."""
    out, workers = options("clone")
    compared = run_study(PAGE, out, workers=workers)
    if compared is None:
        return 1
    pictures = {target: out / "plots" / source for source, target in PICTURES.items()}
    write_page(PAGE, as_table(HEAD, rows(compared)), pictures)
    print(compared.sensitivity.filter(pl.col("measure").is_in([LOSS, PAID])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
