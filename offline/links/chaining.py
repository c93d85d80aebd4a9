"""Long commands and responses over a card's short ones (ISO/IEC 7816-4:2013, sections 5.3.3 and 5.3.4).

    terminal                                 card
    CLA|10 INS P1 P2 Lc data        ->
                                    <-       9000            the next part of the command, please
    CLA    INS P1 P2 Lc data Le     ->
                                    <-       data 61xx       xx more bytes (00: 256 or more) are there
    CLA    C0  00 00 xx             ->                       GET RESPONSE
                                    <-       data 9000

`exchange` is the terminal's side, `CardSide` the card's. Extended length spares the chain where both
sides have it; the card's side answers either form in kind.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from shuangli.errors import Malformed
from shuangli.offline.links.apdu import (
    CHAINED,
    MAX_ANSWER,
    MAX_DATA,
    MAX_SHORT_ANSWER,
    MAX_SHORT_DATA,
    Command,
    Response,
    Status,
)
from shuangli.offline.links.frames import MAX_MESSAGE_BYTES

GET_RESPONSE: Final = 0xC0

Transmit = Callable[[bytes], bytes]
"""Sends one command to a card and returns its response; what it raises ends the exchange."""


def exchange(
    command: Command, transmit: Transmit, *, extended: bool = False, most_bytes: int = MAX_MESSAGE_BYTES
) -> Response:
    """Send a command with data of any length, and collect a response of at most `most_bytes` bytes.

    The command's `le` asks for an answer of any length; None for none. A status other than 9000 ends the
    exchange and is returned.

    Raises:
        Malformed: the card's response is none, too long, or does not end.
    """
    most_bytes = min(most_bytes, MAX_ANSWER)
    response = Response()
    for part in _parts(command, MAX_DATA if extended else MAX_SHORT_DATA, extended=extended):
        response = Response.decode(transmit(part.encode()))
        if part.is_chained and response.status != Status.OK:
            return response
        if response.status & 0xFF00 == Status.WRONG_LE and part.le is not None:
            right = replace(part, le=response.status & 0xFF or MAX_SHORT_ANSWER)
            response = Response.decode(transmit(right.encode()))
    got = bytearray(response.data)
    while response.status & 0xFF00 == Status.MORE and len(got) <= most_bytes:
        le = response.status & 0xFF or (MAX_ANSWER if extended else MAX_SHORT_ANSWER)
        more = Command(cla=command.cla & ~CHAINED, ins=GET_RESPONSE, le=le)
        response = Response.decode(transmit(more.encode()))
        if response.status & 0xFF00 == Status.MORE and not response.data:
            raise Malformed("frame", "a card announces bytes that it does not give")
        got += response.data
    if len(got) > most_bytes:
        raise Malformed("too-large", f"a card's answer has more than {most_bytes} bytes")
    return Response(data=bytes(got), status=response.status)


def _parts(command: Command, step: int, *, extended: bool) -> Iterator[Command]:
    """The commands of a chain; Le is in the last one only."""
    le = None if command.le is None else MAX_ANSWER if extended else MAX_SHORT_ANSWER
    starts = range(0, len(command.data), step) or range(1)
    for at in starts:
        piece = command.data[at : at + step]
        if at == starts[-1]:
            yield replace(command, data=piece, le=le)
        else:
            yield replace(command, cla=command.cla | CHAINED, data=piece, le=None)


class CardSide:
    """Puts chained commands together, hands them on, and gives out long answers in parts.

    Never raises on what a terminal sends: it answers with a status word. At most `most_bytes` bytes of a
    command are held, and one answer.
    """

    __slots__ = ("_answer", "_chain", "_gathered", "_most_bytes", "_rest")

    def __init__(self, answer: Callable[[Command], Response], *, most_bytes: int = MAX_DATA) -> None:
        """Answer whole commands with `answer`."""
        self._answer = answer
        self._most_bytes = most_bytes
        self._chain: Command | None = None
        self._gathered = bytearray()
        self._rest = Response()

    def process(self, data: bytes) -> bytes:
        """Answer one command."""
        try:
            command = Command.decode(data)
        except Malformed:
            self._forget()
            return Response(status=Status.WRONG_LENGTH).encode()
        return self._process(command).encode()

    def _forget(self) -> None:
        self._chain = None
        self._gathered.clear()
        self._rest = Response()

    def _process(self, command: Command) -> Response:
        if command.ins == GET_RESPONSE:
            rest, le = self._rest, command.le
            self._forget()
            return self._give(rest, le) if rest.data and le else Response(status=Status.NOT_NOW)
        plain = replace(command, cla=command.cla & ~CHAINED, data=b"", le=None)
        # A command that does not continue the chain starts anew: so does the SELECT of the next tap.
        gathered = bytes(self._gathered) + command.data if plain == self._chain else command.data
        self._forget()
        if len(gathered) > self._most_bytes:
            return Response(status=Status.TOO_MUCH)
        if command.is_chained:
            self._chain = plain
            self._gathered += gathered
            return Response()
        return self._give(self._answer(replace(plain, data=gathered)), command.le)

    def _give(self, answer: Response, le: int | None) -> Response:
        """As much of an answer as was asked for; the rest waits for GET RESPONSE."""
        size = le or 0
        if len(answer.data) <= size:
            return answer
        self._rest = replace(answer, data=answer.data[size:])
        left = len(self._rest.data)
        return Response(data=answer.data[:size], status=Status.MORE | (left if left < 256 else 0))
