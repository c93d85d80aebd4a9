"""The console's pages: templates filled with what was verified. Pure but for reading its own templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.events import FACTS
from shuangli.money import format_yuan
from shuangli.operator.console.cases import case_view
from shuangli.operator.console.figures import END, PERIOD, Hour, behind, groups, hours, named_all
from shuangli.operator.console.reports import MOST_OPEN, OpenReport, ShelfRow, TellingEntry
from shuangli.operator.console.words import LANGUAGES, words

BASE: Final = "/console"
"""Where the console lies on its service."""
MOST_SHOWN: Final = 200
STYLE: Final = files("shuangli.operator.console").joinpath("console.css").read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks at a page, in which language, and at which address; `who` is empty before a sign-in."""

    language: str
    here: str
    query: str = ""
    who: str = ""


def _instant(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def _environment() -> Environment:
    loader = PackageLoader("shuangli.operator.console")
    made = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {
        "instant": _instant,
        "yuan": format_yuan,
        "figure": lambda parts: ".".join(filter(None, parts)),
    }
    made.globals["zip"] = zip
    return made


_ENVIRONMENT: Final = _environment()


def _page(template: str, reader: Reader, title: str, **more: Any) -> bytes:
    said = words(reader.language)
    page = _ENVIRONMENT.get_template(f"{template}.html.j2").render(
        w=said,
        base=BASE,
        languages=LANGUAGES,
        language=reader.language,
        here=reader.here,
        query=reader.query,
        who=reader.who,
        title=said.get(title, title),
        origin=lambda name: said["centre"] if name == CENTRE_ORIGIN else name,
        **more,
    )
    return page.encode()


def sign_in_page(reader: Reader, *, wrong: bool) -> bytes:
    """The page to sign in; `wrong` after a name and secret that nobody has."""
    return _page("sign_in", reader, "sign-in", wrong=wrong)


def shelf_page(reader: Reader, rows: Sequence[ShelfRow]) -> bytes:
    """All reports there are."""
    return _page("shelf", reader, "reports", rows=rows)


@lru_cache(maxsize=MOST_OPEN)
def _hours(shown: OpenReport) -> list[Hour]:
    """The hours of a report, added up once."""
    return hours(shown.entries(), shown.report)


def report_page(reader: Reader, name: str, shown: OpenReport, *, root: bytes) -> bytes:
    """A verified report at a glance: cases, hours, stocks, flows, and how to check it oneself."""
    report = shown.report
    return _page(
        "report",
        reader,
        name,
        name_of_report=name,
        report=report,
        cases=sorted(shown.evidence),
        hours=_hours(shown),
        end=groups(report.stocks),
        period=groups(report.flows),
        files=["report.cbor", "report.json", *sorted(report.files)],
        root=root.hex(),
    )


def figure_page(reader: Reader, name: str, shown: OpenReport, figure: str) -> bytes | None:
    """The entries behind a figure; None if the report has no such figure."""
    where, _, plain = figure.partition(".")
    figures = {END: shown.report.stocks, PERIOD: shown.report.flows}.get(where, {})
    if plain not in figures:
        return None
    found = behind(figure, shown.entries(), shown.report)
    return _page(
        "figure",
        reader,
        figure,
        name_of_report=name,
        figure=figure,
        value=figures[plain],
        found=found,
        shown=found[:MOST_SHOWN],
    )


def entry_page(reader: Reader, name: str, entry: TellingEntry) -> bytes:
    """One entry of the log: its facts, and the figures that it tells."""
    event = entry.event
    facts = [*zip(FACTS[event.kind].facts, event.facts, strict=False)]
    facts += [
        (f"epoch {group['epoch']} {what}", fen) for group in event.each() for what, fen in group.items()
    ]
    shown = [(name, value.hex() if isinstance(value, bytes) else value) for name, value in facts]
    return _page(
        "entry",
        reader,
        f"{words(reader.language)['entry']} {entry.number}",
        name_of_report=name,
        entry=entry,
        facts=shown,
        told=named_all(entry),
    )


def case_page(reader: Reader, name: str, case: str, evidence: bytes, *, root: bytes) -> bytes:
    """A case: both transfers side by side, verified anew."""
    view = case_view(case, evidence, root=root)
    title = f"{words(reader.language)['case']} {case.removesuffix('.cbor')}"
    return _page("case", reader, title, name_of_report=name, case=view, root=root.hex())


def fault_page(reader: Reader, title: str, why: str) -> bytes:
    """What cannot be shown, and why."""
    return _page("fault", reader, title, why=why)
