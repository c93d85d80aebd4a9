"""The report's charts. Each is drawn twice, wide and narrow, and the page shows the one that fits.

Titles stand in the page, not in the picture. Every scale of amounts starts at zero.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from shuangli.currency import decimals_of
from shuangli.sims.report.series import Level, OverTime, Spread, step_s
from shuangli.sims.report.svg import COLOURS, LIGHT, Palette, draw, inline_svg, picture_bytes
from shuangli.sims.report.words import count, duration, unit_of

Outages = Sequence[tuple[float, float]]
"""From when to when operators could not be reached, in hours since the first midnight."""

MOST_SEPARATE_BARS: Final = 48
MOST_HOURS_ON_CLOCK: Final = 48
OFF_SCALE: Final = 3
"""A busiest second more than so many times above the highest mean is marked, but not drawn to scale."""


class Size(NamedTuple):
    """A variant of a chart: size, margins (left, right, top, bottom) and font in pixels, ticks on an axis."""

    name: str
    width: int
    height: int
    margins: tuple[int, int, int, int]
    font: float
    ticks: int


NARROW: Final = Size("narrow", 358, 236, (46, 12, 42, 26), 12, 6)
FULL: Final = (Size("wide", 1000, 286, (62, 16, 44, 28), 13, 14), NARROW)
HALF: Final = (Size("wide", 488, 264, (54, 14, 44, 44), 13, 6), NARROW._replace(margins=(46, 14, 42, 44)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A finished chart: what it shows, in words; the page's SVG of each variant by name; and as files."""

    name: str
    title: str
    description: str
    variants: tuple[tuple[str, str], ...]
    svg: bytes
    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAxis:
    """The time that charts of a run share, in hours since the first midnight, and its outages."""

    end_h: float
    outages: Outages


Paint = Callable[[Axes, Size, Palette], None]
"""Draws a variant of a chart in some colours."""


def made(name: str, title: str, description: str, sizes: Sequence[Size], paint: Paint) -> Chart:
    """A chart in all its variants for the page, and its first one as files of their own."""

    def drawn(size: Size, palette: Palette) -> Figure:
        return draw(size.width, size.height, size.margins, lambda axes: paint(axes, size, palette))

    variants = []
    for size in sizes:
        svg = inline_svg(
            drawn(size, COLOURS), name=f"{name}-{size.name}", title=title, description=description
        )
        variants.append((size.name, svg))
    return Chart(
        name=name,
        title=title,
        description=description,
        variants=tuple(variants),
        svg=picture_bytes(drawn(sizes[0], LIGHT), "svg"),
        png=picture_bytes(drawn(sizes[0], LIGHT), "png"),
    )


def compact(number: float, highest: float) -> str:
    """A number on an axis up to `highest`: "0", "0.5", "1,500", and where it goes higher "20 k", "1.5 M"."""
    for from_, unit, letter in ((1e9, 1e9, " G"), (1e6, 1e6, " M"), (1e4, 1e3, " k")):
        if highest >= from_ and number:
            return f"{number / unit:,.6g}{letter}"
    return f"{number:,.6g}"


def _frame(axes: Axes, size: Size, palette: Palette, unit: str, *, whole: bool = False) -> None:
    """Zero at the bottom, light lines across, and the unit above the scale."""
    bare_frame(axes, size, palette, unit)
    axes.yaxis.set_major_locator(MaxNLocator(5 if size.name == "wide" else 4, integer=whole))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: compact(number, axes.get_ylim()[1])))
    axes.yaxis.grid(True, color=palette["line"], linewidth=1)


def bare_frame(axes: Axes, size: Size, palette: Palette, unit: str) -> None:
    """A line at the bottom, no other one, and the unit above the scale."""
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(palette["muted"])
    axes.tick_params(length=0, labelsize=size.font, labelcolor=palette["muted"], pad=5)
    axes.set_axisbelow(True)
    left, _, top, _ = size.margins
    axes.annotate(
        unit,
        (0, 1),
        xycoords="axes fraction",
        xytext=(-left, top - size.font - 1),
        textcoords="offset points",
        fontsize=size.font,
        color=palette["muted"],
    )


def _top(axes: Axes, highest: float) -> None:
    axes.set_ylim(0, highest * 1.08 if highest > 0 else 1)


