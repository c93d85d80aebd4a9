"""The typed client of an operator over HTTP, for wallets.

with HttpOperator("http://127.0.0.1:8000", signer=signer) as operator:
    operator.key_set()
    operator.limits(signer.key.public)

Programs that have a token use `shuangli.api.program_client`.
"""

from typing import Any, Final
from urllib.parse import urlencode

from shuangli.api.asked import (
    CloseOrder,
    Code,
    DepositOrder,
    FreezeOrder,
    MadeUp,
    Objection,
    Pull,
    PurchaseOrder,
    RecoveryKey,
    RedemptionOrder,
    RefundOrder,
    Repayment,
    SaleOrder,
    SubWalletLimits,
    TransferOrder,
)
from shuangli.api.bodies import Page
from shuangli.api.models import CBOR, COSE_SIGN1
from shuangli.api.remittances import RemittanceOrder, RemittanceView
from shuangli.api.signed_client import JSON, SignedClient, code_header, read_byte_strings, read_model
from shuangli.api.told import (
    Booked,
    DisputeView,
    Feed,
    LimitsView,
    MerchantView,
    ReceiptView,
    RepaymentView,
    SaleView,
    SettlementStatement,
    StatementView,
    SubWallets,
    WalletView,
)
from shuangli.api.told_service import Done, IdentifiedTold, RecoveryTold, SecretTold

FAR_S: Final = 2**40


