"""The typed client of an operator over HTTP, for programs with a name and a secret: OAuth 2 tokens.

with OperatorProgram("http://127.0.0.1:8000", name="desk-1", secret=secret) as program:
    program.release(wallet)
"""

from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel

from shuangli.api.addresses import parse_operator_address
from shuangli.api.asked import (
    CloseOrder,
    CounterPlace,
    Decision,
    FreezeOrder,
    Identification,
    MerchantEntry,
    RefundOrder,
    SaleOrder,
    TransferOrder,
    UpgradeOrder,
)
from shuangli.api.bodies import Page
from shuangli.api.http_link import HttpLink, ServiceClient
from shuangli.api.oversight import BatchView, Review, RiskCaseView
from shuangli.api.signed_client import JSON, read_byte_strings, read_model
from shuangli.api.told import (
    DisputeView,
    MerchantView,
    ReceiptView,
    SaleView,
    SettlementStatement,
    WalletView,
)
from shuangli.api.told_service import Done, IdentifiedTold, TokenTold
from shuangli.api.webhooks import DeliveryView, WebhookOrder, Webhooks, WebhookView
from shuangli.errors import Unverified

FORM: Final = "application/x-www-form-urlencoded"
Model = TypeVar("Model", bound=BaseModel)


class OperatorProgram(ServiceClient):
    """What administrators, merchants, companies and regulators ask; the operator decides by their scopes.

    All methods raise what the operator raises, and `StoreError` where it cannot be reached (`unavailable`).
    """

    def __init__(self, address: str, *, name: str, secret: str) -> None:
        """Talk to the operator at `address` as the client of this name; nothing is sent yet.

        Raises:
            BadInput: it is no address.
        """
        super().__init__(HttpLink(parse_operator_address(address), who="operator"))
        self._name, self._secret = name, secret
        self._token = ""

    def token(self) -> TokenTold:
        """A new token, which this client uses from now on."""
        form = {"grant_type": "client_credentials", "client_id": self._name, "client_secret": self._secret}
        data = self._link.ask("POST", "/v1/oauth/token", urlencode(form).encode(), media_type=FORM)
        told = read_model(TokenTold, data)
        self._token = told.access_token
        return told

    def _prove(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        del method, path, headers, body
        return {"Authorization": f"Bearer {self._token or self.token().access_token}"}

    def ask(self, method: str, path: str, asked: BaseModel | None = None, *, once: str = "") -> bytes:
        """Ask for what a token is needed for; one that has expired is asked for anew, once."""
        body = b"" if asked is None else asked.model_dump_json().encode()
        return self.send(method, path, body, media_type=JSON if body else "", once=once)

    def send(self, method: str, path: str, body: bytes, *, media_type: str, once: str = "") -> bytes:
        """The same with a body of any kind, such as a file of wages."""
        for last in (False, True):
            try:
                return self._link.ask(method, path, body, media_type=media_type, once=once, prove=self._prove)
            except Unverified as error:
                if last or error.code != "not-authenticated":
                    raise
                self._token = ""
        raise AssertionError("the second try ends with an answer or an error")

    def _read(
        self, model: type[Model], method: str, path: str, asked: BaseModel | None = None, *, once: str = ""
    ) -> Model:
        return read_model(model, self.ask(method, path, asked, once=once))

    def identify(self, person: bytes, tier: int) -> IdentifiedTold:
        """Say that the bank has identified a person, by the digest of their record: the code for a wallet."""
        asked = Identification(person=person.hex(), tier=tier)
        return self._read(IdentifiedTold, "POST", "/v1/identifications", asked)

    def wallet(self, wallet: bytes) -> WalletView:
        """A wallet: tier, state, and what its account holds."""
        return self._read(WalletView, "GET", f"/v1/wallets/{wallet.hex()}")

    def upgrade(self, wallet: bytes, tier: int) -> WalletView:
        """Give a person's wallet another tier."""
        return self._read(WalletView, "PUT", f"/v1/wallets/{wallet.hex()}/tier", UpgradeOrder(tier=tier))

    def freeze(self, wallet: bytes, reason: str = "") -> WalletView:
        """Freeze a wallet."""
        return self._read(WalletView, "PUT", f"/v1/wallets/{wallet.hex()}/freeze", FreezeOrder(reason=reason))

    def release(self, wallet: bytes) -> WalletView:
        """Release a frozen wallet."""
        return self._read(WalletView, "DELETE", f"/v1/wallets/{wallet.hex()}/freeze")

    def close_wallet(self, wallet: bytes, *, lost: bool = False) -> WalletView:
        """Close a wallet, also a frozen one."""
        return self._read(WalletView, "POST", f"/v1/wallets/{wallet.hex()}/close", CloseOrder(lost=lost))

    def enlist(
        self, wallet: bytes, name: str, category: str, place: CounterPlace | None = None
    ) -> MerchantView:
        """Let a company's wallet take payments for orders, at a counter if `place` says where."""
        asked = MerchantEntry(name=name, category=category, place=place)
        return self._read(MerchantView, "PUT", f"/v1/merchants/{wallet.hex()}", asked)

    def offer(self, wallet: bytes, asked: SaleOrder) -> SaleView:
        """Make out an order that is to be paid."""
        return self._read(SaleView, "POST", f"/v1/merchants/{wallet.hex()}/sales", asked)

    def settlement(self, wallet: bytes) -> SettlementStatement:
        """What a merchant took, by day."""
        return self._read(SettlementStatement, "GET", f"/v1/merchants/{wallet.hex()}/settlement")

    def refund(self, wallet: bytes, asked: RefundOrder, *, idempotency_key: str) -> ReceiptView:
        """Give back what a merchant's wallet received."""
        path = f"/v1/wallets/{wallet.hex()}/refunds"
        return self._read(ReceiptView, "POST", path, asked, once=idempotency_key)

    def transfer(self, wallet: bytes, asked: TransferOrder, *, idempotency_key: str) -> ReceiptView:
        """Pay out of the company's wallet that this program acts for."""
        path = f"/v1/wallets/{wallet.hex()}/transfers"
        return self._read(ReceiptView, "POST", path, asked, once=idempotency_key)

    def pay_wages(self, wallet: bytes, file: bytes, *, name: str, media_type: str = "text/csv") -> BatchView:
        """Pay a batch of wages out of the company's wallet; the same again pays nothing more.

        `name` is the batch's, for a CSV; a pain.001 (`application/xml`) has its own.

        Raises:
            BadInput: a line is wrong, and nothing is paid (`bad-value`); says which, and what would be right.
        """
        path = f"/v1/wallets/{wallet.hex()}/payroll-batches"
        return read_model(BatchView, self.send("POST", path, file, media_type=media_type, once=name))

    def wages(self, wallet: bytes, name: str) -> BatchView:
        """What has become of a batch, line by line."""
        path = f"/v1/wallets/{wallet.hex()}/payroll-batches?{urlencode({'name': name})}"
        return self._read(BatchView, "GET", path)

    def subscribe(self, wallet: bytes, asked: WebhookOrder) -> WebhookView:
        """Let a wallet's events be sent to a URL (`shuangli.api.webhook_reader` reads them there)."""
        return self._read(WebhookView, "POST", f"/v1/wallets/{wallet.hex()}/webhooks", asked)

    def webhooks(self, wallet: bytes) -> Webhooks:
        """Who is told of a wallet's events, and how that goes."""
        return self._read(Webhooks, "GET", f"/v1/wallets/{wallet.hex()}/webhooks")

    def unsubscribe(self, wallet: bytes, webhook: int) -> Done:
        """Let no more be sent."""
        return self._read(Done, "DELETE", f"/v1/wallets/{wallet.hex()}/webhooks/{webhook}")

    def deliveries(self, wallet: bytes, webhook: int, cursor: str = "") -> Page[DeliveryView]:
        """Every attempt to deliver an event, a page at a time."""
        path = f"/v1/wallets/{wallet.hex()}/webhooks/{webhook}/deliveries?{urlencode({'cursor': cursor})}"
        return self._read(Page[DeliveryView], "GET", path)

    def risk_cases(self, cursor: str = "") -> Page[RiskCaseView]:
        """Cases of risk control that wait for a review, a page at a time."""
        return self._read(Page[RiskCaseView], "GET", f"/v1/risk/cases?{urlencode({'cursor': cursor})}")

    def review(self, case_no: int, review: Review) -> RiskCaseView:
        """Confirm a case, or clear it."""
        return self._read(RiskCaseView, "PUT", f"/v1/risk/cases/{case_no}", review)

    def disputes(self, cursor: str = "") -> Page[DisputeView]:
        """All disputes, a page at a time."""
        return self._read(Page[DisputeView], "GET", f"/v1/disputes?{urlencode({'cursor': cursor})}")

    def decide(self, dispute_no: int, decision: Decision) -> DisputeView:
        """Decide a dispute."""
        return self._read(DisputeView, "PUT", f"/v1/disputes/{dispute_no}", decision)

    def log_entries(self, first: int = 0, *, most: int = 100) -> list[bytes]:
        """Entries of the audit log from a number on."""
        return read_byte_strings(self.ask("GET", f"/v1/log/entries?first={first}&limit={most}"))
