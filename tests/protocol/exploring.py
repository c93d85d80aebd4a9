"""Every state that a few wallets, a link and an operator can get into, breadth first.

What a *state* is says `state`, and `moves` what leads from one to the next. In each of them must hold what
`happened` checks, and from each some way must lead to one in which everything is settled.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from shuangli.offline.states import PayerState
from tests.protocol.happened import Happened, Holder, check_accused, check_value, check_words
from tests.protocol.moves import Moves
from tests.protocol.small_centre import SmallCentre
from tests.protocol.state import State


class Explored(NamedTuple):
    """How many states there are, moves between them, and moves to the state that is farthest away."""

    states: int
    moves: int
    depth: int


class TooManyStates(Exception):
    """The search was given up."""


class Explorer(Moves):
    """Explores what may happen to some devices within bounds."""

    def explore(self, *, most_states: int = 10**9) -> Explored:
        """Visit every state, check what must hold in it, and that some way on from it settles everything.

        Raises:
            AssertionError: something does not hold.
            TooManyStates: there are more than `most_states`; nothing was found in so many.
        """
        centre = SmallCentre.minted(self._loads, self.devices[0].trust)
        first = State(
            written=tuple(self._write(device.start) for device in self.devices),
            sent=frozenset(),
            centre=self._centres.number(centre, centre.key()),
            asked=frozenset(),
            late=False,
        )
        numbers = {first: 0}
        waiting = deque([(first, 0)])
        following: list[list[int]] = []
        settled: list[int] = []
        depth = 0
        while waiting:
            state, depth = waiting.popleft()
            happened = self.check(state)
            if self.is_settled(state):
                settled.append(len(following))
                self.check_paid(state, happened)
            after = {*self.moves(state)} - {state}
            for later in after:
                if later not in numbers:
                    numbers[later] = len(numbers)
                    waiting.append((later, depth + 1))
            if len(numbers) > most_states:
                raise TooManyStates
            following.append([numbers[later] for later in after])
        stuck = len(following) - len(leading_to(settled, following))
        assert not stuck, f"from {stuck} states there is no way to settle everything"
        return Explored(states=len(following), moves=sum(map(len, following)), depth=depth)

    # --- what must hold -------------------------------------------------------------------------

    def check(self, state: State) -> Happened:
        """The invariants of `happened`, of everything that was written or sent, which is returned."""
        happened = Happened(loads=self._loads, dishonest=self._dishonest)
        purses = [self._purses[written] for written in state.written]
        for number in state.sent:
            letter = self._letters.values[number]
            if letter.message is not None:
                happened.note_message(letter.message)
            elif letter.upload:
                happened.note_bundle(letter.upload)
        for purse in purses:
            happened.note_purse(purse)
        holders = [
            Holder(device.key.public, purse) for device, purse in zip(self.devices, purses, strict=True)
        ]
        check_value(happened, holders)
        check_words(happened, holders)
        check_accused(happened, holders, self._centres.values[state.centre].culprits)
        return happened

    def check_paid(self, state: State, happened: Happened) -> None:
        """Where everything is settled, every honest wallet has been paid what is due to it."""
        if self.bounds.hand_in:
            due_fen = happened.truth().due_fen
            paid_fen = self._centres.values[state.centre].credited_fen
            for key in {device.key.public for device in self.devices} - self._dishonest:
                assert paid_fen.get(key, 0) == due_fen[key], "an honest wallet is not paid its due"

    def is_settled(self, state: State) -> bool:
        """Say whether every honest wallet has all that is due to it, and nothing is left to say."""
        for device, written in zip(self.devices, state.written, strict=True):
            purse = self._purses[written]
            if device.key.public in self._dishonest:
                continue
            if any(session.state is PayerState.SIGNED for session in purse.paying.values()):
                return False
            if self.bounds.hand_in:
                received = any(coin.hops for coin in purse.coins.values())
                refused = any(session.state is PayerState.REFUSED for session in purse.paying.values())
                if received or refused or purse.uploads or purse.to_show or purse.to_report:
                    return False
        return True


def leading_to(goals: Sequence[int], following: Sequence[Sequence[int]]) -> set[int]:
    """The numbers from which some way leads to one of `goals`."""
    before: list[list[int]] = [[] for _ in following]
    for number, after in enumerate(following):
        for later in after:
            before[later].append(number)
    found = {*goals}
    waiting = list(goals)
    while waiting:
        for earlier in before[waiting.pop()]:
            if earlier not in found:
                found.add(earlier)
                waiting.append(earlier)
    return found
