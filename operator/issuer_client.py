"""The issuer over HTTPS, for an operator whose issuer runs elsewhere.

Both sides show a certificate of the network's own authority (`shuangli.api.tls`). Everything that is asked
may be asked again with the same outcome: so what a broken connection may have swallowed is asked once more
over a new one, and then it is an error. Times in answers are the issuer's: it goes by its own clock.
"""

from collections.abc import Sequence

from shuangli.api.models import CBOR, COSE_SIGN1
from shuangli.errors import ShuangliError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.remittances.store import Outcome, Waiting
from shuangli.issuer.returns.due import Return
from shuangli.issuer.service.case_messages import NamedHolder, OwnCase, Recovery, decode_cases
from shuangli.issuer.service.log_client import LogReader
from shuangli.issuer.service.messages import (
    MOST_OPERATORS,
    CustomerOrder,
    ReturnClaim,
    decode_answers,
    decode_paid,
    decode_returns,
    decode_signed,
    encode_certificates,
    encode_submissions,
)
from shuangli.issuer.service.remittance_messages import decode_outcomes, decode_waiting
from shuangli.issuer.vaults.desk import MOST_STATEMENTS


class HttpIssuer(LogReader):
    """A `shuangli.operator.flow.ServiceLink` over HTTPS with mutual TLS.

    An operator may read the audit log as far as it concerns it.
    """

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

    def statements_to(self, operator: str, *, after: int) -> list[bytes]:
        """What the operator is told of nettings after the number that it has seen, some at a time."""
        del operator
        data = self._link.ask("GET", f"/v1/netting-statements?after={after}")
        return decode_signed(data, most=MOST_STATEMENTS)

    def operators(self) -> list[bytes]:
        """The certificates of all operators that ever stood in a key set."""
        return decode_signed(self._link.ask("GET", "/v1/operators"), most=MOST_OPERATORS)

    def claim_return(self, operator: str, number: int, *, person: bytes, now_s: int) -> int:
        """Let the guarantee fund pay a return to a person; gives what it has paid, in fen."""
        del operator, now_s
        claim = ReturnClaim(number=number, person=person)
        return decode_paid(self._link.ask("POST", "/v1/return-claims", claim.encode(), media_type=CBOR))

    def cases_of(self, operator: str, *, after: int) -> list[OwnCase]:
        """The operator's cases after the number that it has seen, some at a time."""
        del operator
        return decode_cases(self._link.ask("GET", f"/v1/cases?after={after}"))

    def name_holder(self, enrolment: bytes, person: bytes, *, operator: str, now_s: int) -> None:
        """Show who holds the key of a case."""
        del operator, now_s
        body = NamedHolder(enrolment=enrolment, person=person).encode()
        self._link.ask("POST", "/v1/holders", body, media_type=CBOR)

    def pay_back(self, key: bytes, amount_fen: int, *, operator: str, reference: bytes, now_s: int) -> None:
        """Pass on what the holder of a culprit's key has paid back."""
        del operator, now_s
        body = Recovery(culprit=key, amount_fen=amount_fen, reference=reference).encode()
        self._link.ask("POST", "/v1/recoveries", body, media_type=CBOR)

    def remit(self, order: bytes, *, operator: str, now_s: int) -> None:
        """Hand in the operator's order to pay a wallet of another."""
        del operator, now_s
        self._link.ask("POST", "/v1/remittances", order, media_type=COSE_SIGN1)

    def answer_remittance(self, answer: bytes, *, operator: str, now_s: int) -> None:
        """Hand in the operator's answer to an order of another."""
        del operator, now_s
        self._link.ask("POST", "/v1/remittance-answers", answer, media_type=COSE_SIGN1)

    def remittances_to(self, operator: str, *, after: int) -> list[Waiting]:
        """Orders to the operator after a number that wait for its answer, some at a time."""
        del operator
        return decode_waiting(self._link.ask("GET", f"/v1/remittances?after={after}"))

    def remittance_outcomes(self, operator: str, *, after: int, now_s: int) -> list[Outcome]:
        """What has become of orders by and to the operator after an outcome's number, some at a time."""
        del operator, now_s
        return decode_outcomes(self._link.ask("GET", f"/v1/remittance-outcomes?after={after}"))

    def report_lost(self, enrolment: bytes, *, operator: str, now_s: int) -> None:
        """Note that the operator's customer, whose enrolment this is, has lost a wallet."""
        del operator, now_s
        self._link.ask("POST", "/v1/lost-wallets", enrolment, media_type=COSE_SIGN1)

    def log_certificates(self, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        """Note wallet certificates that the operator has signed."""
        del operator, now_s
        self._link.ask("POST", "/v1/wallet-certificates", encode_certificates(certificates), media_type=CBOR)
