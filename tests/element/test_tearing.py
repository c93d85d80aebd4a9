"""F10 at the element: every command of a whole life is torn at every byte and in every page write.

The life is lived once on an element that is not torn, and each command is recorded with the state before it.
Then each is given again to a twin in that state, whose power ends after 0, 1, 2, ... steps, until it lasts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from shuangli.errors import LinkError
from shuangli.offline.links.apdu import Command, Response, Status
from shuangli.offline.links.chaining import GET_RESPONSE
from shuangli.offline.request import request_id_of
from shuangli.wallet.element.chip import Element
from shuangli.wallet.element.commands import APPLET, Ins, pin_block
from shuangli.wallet.element.power import Power
from shuangli.wallet.element.state import State
from tests.element.support import PIN, Held, held_in, key_set_of, remembered, twin
from tests.paying import pay
from tests.setting import NOW, TRANSFERABLE
from tests.world import World

SELECT = Command(cla=0, ins=Ins.SELECT, p1=4, data=APPLET, le=256).encode()
VERIFY = Command(cla=0, ins=Ins.VERIFY, p2=0x81, data=pin_block(PIN)).encode()
AGAIN_IS_MORE = (Ins.INCREASE, Ins.CHANGE_PIN)
"""To do these twice is something else than to do them once."""


@dataclass
class Episode:
    """One command of the life, in as many parts as it was sent, and an element as it was before."""

    ins: Ins
    before: Element
    pin: bool
    parts: list[bytes]

    def ready(self, element: Element) -> Element:
        """Make an element ready for it: selected, and with the PIN shown if it was."""
        for command in (SELECT, VERIFY) if self.pin else (SELECT,):
            assert Response.decode(element.process(command)).status == Status.OK
        return element

    def play(self, element: Element) -> list[bytes]:
        """Give it to an element."""
        return [element.process(part) for part in self.parts]


class Recorder:
    """Sits between the phone and its element, and writes everything down."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.episodes: list[Episode] = []
        self._going_on = False

    def process(self, data: bytes) -> bytes:
        command = Command.decode(data)
        if command.ins == Ins.SELECT:
            return self.element.process(data)
        if command.ins != GET_RESPONSE and not self._going_on:
            running = self.element._running
            pin = running is not None and running.pin
            self.episodes.append(Episode(Ins(command.ins), twin(self.element), pin, []))
        self.episodes[-1].parts.append(data)
        self._going_on = command.is_chained
        return self.element.process(data)


def live(world: World) -> Iterator[Held]:
    """Everything that an element does, each thing at least once."""
    other = world.wallet([700, 300])
    held = held_in(world, [100, 200, 400], name="torn", tier=1)
    yield held
    custody = held.custody
    custody.take_keys(key_set_of(world, 2))
    held.wallet.enrol(kind=held.wallet.certificate.kind, tier=1, person=bytes(32), now_s=NOW)
    held.wallet.install(held.wallet.certificate.signed.data)
    world.load(held.wallet, [200_000])
    shop = world.wallet(tier=0)
    pay(held.wallet, shop, 100)
    pay(held.wallet, shop, 250)
    custody.verify_pin(PIN)
    pay(held.wallet, shop, 150_000)
    pay(other, held.wallet, 1_000)
    custody.change_pin(PIN, "1357")
    custody.change_pin("1357", PIN)
    assert custody.increment() == custody.value
    request = held.wallet.request(50, now_s=NOW)
    pay(world.wallet([50]), held.wallet, 50)
    assert request
    held.wallet.hand_in(now_s=NOW)


def refuse_one(held: Held, world: World) -> None:
    """Two payers pay one request, so that the second is refused."""
    request = held.wallet.request(30, now_s=NOW)
    request_id = request_id_of(request)
    for _ in range(2):
        (payment,) = world.wallet([30]).receive(request_id, request, now_s=NOW)
        held.wallet.receive(request_id, payment, now_s=NOW)


@pytest.fixture(scope="module")
def episodes(tmp_path_factory: pytest.TempPathFactory) -> list[Episode]:
    world = World(tmp_path_factory.mktemp("world"), terms=TRANSFERABLE)
    life = live(world)
    held = next(life)
    recorder = Recorder(held.element)
    custody = held.custody
    custody._transmit = recorder.process
    list(life)
    refuse_one(held, world)
    world.close()
    return recorder.episodes


def legal_states(episode: Episode) -> tuple[list[State], list[bytes]]:
    """The states that a torn command may leave behind, from before to after, and its answers."""
    element = episode.ready(twin(episode.before))
    states = [remembered(twin(element))]
    seen = states[0]
    answers = episode.play(element)
    after = remembered(element)
    if episode.ins in (Ins.VERIFY, Ins.CHANGE_PIN):
        states.append(replace(seen, counters=replace(seen.counters, tries=seen.counters.tries - 1)))
    return [*states, after], answers


def steps_of(episode: Episode) -> int:
    element = episode.ready(twin(episode.before))
    element.power = Power()
    episode.play(element)
    return element.power.used


def test_the_life_has_everything_in_it(episodes: list[Episode]) -> None:
    assert {episode.ins for episode in episodes} == {*Ins} - {Ins.SELECT}


def test_f10_every_command_is_done_or_not_wherever_it_is_torn(episodes: list[Episode]) -> None:
    cuts = 0
    for episode in episodes:
        states, answers = legal_states(episode)
        for steps in range(steps_of(episode)):
            element = episode.ready(twin(episode.before))
            element.power = Power(steps)
            with pytest.raises(LinkError):
                episode.play(element)
            cuts += 1
            element.power = Power()
            left = remembered(element)
            assert left in states, (episode.ins.name, steps)
            check_counts(states[0], left)
            if episode.ins in AGAIN_IS_MORE:
                continue
            again = Episode(episode.ins, element, episode.pin and left == states[0], episode.parts)
            assert again.play(again.ready(element)) == answers, (episode.ins.name, steps)
            assert remembered(element) == states[-1]
    assert cuts > 9_000


def check_counts(before: State, left: State) -> None:
    """Counters never go back, and what an element holds only grows by what it was given."""
    was, now = before.counters, left.counters
    assert (now.nonces, now.transfers, now.device) >= (was.nonces, was.transfers, was.device)
    assert now.usage.paid_today_fen >= was.usage.paid_today_fen