def _hour(hour: float) -> str:
    return f"{int(hour) % 24:02d}:{round(hour % 1 * 60):02d}"


def _time(axes: Axes, size: Size, palette: Palette, time: TimeAxis) -> None:
    """Hours of a day or two, or days, and a shade where operators could not be reached."""
    axes.set_xlim(0, time.end_h)
    if time.end_h <= MOST_HOURS_ON_CLOCK:
        step_h = next(step for step in (1, 2, 3, 6, 12) if time.end_h / step <= size.ticks or step == 12)
        axes.xaxis.set_major_locator(FixedLocator(np.arange(0, time.end_h + 1e-9, step_h).tolist()))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: _hour(hour)))
    else:
        days = int(np.ceil(time.end_h / 24))
        every = -(-days // (size.ticks if size.name == "wide" else 4))
        # A day's name stands at its noon, its line at its midnight.
        noons = np.arange(12, time.end_h + 12, 24 * every)
        axes.xaxis.set_major_locator(FixedLocator(noons[noons < time.end_h].tolist()))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: f"day {int(hour) // 24 + 1}"))
        for midnight in range(24, int(time.end_h) + 1, 24):
            axes.axvline(midnight, color=palette["line"], linewidth=1, zorder=0)
    axes.xaxis.set_minor_locator(NullLocator())
    for first_h, last_h in time.outages:
        axes.axvspan(first_h, last_h, color=palette["shade"], linewidth=0, zorder=0)
        middle = (first_h + last_h) / 2 / time.end_h
        side = "left" if middle < 0.2 else "right" if middle > 0.8 else "center"
        at_h = {"left": first_h, "right": min(last_h, time.end_h), "center": (first_h + last_h) / 2}[side]
        text = "operators unreachable" if size.name == "wide" else "unreachable"
        if time.end_h <= MOST_HOURS_ON_CLOCK:
            text += f" {_hour(first_h)}–{_hour(last_h)}"
        _label(axes, size, palette, text, (at_h, 1), side=side, colour="muted", above=4, on_top=True)


def _label(
    axes: Axes,
    size: Size,
    palette: Palette,
    text: str,
    at: tuple[float, float],
    *,
    side: str,
    colour: str,
    above: float = 5,
    along: float = 0,
    on_top: bool = False,
) -> None:
    """A direct label at a point of the data; `on_top` takes its height in parts of the plot's instead."""
    axes.annotate(
        text,
        at,
        xycoords=("data", "axes fraction") if on_top else "data",
        xytext=(along, above),
        textcoords="offset points",
        fontsize=size.font,
        color=palette[colour],
        horizontalalignment=side,
        annotation_clip=False,
    )


def _steps(axes: Axes, data: OverTime, colour: str) -> None:
    axes.stairs(data.values, data.edges_h, fill=True, color=colour, linewidth=0)


def hours_chart(
    title: str, *, solid: OverTime, marked: OverTime, names: tuple[str, str], unit: str, time: TimeAxis
) -> Chart:
    """Bars by hour (what came of it), and a mark for each hour (what was asked for)."""

    def paint(axes: Axes, size: Size, palette: Palette) -> None:
        _frame(axes, size, palette, unit, whole=True)
        bars = solid.values.size
        if bars <= MOST_SEPARATE_BARS:
            axes.bar(solid.edges_h[:-1] + 0.5, solid.values, width=0.72, color=palette["main"])
        else:
            _steps(axes, solid, palette["main"])
        shown = (marked.values > 0) | (solid.values > 0)
        starts = marked.edges_h[:-1][shown]
        axes.hlines(marked.values[shown], starts, starts + 1, color=palette["accent"], linewidth=2, zorder=3)
        _top(axes, max(solid.peak[1], marked.peak[1]))
        _time(axes, size, palette, time)

    text = f"Bars: {names[0]}; marks: {names[1]}; by hour. Highest bar: {count(int(solid.peak[1]))} {unit}."
    return made("hours", title, text, FULL, paint)


