"""Managed anonymity: who holds a key is told on request, for a reason, and never by whoever has asked.

One role asks, another one answers. Each step goes into the audit log, by a digest that nobody can guess and
by the class of the reason: what is asked for is not told there, nor who it is. An order's words stay here.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.codec import encode
from shuangli.crypto import sha256
from shuangli.database.database import only
from shuangli.errors import Refused
from shuangli.messages.event_kinds import EventKind, IdentityStep, Reason
from shuangli.operator.accounts import NOBODY
from shuangli.operator.bank import Bank
from shuangli.operator.privacy.tables import IDENTITY_REQUESTS

_COLUMNS: Final = ", ".join(IDENTITY_REQUESTS.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRequest:
    """A request for who holds a wallet, and what has become of it."""

    request_no: int
    digest: bytes
    wallet_no: int
    reason: Reason
    authority: str
    order_text: str
    asked_by: str
    asked_at_s: int
    step: IdentityStep
    answered_by: str
    answered_at_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a wallet: the operator's records of it, both erased when their retention ends."""

    wallet_no: int
    person: bytes
    enrolment_id: bytes


class IdentityDesk:
    """The requests at one operator. Every method is called inside `store.transaction()`."""

    def __init__(self, bank: Bank) -> None:
        """Keep the requests for holders of wallets of `bank`."""
        self._bank = bank
        self._database = bank.store.database

    def ask(
        self, key: bytes, reason: Reason, *, authority: str, order_text: str, by: str, now_s: int
    ) -> IdentityRequest:
        """Ask who holds a wallet.

        Raises:
            Refused: none was ever opened here with this key (`unknown-wallet`).
        """
        row = self._bank.row_of(key)
        number = 1 + int(
            only(self._database.row("SELECT coalesce(max(request_no), 0) FROM identity_requests"))
        )
        told = [self._bank.enrolment_id(key), number, int(reason), authority, order_text, by, now_s]
        request = IdentityRequest(
            request_no=number,
            digest=sha256(encode(told)),
            wallet_no=row.wallet_no,
            reason=reason,
            authority=authority,
            order_text=order_text,
            asked_by=by,
            asked_at_s=now_s,
            step=IdentityStep.REQUESTED,
            answered_by="",
            answered_at_s=None,
        )
        values = (getattr(request, name) for name in IDENTITY_REQUESTS.columns)
        self._database.insert(IDENTITY_REQUESTS, [tuple(values)])
        self._log(request, now_s)
        return request

    def answer(self, number: int, *, grant: bool, by: str, now_s: int) -> IdentityRequest:
        """Grant or refuse a request; granted, the holder is disclosed to the authority that is named in it.

        Raises:
            Refused: there is none (`not-found`), it was answered before (`nothing-due`), or who answers has
                asked (`not-allowed`).
        """
        request = self.request(number)
        if request.step is not IdentityStep.REQUESTED:
            raise Refused("nothing-due", f"request {number} was answered before")
        if by == request.asked_by:
            raise Refused("not-allowed", "nobody grants a request of their own: somebody else answers it")
        step = IdentityStep.GRANTED if grant else IdentityStep.REFUSED
        self._database.execute(
            "UPDATE identity_requests SET step = ?, answered_by = ?, answered_at_s = ? WHERE request_no = ?",
            *(int(step), by, now_s, number),
        )
        answered = self.request(number)
        self._log(answered, now_s)
        if grant:
            facts = {"authority": request.authority, "case_no": 0, "order": request.digest}
            self._bank.log(EventKind.DISCLOSURE, now_s, **facts, reason=request.reason)
        return answered

    def holder(self, number: int) -> Holder | None:
        """Who holds the wallet that a request is about; None unless it was granted, or if it is erased.

        Raises:
            Refused: there is no such request (`not-found`).
        """
        request = self.request(number)
        row = self._bank.store.wallet_by_no(request.wallet_no)
        if request.step is not IdentityStep.GRANTED or row.person == NOBODY:
            return None
        return Holder(
            wallet_no=row.wallet_no, person=row.person, enrolment_id=self._bank.enrolment_id(row.key)
        )

    def request(self, number: int) -> IdentityRequest:
        """The request of this number.

        Raises:
            Refused: there is none (`not-found`).
        """
        found = self._found("request_no = ?", number)
        if not found:
            raise Refused("not-found", f"there is no request {number} for an identity")
        return found[0]

    def requests(self, *, after: int = 0, most: int) -> list[IdentityRequest]:
        """The first so many requests after a number, in their order."""
        return self._found("request_no > ? ORDER BY request_no LIMIT ?", after, most)

    def newest(self, most: int) -> list[IdentityRequest]:
        """The last so many requests, the newest first."""
        return self._found("request_no > 0 ORDER BY request_no DESC LIMIT ?", most)

    def _found(self, where: str, *values: int) -> list[IdentityRequest]:
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM identity_requests WHERE {where}", *values)  # noqa: S608
        found = []
        for row in rows:
            named = dict(zip(IDENTITY_REQUESTS.columns, row, strict=True))
            named |= {"reason": Reason(named["reason"]), "step": IdentityStep(named["step"])}
            found.append(IdentityRequest(**named | {"digest": bytes(named["digest"])}))
        return found

    def _log(self, request: IdentityRequest, now_s: int) -> None:
        self._bank.log(
            EventKind.IDENTITY, now_s, request=request.digest, step=request.step, reason=request.reason
        )
