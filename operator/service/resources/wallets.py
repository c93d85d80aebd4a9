"""`/wallets/{wallet}`: what a wallet is, its tier, freezing, closing, and its sub-wallets."""

from collections.abc import Mapping

from fastapi import APIRouter, Response

from shuangli.api.asked import CloseOrder, FreezeOrder, Pull, SubWalletLimits, UpgradeOrder
from shuangli.api.models import CBOR, COSE_SIGN1
from shuangli.api.service.manners import answer, gives
from shuangli.api.told import LimitsTables, LimitsView, ReceiptView, SubWallets, WalletView
from shuangli.codec import encode
from shuangli.operator.service.auth.gate import Caller
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import (
    PREFIX,
    After,
    CallerOf,
    ChildPath,
    CodeHeader,
    OnceKey,
    WalletPath,
    shows,
    told,
    told_bytes,
)
from shuangli.operator.service.views import limits_tables, receipt_view, wallet_view


def routes(desk: Desk, shown: Mapping[str, str]) -> APIRouter:
    """The resources of `desk`; `shown` are examples of signed objects."""
    router = APIRouter(prefix=PREFIX, tags=["wallets"])
    _add_reading(router, desk)
    _add_signed(router, desk, shown)
    _add_changing(router, desk)
    _add_sub_wallets(router, desk)
    return router


def _view(desk: Desk, key: bytes) -> WalletView:
    """A wallet as it is; inside a transaction."""
    return wallet_view(desk.wallets.state(key), operator=desk.bank.terms.name)


def _add_reading(router: APIRouter, desk: Desk) -> None:
    @router.get("/limits", **shows(LimitsTables))
    def tables() -> Response:
        """The dated tables of limits by tier, and which of them is in force here."""
        return told(limits_tables(desk.bank.terms.limits.profile))

    @router.get("/wallets/{wallet}", **shows(WalletView))
    def look(wallet: WalletPath) -> Response:
        """A wallet: its tier, state, and what its account holds."""
        with desk.transaction():
            return told(_view(desk, wallet))

    @router.get("/wallets/{wallet}/limits", **shows(LimitsView))
    def limits(wallet: WalletPath) -> Response:
        """The limits of a wallet, and what is left of them."""
        return told(desk.limits(wallet))


def _add_signed(router: APIRouter, desk: Desk, shown: Mapping[str, str]) -> None:
    @router.get("/wallets/{wallet}/certificate", **gives(COSE_SIGN1, shown["certificate"]))
    def certificate(wallet: WalletPath) -> Response:
        """The newest certificate of a wallet, signed by the operator."""
        return answer(desk.certificate(wallet), COSE_SIGN1)

    @router.get("/wallets/{wallet}/returns", **gives(CBOR, shown["byte strings"]))
    def returns(wallet: WalletPath, after: After = 0) -> Response:
        """What nobody claimed and has gone back to a wallet: notices, signed by the operator, in an array."""
        return answer(encode(desk.returns(wallet, after=after)), CBOR)


def _add_changing(router: APIRouter, desk: Desk) -> None:
    @router.put("/wallets/{wallet}/tier", **shows(WalletView))
    def upgrade(wallet: WalletPath, asked: UpgradeOrder) -> Response:
        """Give a person's wallet another tier. The wallet fetches its new certificate."""
        with desk.transaction() as now_s:
            desk.wallets.upgrade(wallet, asked.tier, now_s=now_s)
            return told(_view(desk, wallet))

    @router.put("/wallets/{wallet}/freeze", **shows(WalletView))
    def freeze(wallet: WalletPath, asked: FreezeOrder, caller: CallerOf) -> Response:
        """Freeze a wallet: nothing leaves its account, and nothing is loaded."""
        with desk.transaction() as now_s:
            desk.wallets.freeze(wallet, asked_by=_word(caller, wallet), reason=asked.reason, now_s=now_s)
            return told(_view(desk, wallet))

    @router.delete("/wallets/{wallet}/freeze", **shows(WalletView))
    def release(wallet: WalletPath) -> Response:
        """Release a frozen wallet."""
        with desk.transaction() as now_s:
            desk.wallets.release(wallet, now_s=now_s)
            return told(_view(desk, wallet))

    @router.post("/wallets/{wallet}/close", **shows(WalletView))
    def close(
        wallet: WalletPath, asked: CloseOrder, caller: CallerOf, second_factor: CodeHeader = ""
    ) -> Response:
        """Close a wallet; closed again, it stays as it is. Its money goes to its holder's newest open one.

        Its holder shows a code, if it has a second factor.
        """
        desk.close(wallet, lost=asked.lost, by_operator=caller.wallet is None, code=second_factor)
        with desk.transaction():
            return told(_view(desk, wallet))


def _word(caller: Caller, wallet: bytes) -> str:
    """On whose word a wallet is frozen."""
    if caller.client is not None:
        return caller.client.name
    return "holder" if caller.wallet == wallet else "parent"


def _add_sub_wallets(router: APIRouter, desk: Desk) -> None:
    @router.get("/wallets/{wallet}/sub-wallets", **shows(SubWallets))
    def children(wallet: WalletPath) -> Response:
        """The wallets that are under this one."""
        with desk.transaction():
            found = desk.wallets.children(desk.wallets.row(wallet))
        return told(SubWallets(items=[key.hex() for key in found]))

    @router.put("/wallets/{wallet}/sub-wallets/{child}", **shows(WalletView))
    def take_under(
        wallet: WalletPath, child: ChildPath, asked: SubWalletLimits, second_factor: CodeHeader = ""
    ) -> Response:
        """Make another wallet of the same person a sub-wallet, with limits of its own.

        One that has a second factor wants its code: the key of one wallet alone gets at no other one's money.
        """
        with desk.transaction():
            is_new = desk.wallets.parent_of(desk.wallets.of_same_person(wallet, child)) != wallet
        if is_new:
            desk.check_holder(child, second_factor)
        with desk.transaction() as now_s:
            desk.wallets.take_under(
                wallet,
                child,
                payment_fen=asked.payment_fen,
                day_fen=asked.day_fen,
                now_s=now_s,
            )
            return told(_view(desk, child))

    @router.delete("/wallets/{wallet}/sub-wallets/{child}", **shows(WalletView))
    def let_go(wallet: WalletPath, child: ChildPath) -> Response:
        """Make a sub-wallet a wallet of its own again."""
        with desk.transaction() as now_s:
            desk.wallets.let_go(wallet, child, now_s=now_s)
            return told(_view(desk, child))

    @router.post("/wallets/{wallet}/sub-wallets/{child}/pulls", **shows(ReceiptView))
    def pull(wallet: WalletPath, child: ChildPath, asked: Pull, once: OnceKey) -> Response:
        """Take money back out of a sub-wallet."""

        def act(now_s: int) -> ReceiptView:
            desk.wallets.check_under(wallet, child)
            return receipt_view(desk.payments.pull(wallet, child, asked.amount_fen, now_s=now_s))

        request = b"pull/" + child + asked.model_dump_json().encode()
        return told_bytes(desk.once(f"wallet/{wallet.hex()}", once, request, act))
