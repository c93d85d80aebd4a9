"""The pages of a payment with another device: what is shown to it, and what is scanned or pasted from it."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from shuangli.api.service.html import read_bounded
from shuangli.errors import ShuangliError
from shuangli.offline.links.text import from_text
from shuangli.offline.states import Kind
from shuangli.wallet.web import pages
from shuangli.wallet.web.answers import (
    HEADERS,
    Served,
    amount_of,
    answer_of,
    form,
    go,
    id_of,
    raw,
    token_of,
    visitor_of,
    why_of,
)
from shuangli.wallet.web.camera import MOST_PIXELS
from shuangli.wallet.web.once import Done


def add_paying(wallet: FastAPI, served: Served) -> None:
    """A request is scanned, agreed to, paid; the payment is shown, its receipt scanned."""
    payments = served.payments

    @wallet.get("/pay")
    async def pay(request: Request) -> Response:
        visitor = visitor_of(request)
        return answer_of(visitor, pages.pay_page(visitor))

    @wallet.get("/pay/{request_id}")
    async def payment(request: Request, request_id: str) -> Response:
        visitor, key = visitor_of(request), id_of(request_id)
        entry = payments.entry(key, paying=True)
        if entry is not None:
            return answer_of(visitor, pages.payment_page(visitor, entry, payments.to_show(key)))
        read = payments.request_read(key)
        if read is None:
            return answer_of(visitor, pages.missing_page(visitor, "not-read"), HTTPStatus.NOT_FOUND)
        return answer_of(visitor, pages.confirm_page(visitor, read))

    @wallet.post("/pay/{request_id}")
    async def say(request: Request, request_id: str) -> Response:
        fields, key = await form(request), id_of(request_id)
        if fields.get("word") != "yes":
            payments.decline(key)
            return go("/pay")
        payments.agree(key, typed=fields.get("holder", ""))
        return go(f"/pay/{key.hex()}")


def add_being_paid(wallet: FastAPI, served: Served) -> None:
    """An amount is asked for; the request is shown, the payment scanned, the receipt shown."""
    payments, once = served.payments, served.once

    @wallet.get("/receive")
    async def receive(request: Request) -> Response:
        visitor = visitor_of(request)
        return answer_of(visitor, pages.receive_page(visitor, once=once.token()))

    @wallet.post("/receive")
    async def ask(request: Request) -> Response:
        fields = await form(request)

        def act() -> Done:
            return Done(go=f"/receive/{payments.ask(amount_of(fields)).hex()}")

        return go(once.answer(token_of(fields), act).go)

    @wallet.get("/receive/{request_id}")
    async def asked(request: Request, request_id: str) -> Response:
        visitor, key = visitor_of(request), id_of(request_id)
        entry = payments.entry(key, paying=False)
        if entry is None:
            return answer_of(visitor, pages.missing_page(visitor), HTTPStatus.NOT_FOUND)
        return answer_of(visitor, pages.payment_page(visitor, entry, payments.to_show(key)))


def add_scanning(wallet: FastAPI, served: Served) -> None:
    """What comes from another device: as text in a form, or as pictures of the camera."""
    payments = served.payments

    @wallet.post("/message")
    async def pasted(request: Request) -> Response:
        fields = await form(request)
        request.state.back = fields.get("back", "/")
        return go(payments.take(from_text(fields.get("text", ""))).path)

    @wallet.post("/camera")
    async def picture(request: Request, width: int, here: str = "") -> Response:
        pixels = await read_bounded(request, most_bytes=MOST_PIXELS)
        told: dict[str, object]
        try:
            seen = served.camera.look(pixels, width=width)
            told = {"read": seen.read, "count": seen.count}
            if seen.message is not None:
                place = payments.take(seen.message)
                # The payer's camera still sees the request that was agreed to: that is nothing new.
                seen_before = seen.message.kind is Kind.REQUEST and place.path == here
                told = {"read": 0, "count": 0} if seen_before else {"go": place.path}
        except ShuangliError as error:
            told = {"fault": why_of(served, visitor_of(request), error)}
        return JSONResponse(told, headers=HEADERS)

    @wallet.get("/codes/{request_id}/{number}.svg")
    async def code(request: Request, request_id: str, number: int) -> Response:
        messages = payments.to_show(id_of(request_id))
        if not 0 <= number < len(messages):
            visitor = visitor_of(request)
            return answer_of(visitor, pages.missing_page(visitor), HTTPStatus.NOT_FOUND)
        return raw(pages.picture(messages[number]), "image/svg+xml")
