"""`/oauth` and `/wallets/{wallet}/second-factor`: tokens for programs, and codes for payers."""

import base64
import binascii
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, unquote_plus

from fastapi import APIRouter, Depends, Request, Response

from shuangli.api.asked import Code
from shuangli.api.service.manners import BodyReader
from shuangli.api.told_service import Done, SecretTold, TokenTold
from shuangli.errors import BadInput, Unverified
from shuangli.operator.service.auth.clients import Client, Clients
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import PREFIX, WalletPath, shows, told

FORM: Final = "application/x-www-form-urlencoded"
MAX_FORM_BYTES: Final = 4_096
_GRANT: Final = "client_credentials"
FormBody = Annotated[bytes, Depends(BodyReader(FORM, most_bytes=MAX_FORM_BYTES))]


def routes(desk: Desk, clients: Clients) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["access"])
    _add_tokens(router, desk, clients)
    _add_second_factor(router, desk)
    return router


def _takes_form(model: Any, fields: dict[str, str], required: list[str]) -> dict[str, Any]:
    """How the description shows a form and what it gives."""
    properties = {name: {"type": "string", "maxLength": 1_000} for name in fields}
    schema = {"type": "object", "properties": properties, "required": required}
    content = {FORM: {"schema": schema, "example": fields}}
    return shows(model) | {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


def _add_tokens(router: APIRouter, desk: Desk, clients: Clients) -> None:
    asked = {"grant_type": _GRANT, "scope": "wallets:manage", "client_id": "desk-1", "client_secret": "..."}

    @router.post("/oauth/token", **_takes_form(TokenTold, asked, ["grant_type"]))
    def token(request: Request, body: FormBody) -> Response:
        """A token for a program (RFC 6749, 4.4), whose name and secret come by HTTP Basic or in the form."""
        form = _form(body)
        if form.get("grant_type") != _GRANT:
            raise BadInput("bad-value", f"send grant_type={_GRANT}: there is no other")
        with desk.transaction() as now_s:
            client = _client(request, form, clients)
            given = clients.give_token(client, frozenset(form.get("scope", "").split()), now_s=now_s)
        return told(
            TokenTold(
                access_token=given.text,
                token_type="Bearer",  # noqa: S106
                expires_in=given.expires_in_s,
                scope=" ".join(sorted(given.scopes)),
            )
        )

    asked = {"token": "Vq3mYc1JmF0x7c0m3tq8kQ", "client_id": "desk-1", "client_secret": "..."}

    @router.post("/oauth/revoke", **_takes_form(Done, asked, ["token"]))
    def revoke(request: Request, body: FormBody) -> Response:
        """Take a token out of use (RFC 7009)."""
        form = _form(body)
        with desk.transaction():
            clients.drop_token(form.get("token", ""), _client(request, form, clients))
        return told(Done())


def _form(body: bytes) -> dict[str, str]:
    """The fields of a form, each at most once.

    Raises:
        BadInput: it is no form, or one is there twice (`bad-value`).
    """
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:
        raise BadInput("bad-value", "the body is no form: send name=value&name=value") from error
    if any(len(values) > 1 for values in fields.values()):
        raise BadInput("bad-value", "a field of the form is there twice: send it once")
    return {name: values[0] for name, values in fields.items()}


def _client(request: Request, form: dict[str, str], clients: Clients) -> Client:
    """The program that asks.

    Raises:
        Unverified: it has not shown that it is one (`not-authenticated`).
    """
    scheme, _, coded = request.headers.get("Authorization", "").partition(" ")
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(coded.strip(), validate=True).decode("ascii").partition(":")
        except (binascii.Error, ValueError) as error:
            raise Unverified("not-authenticated", "HTTP Basic wants NAME:SECRET in base64") from error
        name, secret = unquote_plus(name), unquote_plus(secret)
    if not name or not secret or not (name + secret).isprintable():
        raise Unverified(
            "not-authenticated", "send the client's name and secret by HTTP Basic, or in the form"
        )
    return clients.check(name, secret)


def _add_second_factor(router: APIRouter, desk: Desk) -> None:
    @router.post("/wallets/{wallet}/second-factor", **shows(SecretTold))
    def start(wallet: WalletPath) -> Response:
        """A secret for codes (RFC 6238), shown once. It is in use after a code was shown with PUT."""
        return told(desk.start_second_factor(wallet))

    @router.put("/wallets/{wallet}/second-factor", **shows(Done))
    def confirm(wallet: WalletPath, asked: Code) -> Response:
        """Show a code: from now on, large payments and loads need one."""
        return told(desk.confirm_second_factor(wallet, asked.code))

    @router.delete("/wallets/{wallet}/second-factor", **shows(Done))
    def forget(wallet: WalletPath) -> Response:
        """Take a second factor out of use whose holder has lost it, or whose secret has changed."""
        with desk.transaction() as now_s:
            row = desk.bank.active(wallet)
            desk.codes.forget(row)
            desk.wallets.tell(row, "second-factor-ended", now_s)
        return told(Done())
