"""A payment as a tap, through card commands: F04, F07, F08, and the bound on relays (F43)."""

from collections.abc import Callable
from itertools import count
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import LinkError, Malformed, Refused
from shuangli.offline.links.apdu import MAX_ANSWER, Command, Response, Status
from shuangli.offline.links.haste import Haste
from shuangli.offline.links.tap import (
    APPLICATION,
    EXCHANGE_CLA,
    EXCHANGE_INS,
    MAX_TAP_BYTES,
    SELECT_INS,
    TapDevice,
    TapTerminal,
)
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.links.support import Parties, nothing_is_lost, one_payment_and_the_books_balance, parties
from tests.setting import NOW
from tests.world import World

RECEIPT: Final = Message(Kind.RECEIPT, b"hello")


def device_of(payer: Wallet, *, haste: Haste | None = None) -> TapDevice:
    """The payer's phone: pays every request, and keeps the answers."""
    open_request = b""

    def answer(message: Message) -> Message | None:
        nonlocal open_request
        if message.kind is Kind.REQUEST:
            open_request = request_id_of(message)
        return next(iter(payer.receive(open_request, message, now_s=NOW)), None)

    return TapDevice(answer, haste=haste)


def tap(both: Parties, terminal: TapTerminal) -> None:
    """What a gate does with a phone that is held against it."""
    terminal.select()
    payment = terminal.send(both.request)
    assert payment is not None
    (answer,) = both.payee.receive(both.request_id, payment, now_s=NOW)
    assert terminal.send(answer) is None


def torn(
    transmit: Callable[[bytes], bytes], *, before: int | None, after: int | None
) -> Callable[[bytes], bytes]:
    """A tap that is torn before the command with this number goes out, or before its response is back."""
    numbers = count()

    def maybe_transmit(command: bytes) -> bytes:
        number = next(numbers)
        if number == before:
            raise LinkError("link-cut")
        response = transmit(command)
        if number == after:
            raise LinkError("link-cut")
        return response

    return maybe_transmit


@pytest.mark.parametrize(("extended", "commands"), [(False, 6), (True, 3)], ids=["short", "extended"])
def test_a_payment_as_a_tap(world: World, extended: bool, commands: int) -> None:
    both = parties(world)
    terminal = TapTerminal(device_of(both.payer).process, extended=extended)
    tap(both, terminal)
    assert terminal.commands == commands
    one_payment_and_the_books_balance(world, both)


@pytest.mark.parametrize("extended", [False, True], ids=["short", "extended"])
def test_f07_f08_a_tap_torn_at_any_command_is_made_good_by_the_next(world: World, extended: bool) -> None:
    for number in range(3 if extended else 6):
        for before, after in ((number, None), (None, number)):
            both = parties(world)
            device = device_of(both.payer)
            first = TapTerminal(torn(device.process, before=before, after=after), extended=extended)
            with pytest.raises(LinkError):
                tap(both, first)
            nothing_is_lost(both)
            tap(both, TapTerminal(device.process, extended=extended))
            one_payment_and_the_books_balance(world, both)


def test_f04_the_same_request_twice_in_a_tap_gets_the_same_payment(world: World) -> None:
    both = parties(world)
    terminal = TapTerminal(device_of(both.payer).process)
    terminal.select()
    assert terminal.send(both.request) == terminal.send(both.request)
    nothing_is_lost(both)


def test_a_device_that_refuses_says_only_that_and_tells_its_holder_why(world: World) -> None:
    payer, payee = world.wallet([100]), world.wallet(tier=0)
    device = device_of(payer)
    terminal = TapTerminal(device.process)
    terminal.select()
    with pytest.raises(LinkError, match="6985") as refused:
        terminal.send(payee.request(400, now_s=NOW))
    assert refused.value.code == "link-status"
    assert isinstance(device.refused, Refused)
    assert device.refused.code == "insufficient-funds"
    assert payer.purse.balance_fen == 100
    (payment,) = [terminal.send(payee.request(100, now_s=NOW))]
    assert payment is not None
    assert device.refused is None


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