def rate_chart(title: str, *, rate: OverTime, busiest: tuple[int, int], what: str, time: TimeAxis) -> Chart:
    """Payments over the day as a mean rate, and the busiest second where it is of the same order."""
    at_s, most = busiest
    per_minute = rate.peak[1] < 0.5
    scale, unit = (60, f"{what} per minute") if per_minute else (1, f"{what} per second")
    shown = OverTime(start_s=rate.start_s, width_s=rate.width_s, values=rate.values * scale)
    on_scale = not per_minute and most <= OFF_SCALE * rate.peak[1]

    def paint(axes: Axes, size: Size, palette: Palette) -> None:
        _frame(axes, size, palette, f"{unit}, mean of {duration(rate.width_s)}")
        _steps(axes, shown, palette["main"])
        _top(axes, max(shown.peak[1] * (1 if on_scale else 1.2), most if on_scale else 0))
        _time(axes, size, palette, time)
        at_h, text = at_s / 3_600, f"busiest second: {count(most)}"
        side = "right" if at_h > time.end_h * 0.62 else "left"
        along = -8 if side == "right" else 8
        if on_scale:
            axes.plot([at_h], [most], "o", color=palette["accent"], markersize=7, clip_on=False)
            _label(axes, size, palette, text, (at_h, most), side=side, colour="accent", above=-4, along=along)
        elif most:
            arrow = f"{text} ↑" if side == "right" else f"↑ {text}"
            below = -size.font - 2
            _label(
                axes, size, palette, arrow, (at_h, 1), side=side, colour="accent", above=below, on_top=True
            )

    text = f"{unit}, mean of {duration(rate.width_s)}. Most in one second: {count(most)}."
    return made("rate", title, text, FULL, paint)


def value_chart(
    name: str, title: str, *, level_fen: Level, currency: str, colour: str, time: TimeAxis
) -> Chart:
    """An amount over the day, in whole units of its currency."""
    unit, decimals = unit_of(currency), decimals_of(currency)
    highest = level_fen.peak[1] / 10**decimals

    def paint(axes: Axes, size: Size, palette: Palette) -> None:
        _frame(axes, size, palette, unit)
        axes.fill_between(level_fen.at_h, level_fen.values / 10**decimals, color=palette[colour], linewidth=0)
        _top(axes, highest)
        _time(axes, size, palette, time)

    sizes = (FULL[0]._replace(height=220), NARROW._replace(height=190))
    text = f"Amount in {unit}, every {duration(level_fen.every_s)}. Most: {highest:,.{decimals}f} {unit}."
    return made(name, title, text, sizes, paint)


def spread_chart(name: str, title: str, *, lengths: Spread, noun: str, colour: str, axis: str) -> Chart:
    """How lengths of time are spread, as bars of counts, with the median and the 95 % point."""
    longest_s = int(lengths.ordered_s[-1])
    edges_s = np.arange(lengths.counts.size + 1) * lengths.width_s

    def paint(axes: Axes, size: Size, palette: Palette) -> None:
        _frame(axes, size, palette, f"{noun} per {duration(lengths.width_s)}", whole=True)
        axes.stairs(lengths.counts, edges_s, fill=True, color=palette[colour], linewidth=0)
        _top(axes, float(lengths.counts.max()) * 1.12)
        end_s = max(int(edges_s[-1]), 1)
        axes.set_xlim(0, end_s)
        step = step_s(end_s, size.ticks - 1)
        axes.xaxis.set_major_locator(FixedLocator(np.arange(0, end_s + 1, step).tolist()))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda second, _: duration(second) if second else "0"))
        axes.set_xlabel(axis, fontsize=size.font, color=palette["muted"], labelpad=4)
        for share, text in ((0.5, "half"), (0.95, "95 %")):
            at_s = lengths.within_s(share)
            axes.axvline(at_s, color=palette["ink"], linewidth=1, linestyle=(0, (3, 2)), ymax=0.97)
            side, along = ("right", -4) if at_s > 0.8 * end_s else ("left", 4)
            above = -size.font if share == 0.5 else -2.3 * size.font
            _label(
                axes,
                size,
                palette,
                text,
                (at_s, 1),
                side=side,
                colour="ink",
                above=above,
                along=along,
                on_top=True,
            )

    text = (
        f"{axis}: half of {count(lengths.ordered_s.size)} {noun} within {duration(lengths.within_s(0.5))},"
        f" 95 % within {duration(lengths.within_s(0.95))}, the longest {duration(longest_s)}."
    )
    return made(name, title, text, HALF, paint)
