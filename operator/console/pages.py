"""The console's pages: templates filled with what was verified. Pure but for reading its own templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from shuangli.api.service.html import BASE_STYLE, LANGUAGES, environment_of
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_shapes import FACTS
from shuangli.offline.periods.figures import named
from shuangli.offline.periods.page import CHARTS, classed, groups
from shuangli.operator.console.cases import case_view
from shuangli.operator.console.index import END, PERIOD, TellingEntry
from shuangli.operator.console.reports import OpenReport, ShelfRow, StillOpening
from shuangli.operator.console.words import words
from shuangli.operator.privacy.identities import IdentityRequest

BASE: Final = "/console"
"""Where the console lies on its service."""
STYLE: Final = BASE_STYLE + files("shuangli.operator.console").joinpath("console.css").read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks at a page, in which language, and at which address; `who` is empty before a sign-in."""

    language: str
    here: str
    query: str = ""
    who: str = ""


_ENVIRONMENT: Final = environment_of("shuangli.operator.console")
_ENVIRONMENT.filters["figure"] = lambda parts: ".".join(filter(None, parts))
_ENVIRONMENT.globals["zip"] = zip


def _page(template: str, reader: Reader, title: str, **more: Any) -> bytes:
    said = words(reader.language)
    page = _ENVIRONMENT.get_template(f"{template}.html.j2").render(
        w=said,
        base=BASE,
        style="console.css",
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


def opening_page(reader: Reader, opening: StillOpening) -> bytes:
    """A report that is being verified: how far that is, and nothing of what the report says."""
    return _page("opening", reader, opening.name, read=opening.entries_read, entries=opening.entries)


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
        hours=shown.index.hours,
        classes=[(kind, classed(report, kind, names)) for kind, names in CHARTS.items()],
        delays=shown.delays,
        end=groups(report.stocks),
        period=groups(report.flows),
        files=shown.file_names,
        root=root.hex(),
    )


def figure_page(reader: Reader, name: str, shown: OpenReport, figure: str) -> bytes | None:
    """The entries behind a figure; None if the report has no such figure."""
    where, _, plain = figure.partition(".")
    figures = {END: shown.report.stocks, PERIOD: shown.report.flows}.get(where, {})
    if plain not in figures:
        return None
    return _page(
        "figure",
        reader,
        figure,
        name_of_report=name,
        figure=figure,
        value=figures[plain],
        seen=shown.index.behind(figure),
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
        told=[*named(dict(entry.told)).items()],
    )


def case_page(reader: Reader, name: str, case: str, evidence: bytes, *, root: bytes) -> bytes:
    """A case: both transfers side by side, verified anew."""
    view = case_view(case, evidence, root=root)
    title = f"{words(reader.language)['case']} {case.removesuffix('.cbor')}"
    return _page("case", reader, title, name_of_report=name, case=view, root=root.hex())


def identities_page(reader: Reader, requests: Sequence[IdentityRequest]) -> bytes:
    """Who has asked for identities, why, and what became of it: nobody's identity."""
    return _page("identities", reader, "identities", requests=requests)


def fault_page(reader: Reader, title: str, why: str) -> bytes:
    """What cannot be shown, and why."""
    return _page("fault", reader, title, why=why)
