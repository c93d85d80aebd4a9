"""The issuer over HTTPS, for an operator whose issuer runs elsewhere.

Both sides show a certificate of the network's own authority (`shuangli.api.tls`). Everything that is asked
may be asked again with the same outcome: so what a broken connection may have swallowed is asked once more
over a new one, and then it is an error. Times in answers are the issuer's: it goes by its own clock.
"""

from collections.abc import Sequence
from typing import Final

from shuangli.api.addresses import parse_operator_address
from shuangli.api.http_link import HttpLink, ServiceClient
from shuangli.api.models import CBOR, COSE_SIGN1
from shuangli.api.tls import ISSUER_NAME, TlsFiles, operator_context
from shuangli.errors import BadInput, ShuangliError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.returns.due import Return
from shuangli.issuer.service.messages import (
    CustomerOrder,
    ReturnClaim,
    decode_answers,
    decode_paid,
    decode_returns,
    encode_certificates,
    encode_submissions,
)

CONNECT_WITHIN_S: Final = 5.0
MOST_CONNECTIONS: Final = 8


class HttpIssuer(ServiceClient):
    """A `shuangli.operator.flow.ServiceLink` over HTTPS with mutual TLS.

    All methods raise what the issuer raises; `StoreError` with the code `unavailable` where it cannot be
    reached, and `NotHeard`, a kind of it, where it certainly has not heard.
    """

    def __init__(self, address: str, files: TlsFiles) -> None:
        """Talk to the issuer at `address`; nothing is sent yet.

        Raises:
            BadInput: it is no address of this kind (`bad-option`), or a file cannot be used (`bad-file`).
        """
        parsed = parse_operator_address(address)
        if not parsed.startswith("https://"):
            raise BadInput("bad-option", f"{address!r} is no issuer's address: give https://HOST:PORT")
        link = HttpLink(
            parsed,
            who="issuer",
            tls=operator_context(files),
            tls_name=ISSUER_NAME,
            connect_within_s=CONNECT_WITHIN_S,
            most_connections=MOST_CONNECTIONS,
            again=1,
        )
        super().__init__(link)

    def mint(self, order: bytes, *, operator: str, customer: Customer, now_s: int) -> bytes:
        """Answer a wallet's order with a load out of the operator's vault."""
        del operator, now_s
        body = CustomerOrder(order=order, customer=customer).encode()
        return self._link.ask("POST", "/v1/loads", body, media_type=CBOR)

    def settle(self, submission: Submission) -> Settled:
        """Settle an upload; the same upload again gives the same answer."""
        (answer,) = self.settle_all([submission])
        if isinstance(answer, ShuangliError):
            raise answer
        return answer

    def settle_all(self, submissions: Sequence[Submission]) -> list[Settled | ShuangliError]:
        """Settle uploads in their order; there is an answer or an error for each."""
        body = encode_submissions(submissions)
        data = self._link.ask("POST", "/v1/submissions", body, media_type=CBOR)
        return decode_answers(data, expected=len(submissions))

    def take_watermark(self, data: bytes, *, now_s: int) -> None:
        """Take an operator's watermark."""
        del now_s
        self._link.ask("POST", "/v1/watermarks", data, media_type=COSE_SIGN1)

    def returns_to(self, operator: str, *, after: int) -> list[Return]:
        """What has gone back to the operator's wallets after the number that it has seen, some at a time."""
        return decode_returns(self._link.ask("GET", f"/v1/returns?after={after}"), operator=operator)

    def claim_return(self, operator: str, number: int, *, person: bytes, now_s: int) -> int:
        """Let the guarantee fund pay a return to a person; gives what it has paid, in fen."""
        del operator, now_s
        claim = ReturnClaim(number=number, person=person)
        return decode_paid(self._link.ask("POST", "/v1/return-claims", claim.encode(), media_type=CBOR))

    def report_lost(self, certificate: bytes, *, operator: str, now_s: int) -> None:
        """Note that the operator's customer has lost a wallet."""
        del operator, now_s
        self._link.ask("POST", "/v1/lost-wallets", certificate, media_type=COSE_SIGN1)

    def log_certificates(self, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        """Note wallet certificates that the operator has signed."""
        del operator, now_s
        self._link.ask("POST", "/v1/wallet-certificates", encode_certificates(certificates), media_type=CBOR)
