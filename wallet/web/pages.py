"""The pages of the web wallet: templates filled with what the wallet holds. Pure but for reading templates.

No page holds a secret: neither key nor passphrase nor session. What a code or a text on a page carries is
made to be shown to the other device.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from shuangli.api.service.html import BASE_STYLE, LANGUAGES, environment_of, instant
from shuangli.errors import ShuangliError
from shuangli.money import MAX_FEN, format_yuan
from shuangli.offline.links.qr import codes_of
from shuangli.offline.links.qr_images import draw, to_moving_svg
from shuangli.offline.links.text import to_text
from shuangli.offline.states import Message
from shuangli.wallet.explaining import Explanation
from shuangli.wallet.history import EXPIRED, Entry
from shuangli.wallet.left import Left
from shuangli.wallet.web.account import Heard
from shuangli.wallet.web.once import Done
from shuangli.wallet.web.payments import ReadRequest
from shuangli.wallet.web.reasons import reason
from shuangli.wallet.web.words import words

CODE_BYTES: Final = 858
"""What a single code holds at most on a screen: what weak cameras still read (ADR 0021)."""
_OWN: Final = files("shuangli.wallet.web")
STYLE_BYTES: Final = BASE_STYLE + _OWN.joinpath("wallet.css").read_bytes()
ICON_BYTES: Final = _OWN.joinpath("icon.svg").read_bytes()
SCRIPT_BYTES: Final = _OWN.joinpath("wallet.js").read_bytes()
_ENVIRONMENT: Final = environment_of("shuangli.wallet.web")
_ENVIRONMENT.filters["instant"] = lambda time_s: instant(time_s, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks at a page: in which language, at which address, and whether they were let in."""

    language: str
    here: str
    query: str = ""
    inside: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message to show to the other device: as `codes` codes in one picture, and as text.

    `name` says what it is: request, payment, receipt or refusal.
    """

    name: str
    codes: int
    picture: str
    text: str


def _shown(messages: Sequence[Message], request_id: bytes) -> list[Shown]:
    """How the messages of a payment are shown."""
    return [
        Shown(
            name=message.kind.name.lower(),
            codes=len(_codes(message)),
            picture=f"/codes/{request_id.hex()}/{number}.svg",
            text=to_text(message),
        )
        for number, message in enumerate(messages)
    ]


def _codes(message: Message) -> tuple[bytes, ...]:
    return codes_of(message, single_bytes=CODE_BYTES)


def picture(message: Message) -> bytes:
    """A message as one SVG: a code, or several in turn."""
    return to_moving_svg(draw(_codes(message))).encode()


def _page(template: str, visitor: Visitor, title: str, **more: Any) -> bytes:
    said = words(visitor.language)
    page = _ENVIRONMENT.get_template(f"{template}.html.j2").render(
        w=said,
        base="",
        style="wallet.css",
        languages=LANGUAGES,
        language=visitor.language,
        here=visitor.here,
        query=visitor.query,
        inside=visitor.inside,
        title=said[title],
        **more,
    )
    return page.encode()


def home_page(
    visitor: Visitor, *, facts: Mapping[str, Any], heard: Heard | None, entries: Sequence[Entry]
) -> bytes:
    """What the wallet holds, and what is not finished; `facts` are those of `wallet show`."""
    return _page("home", visitor, "home", facts=facts, heard=heard, open_entries=entries)


def pay_page(visitor: Visitor) -> bytes:
    """Where a request is scanned."""
    return _page("pay", visitor, "pay")


def confirm_page(visitor: Visitor, read: ReadRequest) -> bytes:
    """A request, for the person's word."""
    return _page("confirm", visitor, "confirm", read=read, request=read.request)


def payment_page(visitor: Visitor, entry: Entry, messages: Sequence[Message]) -> bytes:
    """A payment on either side, how it stands, what to show (`messages`) and what to scan next.

    A payer that has its answer need not show its payment any more, nor a payee a request that has expired.
    """
    shown = _shown(messages, entry.request_id)
    if (entry.paying and not entry.is_open) or (entry.state == EXPIRED and not entry.answer):
        shown = []
    waits = entry.is_open or entry.state == EXPIRED
    scans = ("scan-receipt" if entry.paying else "scan-payment") if waits else ""
    title = "pay" if entry.paying else "receive"
    return _page("payment", visitor, title, entry=entry, shown=shown, scans=scans)


def receive_page(visitor: Visitor, *, once: str) -> bytes:
    """Where an amount is asked for."""
    return _page("receive", visitor, "receive", once=once)


def load_page(visitor: Visitor, *, once: str, sandbox: bool) -> bytes:
    """Where value is loaded."""
    return _page("load", visitor, "load", once=once, sandbox=sandbox)


def sync_page(visitor: Visitor, *, once: str, heard: Heard | None) -> bytes:
    """Where the wallet is reconciled."""
    return _page("sync", visitor, "sync", once=once, heard=heard)


def recovery_page(visitor: Visitor, *, once: str) -> bytes:
    """Where a recovery file is made."""
    return _page("recovery", visitor, "recovery", once=once)


def done_page(visitor: Visitor, done: Done) -> bytes:
    """What came of a load, a reconciliation, or the making of a recovery file."""
    return _page("done", visitor, "done", act=done.act, facts=done.facts)


def history_page(
    visitor: Visitor, *, entries: Sequence[Entry], lines: Sequence[Mapping[str, Any]], heard: Heard | None
) -> bytes:
    """Payments, each with its receipt, and what the account did."""
    return _page("history", visitor, "history", entries=entries, lines=lines, heard=heard)


def limits_page(visitor: Visitor, *, left: Left, heard: Heard | None) -> bytes:
    """What is left of every limit."""
    said = words(visitor.language)
    return _page(
        "limits",
        visitor,
        "limits",
        left=left,
        heard=heard,
        up_to=lambda amount_fen: said["no-limit"] if amount_fen == MAX_FEN else format_yuan(amount_fen),
    )


def launch_page(visitor: Visitor) -> bytes:
    """The page that a link leads to: it goes on to the wallet by itself."""
    return _page("launch", visitor, "home")


def closed_page(visitor: Visitor, why: str) -> bytes:
    """That, and why, nobody is let in."""
    return _page("closed", visitor, "closed", why=why)


def fault_page(visitor: Visitor, why: str, *, back: str) -> bytes:
    """What did not work, and why."""
    return _page("fault", visitor, "fault", why=why, back=back)


def missing_page(visitor: Visitor, what: str = "not-found") -> bytes:
    """That there is no such page, or no such payment."""
    return _page("fault", visitor, "not-found", why=words(visitor.language)[what], back="/")


def why(visitor: Visitor, error: ShuangliError, explained: Explanation | None) -> str:
    """Why something did not work, in the visitor's language, with the figures that explain it."""
    figures, rule = (explained.figures, explained.rule) if explained else (error.figures, error.rule)
    return reason(error, figures, rule=rule, language=visitor.language)
