"""Draw time and memory against riders and days, from what `make bench ONLY=sim.scale` measured.

    python scripts/plot_scale.py [--bench build/bench.json] [--out docs/images/scale.svg]

Both axes are logarithmic: a straight line is a power of the size, and its slope the power. The slope is that
of the least squares line through the logarithms; it stands in the picture and is printed.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PREFIX: Final = "sim.scale."
UNITS: Final = {"time": "seconds of processor time", "memory": "MB"}
SHAPES: Final = {"time": ("#2470ad", "o"), "memory": ("#c2540a", "s")}


class Line(NamedTuple):
    """One measure over one size, in order of size, with the slope of its logarithms."""

    sizes: list[float]
    values: list[float]

    @property
    def slope(self) -> float:
        """The power of the size with which it grows."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.values), 1)[0])


def lines_of(entries: Sequence[Mapping[str, object]]) -> dict[tuple[str, str], Line]:
    """The lines in the entries of `build/bench.json`, by what was varied and what was measured."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for entry in entries:
        name, value = str(entry["name"]), entry["value"]
        if name.startswith(PREFIX) and isinstance(value, int | float):
            axis, size, what = name.removeprefix(PREFIX).split(".")
            found.setdefault((axis, what), []).append((float(size), float(value)))
    lines = {}
    for key, points in found.items():
        if len(points) > 1:
            sizes, values = zip(*sorted(points), strict=True)
            lines[key] = Line(list(sizes), list(values))
    return lines


def draw(lines: Mapping[tuple[str, str], Line]) -> Figure:
    """A panel for each size that was varied, with both measures in it."""
    axes_names = sorted({axis for axis, _ in lines}, reverse=True)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rc("svg", hashsalt="shuangli")
        figure = Figure(figsize=(4.6 * len(axes_names), 3.6), layout="constrained")
        for place, axis in enumerate(axes_names, 1):
            _panel(figure.add_subplot(1, len(axes_names), place), axis, lines)
    return figure


def _panel(axes: Axes, axis: str, lines: Mapping[tuple[str, str], Line]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(axis)
    axes.grid(True, which="major", color="#e1e3e2")
    for (of, what), line in lines.items():
        if of == axis:
            colour, mark = SHAPES[what]
            text = f"{UNITS[what]}, slope {line.slope:.2f}"
            axes.plot(line.sizes, line.values, color=colour, marker=mark, label=text)
    axes.legend(frameon=False, fontsize="small")


def main() -> int:
    """Draw; 0 done, 1 there is nothing to draw."""
    parser = argparse.ArgumentParser(description="Draw time and memory against riders and days.")
    parser.add_argument("--bench", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--out", type=Path, default=Path("docs/images/scale.svg"))
    arguments = parser.parse_args()
    lines = lines_of(json.loads(arguments.bench.read_bytes()))
    if not lines:
        print(f"{arguments.bench}: holds no sizes; run make bench ONLY=sim.scale first", file=sys.stderr)
        return 1
    with matplotlib.rc_context():
        matplotlib.rc("svg", hashsalt="shuangli")
        metadata = {"Date": None} if arguments.out.suffix == ".svg" else None
        draw(lines).savefig(arguments.out, metadata=metadata)
    for (axis, what), line in sorted(lines.items()):
        print(f"{what} over {axis}: slope {line.slope:.3f} ({line.sizes[0]:,.0f} to {line.sizes[-1]:,.0f})")
    print(f"written to {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
