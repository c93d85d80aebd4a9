"""The typed client of an operator over HTTP, for wallets.

with HttpOperator("http://127.0.0.1:8000", signer=signer) as operator:
    operator.key_set()
    operator.limits(signer.key.public)

Programs that have a token use `shuangli.api.program_client`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from shuangli.api.addresses import parse_operator_address
from shuangli.api.asked import (
    CloseOrder,
    Code,
    DepositOrder,
    FreezeOrder,
    Objection,
    Pull,
    PurchaseOrder,
    RedemptionOrder,
    RefundOrder,
    SaleOrder,
    SubWalletLimits,
    TransferOrder,
)
from shuangli.api.bodies import Page
from shuangli.api.http_link import HttpLink, ServiceClient
from shuangli.api.models import CBOR, COSE_SIGN1, MAX_ANSWER_BYTES, NetworkDescription
from shuangli.api.signing import RequestSigner
from shuangli.api.told import (
    Booked,
    DisputeView,
    Feed,
    LimitsView,
    MerchantView,
    ReceiptView,
    SaleView,
    SettlementStatement,
    StatementView,
    SubWallets,
    WalletView,
)
from shuangli.api.told_service import Done, SecretTold
from shuangli.codec import decode
from shuangli.errors import BadInput, Malformed
from shuangli.messages.fields import read_list

JSON: Final = "application/json"
FAR_S: Final = 2**40
Model = TypeVar("Model", bound=BaseModel)


def read_model(model: type[Model], data: bytes) -> Model:
    """An answer as a value.

    Raises:
        Malformed: it is something else (`shape`).
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise Malformed("shape", f"the answer is no {model.__name__}") from error


def read_byte_strings(data: bytes) -> list[bytes]:
    """An answer that is a CBOR array of byte strings.

    Raises:
        Malformed: it is something else.
    """
    found = read_list(decode(data, max_bytes=MAX_ANSWER_BYTES), "answer")
    if not all(type(each) is bytes for each in found):
        raise Malformed("shape", "the answer is no array of byte strings")
    return found


class HttpOperator(ServiceClient):
    """An `OperatorLink` over HTTP, and all else that a wallet may ask.

    What concerns a wallet is signed with its key; a parent's key may ask for some of its sub-wallets'.
    """

    def __init__(
        self, address: str, *, known: Iterable[bytes] = (), signer: RequestSigner | None = None
    ) -> None:
        """Talk to the operator at `address`; nothing is sent yet.

        `known` are key sets and lists that were received before: while one is the newest it does not travel
        again. Without a `signer` only what is open to anybody can be asked.

        Raises:
            BadInput: it is no address.
        """
        super().__init__(HttpLink(parse_operator_address(address), who="operator", known=known))
        self._signer = signer
        self._operator = ""

    def describe(self) -> NetworkDescription:
        """The network and the operator."""
        described = NetworkDescription.decode(self._link.ask("GET", "/v1/network"))
        self._operator = described.operator
        return described

    def _prove(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        if self._signer is None:
            raise BadInput("bad-option", "this request is signed by a wallet: give the client its key")
        operator = self._operator or self.describe().operator
        return self._signer.headers(method, path, headers, body, operator=operator)

    def _signed(
        self,
        model: type[Model],
        method: str,
        path: str,
        asked: BaseModel | None = None,
        *,
        once: str = "",
        code: str = "",
    ) -> Model:
        """Ask for what only a wallet may, and read the answer."""
        body = b"" if asked is None else asked.model_dump_json().encode()
        data = self._link.ask(
            method,
            path,
            body,
            media_type=JSON if body else "",
            once=once,
            more={"Second-Factor": code} if code else {},
            prove=self._prove,
        )
        return read_model(model, data)

    # --- offline value ------------------------------------------------------------------------

    def open_wallet(self, enrolment: bytes) -> bytes:
        """The certificate of the wallet that an enrolment opens."""
        return self._link.ask("POST", "/v1/wallets", enrolment, media_type=COSE_SIGN1)

    def load(self, order: bytes) -> bytes:
        """The load that answers an order."""
        return self._link.ask("POST", "/v1/loads", order, media_type=COSE_SIGN1)

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

    def close_wallet(self, wallet: bytes) -> WalletView:
        """Close a wallet; its money goes to its holder's newest open one."""
        return self._signed(WalletView, "POST", f"{_at(wallet)}/close", CloseOrder())

    def sub_wallets(self, wallet: bytes) -> SubWallets:
        """The wallets under this one."""
        return self._signed(SubWallets, "GET", f"{_at(wallet)}/sub-wallets")

    def take_under(self, wallet: bytes, child: bytes, limits: SubWalletLimits) -> WalletView:
        """Make another wallet of the same person a sub-wallet, with limits."""
        return self._signed(WalletView, "PUT", f"{_at(wallet)}/sub-wallets/{child.hex()}", limits)

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

    def buy(
        self, wallet: bytes, asked: PurchaseOrder, *, idempotency_key: str, code: str = ""
    ) -> ReceiptView:
        """Pay a merchant's order."""
        path = f"{_at(wallet)}/purchases"
        return self._signed(ReceiptView, "POST", path, asked, once=idempotency_key, code=code)

    def refund(self, wallet: bytes, asked: RefundOrder, *, idempotency_key: str) -> ReceiptView:
        """Give back what was received."""
        return self._signed(ReceiptView, "POST", f"{_at(wallet)}/refunds", asked, once=idempotency_key)

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


def _at(wallet: bytes) -> str:
    return f"/v1/wallets/{wallet.hex()}"
