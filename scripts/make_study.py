"""Run the worked study of docs/tutorial/clone-study.md, and put its pictures and numbers into the page.

    python scripts/make_study.py [--out build/clone-study] [--workers N]

The study is the scenario file that stands in the page: 60 runs, some minutes on two processors. Begun again,
it goes on where it was. What stands in the page between the marks is written here; what it means is not.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    return as_table(HEAD, rows(compared))


def as_table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table as Markdown has it."""
    lines = [head, ("---",) * len(head), *body]
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


def study_text(page: Path = PAGE) -> str:
    """The scenario file that stands in a page."""
    return page.read_text(encoding="utf-8").split("<<'END'\n", 1)[1].split("\nEND\n", 1)[0] + "\n"


def options(what: str) -> tuple[Path, int | None]:
    """Where a study is run, and how many runs at once, from the command line."""
    parser = argparse.ArgumentParser(
        description=f"Run the {what} study, and write its page and its pictures."
    )
    parser.add_argument("--out", type=Path, default=ROOT / f"build/{what}-study", help="where to run it")
    parser.add_argument("--workers", type=int, help="runs at once")
    arguments = parser.parse_args()
    return arguments.out, arguments.workers


def run_study(page: Path, out: Path, *, workers: int | None) -> Comparison | None:
    """Run the study that stands in a page, and compare its points; None if runs are missing."""
    file = out.with_suffix(".toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(study_text(page), encoding="utf-8")
    with sweep_bar(out.stem) as show:
        swept = sweep(file, out, workers=workers, show=show)
    compared = compare(out)
    if compared.missing:
        print(f"{compared.missing} runs are missing: {swept.failures[:1]}", file=sys.stderr)
        return None
    return compared


def write_page(page: Path, numbers: str, pictures: Mapping[str, Path]) -> None:
    """Put numbers between the marks of a page, and pictures, by name, into the folder of images."""
    for target, source in pictures.items():
        (IMAGES / target).write_bytes(source.read_bytes())
    before, _, rest = page.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{START}\n{numbers}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Run it, and write the page and its pictures; 1 if runs are missing."""
    out, workers = options("clone")
    compared = run_study(PAGE, out, workers=workers)
    if compared is None:
        return 1
    write_page(PAGE, table(compared), {target: out / "plots" / source for source, target in PICTURES.items()})
    print(compared.sensitivity.filter(pl.col("measure").is_in([LOSS, PAID])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
