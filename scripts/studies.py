"""What the scripts of the worked studies share: a study is run as it stands in its page.

The scenario file is there as the reader types it. Numbers go between two marks, and pictures into the folder
of images; what they mean is written by hand.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from scripts.generated import put_between
from shuangli.sims.api import Comparison, compare, sweep
from shuangli.sims.progress import sweep_bar
from shuangli.sims.report.words import yuan

ROOT: Final = Path(__file__).resolve().parents[1]
IMAGES: Final = ROOT / "docs/images"
START: Final = "<!-- numbers -->"
END: Final = "<!-- end of numbers -->"


def study_text(page: Path) -> str:
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
    put_between(page, START, numbers, END)


def as_table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table as Markdown has it."""
    lines = [head, ("---",) * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines).replace("\u00a0", " ")


def between(low_fen: float | None, high_fen: float | None) -> str:
    """An interval of amounts; a dash where there is none."""
    if low_fen is None or high_fen is None:
        return "–"
    return f"{yuan(round(low_fen))} to {yuan(round(high_fen))}"


def percent(share: float | None) -> str:
    """A share in per cent; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f} %".replace("-", "−")
