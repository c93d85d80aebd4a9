"""How the web wallet answers over HTTP: headers, visitors, pages and forms; and the parts that are served."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from shuangli.api.service.html import (
    language_of,
    page_answer,
    page_headers,
    query_without_language,
    read_form,
)
from shuangli.errors import BadInput, Refused, ShuangliError
from shuangli.money import parse_yuan
from shuangli.offline.links.text import MAX_TEXT
from shuangli.wallet.commands.edges import Edges
from shuangli.wallet.commands.opened import OpenWallet
from shuangli.wallet.explaining import explain
from shuangli.wallet.web import pages
from shuangli.wallet.web.account import Account
from shuangli.wallet.web.camera import Camera
from shuangli.wallet.web.once import Once
from shuangli.wallet.web.pages import Visitor
from shuangli.wallet.web.payments import Payments

MOST_FORM_BYTES: Final = 2 * MAX_TEXT
"""A form with the longest message as text, in lines, has fewer."""
HEADERS: Final = {
    **page_headers(script_src="'self'", img_src="'self'", connect_src="'self'"),
    # With `no-referrer`, browsers would not say where a form comes from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One wallet as it is served: its parts, and the machine under it."""

    opened: OpenWallet
    edges: Edges
    payments: Payments
    account: Account
    camera: Camera
    once: Once
    passphrase: str = field(repr=False)


def visitor_of(request: Request, *, inside: bool = True) -> Visitor:
    """Who looks; `inside` says that they have a session."""
    return Visitor(
        language=language_of(request),
        here=request.url.path,
        query=query_without_language(request) if inside else "",
        inside=inside,
    )


def answer_of(visitor: Visitor, page: bytes, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A page for a visitor."""
    return page_answer(page, headers=HEADERS, language=visitor.language, status=status)


def why_of(served: Served, visitor: Visitor, error: ShuangliError) -> str:
    """Why something did not work, for a person."""
    explained = None
    if isinstance(error, Refused):
        explained = explain(error, served.opened.wallet, now_s=served.edges.now_s())
    return pages.why(visitor, error, explained)


def go(path: str) -> Response:
    """The way to a page, after a form."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER, headers=HEADERS)


def raw(body: bytes, media_type: str) -> Response:
    """What is no page."""
    return Response(body, headers=HEADERS, media_type=media_type)


async def form(request: Request) -> dict[str, str]:
    """The fields of one of our forms.

    Raises:
        BadInput: it is larger than these are (`bad-value`).
    """
    return await read_form(request, most_bytes=MOST_FORM_BYTES)


def id_of(text: str) -> bytes:
    """A request's id out of an address; what is none names no payment."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def amount_of(fields: dict[str, str]) -> int:
    """The amount in a form, in fen.

    Raises:
        BadInput: it is none, or nothing.
    """
    amount_fen = parse_yuan(fields.get("amount", ""))
    if not amount_fen:
        raise BadInput("bad-value", "the least amount is 0.01")
    return amount_fen


def code_of(fields: dict[str, str]) -> str:
    """The code of a second factor in a form; empty if there is none."""
    return fields.get("code", "").strip()


def token_of(fields: dict[str, str]) -> str:
    """What tells a form from another one that is sent.

    Raises:
        BadInput: the form is none of ours.
    """
    token = fields.get("once", "")
    if not token:
        raise BadInput("bad-value", "this form does not come from a page of the wallet")
    return token
