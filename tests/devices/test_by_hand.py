"""Two wallets at two terminals that pay each other by codes and pasted text; cut anywhere, and finished."""

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest

from shuangli.cli_hand import Hand, has_enter, message_at
from shuangli.errors import BadInput, Malformed
from shuangli.offline.links.hand import HandLink
from shuangli.offline.links.qr import codes_of
from shuangli.offline.links.qr_images import CAPACITY_BYTES, draw, most_bytes_for, to_png, to_terminal
from shuangli.offline.links.qr_reading import codes_in, message_in
from shuangli.offline.links.text import from_text, to_text
from shuangli.offline.states import Kind, Message
from tests.devices.people import Told, Town, yuan_in_purse
from tests.devices.photographs import photograph

LONG = Message(Kind.PAYMENT, bytes(range(256)) * 8)


def shown(told: Told) -> dict[str, str]:
    """The texts that a command has shown, by the kind of message."""
    import json

    facts: list[dict[str, Any]] = [json.loads(line) for line in told.out.splitlines()]
    return {str(line["shows"]): str(line["text"]) for line in facts if "shows" in line}


def ask(town: Town, name: str, *words: object, given: str = "") -> Told:
    return town.type("receive", *words, "--qr", "--json", "--file", town.file(name), stdin=given)


def pay(town: Town, name: str, *, given: str, amount: str = "4") -> Told:
    return town.type("pay", "--qr", "--amount", amount, "--json", "--file", town.file(name), stdin=given)


def test_a_payment_is_carried_by_hand_and_cut_after_each_message(town: Town) -> None:
    town.wallet("ann", loaded="50"), town.wallet("bob")
    town.down = True
    asked = ask(town, "bob", "4")
    assert (asked.code, asked.facts["state"], asked.facts["why"]) == (1, "requested", "nobody has paid")
    request = shown(asked)["request"]
    signed = pay(town, "ann", given=request)
    assert (signed.code, signed.facts["state"]) == (1, "signed")
    assert yuan_in_purse(town, "ann") == "46.00"
    payment = shown(signed)["payment"]
    got = ask(town, "bob", "--again", given=payment)
    assert (got.code, got.facts["state"]) == (0, "received")
    receipt = shown(got)["receipt"]
    paid = pay(town, "ann", given=f"{request}\n{receipt}\n")
    assert (paid.code, paid.facts["state"], shown(paid)) == (0, "paid", {"payment": payment})
    assert (yuan_in_purse(town, "ann"), yuan_in_purse(town, "bob")) == ("46.00", "4.00")
    again = ask(town, "bob", "--again", given=payment)
    assert shown(again)["receipt"] == receipt, "the stored receipt, however often"
    once_more = pay(town, "ann", given=f"{request}\n\n")
    assert (once_more.code, once_more.facts["state"]) == (0, "paid")
    assert yuan_in_purse(town, "ann") == "46.00"


def test_texts_may_be_broken_into_lines_and_what_is_damaged_is_asked_for_again(town: Town) -> None:
    town.wallet("ann", loaded="50"), town.wallet("bob")
    request = shown(ask(town, "bob", "4"))["request"]
    broken = "\n".join(request[start : start + 40] for start in range(0, len(request), 40))
    told = pay(town, "ann", given=f"{request[:-3]}\n\nno-such-picture.png\n{broken}\n{request}\n\n")
    assert (told.code, told.facts["state"]) == (1, "signed")
    assert re.search("that cannot be read: (not exactly one frame|the text is damaged)", told.err)
    assert "no-such-picture.png: No such file" in told.err
    assert "that is a request, not a receipt or refusal" in told.err


def test_pictures_are_written_and_taken_in_from_a_directory_or_a_file(town: Town) -> None:
    town.wallet("ann", loaded="50"), town.wallet("bob")
    out, back = town.directory / "out", town.directory / "back"
    ask(town, "bob", "4", "--pictures", out)
    assert [path.name for path in out.iterdir()] == ["request-1-of-1.png"]
    signed = town.type(
        *("pay", "--qr", "--amount", "4", "--pictures", back, "--json", "--file", town.file("ann")),
        stdin=f"{out}\n",
    )
    assert signed.facts["state"] == "signed"
    (picture,) = back.iterdir()
    assert ask(town, "bob", "--again", given=f"{picture}\n").code == 0
    text = town.directory / "payment.txt"
    text.write_text(shown(signed)["payment"])
    assert ask(town, "bob", "--again", given=f"{text}\n").code == 0
    town.nothing_lost()


def test_where_no_picture_can_be_written_nothing_is_asked_for_or_paid(town: Town) -> None:
    town.wallet("ann", loaded="50"), town.wallet("bob")
    taken = town.directory / "taken"
    taken.touch()
    asked = ask(town, "bob", "4", "--pictures", taken)
    assert (asked.code, shown(asked)) == (2, {})
    assert f"--pictures {taken}: File exists" in asked.err
    assert "no request that could be shown again" in ask(town, "bob", "--again").err
    request = shown(ask(town, "bob", "4"))["request"]
    told = town.type(
        *("pay", "--qr", "--amount", "4", "--pictures", taken, "--json", "--file", town.file("ann")),
        stdin=f"{request}\n",
    )
    assert (told.code, shown(told)) == (2, {})
    assert yuan_in_purse(town, "ann") == "50.00"