def test_f43_a_request_that_comes_too_late_after_the_tap_is_not_paid(world: World) -> None:
    """A relay with 300 ms each way, against a bound of 150 ms: refused before anything is signed."""
    both = parties(world)
    clock = Clock()
    device = device_of(both.payer, haste=Haste(most_s=0.15, monotonic_s=clock))

    def through(delay_s: float) -> TapTerminal:
        def transmit(command: bytes) -> bytes:
            clock.at_s += delay_s
            response = device.process(command)
            clock.at_s += delay_s
            return response

        return TapTerminal(transmit)

    with pytest.raises(LinkError, match="6985"):
        tap(both, through(0.3))
    assert isinstance(device.refused, Refused)
    assert device.refused.code == "too-slow"
    assert both.payer.purse.paying == {}
    assert both.payer.purse.balance_fen == 1_000
    tap(both, through(0.01))
    one_payment_and_the_books_balance(world, both)


# --- what a terminal may send -----------------------------------------------------------------------

SELECT: Final = Command(cla=0, ins=SELECT_INS, p1=4, data=APPLICATION, le=256)
HELLO: Final = Command(cla=EXCHANGE_CLA, ins=EXCHANGE_INS, data=RECEIPT.encode(), le=256)


def statuses(*commands: Command) -> list[int]:
    device = TapDevice(lambda message: message)
    return [Response.decode(device.process(command.encode())).status for command in commands]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (HELLO, Status.OK),
        (Command(cla=0, ins=SELECT_INS, p1=4, data=b"\xa0\0\0\0\3", le=256), Status.NOT_FOUND),
        (Command(cla=0, ins=SELECT_INS, p1=0, data=APPLICATION, le=256), Status.NOT_FOUND),
        (Command(cla=0, ins=EXCHANGE_INS), Status.UNKNOWN_CLA),
        (Command(cla=EXCHANGE_CLA, ins=0x12), Status.UNKNOWN_INS),
        (Command(cla=EXCHANGE_CLA, ins=EXCHANGE_INS, p2=1), Status.WRONG_PARAMETERS),
        (Command(cla=EXCHANGE_CLA, ins=EXCHANGE_INS, data=b"\xff"), Status.WRONG_DATA),
        (Command(cla=EXCHANGE_CLA, ins=EXCHANGE_INS, data=bytes(MAX_TAP_BYTES + 1)), Status.TOO_MUCH),
    ],
)
def test_a_device_answers_by_the_book(command: Command, status: int) -> None:
    assert statuses(SELECT, command) == [Status.OK, status]


def test_nothing_is_exchanged_before_the_application_is_selected() -> None:
    other = Command(cla=0, ins=SELECT_INS, p1=4, data=b"other", le=256)
    assert statuses(HELLO, SELECT, HELLO, other, HELLO) == [
        Status.NOT_NOW,
        Status.OK,
        Status.OK,
        Status.NOT_FOUND,
        Status.NOT_NOW,
    ]


def test_what_is_too_large_for_a_tap_is_not_tapped() -> None:
    huge = Message(Kind.PAYMENT, bytes(MAX_TAP_BYTES))
    device = TapDevice(lambda message: huge)
    terminal = TapTerminal(device.process)
    terminal.select()
    with pytest.raises(LinkError, match="16384"):
        terminal.send(huge)
    with pytest.raises(LinkError, match="6A84"):
        terminal.send(RECEIPT)
    assert isinstance(device.refused, LinkError)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(b"\x02\x90\x00", LinkError), (b"\x6a\x82", LinkError), (b"", Malformed), (bytes(3), Malformed)],
)
def test_another_application_is_not_taken_for_ours(answer: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        TapTerminal(lambda command: answer).select()


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_f36_a_device_answers_any_bytes_with_a_status(sent: list[bytes]) -> None:
    device = TapDevice(lambda message: message)
    for data in [SELECT.encode(), *sent]:
        Response.decode(device.process(data))


@given(st.binary(max_size=60), st.integers(0x6000, 0x9FFF))
def test_f36_a_terminal_takes_any_answer_as_a_message_nothing_or_an_error(data: bytes, status: int) -> None:
    answer = data + status.to_bytes(2, "big")
    try:
        result = TapTerminal(lambda command: answer).send(RECEIPT)
    except (LinkError, Malformed):
        return
    assert result is None or Command(cla=0, ins=0, data=result.encode(), le=MAX_ANSWER).data == data
