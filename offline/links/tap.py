"""A session as a tap: the payer's device is the card, the payee's terminal gives the commands.

    terminal (payee)                             device (payer)
    SELECT 00 A4 04 00, the application's id ->
                                             <-  version of this command set (1), 9000
    EXCHANGE 80 10 00 00, request            ->
                                             <-  payment, 9000
    EXCHANGE 80 10 00 00, receipt or refusal ->
                                             <-  9000

A message is `Message.encode()`; long ones are chained. A device that will not answer says so with a status
word and has changed nothing. A torn tap is made good by the next one: the same request gets the same
payment. NFC's own checksums cover the bytes, so there are no frames in it.
"""

from collections.abc import Callable
from typing import Final

from shuangli.errors import LinkError, Malformed, ShuangliError
from shuangli.offline.links.apdu import MAX_ANSWER, Command, Response, Status
from shuangli.offline.links.chaining import CardSide, Transmit, exchange
from shuangli.offline.links.haste import UNHURRIED, Haste
from shuangli.offline.states import Kind, Message

APPLICATION: Final = b"\xf0SHUANGLI"
"""Id of the application: F0 is the class that nobody registers (ISO/IEC 7816-5, proprietary)."""
VERSION: Final = b"\x01"
SELECT_INS: Final = 0xA4
BY_NAME: Final = 0x04
EXCHANGE_CLA: Final = 0x80
EXCHANGE_INS: Final = 0x10
MAX_TAP_BYTES: Final = 16_384
"""Largest message in a tap: at 106 kbit/s it alone takes more than a second."""


class TapDevice:
    """The payer's side: answers commands with what `answer` says to a message.

    Attributes:
        refused: why the last message got no answer, for the holder of the device; None if it got one
    """

    __slots__ = ("_answer", "_card", "_haste", "_selected_at_s", "refused")

    def __init__(self, answer: Callable[[Message], Message | None], *, haste: Haste | None = None) -> None:
        """`answer` takes a message and gives the answer to it, or None; what it raises becomes a status.

        `haste` bounds the time from SELECT to the request.
        """
        self._answer = answer
        self._card = CardSide(self._command, most_bytes=MAX_TAP_BYTES)
        self._haste = haste or UNHURRIED
        self._selected_at_s: float | None = None
        self.refused: ShuangliError | None = None

    def process(self, data: bytes) -> bytes:
        """Answer one command; never raises on what a terminal sends."""
        return self._card.process(data)

    def _command(self, command: Command) -> Response:
        if (command.cla, command.ins) == (0, SELECT_INS):
            is_ours = command.p1 == BY_NAME and command.data == APPLICATION
            self._selected_at_s = self._haste.start() if is_ours else None
            return Response(data=VERSION) if is_ours else Response(status=Status.NOT_FOUND)
        if command.cla != EXCHANGE_CLA:
            return Response(status=Status.UNKNOWN_CLA)
        if command.ins != EXCHANGE_INS:
            return Response(status=Status.UNKNOWN_INS)
        if (command.p1, command.p2) != (0, 0):
            return Response(status=Status.WRONG_PARAMETERS)
        if self._selected_at_s is None:
            return Response(status=Status.NOT_NOW)
        return self._take(command.data, self._selected_at_s)

    def _take(self, data: bytes, selected_at_s: float) -> Response:
        self.refused = None
        try:
            message = Message.decode(data)
            if message.kind is Kind.REQUEST:
                self._haste.check(selected_at_s)
            answer = self._answer(message)
        except ShuangliError as error:
            # Which rule said no is between the device and its holder: a terminal learns only that one did.
            self.refused = error
            is_malformed = isinstance(error, Malformed)
            return Response(status=Status.WRONG_DATA if is_malformed else Status.NOT_NOW)
        answer_data = answer.encode() if answer else b""
        if len(answer_data) > MAX_TAP_BYTES:
            self.refused = LinkError("link-size", f"the answer has {len(answer_data)} bytes")
            return Response(status=Status.TOO_MUCH)
        return Response(data=answer_data)


class TapTerminal:
    """The payee's side: speaks to one device that was tapped.

    Attributes:
        commands: how many commands it has sent
        carried_bytes: bytes of all commands and responses
    """

    __slots__ = ("_extended", "_transmit", "carried_bytes", "commands")

    def __init__(self, transmit: Transmit, *, extended: bool = False) -> None:
        """`transmit` sends a command and returns the response, or raises `LinkError`.

        `extended`: both sides have extended length, so nothing needs to be chained.
        """
        self._transmit = transmit
        self._extended = extended
        self.commands = 0
        self.carried_bytes = 0

    def select(self) -> None:
        """Select the application, as the first thing in a tap.

        Raises:
            LinkError: the device does not have it, or another version (`link-status`), or is gone.
            Malformed: what it answers is no response.
        """
        command = Command(cla=0, ins=SELECT_INS, p1=BY_NAME, data=APPLICATION, le=MAX_ANSWER)
        if self._exchange(command) != VERSION:
            raise LinkError("link-status", "the device speaks another version of the payment commands")

    def send(self, message: Message) -> Message | None:
        """Send a message; returns the device's answer, if it has one.

        Raises:
            LinkError: it is too large (`link-size`), the device will not answer (`link-status`), or is gone.
            Malformed: what it answers is no message.
        """
        data = message.encode()
        if len(data) > MAX_TAP_BYTES:
            raise LinkError("link-size", f"a message of {len(data)} bytes, a tap carries {MAX_TAP_BYTES}")
        command = Command(cla=EXCHANGE_CLA, ins=EXCHANGE_INS, data=data, le=MAX_ANSWER)
        answer = self._exchange(command)
        return Message.decode(answer) if answer else None

    def _exchange(self, command: Command) -> bytes:
        response = exchange(command, self._counted, extended=self._extended, most_bytes=MAX_TAP_BYTES)
        if response.status != Status.OK:
            raise LinkError("link-status", f"the device answers {response.status:04X}")
        return response.data

    def _counted(self, command: bytes) -> bytes:
        response = self._transmit(command)
        self.commands += 1
        self.carried_bytes += len(command) + len(response)
        return response
