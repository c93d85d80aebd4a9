"""Long random walks through large stories; and the same uploads in other orders, batches and parts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from shuangli.offline.chain import walk
from shuangli.offline.refusals import verify_refusals
from tests.search.memory import Arrival, Memory
from tests.search.plan import (
    DAY_S,
    EXPIRED_S,
    NOW,
    TERMS,
    TIME_LEFT_S,
    Offer,
    Person,
    Ref,
    change,
    loaded,
    paid,
)
from tests.search.searching import Checks
from tests.search.state import Bounds, Receipt, Rules, State
from tests.search.story import Story
from tests.search.world import World

PEOPLE: Final = (
    Person("A", (500, 200)),
    Person("B", (300,), clock_s=40 * DAY_S),
    Person("C", (100, 50)),
    Person("D"),
    Person("E", (400, 100), honest=False),
    Person("F", (150,), honest=False),
)
TIMES_S: Final = (*(day * DAY_S for day in range(9)), EXPIRED_S, EXPIRED_S + 10 * DAY_S)
OFFERS: Final = 60
REFUSED: Final = 0.15
"""How many offers an honest payee may refuse although they hold."""
LONGEST: Final = 0.6
"""How often the coin with the longest chain is paid with, where there is a choice."""
AGAIN: Final = 0.25
"""How often somebody dishonest pays with a coin that was paid with before."""

SPLIT: Final = 0.7
"""How often an upload is replayed in parts."""


class Outcome(NamedTuple):
    """What no order, batch or part may change."""

    spends: dict[bytes, frozenset[bytes]]
    cases: frozenset[tuple[bytes, bytes]]
    loaded_fen: int
    forked_fen: int
    honest_fen: tuple[int, ...]


class Event(NamedTuple):
    """What the centre saw: an upload, an operator's watermark, or time to give back."""

    now_s: int
    receipt: Receipt | None = None
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A walk to its end: its world, the moves, and what the centre saw, in that order."""

    world: World
    steps: int
    events: tuple[Event, ...]
    end: State

    @property
    def memory(self) -> Memory:
        """What the centre knows in the end."""
        return self.world.memory(self.end)

    @property
    def outcome(self) -> Outcome:
        """What came of it."""
        return _outcome(self.world, self.memory)


def random_story(chance: random.Random) -> Story:
    """A story of so many payments over some days, each of one or two coins, most of them with change."""
    story = Story(people=PEOPLE, times_s=TIMES_S)
    purses: list[list[Ref]] = [
        [loaded(who, index) for index in range(len(person.values_fen))] for who, person in enumerate(PEOPLE)
    ]
    gone: list[list[Ref]] = [[] for _ in PEOPLE]
    days = sorted(chance.randrange(8) for _ in range(OFFERS))
    for day in days:
        payer, payee = chance.sample(range(len(PEOPLE)), 2)
        again = not PEOPLE[payer].honest and chance.random() < AGAIN
        from_s = NOW + TIMES_S[day]
        usable = [
            ref
            for ref in (gone if again else purses)[payer]
            if story.coins[ref].claim_by_s - from_s > TIME_LEFT_S and story.coins[ref].hops < TERMS.hop_cap
        ]
        if not usable:
            continue
        spent = chance.sample(usable, min(len(usable), chance.choice((1, 1, 2))))
        if chance.random() < LONGEST:
            spent = [max(usable, key=lambda ref: len(story.coins[ref].path))]
        spends = tuple((ref, chance.randint(1, story.coins[ref].value_fen)) for ref in spent)
        number = story.add(Offer(payer, payee, spends, slot=day))
        for index, (ref, _) in enumerate(spends):
            if not again:
                purses[payer].remove(ref)
                gone[payer].append(ref)
            purses[payee].append(paid(number, index))
            if change(number, index) in story.coins:
                purses[payer].append(change(number, index))
    return story


def random_walk(seed: int) -> Walked:
    """Move at random until it is over, and check every state on the way.

    Raises:
        AssertionError: something does not hold.
    """
    chance = random.Random(seed)
    story = random_story(chance)
    refusable = [number for number in range(len(story.offers)) if chance.random() < REFUSED]
    world = World(story, Bounds(anywhere=True, refusable=frozenset(refusable)), Rules())
    checks = Checks(world)
    state, steps = world.first(), 0
    events: list[Event] = []
    while True:
        checks.check(state)
        found = [move.state for move in world.moves(state)]
        if not found:
            break
        after = chance.choice(found)
        if after.time != state.time:
            # Days are longer than a step: time asks once more.
            after = chance.choice(found)
        checks.check_move(state, after)
        events += _events(world.now_s(state), state, after)
        state, steps = after, steps + 1
    assert checks.is_over(state), "nothing can happen, and it is not over"
    checks.check_end(state)
    return Walked(world=world, steps=steps, events=tuple(events), end=state)


def _events(now_s: int, before: State, after: State) -> list[Event]:
    passed_on = before.pending - after.pending
    if passed_on:
        return [Event(now_s, receipt=receipt) for receipt in passed_on]
    if before.marks != after.marks:
        return [Event(now_s, marks=after.marks)]
    return [Event(now_s)] if before.centre != after.centre else []


def replayed(walked: Walked, *, seed: int) -> Outcome:
    """The same uploads, received at the same times, in another order, by batches, some of them in parts."""
    chance = random.Random(seed)
    story = walked.world.story
    receipts = [event.receipt for event in walked.events if event.receipt is not None]
    arrivals = [part for receipt in receipts for part in _parts(story, receipt, chance)]
    chance.shuffle(arrivals)
    memory = Memory.minted(list(story.loads.values()), TERMS)
    cap_fen = walked.world.bounds.cap_fen
    while arrivals:
        size = chance.randint(1, 5)
        memory = memory.settled(arrivals[:size], cap_fen=cap_fen)
        del arrivals[:size]
    memory = memory.given_back(up_to_s=NOW + TIMES_S[-1] - 1, cap_fen=cap_fen, most=10_000)
    return _outcome(walked.world, memory)


def _parts(story: Story, receipt: Receipt, chance: random.Random) -> Sequence[Arrival]:
    """An upload as it was, or each thing in it by itself: a part of a redemption shows one of its coins."""
    upload = story.uploads[receipt.upload]
    creditor = story.keys[upload.who].public
    hand_ins = [story.encoded(upload)]
    if len(upload.items) > 1 and chance.random() < SPLIT:
        hand_ins = [story.part(upload, item) for item in sorted(upload.items)]
    arrivals = []
    for hand_in in hand_ins:
        seen = walk(hand_in.bundle, story.trust)
        refusals = verify_refusals(hand_in.refusals, seen, story.trust)
        arrivals.append(Arrival(seen, refusals, receipt.received_s, creditor))
    return arrivals


def _outcome(world: World, memory: Memory) -> Outcome:
    people = zip(world.story.people, world.story.keys, strict=True)
    honest = [key.public for person, key in people if person.honest]
    return Outcome(
        spends=memory.spends(),
        cases=memory.cases,
        loaded_fen=memory.loaded_fen,
        forked_fen=memory.totals.forked_fen,
        honest_fen=tuple(memory.credited_fen.get(key, 0) for key in honest),
    )
