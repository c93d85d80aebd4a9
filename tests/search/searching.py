"""Every state of a small world, breadth first, and what must hold in each and at the end of each way.

The first state in which something does not hold is one of the nearest to the start: `Violation` tells the
shortest story that leads there.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from tests.search.memory import Memory
from tests.search.plan import Item, paid
from tests.search.state import State, Wrong
from tests.search.world import World


class Searched(NamedTuple):
    """How many states there are, moves between them, ends, and moves to the state that is farthest away."""

    states: int
    moves: int
    ends: int
    depth: int

    @property
    def row(self) -> str:
        """The figures as the cells of a table."""
        return " | ".join(f"{figure:,}" for figure in self)


class Violation(AssertionError):
    """Something does not hold; `steps` are the fewest moves that lead there, in words."""

    def __init__(self, what: str, steps: Sequence[str]) -> None:
        super().__init__("\n".join([what, *(f"{n}. {step}" for n, step in enumerate(steps, 1))]))
        self.what = what
        self.steps = tuple(steps)


class Checks:
    """What must hold of the states of one world, and of states that were reached in different orders."""

    def __init__(self, world: World) -> None:
        self.world = world
        people = world.story.people
        self._honest = [number for number, person in enumerate(people) if person.honest]
        self._keys = [world.story.keys[who].public for who in self._honest]
        self._all_honest = len(self._honest) == len(people)
        self._facts: dict[int, tuple[object, ...]] = {}
        self._by_uploads: dict[frozenset[tuple[int, int]], tuple[object, ...]] = {}
        self._by_arrivals: dict[object, tuple[int, ...]] = {}

    def check(self, state: State) -> None:
        """Nobody honest is accused; facts, cases and forked value depend only on what was handed in."""
        memory = self.world.memory(state)
        assert memory.culprits.isdisjoint(self._keys), "somebody honest is in a case"
        by_place = self.world.story.redeems_at_one_operator
        passed = frozenset(
            (receipt.upload, receipt.operator * by_place) for receipt in state.received - state.pending
        )
        facts = self._facts.get(state.centre)
        if facts is None:
            facts = (memory.spends(), memory.cases, memory.totals.forked_fen)
            self._facts[state.centre] = facts
        known = self._by_uploads.setdefault(passed, facts)
        assert known is facts or known == facts, "facts, cases or totals depend on the order"

    def check_move(self, state: State, after: State) -> None:
        """Nobody is paid who is named in a case."""
        if state.centre != after.centre:
            before, fresh = self.world.memory(state), self.world.memory(after)
            for key in before.culprits:
                paid_fen = [memory.credited_fen.get(key, 0) for memory in (before, fresh)]
                assert paid_fen[0] == paid_fen[1], "a culprit is paid"

    def is_over(self, state: State) -> bool:
        """Say whether all deadlines have passed, and everything that was received has been settled."""
        world = self.world
        if state.time + 1 < len(world.story.times_s) or state.pending or world.memory(state).disputed:
            return False
        return min(state.marks) == world.now_s(state) - 1 and not any(world.gives_back(state))

    def check_end(self, state: State) -> None:
        """Nobody honest has less than it is owed, nor in another order something else."""
        memory = self.world.memory(state)
        credited_fen = tuple(memory.credited_fen.get(key, 0) for key in self._keys)
        lost = any(state.lost >> who & 1 for who in self._honest)
        owed_fen = [self.owed_fen(state, memory, who) for who in self._honest]
        for who, key, has_fen, due_fen in zip(self._honest, self._keys, credited_fen, owed_fen, strict=True):
            denied_fen = sum(denied.value_fen for denied in memory.denied if denied.claimant == key)
            name = self.world.story.people[who].name
            assert has_fen + denied_fen >= due_fen, f"{name} is owed {due_fen} fen and gets {has_fen}"
        if self._all_honest and not lost:
            assert [*credited_fen] == owed_fen, "somebody gets more than is owed"
        if not memory.denied:
            earliest: dict[int, int] = {}
            for receipt in state.received:
                at_s = earliest.get(receipt.upload, receipt.received_s)
                earliest[receipt.upload] = min(at_s, receipt.received_s)
            arrivals = (frozenset(earliest.items()), state.lost, state.receipts)
            known = self._by_arrivals.setdefault(arrivals, credited_fen)
            assert known == credited_fen, "what honest people get depends on the order"

    def owed_fen(self, state: State, memory: Memory, who: int) -> int:
        """What somebody honest has loaded and was paid, less what it has paid.

        A payment counts once its payee has accepted it; a dishonest payee's, unless the payer has its refusal
        by the payment's deadline.
        Whoever has lost the device is owed, of what it was paid, only what the payer has a receipt for and
        somebody has shown in time; of what was refused, only what it has handed in before.
        """
        story = self.world.story
        total_fen = sum(story.people[who].values_fen)
        for number, offer in enumerate(story.offers):
            bit = 1 << number
            if not state.signed & bit or who not in (offer.payer, offer.payee):
                continue
            amount_fen = story.transfers[number].pay_fen
            accepted, receipt = bool(state.accepted & bit), bool(state.receipts & bit)
            if offer.payer == who:
                keeps = not story.people[offer.payee].honest and self._is_refused(state, number)
                total_fen -= amount_fen * (accepted and not keeps)
            elif state.lost >> who & 1:
                total_fen += self._shown_fen(memory, number) * receipt
            else:
                total_fen += amount_fen * accepted
        return total_fen

    def _is_refused(self, state: State, number: int) -> bool:
        """Say whether the payer of an offer can prove in time that it was refused."""
        story, who = self.world.story, self.world.story.offers[number].payer
        if state.lost >> who & 1:
            uploads = [story.uploads[receipt.upload] for receipt in state.received]
            return any(Item("refusal", paid(number)) in upload.items for upload in uploads)
        return bool((state.refusals & ~state.too_late) >> number & 1)

    def _shown_fen(self, memory: Memory, number: int) -> int:
        """What was paid by those spends of a transfer that are settled."""
        transfer = self.world.story.transfers[number]
        paid_fen = {spend.coin_id: spend.pay_fen for spend in transfer.spends}
        facts = [*memory.spent.items(), *((key, fact) for (key, _), fact in memory.forks.items())]
        return sum(
            paid_fen[key[-32:]]
            for key, fact in facts
            if fact.object_id == transfer.signed.id and fact.settled_fen
        )


def search(world: World) -> Searched:
    """Visit every state of a world and check it.

    Raises:
        Violation: something does not hold.
    """
    checks = Checks(world)
    first = world.first()
    came_from: dict[State, tuple[State, str] | None] = {first: None}
    waiting = deque([(first, 0)])
    moves = ends = depth = 0
    while waiting:
        state, depth = waiting.popleft()
        try:
            checks.check(state)
            over = checks.is_over(state)
            if over:
                checks.check_end(state)
                ends += 1
            found = list(world.moves(state))
            assert found or over, "nothing can happen, and it is not over"
            for move in found:
                checks.check_move(state, move.state)
        except AssertionError as error:
            last = [error.words] if isinstance(error, Wrong) else []
            raise Violation(str(error), [*_steps(came_from, state), *last]) from error
        for move in found:
            moves += 1
            if move.state not in came_from:
                came_from[move.state] = (state, move.words)
                waiting.append((move.state, depth + 1))
    return Searched(states=len(came_from), moves=moves, ends=ends, depth=depth)


def _steps(came_from: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    steps = []
    while (before := came_from[state]) is not None:
        state, words = before
        steps.append(words)
    return steps[::-1]
