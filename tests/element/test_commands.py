"""An element by the book: what a terminal may send, and what it gets."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.cose import Domain
from shuangli.errors import LinkError, Malformed, OutOfTurn, Refused, StoreError
from shuangli.messages.certificates import WalletKind
from shuangli.offline.links.apdu import Command, Response
from shuangli.offline.links.chaining import exchange
from shuangli.wallet.element.chip import Element, make_element
from shuangli.wallet.element.commands import (
    APPLET,
    MAX_COMMAND_BYTES,
    Ins,
    Status,
    WrongPin,
    domain_of,
    error_of,
    join,
    split,
    status_of,
)
from shuangli.wallet.element.reader import ElementCustody
from tests.element.support import PIN, held_in
from tests.world import World

SELECT: Final = Command(cla=0, ins=Ins.SELECT, p1=4, data=APPLET, le=256)
CHALLENGE: Final = Command(cla=0, ins=Ins.GET_CHALLENGE, le=256)


def element() -> Element:
    return make_element(
        WalletKind.HARD,
        seed=bytes(32),
        nonce_key=bytes(32),
        network="test",
        root=bytes(32),
        currency="CNY",
        pin=PIN,
    )


def statuses(*commands: Command) -> list[int]:
    """What a fresh element answers."""
    chip = element()
    return [exchange(command, chip.process).status for command in commands]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (CHALLENGE, Status.OK),
        (Command(cla=0x40, ins=Ins.GET_CHALLENGE), Status.UNKNOWN_CLA),
        (Command(cla=0x80, ins=Ins.GET_CHALLENGE), Status.UNKNOWN_INS),
        (Command(cla=0, ins=Ins.SIGN_TRANSFER), Status.UNKNOWN_INS),
        (Command(cla=0x80, ins=0x01), Status.UNKNOWN_INS),
        (Command(cla=0, ins=Ins.GET_CHALLENGE, p2=1), Status.WRONG_PARAMETERS),
        (Command(cla=0, ins=Ins.GET_DATA, p1=1, p2=0x20, le=256), Status.WRONG_PARAMETERS),
        (Command(cla=0, ins=Ins.SELECT, p1=4, data=b"\xa0\0\0\0\3", le=256), Status.NOT_FOUND),
        (Command(cla=0x80, ins=Ins.SIGN_REQUEST, data=b"\x80"), Status.WRONG_DATA),
        (Command(cla=0x80, ins=Ins.COMPLETE_LOAD), Status.WRONG_DATA),
        (Command(cla=0x80, ins=Ins.COMPLETE_LOAD, data=bytes(MAX_COMMAND_BYTES + 1)), Status.FULL),
    ],
)
def test_an_element_answers_by_the_book(command: Command, status: int) -> None:
    assert statuses(SELECT, command) == [Status.OK, status]


def test_nothing_is_done_before_the_application_is_selected_or_after_another_one_was() -> None:
    other = Command(cla=0, ins=Ins.SELECT, p1=4, data=b"other", le=256)
    assert statuses(CHALLENGE, SELECT, CHALLENGE, other, CHALLENGE) == [
        Status.NOT_SELECTED,
        Status.OK,
        Status.OK,
        Status.NOT_FOUND,
        Status.NOT_SELECTED,
    ]


def test_a_challenge_stays_until_it_is_used() -> None:
    chip = element()
    answers = [exchange(command, chip.process).data for command in (SELECT, CHALLENGE, CHALLENGE)]
    assert answers[1] == answers[2]
    assert len(answers[1]) == 16


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_f36_an_element_answers_any_bytes_with_a_status(sent: list[bytes]) -> None:
    chip = element()
    for data in [SELECT.encode(), *sent]:
        Response.decode(chip.process(data))


@given(st.sampled_from(Ins), st.binary(max_size=300))
def test_f36_an_element_answers_any_data_with_a_status(ins: Ins, data: bytes) -> None:
    chip = element()
    exchange(SELECT, chip.process)
    cla = 0x80 if statuses(SELECT, Command(cla=0, ins=ins))[1] == Status.UNKNOWN_INS else 0
    for parameters in (0, 0x0081, 0x0121):
        p1, p2 = divmod(parameters, 256)
        exchange(Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, le=256), chip.process)


def test_an_error_comes_out_as_it_went_in() -> None:
    for error in (
        Refused("pin-required"),
        Refused("locked"),
        Refused("over-limit", "5 fen over"),
        Refused("sync-required"),
        Refused("element-full"),
        OutOfTurn("out-of-turn"),
        StoreError("out-of-step"),
        WrongPin(2),
    ):
        back = error_of(status_of(error), "it")
        assert (type(back), back.code) == (type(error), error.code)
    assert error_of(status_of(Malformed("cbor")), "it").code == "element-refused"
    for status in (0x6F00, Status.UNKNOWN_INS):
        assert isinstance(error_of(status, "it"), LinkError)


@pytest.mark.parametrize("data", [b"", b"\x80", join(b"a"), join(b"a", b"b", b"c"), b"\x82\x01\x02"])
def test_joined_data_is_taken_apart_or_refused(data: bytes) -> None:
    assert split(join(b"a", b""), 2) == [b"a", b""]
    with pytest.raises(Malformed):
        split(data, 2)


def test_a_structure_says_what_it_is_for() -> None:
    for domain in Domain:
        assert domain_of(domain.signed_head + b"\x40") is domain
    with pytest.raises(Malformed):
        domain_of(b"hello")


def test_another_application_is_not_taken_for_ours() -> None:
    with pytest.raises(LinkError, match="6A82"):
        ElementCustody(lambda _: b"\x6a\x82")
    with pytest.raises(LinkError):
        ElementCustody(lambda _: b"\x69\x86")


def test_an_element_says_what_it_is(world: World) -> None:
    held = held_in(world, [5, 7])
    custody = held.custody
    assert custody.public == held.wallet.certificate.claims.key
    assert custody._get(0x0121) == held.wallet.certificate.signed.data
    ids = custody._get(0x0102)
    assert {ids[at : at + 32] for at in range(0, len(ids), 32)} == set(held.wallet.purse.coins)
    with pytest.raises(Malformed, match="no load"):
        custody.sign(Domain.LOAD.signed_head + b"\x40")
