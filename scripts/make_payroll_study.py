"""Run the study of docs/tutorial/payroll-outage-study.md, and put its pictures and numbers into the page.

    python scripts/make_payroll_study.py [--out build/payroll-outage-study] [--workers N]

The study is the scenario file that stands in the page: 36 runs, some minutes on two processors. Begun again,
it goes on where it was. One run more, with its outage, gives the picture of what is outstanding at each hour.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl
from matplotlib.figure import Figure

from scripts.studies import ROOT, as_table, options, percent, run_study, write_page
from shuangli.sims.api import Comparison, run_setup
from shuangli.sims.report.words import yuan
from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.studies.study import read_study

PAGE: Final = ROOT / "docs/tutorial/payroll-outage-study.md"
PAID: Final = "payments.paid_share"
UNRECONCILED: Final = "hours.unreconciled_fen.max"
HEAD: Final = (
    *("outage", "a received coin is", "carried of a wage", "payments paid", "95 % t-interval"),
    *("more than without outage, paid on, 25 %", "paid and not handed in, at most"),
)


def rows(compared: Comparison) -> Iterator[tuple[str, ...]]:
    """A row for each point: share paid, its paired difference, and the most that was not handed in."""
    for paid in compared.points.filter(pl.col("measure") == PAID).iter_rows(named=True):
        point = pl.col("point") == paid["point"]
        held = compared.points.filter(point & (pl.col("measure") == UNRECONCILED))["mean"][0]
        other = compared.differences.filter(point & (pl.col("measure") == PAID))
        yield (
            f"{paid['outage_d']:g} days",
            "paid on" if paid["mode"] == "transferable" else "handed in first",
            f"{100 * paid['loaded_share']:g} %",
            f"{100 * paid['mean']:.1f} %",
            f"{percent(paid['t_low'])} to {percent(paid['t_high'])}",
            f"{percent(other['t_low'][0])} to {percent(other['t_high'][0])}" if other.height else "–",
            yuan(round(held)),
        )


def paid_picture(path: Path, compared: Comparison) -> None:
    """Draw the share of payments that were paid over what is carried of a wage, with 95 % t-intervals."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    points = compared.points.filter(pl.col("measure") == PAID).sort("loaded_share")
    for days, line in ((0.0, "-"), (7.0, "--")):
        for mode, words in (("transferable", "paid on"), ("staged", "handed in first")):
            mine = points.filter((pl.col("outage_d") == days) & (pl.col("mode") == mode))
            share, low, high = (100 * mine[name].to_numpy() for name in ("mean", "t_low", "t_high"))
            axes.errorbar(
                100 * mine["loaded_share"].to_numpy() + (mode == "staged") * 0.4,
                share,
                yerr=(share - low, high - share),
                linestyle=line,
                marker="o",
                capsize=3,
                label=f"{words}, {'a week of outage' if days else 'no outage'}",
            )
    axes.set(xlabel="carried of a wage, %", ylabel="payments paid, %", ylim=(30, 105))
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)


def outstanding_picture(path: Path, out: Path) -> None:
    """Draw what is outstanding at each hour of one run with the outage, and what of it was passed on."""
    study = read_study(out.with_suffix(".toml"))
    wanted = {"outage_d": 7.0, "loaded_share": 0.25, "mode": "transferable"}
    written = run_setup(study.run(study.points.index(wanted), 1), out.with_name(f"{out.name}-run"))
    hours = written.result["hours"]
    days = [row["hour"] * HOUR_S / DAY_S for row in hours]
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for name, label in (
        ("circulating_fen", "outstanding: loaded and not yet redeemed"),
        ("unreconciled_fen", "paid and not yet handed in (a coin that is paid on counts each time)"),
    ):
        axes.step(days, [row[name] / 100 for row in hours], where="post", label=label)
    axes.axvspan(4, 11, alpha=0.15, label="no operator can be reached")
    axes.set(xlabel="days since the first midnight", ylabel="yuan", ylim=(0, None))
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=110)


def main() -> int:
    """Run it, and write the page and its pictures; 1 if runs are missing."""
    out, workers = options("payroll-outage")
    compared = run_study(PAGE, out, workers=workers)
    if compared is None:
        return 1
    pictures = {
        f"payroll-outage-{name}.png": out.with_name(f"{out.name}-{name}.png")
        for name in ("paid", "outstanding")
    }
    paid, outstanding = pictures.values()
    paid_picture(paid, compared)
    outstanding_picture(outstanding, out)
    write_page(PAGE, as_table(HEAD, rows(compared)), pictures)
    print(compared.sensitivity.filter(pl.col("measure").is_in([PAID, UNRECONCILED])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
