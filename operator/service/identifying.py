"""The desk's part for whoever opens a wallet: whom the operator has identified."""

from collections.abc import Callable

from shuangli.api.told_service import IdentifiedTold
from shuangli.errors import Refused
from shuangli.operator.bank import Bank
from shuangli.operator.customers.identifications import Identifications, Identified
from shuangli.operator.flow import ServiceLink
from shuangli.operator.service.recovering import RecoveringDesk


class IdentifyingDesk(RecoveringDesk):
    """A desk that opens wallets for persons whom it has identified.

    Attributes:
        identifications: the codes that it has given out, used inside `transaction`
    """

    def __init__(self, bank: Bank, issuer: ServiceLink, *, currency: str, now_s: Callable[[], int]) -> None:
        """Open wallets at `bank`."""
        super().__init__(bank, issuer, currency=currency, now_s=now_s)
        self.identifications = Identifications(bank)

    def identify(self, person: bytes, tier: int) -> IdentifiedTold:
        """Note that the bank has identified a person: the code for a wallet, which it hands to them.

        Raises:
            BadInput: it is nobody (`bad-value`).
        """
        with self.transaction() as now_s:
            return _told(self.identifications.identify(person, tier, now_s=now_s))

    def make_up_person(self, tier: int) -> IdentifiedTold:
        """A made-up person with a code: in a sandbox, a stand-in for the bank's own check."""
        with self.transaction() as now_s:
            return _told(self.identifications.make_up(tier, now_s=now_s))

    def identified(self, code: str) -> IdentifiedTold:
        """The person and tier that a code is for, to enrol a wallet with.

        Raises:
            Refused: it is for nobody (`not-identified`).
        """
        with self.transaction() as now_s:
            found = self.identifications.look_up(code, now_s=now_s)
        if isinstance(found, Refused):
            raise found
        return _told(found)

    def _open(self, enrolment: bytes, code: str) -> bytes:
        """The certificate of the wallet that an enrolment opens; the code is used up with that.

        Raises:
            Malformed, Unverified: the enrolment does not hold.
            Refused: the code is missing or not for this (`not-identified`), or as `Bank.open_wallet`.
        """
        with self.transaction() as now_s:
            refused = self.identifications.admit(enrolment, code, now_s=now_s)
            certificate = b"" if refused is not None else self.bank.open_wallet(enrolment, now_s=now_s)
        if refused is not None:
            raise refused
        return certificate


def _told(found: Identified) -> IdentifiedTold:
    return IdentifiedTold(
        person=found.person.hex(), tier=found.tier, code=found.code, expires_at_s=found.expires_at_s
    )
