"""From a Matplotlib figure to SVG inside a page: small, without outside references, in the page's colours.

Figures are drawn in stand-in colours, one for each role (`COLOURS`), which become the page's CSS variables;
so one picture serves light, dark and print. Text stays text, in the page's font. Sizes are in CSS pixels.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from xml.etree import ElementTree as Xml

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

ROLES: Final = ("ink", "muted", "line", "main", "accent", "shade")
COLOURS: Final = {role: f"#00000{number}" for number, role in enumerate(ROLES, 1)}
"""What to draw in, by role; black but for a number, so that no figure relies on its value."""
Palette = Mapping[str, str]
"""Colours by role."""
LIGHT: Final[Palette] = {
    "ink": "#1a1e23",
    "muted": "#5a636d",
    "line": "#e1e3e2",
    "main": "#2470ad",
    "accent": "#c2540a",
    "shade": "#ece8dd",
}
"""The page's colours by day, for pictures that stand alone."""

POINTS_PER_INCH: Final = 72
NUMBER: Final = re.compile(r"-?\d+\.\d+")
REFERENCE: Final = re.compile(r"#([\w-]+)")
KEPT_IN_GROUPS: Final = {"clip-path", "transform", "style"}


@contextmanager
def _own_settings() -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rc("svg", fonttype="none", hashsalt="shuangli")
        yield


def draw(
    width: int, height: int, margins: tuple[int, int, int, int], paint: Callable[[Axes], None]
) -> Figure:
    """A figure of width x height pixels with one plot, `margins` (left, right, top, bottom) inside its edges.

    What somebody has put into a matplotlibrc plays no part, and no global state is left behind.
    """
    left, right, top, bottom = margins
    with _own_settings():
        figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
        figure.patch.set_visible(False)
        size = ((width - left - right) / width, (height - top - bottom) / height)
        axes = figure.add_axes((left / width, bottom / height, *size))
        axes.patch.set_visible(False)
        paint(axes)
    return figure


def picture_bytes(figure: Figure, kind: str) -> bytes:
    """The figure as a file of its own, "svg" or "png" (144 dots an inch), on white."""
    figure.patch.set_visible(True)
    figure.patch.set_facecolor("white")
    with _own_settings():
        written = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(written, format=kind, dpi=2 * POINTS_PER_INCH, metadata=metadata)
    return written.getvalue()


def inline_svg(figure: Figure, *, name: str, title: str, description: str) -> str:
    """The figure as an `svg` element; `name` sets its ids apart from those of the page's other figures."""
    with _own_settings():
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    drawn = Xml.fromstring(written.getvalue())  # noqa: S314 - written by the line above
    _, _, width, height = drawn.attrib["viewBox"].split()
    root = Xml.Element(
        "svg",
        {
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
        },
    )
    Xml.SubElement(root, "title", {"id": f"{name}-title"}).text = title
    Xml.SubElement(root, "desc", {"id": f"{name}-desc"}).text = description
    referenced = set(REFERENCE.findall(" ".join(_attributes(drawn, "clip-path", "href"))))
    for child in drawn:
        root.extend(_kept(child, name, referenced))
    return Xml.tostring(root, encoding="unicode", short_empty_elements=True)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _attributes(element: Xml.Element, *names: str) -> Iterator[str]:
    for part in element.iter():
        yield from (value for key, value in part.attrib.items() if _local(key) in names)


def _kept(element: Xml.Element, name: str, referenced: set[str]) -> list[Xml.Element]:
    """What is kept of an element: itself, its children where it groups them for nothing, or nothing."""
    tag = _local(element.tag)
    # Matplotlib's style sheet would apply to the whole page, and its metadata point elsewhere.
    if tag in {"metadata", "style"}:
        return []
    children = [part for child in element for part in _kept(child, name, referenced)]
    attributes = dict(_rewritten(element, name, referenced))
    if tag in {"g", "defs"} and (not children or (tag == "g" and not KEPT_IN_GROUPS & attributes.keys())):
        return children
    kept = Xml.Element(tag, attributes)
    kept.text = element.text if tag == "text" else None
    kept.extend(children)
    return [kept]


def _rewritten(element: Xml.Element, name: str, referenced: set[str]) -> Iterator[tuple[str, str]]:
    for key, value in element.attrib.items():
        local = _local(key)
        if local == "id":
            if value in referenced:
                yield "id", f"{name}-{value}"
        elif local in {"clip-path", "href"}:
            yield local, REFERENCE.sub(rf"#{name}-\1", value)
        elif local == "style":
            yield "style", _style(value)
        elif value.startswith("rotate(-0 "):
            continue
        elif local in {"d", "x", "y", "width", "height", "transform", "points"}:
            short = NUMBER.sub(lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), value)
            yield local, " ".join(short.split())


def _style(text: str) -> str:
    """A style without a font's name, and with the page's colours."""
    parts = []
    for part in text.split(";"):
        key, _, value = (half.strip() for half in part.partition(":"))
        if key == "font":
            weight = "bold " if "bold" in value or "700" in value else ""
            size = re.search(r"[\d.]+px", value)
            parts.append(f"font:{weight}{size[0] if size else '12px'} var(--font)")
        elif key and key not in {"stroke-linejoin", "font-family"}:
            parts.append(f"{key}:{value}")
    style = ";".join(parts)
    for role, colour in COLOURS.items():
        style = style.replace(colour, f"var(--{role})")
    return style
