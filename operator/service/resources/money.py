"""`/wallets/{wallet}/…`: what moves money online, and what tells of it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from shuangli.api.asked import (
    DepositOrder,
    Objection,
    PurchaseOrder,
    RedemptionOrder,
    RefundOrder,
    TransferOrder,
)
from shuangli.api.bodies import Page
from shuangli.api.service.manners import answer
from shuangli.api.told import Booked, DisputeView, Feed, ReceiptView, StatementView
from shuangli.operator.customers.statements import Period
from shuangli.operator.service.auth.gate import Caller
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.online import LAST_S
from shuangli.operator.service.resources.common import (
    PREFIX,
    CallerOf,
    CodeHeader,
    Cursor,
    Limit,
    NumberPath,
    OnceKey,
    WalletPath,
    number_of,
    shows,
    told,
    told_bytes,
)
from shuangli.operator.service.views import FORMATS, dispute_view, receipt_view, statement_view

MOST_LINES = 100_000
"""Lines of a statement that is one file."""
Time = Annotated[int, Query(ge=0, le=LAST_S, description="seconds since 1970")]


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["money"])
    _add_bank_account(router, desk)
    _add_payments(router, desk)
    _add_receipts(router, desk)
    _add_statements(router, desk)
    return router


def _code(caller: Caller, code: str) -> str | None:
    """The code that came with a request; None from a program, which has shown its secret."""
    return code if caller.client is None else None


def _add_bank_account(router: APIRouter, desk: Desk) -> None:
    @router.post("/wallets/{wallet}/deposits", **shows(Booked))
    def deposit(wallet: WalletPath, asked: DepositOrder, once: OnceKey) -> Response:
        """Pay in from the holder's bank account: a stand-in that always holds enough."""
        return told(desk.deposit(wallet, asked.amount_fen, idempotency_key=once))

    @router.post("/wallets/{wallet}/redemptions", **shows(Booked))
    def redeem(
        wallet: WalletPath, asked: RedemptionOrder, once: OnceKey, second_factor: CodeHeader = ""
    ) -> Response:
        """Pay out to the holder's bank account."""
        return told_bytes(desk.redeem(wallet, asked, idempotency_key=once, code=second_factor))


def _add_payments(router: APIRouter, desk: Desk) -> None:
    @router.post("/wallets/{wallet}/transfers", **shows(ReceiptView))
    def transfer(
        wallet: WalletPath,
        asked: TransferOrder,
        once: OnceKey,
        caller: CallerOf,
        second_factor: CodeHeader = "",
    ) -> Response:
        """Pay another customer of this operator."""
        return told_bytes(
            desk.transfer_for(
                caller.name,
                wallet,
                asked,
                idempotency_key=once,
                code=_code(caller, second_factor),
            )
        )

    @router.post("/wallets/{wallet}/purchases", **shows(ReceiptView))
    def buy(
        wallet: WalletPath, asked: PurchaseOrder, once: OnceKey, second_factor: CodeHeader = ""
    ) -> Response:
        """Pay a merchant's sale, once."""
        return told_bytes(desk.buy(wallet, asked, idempotency_key=once, code=second_factor))

    @router.post("/wallets/{wallet}/refunds", **shows(ReceiptView))
    def refund(wallet: WalletPath, asked: RefundOrder, once: OnceKey, caller: CallerOf) -> Response:
        """Give back a payment that was received, or a part of it."""
        return told_bytes(
            desk.once(
                caller.name,
                once,
                b"refund/" + wallet + asked.model_dump_json().encode(),
                lambda now_s: receipt_view(
                    desk.payments.refund(
                        asked.receipt_no, asked.amount_fen, by=wallet, note=asked.note, now_s=now_s
                    )
                ),
            )
        )


def _add_receipts(router: APIRouter, desk: Desk) -> None:
    @router.get("/wallets/{wallet}/receipts", **shows(Page[ReceiptView]))
    def receipts(wallet: WalletPath, cursor: Cursor = "", limit: Limit = 100) -> Response:
        """What a wallet has paid and received online, in order."""
        with desk.transaction():
            row = desk.wallets.row(wallet)
            found = desk.payments.receipts(row, after=number_of(cursor), most=limit + 1)
        more = str(found[limit - 1].receipt_no) if len(found) > limit else None
        return told(Page(items=[receipt_view(each) for each in found[:limit]], next=more))

    @router.get("/wallets/{wallet}/receipts/{receipt}", **shows(ReceiptView))
    def receipt(wallet: WalletPath, receipt: NumberPath) -> Response:
        """One payment that a wallet has made or received."""
        with desk.transaction():
            return told(receipt_view(desk.payments.receipt(receipt, of=wallet)))

    @router.post("/wallets/{wallet}/disputes", **shows(DisputeView))
    def object_to(wallet: WalletPath, asked: Objection) -> Response:
        """Object to a payment that this wallet has made. The operator decides."""
        with desk.transaction() as now_s:
            found = desk.trade.object_to(asked.receipt_no, asked.reason, by=wallet, now_s=now_s)
        return told(dispute_view(found))

    @router.get("/wallets/{wallet}/disputes", **shows(Page[DisputeView]))
    def disputes(wallet: WalletPath, cursor: Cursor = "", limit: Limit = 100) -> Response:
        """The disputes that a wallet has opened, in order."""
        return told(dispute_page(desk, cursor, limit, of=wallet))


def dispute_page(desk: Desk, cursor: str, limit: int, of: bytes | None = None) -> Page[DisputeView]:
    """A page of disputes; only of those that a wallet has opened, if one is named."""
    with desk.transaction():
        found = desk.trade.disputes(after=number_of(cursor), most=limit + 1, of=of)
    more = str(found[limit - 1].dispute_no) if len(found) > limit else None
    return Page(items=[dispute_view(each) for each in found[:limit]], next=more)


def _shows_statement() -> dict[str, Any]:
    shown = shows(StatementView)
    for form in FORMATS.values():
        content = {"schema": {"type": "string"}, "example": form.example}
        shown["responses"][200]["content"][form.media_type.partition(";")[0]] = content
    return shown


def _add_statements(router: APIRouter, desk: Desk) -> None:
    names: Any = Literal["json", *FORMATS]

    @router.get("/wallets/{wallet}/statement", **_shows_statement())
    def statement(
        wallet: WalletPath,
        start_s: Annotated[int, Query(alias="from", ge=0, le=LAST_S)] = 0,
        end_s: Annotated[int, Query(alias="until", ge=0, le=LAST_S)] = LAST_S,
        form: Annotated[names, Query(alias="format")] = "json",
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> Response:
        """What a wallet's account did from a time up to, and without, another.

        As JSON in pages. In another `format` it is one file, and `cursor` and `limit` do not count.
        """
        period = Period(start_s=start_s, end_s=end_s)
        if form == "json":
            found = desk.read_statement(wallet, period, after=number_of(cursor), most=limit)
            return told(statement_view(found))
        found, asked = desk.whole_statement(wallet, period, most=MOST_LINES)
        return answer(FORMATS[form].write(found, asked), FORMATS[form].media_type)

    @router.get("/wallets/{wallet}/events", **shows(Feed))
    def events(wallet: WalletPath, cursor: Cursor = "", limit: Limit = 100) -> Response:
        """What has happened to a wallet since `cursor`: entries of its account, freezes, new certificates."""
        return told(desk.feed(wallet, cursor, most=limit))
