"""`/wallets/{wallet}/remittances`: payments online to customers of other operators, and from them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shuangli.api.bodies import Page
from shuangli.api.remittances import Direction, RemittanceOrder, RemittanceView, State
from shuangli.errors import Refused
from shuangli.issuer.remittances.messages import Verdict
from shuangli.operator.customers.movements import Movement
from shuangli.operator.remittances.store import Kept
from shuangli.operator.service.desk import Desk
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


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["money"])

    @router.post("/wallets/{wallet}/remittances", **shows(RemittanceView))
    def remit(
        wallet: WalletPath,
        asked: RemittanceOrder,
        once: OnceKey,
        caller: CallerOf,
        second_factor: CodeHeader = "",
    ) -> Response:
        """Pay a customer of another operator. It is under way then: ask for it, or follow the events.

        What the other operator does not take comes back, with the reason.
        """
        payee = bytes.fromhex(asked.payee)
        movement = Movement(
            kind="remittance", payer=wallet, payee=payee, amount_fen=asked.amount_fen, at_s=desk.now_s()
        )
        return told_bytes(
            desk.once(
                caller.name,
                once,
                b"remittance/" + wallet + asked.model_dump_json().encode(),
                lambda now_s: _view(
                    desk.remittances.send(
                        wallet,
                        payee,
                        asked.amount_fen,
                        operator=asked.operator,
                        note=asked.note,
                        now_s=now_s,
                    )
                ),
                movements=(movement,),
                code=second_factor if caller.client is None else None,
            )
        )

    @router.get("/wallets/{wallet}/remittances", **shows(Page[RemittanceView]))
    def remittances(
        wallet: WalletPath,
        direction: Annotated[Direction, Query(description="which way the money went")] = "sent",
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> Response:
        """What a wallet has paid to customers of other operators, or was paid by them, in order."""
        with desk.transaction():
            row, kept = desk.wallets.row(wallet), desk.remittances.kept
            found_of = kept.sent_by if direction == "sent" else kept.received_by
            found = found_of(row.wallet_no, after=number_of(cursor), most=limit + 1)
        more = str(found[limit - 1].entry_no) if len(found) > limit else None
        return told(Page(items=[_view(each) for each in found[:limit]], next=more))

    @router.get("/wallets/{wallet}/remittances/{entry}", **shows(RemittanceView))
    def remittance(wallet: WalletPath, entry: NumberPath) -> Response:
        """One payment to or from a customer of another operator, by its entry in the books."""
        with desk.transaction():
            row, found = desk.wallets.row(wallet), desk.remittances.kept.of_entry(entry)
        if found is None or found.wallet_no != row.wallet_no:
            raise Refused("not-found", f"this wallet has no remittance {entry}")
        return told(_view(found))

    return router


def _view(kept: Kept) -> RemittanceView:
    order, verdict = kept.order, kept.verdict
    state: State = "under-way"
    if verdict is not None:
        state = "paid" if verdict is Verdict.PAID else "returned"
    return RemittanceView(
        entry_no=kept.entry_no or 0,
        remittance_id=order.signed.id.hex(),
        direction="sent" if kept.is_sent else "received",
        operator=order.payee_operator if kept.is_sent else order.operator,
        payer=order.payer.hex(),
        payee=order.payee.hex(),
        amount_fen=order.amount_fen,
        note=order.note.decode(),
        state=state,
        reason="" if verdict is None else verdict.reason,
        ordered_at_s=order.ordered_at_s,
        decided_at_s=kept.decided_s,
    )
