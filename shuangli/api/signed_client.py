"""A client whose requests a wallet signs, and how answers are read (needs the extra `api`)."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from shuangli.api.addresses import parse_operator_address
from shuangli.api.http_link import HttpLink, ServiceClient
from shuangli.api.models import MAX_ANSWER_BYTES, NetworkDescription
from shuangli.api.signing import RequestSigner
from shuangli.codec import decode
from shuangli.errors import BadInput, Malformed
from shuangli.messages.fields import read_list

JSON: Final = "application/json"
Model = TypeVar("Model", bound=BaseModel)


def code_header(code: str) -> dict[str, str]:
    """The header with a code of a second factor, if there is one."""
    return {"Second-Factor": code} if code else {}


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


class SignedClient(ServiceClient):
    """Asks an operator, and signs what concerns a wallet with its key."""

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
            more=code_header(code),
            prove=self._prove,
        )
        return read_model(model, data)
