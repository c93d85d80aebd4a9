"""Commands and responses of a card, and chains of them (F36, F38)."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import Malformed
from shuangli.offline.links.apdu import CHAINED, MAX_ANSWER, MAX_DATA, Command, Response, Status
from shuangli.offline.links.chaining import GET_RESPONSE, CardSide, exchange

BYTE: Final = st.integers(0, 255)
commands: Final = st.builds(
    Command,
    cla=st.integers(0, 254),
    ins=BYTE,
    p1=BYTE,
    p2=BYTE,
    data=st.binary(max_size=700),
    le=st.one_of(st.none(), st.integers(1, 256), st.integers(1, MAX_ANSWER)),
)

# ISO/IEC 7816-4:2013, table 1: the seven forms of a command.
FORMS: Final = {
    "1": ("00010203", Command(cla=0, ins=1, p1=2, p2=3)),
    "2 short": ("0001020305", Command(cla=0, ins=1, p1=2, p2=3, le=5)),
    "2 short, most": ("0001020300", Command(cla=0, ins=1, p1=2, p2=3, le=256)),
    "3 short": ("0001020302aabb", Command(cla=0, ins=1, p1=2, p2=3, data=b"\xaa\xbb")),
    "4 short": ("0001020302aabb00", Command(cla=0, ins=1, p1=2, p2=3, data=b"\xaa\xbb", le=256)),
    "2 extended": ("00010203000101", Command(cla=0, ins=1, p1=2, p2=3, le=257)),
    "2 extended, most": ("00010203000000", Command(cla=0, ins=1, p1=2, p2=3, le=65_536)),
    "3 extended": ("00010203000100" + "aa" * 256, Command(cla=0, ins=1, p1=2, p2=3, data=b"\xaa" * 256)),
    "4 extended": (
        "00010203000002aabb0000",
        Command(cla=0, ins=1, p1=2, p2=3, data=b"\xaa\xbb", le=65_536),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_forms_are_those_of_the_standard(form: str) -> None:
    data, command = FORMS[form]
    assert command.encode().hex() == data
    assert Command.decode(bytes.fromhex(data)) == command


@given(commands)
def test_a_command_comes_out_as_it_went_in(command: Command) -> None:
    assert Command.decode(command.encode()) == command


@given(st.binary(max_size=300))
def test_f36_any_bytes_are_a_command_or_malformed(data: bytes) -> None:
    try:
        command = Command.decode(data)
    except Malformed:
        return
    assert Command.decode(command.encode()) == command


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "000102", "ff010203"),
        *("0001020302aa", "0001020302aabbccdd", "000102030000", "00010203000000aa", "00010203000002aa"),
        *("00010203000002aabbcc", "00010203000002aabbccddee", "000102030000aa00", "00010203000000aaaa"),
    ],
)
def test_f38_what_is_no_command_is_malformed(wrong: str) -> None:
    with pytest.raises(Malformed):
        Command.decode(bytes.fromhex(wrong))


@pytest.mark.parametrize(
    "wrong", [{"cla": 256}, {"cla": 255}, {"ins": -1}, {"le": 0}, {"le": MAX_ANSWER + 1}]
)
def test_a_command_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Malformed):
        Command(**{"cla": 0, "ins": 0} | wrong)  # type: ignore[arg-type]
    with pytest.raises(Malformed):
        Command(cla=0, ins=0, data=bytes(MAX_DATA + 1))


@given(st.binary(max_size=400), st.integers(0x6100, 0x9FFF))
def test_a_response_comes_out_as_it_went_in(data: bytes, status: int) -> None:
    response = Response(data=data, status=status)
    assert Response.decode(response.encode()) == response


@pytest.mark.parametrize("wrong", ["", "90", "5fff", "6000", "a000", "00" * (MAX_ANSWER + 1) + "9000"])
def test_f38_what_is_no_response_is_malformed(wrong: str) -> None:
    with pytest.raises(Malformed):
        Response.decode(bytes.fromhex(wrong))


# --- chains -----------------------------------------------------------------------------------------

SEND: Final = Command(cla=0x80, ins=0x10, p1=1, p2=2, le=MAX_ANSWER)


@given(
    st.binary(max_size=2_000),
    st.binary(max_size=2_000),
    st.booleans(),
    st.sampled_from([Status.OK, Status.NOT_NOW]),
)
def test_long_commands_and_answers_arrive_whole(
    data: bytes, answer: bytes, extended: bool, status: int
) -> None:
    heard: list[Command] = []

    def respond(command: Command) -> Response:
        heard.append(command)
        return Response(data=answer, status=status)

    card = CardSide(respond)
    command = Command(cla=0x80, ins=0x10, p1=1, p2=2, data=data, le=MAX_ANSWER)
    response = exchange(command, card.process, extended=extended)
    assert response == Response(data=answer, status=status)
    assert heard == [Command(cla=0x80, ins=0x10, p1=1, p2=2, data=data)]


def spoken(data: bytes, answer: bytes, *, extended: bool = False) -> list[tuple[str, str]]:
    """What goes over the air, in hexadecimal, of long strings only the beginning and the end."""
    card = CardSide(lambda command: Response(data=answer))
    heard: list[tuple[str, str]] = []

    def transmit(command: bytes) -> bytes:
        response = card.process(command)
        heard.append((shortened(command), shortened(response)))
        return response

    exchange(Command(cla=0x80, ins=0x10, data=data, le=MAX_ANSWER), transmit, extended=extended)
    return heard


def shortened(data: bytes) -> str:
    text = data.hex()
    return text if len(text) <= 24 else f"{text[:12]}..{text[-4:]}"


def test_a_chain_is_the_one_in_the_docs() -> None:
    assert spoken(b"\xaa" * 300, b"\xbb" * 600) == [
        ("90100000ffaa..aaaa", "9000"),
        ("801000002daa..aa00", "bbbbbbbbbbbb..6100"),
        ("80c0000000", "bbbbbbbbbbbb..6158"),
        ("80c0000058", "bbbbbbbbbbbb..9000"),
    ]
    assert spoken(b"\xaa" * 300, b"\xbb" * 600, extended=True) == [
        ("8010000000"[:10] + "01..0000", "bbbbbbbbbbbb..9000")
    ]


def test_a_card_without_chaining_ends_the_exchange_with_its_status() -> None:
    refused = Response(status=Status.UNKNOWN_CLA)
    assert exchange(Command(cla=0x80, ins=0x10, data=bytes(600)), lambda _: refused.encode()) == refused


def test_a_card_that_knows_the_length_better_is_asked_again() -> None:
    def card(command: bytes) -> bytes:
        le = Command.decode(command).le
        return (Response(data=b"four") if le == 4 else Response(status=Status.WRONG_LE | 4)).encode()

    assert exchange(SEND, card) == Response(data=b"four")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"\x61\x10", "does not give"),
        (bytes(200) + b"\x61\x10", "more than"),
        (b"", "at least 2"),
        (bytes(2), "0000"),
    ],
)
def test_a_card_that_does_not_end_is_left(answer: bytes, why: str) -> None:
    answers = iter([answer] * 20)
    with pytest.raises(Malformed, match=why):
        exchange(SEND, lambda _: next(answers), most_bytes=1_000)


PART: Final = Command(cla=0x80 | CHAINED, ins=0x10, data=b"part")
WHOLE: Final = Command(cla=0x80, ins=0x10, data=b"whole", le=256)
MORE: Final = Command(cla=0x80, ins=GET_RESPONSE, le=256)


def statuses(*sent: Command | bytes, answer: bytes = b"", most_bytes: int = MAX_DATA) -> list[int]:
    card = CardSide(lambda command: Response(data=answer), most_bytes=most_bytes)
    return [
        Response.decode(card.process(command if isinstance(command, bytes) else command.encode())).status
        for command in sent
    ]


def test_what_breaks_a_chain_ends_it_and_is_answered_by_itself() -> None:
    heard: list[bytes] = []

    def answer(command: Command) -> Response:
        heard.append(command.data)
        return Response()

    other_ins, other_p1, other_cla = replace(PART, ins=0x11), replace(PART, p1=1), replace(PART, cla=CHAINED)
    for breaker in (other_ins, other_p1, other_cla):
        card = CardSide(answer)
        for command in (PART, replace(breaker, cla=breaker.cla & ~CHAINED), WHOLE):
            assert card.process(command.encode()) == b"\x90\0"
    assert heard == [b"part", b"whole"] * 3
    assert statuses(PART, MORE, WHOLE) == [Status.OK, Status.NOT_NOW, Status.OK]
    assert statuses(PART, b"\0", WHOLE) == [Status.OK, Status.WRONG_LENGTH, Status.OK]


def test_f36_a_chain_without_end_is_cut_off() -> None:
    assert statuses(*[PART] * 6, most_bytes=20) == [*[Status.OK] * 5, Status.TOO_MUCH]
    assert statuses(*[PART] * 5, WHOLE, most_bytes=20)[-1] == Status.TOO_MUCH


def test_the_rest_of_an_answer_waits_only_for_the_next_command() -> None:
    long = bytes(300)
    assert statuses(WHOLE, MORE, MORE, answer=long) == [0x612C, Status.OK, Status.NOT_NOW]
    assert statuses(WHOLE, WHOLE, MORE, answer=long) == [0x612C, 0x612C, Status.OK]
    assert statuses(WHOLE, b"\0", MORE, answer=long) == [0x612C, Status.WRONG_LENGTH, Status.NOT_NOW]
    assert statuses(MORE) == [Status.NOT_NOW]


@given(st.lists(st.one_of(st.binary(max_size=40), commands.map(Command.encode)), max_size=8))
def test_f36_a_card_answers_any_bytes_with_a_status(sent: list[bytes]) -> None:
    card = CardSide(lambda command: Response(data=command.data), most_bytes=1_000)
    for data in sent:
        Response.decode(card.process(data))
