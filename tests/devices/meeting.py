"""Two devices of a town meet: the payee listens in a thread of its own, the payer comes to it."""

import queue
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from shuangli.messages.session import PaymentRequest
from shuangli.money import parse_yuan
from shuangli.offline.links.addresses import UnixAddress
from shuangli.offline.links.sockets import Listener, Patience, connect
from shuangli.offline.states import Message
from shuangli.wallet.commands.edges import Answer
from shuangli.wallet.commands.offline import pay_at, receive
from shuangli.wallet.commands.opened import opened
from shuangli.wallet.session import Consent
from tests.devices.people import Town
from tests.wallet_file.files import PASSPHRASE

WAIT_S = 30.0

Confirm = Callable[[PaymentRequest, bool], Consent]


class Met(NamedTuple):
    """What both devices answered."""

    payee: Answer
    payer: Answer

    @property
    def paid(self) -> bool:
        return self.payee.done and self.payer.done


def agree(_request: PaymentRequest, needs_pin: bool) -> Consent:
    return Consent.WITH_PIN if needs_pin else Consent.YES


def till_of(town: Town) -> UnixAddress:
    """Where payees listen in these tests."""
    return UnixAddress(path=town.directory / "till")


class Till:
    """A payee who waits at the till until it is paid, or gives up."""

    def __init__(self, town: Town, file: Path, yuan: str | None) -> None:
        self._pool = ThreadPoolExecutor(1)
        said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.at = till_of(town)
        self._town = town

        def wait() -> Answer:
            try:
                with opened(file, passphrase=PASSPHRASE, edges=town.edges) as found:
                    return receive(
                        found,
                        None if yuan is None else parse_yuan(yuan),
                        self.at,
                        wait_s=WAIT_S,
                        announce=lambda facts, _: said.put(facts),
                        edges=town.edges,
                    )
            finally:
                said.put(None)

        self.answer: Future[Answer] = self._pool.submit(wait)
        self.request = said.get()
        if self.request is None:
            self.answer.result()

    def give_up(self) -> Answer:
        """Let so much time pass that the payee waits no more, and wake it."""
        self._town.now_s += int(WAIT_S)
        connect(self.at, monotonic_s=time.monotonic, patience=Patience()).close()
        return self.answer.result(WAIT_S)


def lose_payment(town: Town, payee: Path, yuan: str) -> Future[None]:
    """A payee that shows a stored request, and is gone when the payment has come: nothing more is stored."""

    def meet(listener: Listener, request: Message) -> None:
        with listener:
            link = listener.accept(within_s=WAIT_S)
            assert link is not None
            link.send(request)
            assert link.receive() is not None
            link.close()

    with opened(payee, passphrase=PASSPHRASE, edges=town.edges) as found:
        request = found.wallet.request(parse_yuan(yuan), now_s=town.now_s)
    listener = Listener(till_of(town), monotonic_s=time.monotonic, patience=Patience())
    return ThreadPoolExecutor(1).submit(meet, listener, request)


def pay_at_till(town: Town, payer: Path, confirm: Confirm = agree) -> Answer:
    """The payer comes to the till and pays."""
    with opened(payer, passphrase=PASSPHRASE, edges=town.edges) as found:
        return pay_at(found, till_of(town), wait_s=0, confirm=confirm, edges=town.edges)


def pay_offline(town: Town, *, payer: Path, payee: Path, yuan: str | None) -> Met:
    """The payee asks for so many yuan, or shows its last request again; the payer pays."""
    till = Till(town, payee, yuan)
    paid = pay_at_till(town, payer)
    return Met(payee=till.answer.result(WAIT_S), payer=paid)
