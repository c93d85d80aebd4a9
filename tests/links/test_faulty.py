"""A session over a memory link with faults: F04, F05, F07 and F08, scripted and by chance."""

import random
from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.errors import Malformed, OutOfTurn
from shuangli.offline.links.faulty import (
    ARRIVES,
    CUT,
    DOUBLED,
    LOST,
    Cable,
    Fate,
    Odds,
    ScriptedLink,
    drawn_fates,
)
from shuangli.offline.links.memory import Duplex, MemoryLink
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.wallet import Wallet
from tests.links.support import Parties, nothing_is_lost, one_payment_and_the_books_balance, parties
from tests.setting import NOW
from tests.world import World

RECEIPT: Final = Message(Kind.RECEIPT, b"hello")


class Clock:
    """Milliseconds that pass when told to."""

    def __init__(self) -> None:
        self.at_ms = 0

    def __call__(self) -> int:
        return self.at_ms


def meet(both: Parties, to_payer: Iterable[Fate], to_payee: Iterable[Fate]) -> None:
    """One meeting: the payee shows its request; for some seconds both answer what arrives."""
    payer, payee, _ = both
    clock, cable = Clock(), Cable()
    there = ScriptedLink(to_payer, cable=cable, now_ms=clock)
    back = ScriptedLink(to_payee, cable=cable, now_ms=clock)
    ends = (payer, Duplex(outbound=back, inbound=there)), (payee, Duplex(outbound=there, inbound=back))
    ends[1][1].send(both.request)
    for clock.at_ms in range(0, 4_000, 250):
        for wallet, end in ends:
            for message in arrived(end):
                for answer in answers(wallet, both.request_id, message):
                    end.send(answer)
                nothing_is_lost(both)


def answers(wallet: Wallet, request_id: bytes, message: Message) -> tuple[Message, ...]:
    """What a wallet says to a message; out of its turn it says nothing."""
    try:
        return wallet.receive(request_id, message, now_s=NOW)
    except OutOfTurn:
        return ()


def arrived(end: Duplex) -> Iterator[Message]:
    """What is there now; damaged messages are as good as lost."""
    while True:
        try:
            message = end.receive()
        except Malformed:
            continue
        if message is None:
            return
        yield message


def states(both: Parties) -> tuple[PayerState | None, PayeeState]:
    session = both.payer.purse.paying.get(both.request_id)
    return session.state if session else None, both.payee.purse.asking[both.request_id].state


DAMAGED: Final = Fate(flip_bit=100)
LATE: Final = Fate(delay_ms=500)
LATE_TWICE: Final = Fate(copies=2, delay_ms=500)

