"""A report as one page of HTML that needs nothing else: for people, to read and to print. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Final, NamedTuple

from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_facts import WAITS
from shuangli.messages.period_report import PeriodReport
from shuangli.money import format_yuan
from shuangli.offline.periods.ageing import AGES, TIMES_LEFT
from shuangli.offline.periods.titles import TITLES, Title

_STYLE: Final = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2733; background: #fff }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; width: 100% }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #d5dde5; overflow-wrap: anywhere }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
code, .id { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
svg { width: 100%; max-width: 40rem; height: auto } rect { fill: #1f5f8b } text { font-size: 12px; fill: #1c2733 }
"""  # noqa: E501
CHARTS: Final = {
    "waits": tuple(name for name, _ in WAITS),
    "age": tuple(one.name for one in AGES),
    "left": tuple(one.name for one in TIMES_LEFT),
}
"""The groups that are drawn, and their classes in order."""


class Group(NamedTuple):
    """Figures of one kind: names of columns, and a row of values for each name; None where there is none."""

    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int | None, ...]], ...]


def groups(figures: Mapping[str, int]) -> list[Group]:
    """A report's figures as tables: one a kind, a row for each name, a column for each figure."""
    kinds: dict[str, dict[str, dict[str, int]]] = {}
    for name, value in figures.items():
        kind, _, rest = name.partition(".")
        who, _, what = rest.rpartition(".")
        kinds.setdefault(kind, {}).setdefault(who, {})[what] = value
    found = []
    for kind, rows in sorted(kinds.items()):
        columns = tuple(sorted({what for row in rows.values() for what in row}))
        table = tuple(
            (who, tuple(row.get(column) for column in columns)) for who, row in sorted(rows.items())
        )
        found.append(Group(kind, columns, table))
    return found


def classed(report: PeriodReport, kind: str, classes: Iterable[str]) -> list[tuple[str, int]]:
    """The values of a group that is told by classes: payments of the period, or fen at its end."""
    by_class = dict.fromkeys(classes, 0)
    for name, value in (report.flows if kind == "waits" else report.stocks).items():
        group, _, rest = name.partition(".")
        if group == kind:
            of, _, what = rest.rpartition(".")
            by_class[what if kind == "waits" else of] += value
    return [*by_class.items()]


def instant(time_s: int) -> str:
    """A time as people read it, in UTC."""
    return datetime.fromtimestamp(time_s, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def heading(report: PeriodReport) -> list[tuple[str, str]]:
    """What a report says of itself, above its figures."""
    span = report.span
    return [
        ("Of", "the whole system" if report.origin == CENTRE_ORIGIN else report.origin),
        ("From", instant(span.from_s)),
        ("Until", instant(span.until_s)),
        ("Made", instant(report.made_at_s)),
        ("Entries of the log", f"{span.first:,} to {span.end:,} of {report.size:,}"),
        ("Root of the log", report.root.hex()),
        ("Report", report.signed.id.hex()),
        ("Puts right", report.replaces.hex() or "no other"),
    ]


def is_money(kind: str, column: str) -> bool:
    """Whether the figures of a column are amounts."""
    return kind == "books" or column.endswith("_fen")


def head_of(kind: str, column: str) -> str:
    """What a column is called where people read it."""
    name = column.removesuffix("_fen").replace("_", " ")
    return f"{name} (yuan)" if is_money(kind, column) else name


def shown(kind: str, column: str, value: int | None) -> str:
    """A figure as people read it: money in yuan, all else as a count."""
    if value is None:
        return ""
    return format_yuan(value) if is_money(kind, column) else f"{value:,}"


def report_page(report: PeriodReport) -> bytes:
    """The page of a report."""
    title = f"Report of {report.origin}, {instant(report.span.from_s)} to {instant(report.span.until_s)}"
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="id">{escape(value)}</td></tr>'
        for name, value in heading(report)
    )
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        "<p>Nothing on this page is signed: verify the report with <code>shuangli report verify</code>.</p>",
        f"<table><tbody>{rows}</tbody></table>",
        *(_chart(kind, classed(report, kind, classes)) for kind, classes in CHARTS.items()),
        "<h2>At its end <span lang='zh'>期末</span></h2>",
        *map(_table, groups(report.stocks)),
        "<h2>In the period <span lang='zh'>本期</span></h2>",
        *map(_table, groups(report.flows)),
        "</main></body></html>",
    ]
    return ("\n".join(parts) + "\n").encode()


def _table(group: Group) -> str:
    title = TITLES.get(group.kind, Title(group.kind, "", "which"))
    columns = "".join(
        f'<th scope="col" class="n">{escape(head_of(group.kind, column))}</th>' for column in group.columns
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(
            f'<td class="n">{shown(group.kind, column, value)}</td>'
            for column, value in zip(group.columns, values, strict=True)
        )
        + "</tr>\n"
        for name, values in group.rows
    )
    caption = f'{escape(title.english)} <span lang="zh">{escape(title.chinese)}</span>'
    head = f'<thead><tr><th scope="col">{escape(title.by)}</th>{columns}</tr></thead>'
    return f"<table><caption>{caption}</caption>{head}<tbody>\n{rows}</tbody></table>"


def _chart(kind: str, values: list[tuple[str, int]]) -> str:
    """Bars of a group that is told by classes; nothing where all are 0."""
    most = max(max(value for _, value in values), 0)
    if not most:
        return ""
    column = "" if kind == "waits" else "_fen"
    bars = ""
    for row, (name, value) in enumerate(values):
        y, width = 22 * row + 15, max(value, 0) * 330 // most
        bars += (
            f'<text x="0" y="{y}">{escape(name)}</text>'
            f'<rect x="130" y="{y - 12}" width="{width}" height="16"/>'
            f'<text x="{136 + width}" y="{y}">{shown(kind, column, value)}</text>'
        )
    label = escape(TITLES[kind].english)
    size = f"0 0 600 {22 * len(values) + 4}"
    return (
        f'<figure><figcaption>{label} <span lang="zh">{TITLES[kind].chinese}</span></figcaption>'
        f'<svg viewBox="{size}" role="img" aria-label="{label}">{bars}</svg></figure>'
    )
