"""A report as a PDF, to file and to print. Needs reportlab (the extra `pdf`).

Chinese is set in a font that readers of PDF bring along (Adobe's `STSong-Light`), so that none is shipped.
The same report gives the same bytes.
"""

import io
from html import escape
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.page import Group, groups, head_of, heading, instant, shown
from shuangli.offline.periods.titles import TITLES, Title

CHINESE: Final = "STSong-Light"
_MOST_COLUMNS: Final = 6
_PAGE: Final[dict[str, Any]] = {"pagesize": A4, "leftMargin": 36, "rightMargin": 36, "invariant": 1}
_GRID: Final = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.25, colors.lightgrey),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONTSIZE", (0, 0), (-1, -1), 7.5),
    ]
)


def report_pdf(report: PeriodReport) -> bytes:
    """The PDF of a report."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    title = f"Report of {report.origin}, {instant(report.span.from_s)} to {instant(report.span.until_s)}"
    story: list[Any] = [
        _words(title, size=14),
        _words("Nothing in this file is signed: verify the report with `shuangli report verify`."),
        Spacer(1, 8),
        LongTable(
            [[name, _words(value, size=7.5)] for name, value in heading(report)], [110, 400], style=_GRID
        ),
    ]
    for where, chinese, figures in (
        ("At its end", "期末", report.stocks),
        ("In the period", "本期", report.flows),
    ):
        story += [Spacer(1, 12), _words(where, chinese, size=12)]
        for group in groups(figures):
            story += _tables(group)
    file = io.BytesIO()
    SimpleDocTemplate(file, **_PAGE, title=title, author=report.origin).build(story)
    return file.getvalue()


def _tables(group: Group) -> list[Any]:
    """A group as tables of so many columns as fit on a page."""
    title = TITLES.get(group.kind, Title(group.kind, "", "which"))
    parts: list[Any] = [Spacer(1, 8), _words(title.english, title.chinese, size=9.5)]
    for start in range(0, len(group.columns), _MOST_COLUMNS):
        columns = group.columns[start : start + _MOST_COLUMNS]
        head = [title.by, *(_words(head_of(group.kind, column), size=7.5) for column in columns)]
        rows = [
            [
                _words(name, size=7.5),
                *(shown(group.kind, *one) for one in zip(columns, values[start:], strict=False)),
            ]
            for name, values in group.rows
        ]
        widths = [110, *[400 / len(columns)] * len(columns)]
        parts.append(LongTable([head, *rows], widths, repeatRows=1, style=_GRID))
    return parts


def _words(text: str, chinese: str = "", *, size: float = 9) -> Paragraph:
    style = ParagraphStyle("words", fontSize=size, leading=1.3 * size, wordWrap="CJK")
    more = f' <font name="{CHINESE}">{escape(chinese)}</font>' if chinese else ""
    return Paragraph(escape(text) + more, style)
