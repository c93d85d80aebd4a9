"""The charts of a comparison, each for the page in its colours, and as SVG and PNG of their own.

Whiskers are 95 % t-intervals; in charts of sensitivity they are the intervals that `sensitivity` names.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from shuangli.sims.report.plots import FULL, HALF, Chart, Size, bare_frame, made
from shuangli.sims.report.svg import Palette
from shuangli.sims.studies.figures import column_of
from shuangli.sims.studies.measures import ALL_MEASURES
from shuangli.sims.studies.numbers import figure, level, scale_of, title
from shuangli.sims.studies.record import Record

MARKS: Final = (("main", "o", "-"), ("accent", "s", "-"), ("main", "^", "--"), ("accent", "v", "--"))
"""How series are told apart: colour, mark and line."""
MOST_BARS: Final = 24
TICKS: Final = 4
"""Marks on the axis of a setting that was sampled."""


def _scale(axes: Axes, palette: Palette) -> None:
    """Light lines across, and few marks."""
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: figure(number)))
    axes.yaxis.grid(True, color=palette["line"], linewidth=1)


def levels_picture(record: Record, points: pl.DataFrame, measure: str) -> Chart:
    """A measure of a grid over the levels of its first setting, a line for each combination of the others.

    Where these would be too many, over the levels of the first setting alone, the mean of all others.
    """
    name, *others = record.axes
    rows = points.filter(pl.col("measure") == measure)
    groups = _groups(rows, name, others)
    levels = list(dict.fromkeys(point[name] for point in record.points))
    divisor, unit = scale_of(measure, float(np.nanmax(np.abs(rows["mean"].to_numpy()))))

    def paint(axes: Axes, size: Size, palette: Palette) -> None:
        bare_frame(axes, size, palette, unit or "share")
        _scale(axes, palette)
        for number, (text, group) in enumerate(groups):
            colour, mark, line = MARKS[number]
            at = np.array([levels.index(value) for value in group[name]])
            shift = (number - (len(groups) - 1) / 2) * 0.06
            mean = group["mean"].to_numpy() / divisor
            low, high = (
                group[column].fill_null(group["mean"]).to_numpy() / divisor for column in ("t_low", "t_high")
            )
            axes.errorbar(
                at + shift,
                mean,
                yerr=np.abs(np.stack([mean - low, high - mean])),
                color=palette[colour],
                marker=mark,
                markersize=6,
                linestyle=line,
                linewidth=1.5,
                capsize=3,
                label=text,
            )
        if ALL_MEASURES[measure].unit and axes.get_ylim()[0] > 0:
            axes.set_ylim(bottom=0)  # amounts and counts start at zero, shares where they differ
        axes.set_xticks(range(len(levels)), [level(name, value) for value in levels])
        axes.set_xlim(-0.5, len(levels) - 0.5)
        axes.set_xlabel(name, fontsize=size.font, color=palette["muted"])
        if len(groups) > 1:
            axes.legend(fontsize=size.font - 1, frameon=False, labelcolor=palette["ink"])

    by = f", by {', '.join(others)}" if len(groups) > 1 else ""
    text = "Means over seeds with 95 % t-intervals."
    if rows["point"].n_unique() > sum(group.height for _, group in groups):
        by = ", the mean of all else"
        text = f"Means over seeds and over all levels of {', '.join(others)}."
    sizes = tuple(size._replace(height=300, margins=(*size.margins[:3], 46)) for size in FULL)
    return made(f"levels-{measure}", f"Over {name}{by}", f"{title(measure)}. {text}", sizes, paint)


def _groups(rows: pl.DataFrame, first: str, others: Sequence[str]) -> list[tuple[str, pl.DataFrame]]:
    """The rows for each combination of the other settings, in words; one group where they are too many."""
    if not others:
        return [("", rows)]
    groups = rows.partition_by(list(others), maintain_order=True, as_dict=True)
    if len(groups) > len(MARKS):
        means = rows.group_by(first, maintain_order=True).agg(pl.col("mean").mean())
        return [("", means.with_columns(pl.lit(None).alias(column) for column in ("t_low", "t_high")))]
    return [
        (", ".join(f"{name} {level(name, value)}" for name, value in zip(others, key, strict=True)), group)
        for key, group in groups.items()
    ]


def differences_picture(record: Record, differences: pl.DataFrame, measure: str) -> Chart | None:
    """How far each point of a grid is from the baseline; none where there are too many points."""
    rows = differences.filter(pl.col("measure") == measure)
    if not 0 < rows.height <= MOST_BARS:
        return None
    divisor, unit = scale_of(measure, float(np.abs(rows["mean"].to_numpy()).max()))
    texts = [point_text(record, point) for point in rows["point"]]

    def paint(axes: Axes, size: Size, palette: Palette) -> None:
        bare_frame(axes, size, palette, "")
        at = np.arange(rows.height)[::-1]
        mean = rows["mean"].to_numpy() / divisor
        for low, high, shift, colour in (
            ("t_low", "t_high", 0.12, "main"),
            ("bootstrap_low", "bootstrap_high", -0.12, "accent"),
        ):
            known = rows[low].is_not_null().to_numpy()
            lows, highs = (rows[column].to_numpy()[known] / divisor for column in (low, high))
            axes.hlines(at[known] + shift, lows, highs, color=palette[colour], linewidth=2)
        axes.plot(mean, at, "o", color=palette["ink"], markersize=4)
        axes.axvline(0, color=palette["muted"], linewidth=1)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: figure(number)))
        axes.set_yticks(at, texts)
        axes.set_xlabel(unit or "difference", fontsize=size.font, color=palette["muted"])

    longest = max(len(text) for text in texts)
    sizes = tuple(
        size._replace(
            height=70 + 22 * rows.height,
            margins=(min(int(longest * size.font * 0.56) + 14, size.width // 2), 14, 14, 46),
        )
        for size in FULL
    )
    text = f"{title(measure)}: each point less the baseline. Blue: t-interval; orange: bootstrap."
    return made(f"differences-{measure}", "Against the baseline, seed by seed", text, sizes, paint)


def sensitivity_picture(record: Record, sensitivity: pl.DataFrame, measure: str) -> Chart | None:
    """What each setting does to a measure."""
    rows = sensitivity.filter(pl.col("measure") == measure)
    if not rows.height:
        return None
    indices = list(dict.fromkeys(rows["index"]))

    def paint(axes: Axes, size: Size, palette: Palette) -> None:
        bare_frame(axes, size, palette, "coefficient" if indices == ["rank"] else "share of the variance")
        _scale(axes, palette)
        width = 0.7 / len(indices)
        for number, index in enumerate(indices):
            part = rows.filter(pl.col("index") == index)
            at = np.arange(part.height) + (number - (len(indices) - 1) / 2) * width
            value = part["value"].to_numpy()
            low, high = (part[column].fill_null(part["value"]).to_numpy() for column in ("low", "high"))
            colour = palette[("main", "accent")[number]]
            axes.bar(at, value, width=width * 0.9, color=colour, label=index)
            axes.vlines(at, low, high, color=palette["ink"], linewidth=1.5)
        axes.axhline(0, color=palette["muted"], linewidth=1)
        axes.set_xticks(range(len(record.axes)), record.axes)
        axes.set_xlim(-0.6, len(record.axes) - 0.4)
        if len(indices) > 1:
            axes.legend(fontsize=size.font - 1, frameon=False, labelcolor=palette["ink"])

    text = f"{title(measure)}: {' and '.join(indices)} by setting, with 95 % intervals."
    return made(f"sensitivity-{measure}", "What each setting does", text, HALF, paint)


def scatter_pictures(record: Record, points: pl.DataFrame, measure: str) -> list[Chart]:
    """A measure of a sampled design over each setting: a dot for each point, its mean over seeds."""
    rows = points.filter(pl.col("measure") == measure)
    if not rows.height:
        return []
    divisor, unit = scale_of(measure, float(np.abs(rows["mean"].to_numpy()).max()))
    return [_scatter(record, rows, measure, name, divisor, unit) for name in record.axes]


def _scatter(record: Record, rows: pl.DataFrame, measure: str, name: str, divisor: float, unit: str) -> Chart:
    column = column_of(record, name)
    at = column[rows["point"].to_numpy()]
    ticks, texts = _ticks(record, name)

    def paint(axes: Axes, size: Size, palette: Palette) -> None:
        bare_frame(axes, size, palette, unit or "share")
        _scale(axes, palette)
        axes.plot(at, rows["mean"].to_numpy() / divisor, "o", color=palette["main"], markersize=4, alpha=0.7)
        if name in record.logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(ticks, texts)
        axes.set_xlabel(name, fontsize=size.font, color=palette["muted"])

    text = f"{title(measure)} over {name}; a dot for each point, its mean over seeds."
    return made(f"scatter-{measure}-{name}", f"Over {name}", text, HALF, paint)


def _ticks(record: Record, name: str) -> tuple[list[float], list[str]]:
    """Marks on the axis of a varied setting: four values from end to end, or all that there are."""
    column = column_of(record, name)
    values = [point[name] for point in record.points]
    if len(set(values)) <= TICKS or isinstance(values[0], str):
        known = dict(sorted(zip(column.tolist(), values, strict=True), key=lambda pair: pair[0]))
        return list(known), [level(name, value) for value in known.values()]
    spread = np.geomspace if name in record.logarithmic else np.linspace
    ticks = spread(column.min(), column.max(), TICKS).tolist()
    whole = isinstance(values[0], int)
    return ticks, [level(name, round(tick) if whole else float(f"{tick:.3g}")) for tick in ticks]


def point_text(record: Record, point: int) -> str:
    """A point in words: the values of its settings."""
    return ", ".join(level(name, value) for name, value in record.points[point].items())