class HttpOperator(SignedClient):
    """An `OperatorLink` over HTTP, and all else that a wallet may ask.

    What concerns a wallet is signed with its key; a parent's key may ask for some of its sub-wallets'.
    """

    # --- offline value ------------------------------------------------------------------------

    def identified(self, code: str) -> IdentifiedTold:
        """The person and tier that a code of the operator's is for."""
        return read_model(IdentifiedTold, self._link.ask("GET", "/v1/identification", more=_opening(code)))

    def make_up_person(self, tier: int) -> IdentifiedTold:
        """In a sandbox, a made-up person with a code."""
        asked = MadeUp(tier=tier).model_dump_json().encode()
        return read_model(
            IdentifiedTold, self._link.ask("POST", "/v1/made-up-persons", asked, media_type=JSON)
        )

    def open_wallet(self, enrolment: bytes, *, code: str = "") -> bytes:
        """The certificate of the wallet that an enrolment opens, with the code of who is identified."""
        return self._link.ask("POST", "/v1/wallets", enrolment, media_type=COSE_SIGN1, more=_opening(code))

    def name_recovery_key(self, wallet: bytes, recovery_key: bytes, *, code: str = "") -> RecoveryTold:
        """Let a key recover a wallet from now on; one that has a second factor wants its code."""
        asked = RecoveryKey(recovery_key=recovery_key.hex())
        return self._signed(RecoveryTold, "PUT", f"{_at(wallet)}/recovery-key", asked, code=code)

    def recovery(self, recovery_key: bytes) -> RecoveryTold:
        """What a recovery key gives back; signed with it."""
        return self._signed(RecoveryTold, "GET", f"/v1/recoveries/{recovery_key.hex()}")

    def recover(self, recovery_key: bytes, enrolment: bytes) -> bytes:
        """The certificate of the wallet that takes the lost one's place; signed with the recovery key."""
        path = f"/v1/recoveries/{recovery_key.hex()}"
        return self._link.ask("POST", path, enrolment, media_type=COSE_SIGN1, prove=self._prove)

    def load(self, order: bytes, *, code: str = "") -> bytes:
        """The load that answers an order; above an amount with a code."""
        return self._link.ask("POST", "/v1/loads", order, media_type=COSE_SIGN1, more=code_header(code))

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload."""
        return self._link.ask("POST", "/v1/reconciliations", upload, media_type=CBOR)

    def certificate(self, wallet: bytes) -> bytes:
        """The newest certificate of a wallet."""
        return self._link.ask("GET", f"{_at(wallet)}/certificate", prove=self._prove)

    def returns(self, wallet: bytes, *, after: int) -> list[bytes]:
        """Signed notices of what has come back to a wallet since the notice of this number."""
        data = self._link.ask("GET", f"{_at(wallet)}/returns?after={after}", prove=self._prove)
        return read_byte_strings(data)

    # --- the wallet ---------------------------------------------------------------------------

    def wallet(self, wallet: bytes) -> WalletView:
        """A wallet: tier, state, and what its account holds."""
        return self._signed(WalletView, "GET", _at(wallet))

    def limits(self, wallet: bytes) -> LimitsView:
        """A wallet's limits, and what is left of them."""
        return self._signed(LimitsView, "GET", f"{_at(wallet)}/limits")

    def statement(
        self, wallet: bytes, *, start_s: int = 0, end_s: int = FAR_S, after: int = 0, most: int = 100
    ) -> StatementView:
        """A page of what the wallet's account did in a period."""
        query = urlencode({"from": start_s, "until": end_s, "cursor": after, "limit": most})
        return self._signed(StatementView, "GET", f"{_at(wallet)}/statement?{query}")

    def statement_file(self, wallet: bytes, form: str, *, start_s: int = 0, end_s: int = FAR_S) -> bytes:
        """The same as one file, in a format such as `csv`."""
        query = urlencode({"from": start_s, "until": end_s, "format": form})
        return self._link.ask("GET", f"{_at(wallet)}/statement?{query}", prove=self._prove)

    def feed(self, wallet: bytes, cursor: str = "", *, most: int = 100) -> Feed:
        """What has happened to a wallet since a cursor."""
        query = urlencode({"cursor": cursor, "limit": most})
        return self._signed(Feed, "GET", f"{_at(wallet)}/events?{query}")

    def freeze(self, wallet: bytes, reason: str = "") -> WalletView:
        """Freeze a wallet; only the operator releases it."""
        return self._signed(WalletView, "PUT", f"{_at(wallet)}/freeze", FreezeOrder(reason=reason))

    def close_wallet(self, wallet: bytes, *, code: str = "") -> WalletView:
        """Close a wallet; its money goes to its holder's newest open one. With a second factor's code."""
        return self._signed(WalletView, "POST", f"{_at(wallet)}/close", CloseOrder(), code=code)

    def sub_wallets(self, wallet: bytes) -> SubWallets:
        """The wallets under this one."""
        return self._signed(SubWallets, "GET", f"{_at(wallet)}/sub-wallets")

    def take_under(
        self, wallet: bytes, child: bytes, limits: SubWalletLimits, *, code: str = ""
    ) -> WalletView:
        """Make another wallet of the same person a sub-wallet, with limits; with its second factor's code."""
        path = f"{_at(wallet)}/sub-wallets/{child.hex()}"
        return self._signed(WalletView, "PUT", path, limits, code=code)

    def let_go(self, wallet: bytes, child: bytes) -> WalletView:
        """Make a sub-wallet a wallet of its own again."""
        return self._signed(WalletView, "DELETE", f"{_at(wallet)}/sub-wallets/{child.hex()}")

    def pull(self, wallet: bytes, child: bytes, amount_fen: int, *, idempotency_key: str) -> ReceiptView:
        """Take money back out of a sub-wallet."""
        path = f"{_at(wallet)}/sub-wallets/{child.hex()}/pulls"
        return self._signed(ReceiptView, "POST", path, Pull(amount_fen=amount_fen), once=idempotency_key)

    def start_second_factor(self, wallet: bytes) -> SecretTold:
        """A secret for codes; it is in use after `confirm_second_factor`."""
        return self._signed(SecretTold, "POST", f"{_at(wallet)}/second-factor")

    def confirm_second_factor(self, wallet: bytes, code: str) -> Done:
        """Show a code."""
        return self._signed(Done, "PUT", f"{_at(wallet)}/second-factor", Code(code=code))

    # --- money --------------------------------------------------------------------------------

    def deposit(self, wallet: bytes, amount_fen: int, *, idempotency_key: str) -> Booked:
        """Pay money in from the bank account."""
        asked = DepositOrder(amount_fen=amount_fen)
        return self._signed(Booked, "POST", f"{_at(wallet)}/deposits", asked, once=idempotency_key)

    def redeem(self, wallet: bytes, amount_fen: int, *, idempotency_key: str, code: str = "") -> Booked:
        """Pay money out to the bank account."""
        asked, path = RedemptionOrder(amount_fen=amount_fen), f"{_at(wallet)}/redemptions"
        return self._signed(Booked, "POST", path, asked, once=idempotency_key, code=code)

    def transfer(
        self, wallet: bytes, asked: TransferOrder, *, idempotency_key: str, code: str = ""
    ) -> ReceiptView:
        """Pay another customer of the operator."""
        path = f"{_at(wallet)}/transfers"
        return self._signed(ReceiptView, "POST", path, asked, once=idempotency_key, code=code)

    def remit(
        self, wallet: bytes, asked: RemittanceOrder, *, idempotency_key: str, code: str = ""
    ) -> RemittanceView:
        """Pay a customer of another operator."""
        path = f"{_at(wallet)}/remittances"
        return self._signed(RemittanceView, "POST", path, asked, once=idempotency_key, code=code)

    def remittances(
        self, wallet: bytes, cursor: str = "", *, direction: str = "sent", most: int = 100
    ) -> Page[RemittanceView]:
        """What was paid to customers of other operators, or `received` from them."""
        query = urlencode({"direction": direction, "cursor": cursor, "limit": most})
        return self._signed(Page[RemittanceView], "GET", f"{_at(wallet)}/remittances?{query}")

    def remittance(self, wallet: bytes, entry_no: int) -> RemittanceView:
        """One of them, by the number of the entry in the operator's books."""
        return self._signed(RemittanceView, "GET", f"{_at(wallet)}/remittances/{entry_no}")

    def buy(
        self, wallet: bytes, asked: PurchaseOrder, *, idempotency_key: str, code: str = ""
    ) -> ReceiptView:
        """Pay a merchant's order."""
        path = f"{_at(wallet)}/purchases"
        return self._signed(ReceiptView, "POST", path, asked, once=idempotency_key, code=code)

    def refund(self, wallet: bytes, asked: RefundOrder, *, idempotency_key: str) -> ReceiptView:
        """Give back what was received."""
        return self._signed(ReceiptView, "POST", f"{_at(wallet)}/refunds", asked, once=idempotency_key)

    def pay_back(self, wallet: bytes, amount_fen: int, *, idempotency_key: str) -> RepaymentView:
        """Pay back what a double spend by the wallet's key has cost."""
        asked, path = Repayment(amount_fen=amount_fen), f"{_at(wallet)}/repayments"
        return self._signed(RepaymentView, "POST", path, asked, once=idempotency_key)

    def receipts(self, wallet: bytes, cursor: str = "", *, most: int = 100) -> Page[ReceiptView]:
        """What the wallet has paid and received online."""
        query = urlencode({"cursor": cursor, "limit": most})
        return self._signed(Page[ReceiptView], "GET", f"{_at(wallet)}/receipts?{query}")

    def receipt(self, wallet: bytes, receipt_no: int) -> ReceiptView:
        """One of them."""
        return self._signed(ReceiptView, "GET", f"{_at(wallet)}/receipts/{receipt_no}")

    def dispute(self, wallet: bytes, asked: Objection) -> DisputeView:
        """Object to a payment that the wallet has made."""
        return self._signed(DisputeView, "POST", f"{_at(wallet)}/disputes", asked)

    def disputes(self, wallet: bytes, cursor: str = "", *, most: int = 100) -> Page[DisputeView]:
        """The wallet's objections, and what became of them."""
        query = urlencode({"cursor": cursor, "limit": most})
        return self._signed(Page[DisputeView], "GET", f"{_at(wallet)}/disputes?{query}")

    # --- merchants ----------------------------------------------------------------------------

    def merchant(self, merchant: bytes) -> MerchantView:
        """Who has this wallet."""
        return read_model(MerchantView, self._link.ask("GET", f"/v1/merchants/{merchant.hex()}"))

    def sale(self, merchant: bytes, order_id: str) -> SaleView:
        """What a merchant's order is, before it is paid."""
        return self._signed(SaleView, "GET", f"/v1/merchants/{merchant.hex()}/sales/{order_id}")

    def offer(self, merchant: bytes, asked: SaleOrder) -> SaleView:
        """Make out an order that is to be paid to this wallet."""
        return self._signed(SaleView, "POST", f"/v1/merchants/{merchant.hex()}/sales", asked)

    def settlement(self, merchant: bytes, **query: Any) -> SettlementStatement:
        """What this wallet took, by day; `first_day` and `days` as in the API."""
        path = f"/v1/merchants/{merchant.hex()}/settlement?{urlencode(query)}"
        return self._signed(SettlementStatement, "GET", path)


def _opening(code: str) -> dict[str, str]:
    return {"Opening-Code": code} if code else {}


def _at(wallet: bytes) -> str:
    return f"/v1/wallets/{wallet.hex()}"
