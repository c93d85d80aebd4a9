"""`/wallets/{wallet}/repayments`: what the holder of a culprit's key pays back to the guarantee fund."""

from typing import Final

from fastapi import APIRouter, Response

from shuangli.api.asked import Repayment
from shuangli.api.told import RepaymentView
from shuangli.crypto import sha256
from shuangli.messages.fields import NONCE_BYTES
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import PREFIX, OnceKey, WalletPath, shows, told

_PURPOSE: Final = b"repayment/"


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["money"])

    @router.post("/wallets/{wallet}/repayments", **shows(RepaymentView))
    def pay_back(wallet: WalletPath, asked: Repayment, once: OnceKey) -> Response:
        """Pay back, out of the deposit, what a double spend by this wallet's key has cost.

        503 with the code `unavailable` says that it is booked, and will be passed on: ask again.
        """
        request = _PURPOSE + wallet + once.encode()
        with desk.transaction() as now_s:
            # What the issuer knows it by, which nobody can guess. Kept: the operator may get another key.
            store, once_key = desk.bank.store, f"repayment/{wallet.hex()}/{once}"
            digest = sha256(request + asked.model_dump_json().encode())
            reference = store.answered(once_key, digest)
            if reference is None:
                reference = desk.bank.secret_for(request)[:NONCE_BYTES]
                store.keep_answer(once_key, digest, reference, now_s)
        desk.cases.pay_back(wallet, asked.amount_fen, reference=reference)
        with desk.transaction():
            account = desk.bank.heir(desk.bank.row_of(wallet)).account
            balance_fen = -desk.bank.store.ledger.balance_fen(account)
        return told(RepaymentView(wallet=wallet.hex(), amount_fen=asked.amount_fen, balance_fen=balance_fen))

    return router
