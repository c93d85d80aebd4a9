"""Bodies in CBOR that are no signed objects, as maps with names for keys; those in JSON are `resources`.

A reader passes over names that it does not know, so that a newer operator may say more.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

from shuangli import codec
from shuangli.crypto import sha256
from shuangli.errors import Malformed
from shuangli.messages.bundle import MAX_BUNDLE_BYTES
from shuangli.messages.fields import (
    MAX_NAME,
    check_currency,
    check_text,
    require,
)

CBOR: Final = "application/cbor"
"""The media type of these bodies and of bundles (RFC 8949 section 9.5)."""
COSE: Final = "application/cose"
"""The media type of signed objects (RFC 9052 section 11.2)."""
COSE_SIGN1: Final = f'{COSE}; cose-type="cose-sign1"'
PROBLEM: Final = "application/problem+json"

MAX_MODEL_BYTES: Final = 4_096
MAX_SIGNED_BYTES: Final = 16_384
"""Largest enrolment or order."""
MAX_UPLOAD_BYTES: Final = MAX_BUNDLE_BYTES
MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""Largest answer that a client reads."""
MAX_IDEMPOTENCY_KEY: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkDescription:
    """An operator's name, its network and currency; in a `sandbox`, money is play money.

    It is not signed. The network's name and the operator's are checked against the key set.
    """

    network: str
    operator: str
    currency: str
    sandbox: bool

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.operator, MAX_NAME, "operator")
        check_currency(self.currency)
        require(type(self.sandbox) is bool, "shape", "sandbox is neither true nor false")

    def encode(self) -> bytes:
        """Encode as a map."""
        return codec.encode(asdict(self))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a received description."""
        network, operator, currency, sandbox = _read_map(data, cls)
        return cls(network=network, operator=operator, currency=currency, sandbox=sandbox)


def _read_map(data: bytes, model: type[NetworkDescription]) -> list[Any]:
    """The values of a map under the names of a model's fields, whose types are not checked here."""
    values = codec.decode(data, max_bytes=MAX_MODEL_BYTES)
    names = [field.name for field in fields(model)]
    if type(values) is not dict or not values.keys() >= {*names}:
        raise Malformed("shape", f"not a map with the keys {', '.join(names)}")
    return [values[name] for name in names]


def check_idempotency_key(text: str) -> None:
    """Make sure that this can be an idempotency key.

    Raises:
        Malformed: it is not 1 to 64 printable ASCII characters.
    """
    check_text(text, MAX_IDEMPOTENCY_KEY, "an idempotency key")


def etag_of(data: bytes) -> str:
    """The entity tag of a body (RFC 9110 section 8.8.3): its SHA-256."""
    return f'"{sha256(data).hex()}"'
