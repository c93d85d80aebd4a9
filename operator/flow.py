"""Flows: work of an operator that needs the issuer's word in the middle. Pure control, no input or output.

A flow is a generator: it yields what it asks of the issuer, is sent the answer, and returns its own.
So the same code runs against an issuer in this process (`drive`), over a network, or with many flows
under way at once, whose questions travel together.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from shuangli.errors import ShuangliError, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.remittances.store import Outcome, Waiting
from shuangli.issuer.returns.due import Return
from shuangli.issuer.service.case_messages import OwnCase


@dataclass(frozen=True, slots=True, kw_only=True)
class MintRequest:
    """A wallet's order that an operator passes on, to be filled out of its vault."""

    operator: str
    order: bytes
    customer: Customer
    now_s: int


Question = MintRequest | Submission
Reply = bytes | Settled
"""A load answers a mint request, a `Settled` a submission."""

Flow = Generator[Question, Reply, bytes]


class IssuerLink(Protocol):
    """What an operator asks of the issuer; in the same process or over a network."""

    def mint(self, order: bytes, *, operator: str, customer: Customer, now_s: int) -> bytes:
        """Answer a wallet's order with a load out of the operator's vault."""
        ...

    def settle(self, submission: Submission) -> Settled:
        """Settle an upload; the same upload again gives the same answer."""
        ...

    def returns_to(self, operator: str, *, after: int) -> list[Return]:
        """What has gone back to the operator's wallets after the number that it has seen, some at a time."""
        ...

    def claim_return(self, operator: str, number: int, *, person: bytes, now_s: int) -> int:
        """Let the guarantee fund pay a return to a person; gives what it has paid, in fen."""
        ...

    def report_lost(self, enrolment: bytes, *, operator: str, now_s: int) -> None:
        """Note that the operator's customer, whose enrolment this is, has lost a wallet."""
        ...

    def log_certificates(self, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        """Note wallet certificates that the operator has signed."""
        ...


class ServiceLink(IssuerLink, Protocol):
    """What an operator's service asks of the issuer, besides what its bank does."""

    def settle_all(self, submissions: Sequence[Submission]) -> list[Settled | ShuangliError]:
        """Settle uploads in their order; there is an answer or an error for each."""
        ...

    def take_watermark(self, data: bytes, *, now_s: int) -> None:
        """Take the operator's word on up to when it has passed everything on; what is due then goes back."""
        ...

    def statements_to(self, operator: str, *, after: int) -> list[bytes]:
        """What the operator is told of nettings after the number that it has seen, some at a time."""
        ...

    def cases_of(self, operator: str, *, after: int) -> list[OwnCase]:
        """The operator's cases after the number that it has seen, some at a time."""
        ...

    def name_holder(self, enrolment: bytes, person: bytes, *, operator: str, now_s: int) -> None:
        """Show who holds the key of a case."""
        ...

    def pay_back(self, key: bytes, amount_fen: int, *, operator: str, reference: bytes, now_s: int) -> None:
        """Pass on what the holder of a culprit's key has paid back."""
        ...

    def remit(self, order: bytes, *, operator: str, now_s: int) -> None:
        """Take the operator's order to pay a wallet of another."""
        ...

    def answer_remittance(self, answer: bytes, *, operator: str, now_s: int) -> None:
        """Take the operator's answer to an order of another."""
        ...

    def remittances_to(self, operator: str, *, after: int) -> list[Waiting]:
        """Orders to the operator after a number that wait for its answer, some at a time."""
        ...

    def remittance_outcomes(self, operator: str, *, after: int, now_s: int) -> list[Outcome]:
        """What has become of orders by and to the operator after an outcome's number, some at a time."""
        ...

    def key_set(self) -> bytes:
        """The newest key set."""
        ...

    def operators(self) -> list[bytes]:
        """The certificates of all operators that ever stood in a key set, also of those dismissed since."""
        ...

    def revocation_list(self) -> bytes:
        """The newest revocation list."""
        ...


def says_no(error: ShuangliError) -> bool:
    """Whether the issuer has looked at what it was asked, and refuses it.

    It has not where it is out of reach, or does not admit this operator now: that says nothing of what it has
    done when it was asked before, and its answer was lost.
    """
    return not isinstance(error, StoreError) and error.code != "not-admitted"


def reply(question: Question, issuer: IssuerLink) -> Reply:
    """Put one question to the issuer.

    Raises:
        Refused: the issuer refuses.
    """
    if isinstance(question, MintRequest):
        return issuer.mint(
            question.order, operator=question.operator, customer=question.customer, now_s=question.now_s
        )
    return issuer.settle(question)


def drive(flow: Flow, issuer: IssuerLink) -> bytes:
    """Run a flow to its end, asking `issuer` as it goes; whatever the issuer refuses, the flow hears."""
    try:
        question = next(flow)
        while True:
            try:
                answer = reply(question, issuer)
            except Exception as error:
                question = flow.throw(error)
            else:
                question = flow.send(answer)
    except StopIteration as done:
        return bytes(done.value)
