"""Loads: an order goes to the issuer, and what it mints is booked.

While the issuer mints, nothing here is locked. Where nobody knows whether it has minted, because its answer
was lost or this process was killed, the order stays under way (`operator.under_way`): its amount counts
against the deposit until it is asked again, by the wallet or by `finish`, and the issuer gives the same load.

From an amount on, a load needs a code of the wallet's second factor, and screens look at it, as at all else
that leaves it. Both in the transaction that writes the order down: what is under way has passed them.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Final

from shuangli.api.http_link import NotHeard
from shuangli.crypto import sha256
from shuangli.errors import Refused, ShuangliError
from shuangli.messages.loads import LoadOrder
from shuangli.operator.bank import Bank
from shuangli.operator.customers.movements import Movement
from shuangli.operator.flow import Flow, MintRequest, ServiceLink, says_no
from shuangli.operator.service.auth.codes import Codes, needs_code

_AT_ONCE: Final = 100


class LoadDesk:
    """The orders of one operator's wallets; threads may use it together."""

    def __init__(
        self,
        bank: Bank,
        issuer: ServiceLink,
        transaction: Callable[[], AbstractContextManager[int]],
        codes: Codes,
        screened: Callable[[Movement], Refused | None],
    ) -> None:
        """Order for the wallets of `bank`; `transaction` is one of its database, and gives the time.

        `codes` are the wallets' second factors, and `screened` says what screens have against a movement.
        """
        self._bank = bank
        self._codes = codes
        self._screened = screened
        self._issuer = issuer
        self._transaction = transaction
        self._guard = threading.Lock()
        self._asking: Counter[bytes] = Counter()

    @property
    def waits(self) -> bool:
        """Whether nobody knows of some order if it was minted, and nobody is asking. In a transaction."""
        found = self._bank.under_way.after(b"", most=_AT_ONCE)
        with self._guard:
            return any(not self._asking[sha256(each.data)] for each in found)

    def load(self, order: bytes, *, code: str = "", stale: ShuangliError | None = None) -> bytes:
        """The load that answers an order; the same order again gets the same load, without another code.

        `stale` says why it is not known whom the newest revocation list revokes: then nothing new is minted.

        Raises:
            Refused: a code is wanted (`second-factor`, `locked`), or a screen objects; nothing is under way.
            ShuangliError: the order is refused, or the issuer cannot be reached.
        """
        with self._asks(order):
            with self._transaction() as now_s:
                asked_before = self._bank.under_way.find(LoadOrder.parse(order).signed.id) is not None
                flow = self._bank.load_flow(order, now_s=now_s)
                try:
                    request = next(flow)
                except StopIteration as done:
                    return bytes(done.value)
                if stale is not None:
                    raise stale
                objection = None if asked_before else self._look(flow, order, code, now_s)
            if objection is not None:
                raise objection
            if not isinstance(request, MintRequest):
                raise TypeError("an order asks for a load")
            return self._mint(flow, request, asked_before, sha256(order))

    def _look(self, flow: Flow, order: bytes, code: str, now_s: int) -> Refused | None:
        """Why an order must not go on, if so: then it is under way no more.

        It has been verified by now, so nobody else can use up the tries of its wallet. What is noted of a
        wrong code is kept, and what screens note.
        """
        ordered = LoadOrder.parse(order)
        owner, amount_fen, objection = ordered.owner, sum(ordered.values_fen), None
        if needs_code(amount_fen):
            objection = self._codes.check(self._bank.wallet(owner), code, now_s=now_s)
        # Given value never was on the holder's account.
        if objection is None and ordered.condition is None:
            movement = Movement(kind="load", payer=owner, payee=None, amount_fen=amount_fen, at_s=now_s)
            objection = self._screened(movement) or self._frozen(owner)
        if objection is not None:
            with suppress(Refused):
                flow.throw(objection)
        return objection

    def _frozen(self, owner: bytes) -> Refused | None:
        """What is said to a wallet that a screen has frozen for what has come in, if it has."""
        try:
            self._bank.active(owner)
        except Refused as refused:
            return refused
        return None

    @contextmanager
    def _asks(self, order: bytes) -> Iterator[None]:
        """Remember that somebody waits for the issuer's answer to an order."""
        name = sha256(order)
        with self._guard:
            self._asking[name] += 1
        try:
            yield
        finally:
            with self._guard:
                self._asking[name] -= 1
                if not self._asking[name]:
                    del self._asking[name]

    def finish(self) -> None:
        """Ask again for every order of which it is not known whether it was minted.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
            Refused: it does not admit this operator now (`not-admitted`).
        """
        last = b""
        while True:
            with self._transaction():
                found = self._bank.under_way.after(last, most=_AT_ONCE)
            if not found:
                return
            last = found[-1].order_id
            for ordered in found:
                with self._guard:
                    if self._asking[sha256(ordered.data)]:
                        continue
                try:
                    self.load(ordered.data)
                except ShuangliError as error:
                    if not says_no(error):
                        raise
                    # Nothing was minted, and the order is under way no more.

    def _mint(self, flow: Flow, request: MintRequest, asked_before: bool, name: bytes) -> bytes:
        try:
            load = self._issuer.mint(
                request.order, operator=request.operator, customer=request.customer, now_s=request.now_s
            )
        except ShuangliError as error:
            # That it has not heard this time, or would not, says nothing of the time before.
            not_heard = isinstance(error, NotHeard) or error.code == "not-admitted"
            not_minted = not_heard and not asked_before
            with self._guard:
                # Whoever asks for the same may be given it just now: the last to hear has the say.
                is_last = self._asking[name] == 1
            if is_last and (not_minted or says_no(error)):
                self._end(flow, error)
            raise
        with self._transaction():
            try:
                flow.send(load)
            except StopIteration as done:
                return bytes(done.value)
        raise TypeError("an order asks once")

    def _end(self, flow: Flow, why: ShuangliError) -> None:
        """The issuer has not minted, and will not: the order is under way no more."""
        with self._transaction(), suppress(type(why)):
            flow.throw(why)
