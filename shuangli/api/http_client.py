"""The typed client over HTTP, on httpx. An edge file: it touches the network.

    with HttpOperator("http://127.0.0.1:8000") as operator:
        operator.key_set()

Nothing that comes back is trusted for having come from there: signatures are checked by whoever asked.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

import httpx

from shuangli.api.addresses import parse_operator_address, socket_path_of
from shuangli.api.models import CBOR, COSE_SIGN1, MAX_ANSWER_BYTES, Deposit, NetworkDescription, etag_of
from shuangli.api.problems import error_of
from shuangli.errors import Malformed, StoreError

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
"""Seconds for each step of a request; a large reconciliation takes a while to be settled."""
_SUCCESS: Final = 200
_NOT_MODIFIED: Final = 304


class HttpOperator:
    """An `OperatorLink` over HTTP.

    Attributes:
        address: where the operator is
    """

    def __init__(self, address: str, *, known: Iterable[bytes] = ()) -> None:
        """Talk to the operator at `address`; nothing is sent yet.

        `known` are key sets and lists that were received before: while one is the newest it does not travel
        again.

        Raises:
            BadInput: it is no address.
        """
        self.address = parse_operator_address(address)
        socket_path = socket_path_of(self.address)
        # Settings for web browsing (proxies, password files) do not apply to a wallet.
        self._known = {etag_of(data): data for data in known}
        self._client = httpx.Client(
            base_url="http://operator" if socket_path else self.address,
            transport=httpx.HTTPTransport(uds=socket_path),
            timeout=TIMEOUT,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def describe(self) -> NetworkDescription:
        """The network and the operator."""
        return NetworkDescription.decode(self._ask("GET", "/v1/network"))

    def key_set(self) -> bytes:
        """The newest key set."""
        return self._ask("GET", "/v1/key-set", headers=self._unless_known())

    def revocation_list(self) -> bytes:
        """The newest revocation list."""
        return self._ask("GET", "/v1/revocation-list", headers=self._unless_known())

    def open_wallet(self, enrolment: bytes) -> bytes:
        """The certificate of the wallet that an enrolment opens."""
        return self._ask("POST", "/v1/wallets", enrolment, {"Content-Type": COSE_SIGN1})

    def deposit(self, deposit: Deposit, *, idempotency_key: str) -> None:
        """Pay money in from the bank account."""
        headers = {"Content-Type": CBOR, "Idempotency-Key": f'"{idempotency_key}"'}
        self._ask("POST", "/v1/deposits", deposit.encode(), headers)

    def load(self, order: bytes) -> bytes:
        """The load that answers an order."""
        return self._ask("POST", "/v1/loads", order, {"Content-Type": COSE_SIGN1})

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload."""
        return self._ask("POST", "/v1/reconciliations", upload, {"Content-Type": CBOR})

    def _unless_known(self) -> dict[str, str]:
        return {"If-None-Match": ", ".join(self._known)} if self._known else {}

    def _ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
        try:
            with self._client.stream(method, path, content=body or None, headers=headers) as answer:
                data = self._read(answer)
        except httpx.HTTPError as error:
            why = " ".join(str(error).split()) or type(error).__name__
            detail = f"the operator at {self.address} cannot be reached: {why}"
            raise StoreError("unavailable", detail) from error
        known = self._known.get(answer.headers.get("ETag", ""))
        if answer.status_code == _NOT_MODIFIED and known is not None:
            return known
        if answer.status_code != _SUCCESS:
            raise error_of(answer.status_code, data, address=self.address)
        return data

    def _read(self, answer: httpx.Response) -> bytes:
        data = bytearray()
        for piece in answer.iter_bytes():
            data += piece
            if len(data) > MAX_ANSWER_BYTES:
                raise Malformed("too-large", f"{self.address} answers more than {MAX_ANSWER_BYTES} bytes")
        return bytes(data)
