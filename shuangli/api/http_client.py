"""The typed client of an operator over HTTP.

with HttpOperator("http://127.0.0.1:8000") as operator:
    operator.key_set()
"""

from collections.abc import Iterable

from shuangli.api.addresses import parse_operator_address
from shuangli.api.http_link import HttpLink, ServiceClient
from shuangli.api.models import CBOR, COSE_SIGN1, Deposit, NetworkDescription


class HttpOperator(ServiceClient):
    """An `OperatorLink` over HTTP."""

    def __init__(self, address: str, *, known: Iterable[bytes] = ()) -> None:
        """Talk to the operator at `address`; nothing is sent yet.

        `known` are key sets and lists that were received before: while one is the newest it does not travel
        again.

        Raises:
            BadInput: it is no address.
        """
        super().__init__(HttpLink(parse_operator_address(address), who="operator", known=known))

    def describe(self) -> NetworkDescription:
        """The network and the operator."""
        return NetworkDescription.decode(self._link.ask("GET", "/v1/network"))

    def open_wallet(self, enrolment: bytes) -> bytes:
        """The certificate of the wallet that an enrolment opens."""
        return self._link.ask("POST", "/v1/wallets", enrolment, media_type=COSE_SIGN1)

    def deposit(self, deposit: Deposit, *, idempotency_key: str) -> None:
        """Pay money in from the bank account."""
        body = deposit.encode()
        self._link.ask("POST", "/v1/deposits", body, media_type=CBOR, once=idempotency_key)

    def load(self, order: bytes) -> bytes:
        """The load that answers an order."""
        return self._link.ask("POST", "/v1/loads", order, media_type=COSE_SIGN1)

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload."""
        return self._link.ask("POST", "/v1/reconciliations", upload, media_type=CBOR)