SCRIPTS: Final = {
    "f04 all doubled": ([DOUBLED, DOUBLED, DOUBLED], [DOUBLED, DOUBLED], "paid"),
    "f04 receipt overtakes its double": ([DOUBLED, LATE], [LATE_TWICE], "paid"),
    "f05 request lost": ([LOST], [], "open"),
    "f05 request damaged": ([DAMAGED], [], "open"),
    "f05 cut before the request": ([CUT], [], "open"),
    "f07 payment lost": ([], [LOST], "signed"),
    "f07 payment damaged": ([], [DAMAGED], "signed"),
    "f07 cut before the payment": ([], [CUT], "signed"),
    "f08 receipt lost": ([ARRIVES, LOST], [], "received"),
    "f08 receipt damaged": ([ARRIVES, DAMAGED], [], "received"),
    "f08 cut before the receipt": ([ARRIVES, CUT], [], "received"),
    "late all the way": ([LATE, LATE], [LATE], "paid"),
}
STATES: Final = {
    "open": (None, PayeeState.REQUESTED),
    "signed": (PayerState.SIGNED, PayeeState.REQUESTED),
    "received": (PayerState.SIGNED, PayeeState.RECEIVED),
    "paid": (PayerState.PAID, PayeeState.RECEIVED),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_f04_f05_f07_f08_a_second_meeting_with_the_same_request_finishes_the_payment(
    world: World, name: str
) -> None:
    to_payer, to_payee, stage = SCRIPTS[name]
    both = parties(world)
    meet(both, to_payer, to_payee)
    assert states(both) == STATES[stage]
    meet(both, [], [])
    one_payment_and_the_books_balance(world, both)


def test_every_short_script_ends_in_one_payment(world: World) -> None:
    """All scripts of two messages there and two back, out of four fates each."""
    fates = (ARRIVES, LOST, LATE_TWICE, CUT)
    for script in product(fates, repeat=4):
        both = parties(world)
        meet(both, script[:2], script[2:])
        meet(both, [], [])
        assert states(both) == STATES["paid"], script


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_any_chance_and_then_one_good_meeting_end_in_one_payment(
    tmp_path_factory: pytest.TempPathFactory, seed: int, meetings: int
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    both = parties(world)
    odds = Odds(lost=0.3, doubled=0.3, delayed=0.5, flipped=0.2, cut=0.1)
    draw = random.Random(seed).random
    for _ in range(meetings):
        meet(both, drawn_fates(odds, draw), drawn_fates(odds, draw))
    meet(both, [], [])
    one_payment_and_the_books_balance(world, both)
    world.close()


def test_what_is_carried_is_counted_as_on_a_link_without_faults() -> None:
    plain, faulty = MemoryLink(), ScriptedLink([LOST, ARRIVES])
    for link in (plain, faulty):
        link.send(RECEIPT)
        link.send(RECEIPT)
    assert plain.carried_bytes == faulty.carried_bytes == 2 * len(RECEIPT.encode())
    assert [faulty.receive(), faulty.receive()] == [RECEIPT, None]


def test_without_a_clock_a_delay_only_lets_others_overtake() -> None:
    link, first, second = ScriptedLink([LATE]), Message(Kind.PAYMENT, b"1"), Message(Kind.PAYMENT, b"2")
    link.send(first)
    link.send(second)
    assert [link.receive(), link.receive(), link.receive()] == [second, first, None]


def test_with_a_clock_a_message_arrives_in_its_time() -> None:
    clock = Clock()
    link = ScriptedLink([Fate(delay_ms=50)], now_ms=clock)
    link.send(RECEIPT)
    clock.at_ms = 49
    assert link.receive() is None
    clock.at_ms = 50
    assert link.receive() == RECEIPT


def test_one_cable_cuts_both_ways_and_what_was_under_way_arrives() -> None:
    cable = Cable()
    there, back = ScriptedLink([ARRIVES, CUT], cable=cable), ScriptedLink(cable=cable)
    back.send(RECEIPT)
    there.send(RECEIPT)
    there.send(RECEIPT)
    back.send(RECEIPT)
    assert [there.receive(), there.receive(), back.receive(), back.receive()] == [
        RECEIPT,
        None,
        RECEIPT,
        None,
    ]


def test_the_same_seed_draws_the_same_fates_and_the_odds_hold() -> None:
    odds = Odds(lost=0.1, doubled=0.2, delayed=0.3, flipped=0.4, cut=0.5, longest_delay_ms=80)

    def draws(odds: Odds) -> list[Fate]:
        return list(islice(drawn_fates(odds, random.Random(5).random), 4_000))

    fates = draws(odds)
    assert fates == draws(odds)
    assert {fate.copies for fate in fates} == {0, 1, 2}
    assert 300 < sum(fate.copies == 0 for fate in fates) < 500
    assert 1_500 < sum(fate.flip_bit is not None for fate in fates) < 1_700
    assert 1_900 < sum(fate.cut for fate in fates) < 2_100
    assert {fate.delay_ms for fate in fates} == {*range(81)}
    assert draws(Odds()) == [ARRIVES] * 4_000


@pytest.mark.parametrize("wrong", [{"copies": -1}, {"delay_ms": -1}, {"flip_bit": -1}])
def test_a_fate_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Fate(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"lost": 1.1}, {"cut": -0.1}, {"longest_delay_ms": 0}])
def test_odds_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="odds lie in"):
        Odds(**wrong)  # type: ignore[arg-type]
