"""The phone's side of an element: it speaks the commands, and is the wallet's key custody.

    custody = ElementCustody(transmit)
    Wallet(key=custody, ...)

Nothing is kept here but the way to the element: what it has done is asked of it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from shuangli import codec
from shuangli.cose import Domain
from shuangli.crypto import DIGEST_BYTES, Signer
from shuangli.errors import Malformed
from shuangli.messages.fields import read_list
from shuangli.offline.links.apdu import MAX_ANSWER, Command, Response
from shuangli.offline.links.chaining import Transmit, exchange
from shuangli.wallet.custody import SignedBefore
from shuangli.wallet.element.applet import BY_INS, BY_NAME, PIN_REFERENCE
from shuangli.wallet.element.commands import (
    APPLET,
    INTERINDUSTRY,
    MAX_COMMAND_BYTES,
    Ins,
    Status,
    Tag,
    domain_of,
    error_of,
    join,
    pin_block,
)

SIGNING: Final = {
    Domain.ENROLMENT: Ins.SIGN_ENROLMENT,
    Domain.LOAD_ORDER: Ins.INITIALIZE_LOAD,
    Domain.REQUEST: Ins.SIGN_REQUEST,
    Domain.TRANSFER: Ins.SIGN_TRANSFER,
    Domain.RECEIPT: Ins.SIGN_RECEIPT,
    Domain.REFUSAL: Ins.SIGN_REFUSAL,
}
"""The command that signs objects of a kind."""
_WITH_CONTEXT: Final = {Domain.TRANSFER: 1, Domain.RECEIPT: 2}
"""How many parts a signer must be bound to for a kind: the request; the request and the payment."""


class _Bound:
    """A signer that shows the element what a signature is about."""

    __slots__ = ("_custody", "_shown", "public")

    def __init__(self, custody: "ElementCustody", *shown: bytes) -> None:
        self.public = custody.public
        self._custody = custody
        self._shown = shown

    def sign(self, message: bytes) -> bytes:
        return self._custody.sign_shown(message, *self._shown)


class ElementCustody:
    """An element as the keeper of a wallet's key and coins (`wallet.custody.Custody`).

    Attributes:
        public: the public key
        most_coins: most coins that one transfer spends
    """

    __slots__ = ("_extended", "_selected", "_transmit", "most_coins", "public")

    def __init__(self, transmit: Transmit, *, extended: bool = False) -> None:
        """Select the application of the element that `transmit` leads to.

        Raises:
            LinkError: it is not there, or has no power.
        """
        self._transmit = transmit
        self._extended = extended
        self._selected = False
        self.public: bytes
        about = read_list(codec.decode(self._get(Tag.ABOUT)), "what an element says of itself")
        self.public, _, _, self.most_coins, _ = about

    def sign(self, message: bytes) -> bytes:
        """Sign what needs no more to be shown for it; a transfer without a request is a redemption.

        Raises:
            Refused, OutOfTurn, StoreError: a rule of the element says no (`wallet.element.commands`).
            LinkError: it has no power; whether it has signed, its log says (`signed_before`).
        """
        return self.sign_shown(message)

    def sign_shown(self, message: bytes, *shown: bytes) -> bytes:
        """`sign` for a message about `shown`."""
        domain = domain_of(message)
        if domain not in SIGNING:
            raise Malformed("shape", f"an element signs no {domain.name.lower()}")
        wanted = _WITH_CONTEXT.get(domain)
        if wanted is None:
            return self._send(SIGNING[domain], message)
        parts = (*shown, *[b""] * wanted)[:wanted]
        return self._send(SIGNING[domain], join(*parts, message))

    def paying(self, request: bytes) -> Signer:
        """A signer for the payment of this request."""
        return _Bound(self, request)

    def receiving(self, request: bytes, payment: bytes) -> Signer:
        """A signer for the answer to this payment of this request."""
        return _Bound(self, request, payment)

    def challenge(self, size: int) -> bytes:
        """The element's nonce: what it signs next must carry it."""
        return self._send(Ins.GET_CHALLENGE)[:size]

    def install(self, certificate: bytes) -> None:
        """Put in the wallet's certificate."""
        self._put(Tag.CERTIFICATE, certificate)

    def take_keys(self, key_set: bytes) -> None:
        """Put in what the root has certified."""
        self._put(Tag.KEYS, key_set)

    def take_load(self, load: bytes) -> None:
        """Let the element take in a load."""
        self._send(Ins.COMPLETE_LOAD, load)

    def verify_pin(self, pin: str) -> None:
        """Show the PIN, which is good for one payment.

        Raises:
            Refused: it is wrong (`wrong-pin`), or was so too often (`locked`).
        """
        self._send(Ins.VERIFY, pin_block(pin), parameters=PIN_REFERENCE)

    def change_pin(self, old: str, new: str) -> None:
        """Change the PIN; a wrong old one counts as a try."""
        self._send(Ins.CHANGE_PIN, pin_block(old) + pin_block(new), parameters=PIN_REFERENCE)

    def signed_before(self) -> Sequence[SignedBefore]:
        """The transfers in the element's log, oldest first."""
        found: list[SignedBefore] = []
        while entry := self._get(Tag.LOG + len(found)):
            _, request, transfer, pin = read_list(codec.decode(entry), "an entry of the log")
            found.append(SignedBefore(request=request, transfer=transfer, pin=pin))
        return found[::-1]

    def given_up(self, coin_ids: Iterable[bytes]) -> frozenset[bytes]:
        """Which of these coins are not in the element's table: places of dead ones were given away."""
        held = self._get(Tag.COINS)
        return frozenset(coin_ids).difference(
            held[at : at + DIGEST_BYTES] for at in range(0, len(held), DIGEST_BYTES)
        )

    @property
    def value(self) -> int:
        """Where the device's counter stands (`wallet.counter.Counter`)."""
        *_, device = read_list(codec.decode(self._get(Tag.COUNTERS)), "counters")
        return int(device)

    def increment(self) -> int:
        """Raise the device's counter by one."""
        return int.from_bytes(self._send(Ins.INCREASE), "big")

    def _get(self, tag: int) -> bytes:
        return self._send(Ins.GET_DATA, parameters=tag)

    def _put(self, tag: int, data: bytes) -> None:
        self._send(Ins.PUT_DATA, data, parameters=tag)

    def _send(self, ins: Ins, data: bytes = b"", *, parameters: int = 0) -> bytes:
        """One command. The application is selected first, and again after a cut or a loss of power."""
        p1, p2 = divmod(parameters, 256)
        command = Command(cla=BY_INS[ins].cla, ins=ins, p1=p1, p2=p2, data=data, le=MAX_ANSWER)
        if not self._selected:
            self._select()
        response = self._exchange(command)
        if response.status == Status.NOT_SELECTED:
            self._select()
            response = self._exchange(command)
        if response.status != Status.OK:
            raise error_of(response.status, ins.name.replace("_", " "))
        return response.data

    def _select(self) -> None:
        """Select the application; that also drops a chain of commands that was cut in the middle."""
        select = Command(cla=INTERINDUSTRY, ins=Ins.SELECT, p1=BY_NAME >> 8, data=APPLET, le=MAX_ANSWER)
        response = self._exchange(select)
        if response.status != Status.OK:
            raise error_of(response.status, Ins.SELECT.name)

    def _exchange(self, command: Command) -> Response:
        self._selected = False
        response = exchange(command, self._transmit, extended=self._extended, most_bytes=MAX_COMMAND_BYTES)
        self._selected = True
        return response
