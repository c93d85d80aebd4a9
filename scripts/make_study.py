"""Run the worked study of docs/tutorial/clone-study.md, and put its pictures and numbers into the page.

    python scripts/make_study.py [--out build/clone-study] [--workers N]

The study is the scenario file that stands in the page: 60 runs, some minutes on two processors. Begun again,
it goes on where it was. What stands in the page between the marks is written here; what it means is not.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from shuangli.sims.api import Comparison, compare, sweep
from shuangli.sims.progress import sweep_bar
from shuangli.sims.report.words import duration, yuan

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs/tutorial/clone-study.md"
IMAGES: Final = ROOT / "docs/images"
LOSS: Final = "forks.borne_by_guarantee_fund_fen"
PAID: Final = "payments.paid_share"
PICTURES: Final = {
    f"levels-{LOSS}.png": "clone-study-loss.png",
    f"levels-{PAID}.png": "clone-study-paid.png",
}
START: Final = "<!-- numbers -->\n"
END: Final = "<!-- end of numbers -->\n"


HEAD: Final = (
    *("gates reconcile every", "first load", "the fund pays", "95 % t-interval"),
    *("trips paid", "more than the baseline, bootstrap"),
)


def table(compared: Comparison) -> str:
    """The numbers of the page: a row for each point."""
    lines = [HEAD, ("---",) * len(HEAD), *rows(compared)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines).replace("\u00a0", " ")


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


def between(low_fen: float | None, high_fen: float | None) -> str:
    """An interval of amounts; a dash where there is none."""
    if low_fen is None or high_fen is None:
        return "–"
    return f"{yuan(round(low_fen))} to {yuan(round(high_fen))}"


def study_text() -> str:
    """The scenario file that stands in the page."""
    return PAGE.read_text(encoding="utf-8").split("<<'END'\n", 1)[1].split("\nEND\n", 1)[0] + "\n"


def main() -> int:
    """Run it, and write the page and its pictures; 1 if runs are missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build/clone-study", help="where to run it")
    parser.add_argument("--workers", type=int, help="runs at once")
    arguments = parser.parse_args()
    file = arguments.out.with_suffix(".toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(study_text(), encoding="utf-8")
    with sweep_bar("clone study") as show:
        swept = sweep(file, arguments.out, workers=arguments.workers, show=show)
    compared = compare(arguments.out)
    if compared.missing:
        print(f"{compared.missing} runs are missing: {swept.failures[:1]}", file=sys.stderr)
        return 1
    for source, target in PICTURES.items():
        (IMAGES / target).write_bytes((arguments.out / "plots" / source).read_bytes())
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n{table(compared)}\n\n{END}{after}", encoding="utf-8")
    print(compared.sensitivity.filter(pl.col("measure").is_in([LOSS, PAID])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