def test_nobody_is_paid_another_amount_than_was_agreed_to(town: Town) -> None:
    town.wallet("ann", loaded="50"), town.wallet("bob")
    request = shown(ask(town, "bob", "4"))["request"]
    told = pay(town, "ann", given=request, amount="3")
    assert (told.code, told.facts["code"], shown(told)) == (1, "declined", {})
    assert yuan_in_purse(town, "ann") == "50.00"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("receive", "4"), "either --at ADDRESS to listen at, or --qr"),
        (("receive", "4", "--qr", "--at", "unix:x"), "either --at ADDRESS to listen at, or --qr"),
        (("pay", "--amount", "4"), "the address of the other device, or --qr"),
        (("pay", "unix:x", "--qr", "--amount", "4"), "the address of the other device, or --qr"),
        (("pay", "--qr"), "there is nobody to ask here"),
        (("receive", "4", "--at", "unix:x", "--pictures", "codes"), "--pictures goes with --qr"),
        (("pay", "unix:x", "--pictures", "codes", "--amount", "4"), "--pictures goes with --qr"),
    ],
)
def test_one_way_is_named(town: Town, words: tuple[str, ...], says: str) -> None:
    told = town.type(*words, "--file", town.file("ann"))
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert says in told.err


def test_a_person_carries_nothing_but_the_payment() -> None:
    carried: list[Message] = []
    link = HandLink(
        is_payee=False, show=carried.append, take=lambda wanted: Message(next(iter(wanted)), b"x")
    )
    assert link.receive() == Message(Kind.REQUEST, b"x")
    link.send(Message(Kind.PAYMENT, b"y"))
    answer = link.receive()
    assert answer is not None
    assert answer.kind in (Kind.RECEIPT, Kind.REFUSAL)
    link.send(Message(Kind.LIST_NUMBER, b"z"))
    assert (link.receive(), carried) == (None, [Message(Kind.PAYMENT, b"y")])


# --- codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (20, 5), (120, 40), (400, 200)])
def test_codes_are_as_large_as_the_terminal_allows(columns: int, lines: int) -> None:
    most_bytes = most_bytes_for(columns, lines)
    assert most_bytes in CAPACITY_BYTES
    (symbol,) = draw([bytes(most_bytes)])
    drawn = to_terminal(symbol).splitlines()
    if columns >= 41 and lines >= 21:
        assert len(drawn) <= lines
        width, _ = symbol.symbol_size()
        assert width <= columns
        (larger,) = draw([bytes(most_bytes + 1)]) if most_bytes < CAPACITY_BYTES[-1] else (symbol,)
        assert larger is symbol or larger.symbol_size()[0] > min(columns, 2 * lines)


def test_the_capacities_are_those_of_the_library() -> None:
    for version, most_bytes in enumerate(CAPACITY_BYTES, 1):
        if version in (1, 9, 10, 27):
            assert draw([bytes(most_bytes)])[0].version == version


def test_what_is_drawn_on_a_terminal_is_read_back_from_a_picture_of_it() -> None:
    code, *_ = codes_of(LONG, single_bytes=230, moving_bytes=230)
    lines = [line[len("\x1b[97;40m") : -len("\x1b[0m")] for line in to_terminal(*draw([code])).splitlines()]
    assert codes_in(photograph(lines)) == [code]


def test_codes_in_pictures_come_in_any_order_and_what_is_missing_is_named() -> None:
    pictures = [to_png(symbol) for symbol in draw(codes_of(LONG, single_bytes=0))]
    assert len(pictures) == 3
    assert message_in(reversed(pictures)) == LONG
    with pytest.raises(Malformed, match="of 3 codes these are missing: 2"):
        message_in([pictures[0], pictures[2]])


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_f38_what_is_no_picture_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with pytest.raises(Malformed, match="not a picture"):
        message_at(path)


def test_f36_a_picture_of_too_many_pixels_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shuangli.offline.links.qr_reading.MAX_PIXELS", 10_000)
    (symbol,) = draw(codes_of(Message(Kind.RECEIPT, b"hello")))
    with pytest.raises(Malformed) as refused:
        codes_in(to_png(symbol))
    assert refused.value.code == "too-large"


def test_a_directory_without_a_code_says_so(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="no code of a payment"):
        message_at(tmp_path)
    with pytest.raises(BadInput, match="nowhere"):
        message_at(tmp_path / "nowhere")


def test_a_typed_line_is_noticed() -> None:
    theirs, ours = os.pipe()
    with os.fdopen(theirs) as keyboard, os.fdopen(ours, "w") as person:
        assert not has_enter(keyboard, 0)
        person.write("\n")
        person.flush()
        assert has_enter(keyboard, 1)


class Screen(io.StringIO):
    """A terminal that is written to."""

    def isatty(self) -> bool:
        return True


def test_several_codes_are_shown_in_turn_until_enter(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    screen, turns = Screen(), iter([False, False, False, True])
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr("sys.stdin", io.StringIO("\nleft for the prompt\n"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    message = Message(Kind.RECEIPT, bytes(150))
    Hand(as_json=False, pictures=None, turned=lambda *_: next(turns)).show(message)
    said = screen.getvalue()
    assert [said.count(f"code {number} of 3: Enter goes on") for number in (1, 2, 3)] == [2, 1, 1]
    assert said.count("\x1b[22A") == 3, "each is drawn over the one before"
    assert from_text(capsys.readouterr().out) == message


def test_who_pastes_while_codes_are_shown_in_turn_need_not_press_enter_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receipt = Message(Kind.RECEIPT, b"hello")
    monkeypatch.setattr("sys.stderr", Screen())
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{to_text(receipt)}\n"))
    monkeypatch.setenv("COLUMNS", "80")
    hand = Hand(as_json=False, pictures=None, turned=lambda *_: True)
    hand.show(Message(Kind.PAYMENT, bytes(150)))
    assert hand.take((Kind.RECEIPT,)) == receipt
    assert hand.take((Kind.RECEIPT,)) is None
