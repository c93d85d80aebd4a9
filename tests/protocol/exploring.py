"""Every state that a few wallets, a link and an operator can get into, breadth first.

A *state* is what every wallet has written (its checkpoint), what was ever sent and may arrive at anybody,
once more, later or never, what the centre knows, and whether time has passed. A *move* is one act of the
real code: a wallet asks, hears a message, hands in or hears its operator, and the power may go after any
write, before anything is said; or the operator answers an upload. A device keeps nothing but what it has
written, so after each move it is as if it had been switched off and on.

What a wallet does depends on what it has written, on the message and on the time alone, so each act is run
once and remembered; the keys are few, and Ed25519 always signs alike.
"""

import copy
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, product
from typing import Final, Generic, NamedTuple, TypeVar

from shuangli.crypto import SigningKey, sha256
from shuangli.errors import ProtocolError, Refused
from shuangli.messages.loads import Load
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Message, PayerState
from shuangli.offline.trust import Trust
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.purse import Purse
from shuangli.wallet.record_codec import encode_record
from shuangli.wallet.records import Checkpoint
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet
from tests.protocol.cutting import Cut, CutJournal, PowerCut
from tests.protocol.happened import Happened, Holder, check_accused, check_value, check_words
from tests.protocol.small_centre import SmallCentre
from tests.world import NOW

LATER_S: Final = 60

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A wallet before anything has happened; two devices with one key are a copied wallet."""

    key: SigningKey
    trust: Trust
    rules: WalletRules
    start: Checkpoint


class Ask(NamedTuple):
    """A request that may be made: by which device, for how much."""

    payee: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may happen: which requests; whether anybody hands in; whether time passes."""

    asks: tuple[Ask, ...]
    hand_in: bool
    time: bool


class Letter(NamedTuple):
    """Something on its way: a message of a session; or an upload or its answer, where there is no message."""

    request_id: bytes
    message: Message | None
    device: int = 0
    upload: bytes = b""
    answer: bytes = b""


class State(NamedTuple):
    """Numbers of what every device has written, of the letters on their way, and of the centre."""

    written: tuple[int, ...]
    sent: frozenset[int]
    centre: int
    asked: frozenset[int]
    late: bool


class Table(Generic[T]):
    """Gives every different value a number."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._numbers: dict[object, int] = {}

    def number(self, value: T, key: object) -> int:
        number = self._numbers.setdefault(key, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


class Explored(NamedTuple):
    """How many states there are, moves between them, and moves to the state that is farthest away."""

    states: int
    moves: int
    depth: int


class Done(NamedTuple):
    """What an act leaves: the number of what is written, and what was said."""

    written: int
    said: tuple[Letter, ...]


class TooManyStates(Exception):
    """The search was given up."""


class Explorer:
    """Explores what may happen to some devices within bounds."""

    def __init__(
        self,
        devices: Sequence[Device],
        bounds: Bounds,
        *,
        loads: Sequence[Load],
        dishonest: set[bytes],
        operator_key: SigningKey,
    ) -> None:
        self.devices = devices
        self.bounds = bounds
        self._loads = loads
        self._dishonest = dishonest
        self._operator_key = operator_key
        self._written: Table[Checkpoint] = Table()
        self._purses: list[Purse] = []
        self._letters: Table[Letter] = Table()
        self._centres: Table[SmallCentre] = Table()
        self._acts: dict[tuple[object, ...], tuple[Done, ...]] = {}
        self._answers: dict[tuple[int, int, bool], tuple[int, int]] = {}

    # --- the search -----------------------------------------------------------------------------

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

    def moves(self, state: State) -> Iterator[State]:
        """The states that one act leads to."""
        now_s = NOW + LATER_S * state.late
        if self.bounds.time and not state.late:
            yield state._replace(late=True)
        for number, ask in enumerate(self.bounds.asks):
            if number not in state.asked:
                act = partial(self._ask, ask.amount_fen, now_s)
                asked = state._replace(asked=state.asked | {number})
                yield from self._after(asked, ask.payee, act, ("ask", number, now_s), nonce=number)
        sessions = {self._letters.values[number].request_id for number in state.sent} - {b""}
        for number in state.sent:
            letter = self._letters.values[number]
            if letter.message is not None:
                # It may come as a message of another session, too.
                for who, session in product(range(len(self.devices)), sessions):
                    act = partial(self._hear, session, letter.message, now_s)
                    yield from self._after(state, who, act, ("hear", session, number, now_s))
            elif letter.answer:
                act = partial(self._acknowledge, letter)
                yield from self._after(state, letter.device, act, ("acknowledge", number))
            else:
                yield self._answer(state, number, now_s)
        if self.bounds.hand_in:
            for who in range(len(self.devices)):
                act = partial(self._hand_in, who, now_s)
                yield from self._after(state, who, act, ("hand in", now_s))

    # --- what a wallet does ---------------------------------------------------------------------

    def _ask(self, amount_fen: int, now_s: int, wallet: Wallet) -> list[Letter]:
        message = wallet.request(amount_fen, now_s=now_s)
        return [Letter(request_id_of(message), message)]

    def _hear(self, session: bytes, message: Message, now_s: int, wallet: Wallet) -> list[Letter]:
        replies = wallet.receive(session, message, now_s=now_s)
        return [Letter(session, reply) for reply in replies]

    def _hand_in(self, who: int, now_s: int, wallet: Wallet) -> list[Letter]:
        upload = wallet.hand_in(now_s=now_s)
        return [Letter(b"", None, device=who, upload=upload)] if upload is not None else []

    def _acknowledge(self, letter: Letter, wallet: Wallet) -> list[Letter]:
        wallet.acknowledge(letter.answer, operator_key=self._operator_key.public)
        return []

    def _after(
        self,
        state: State,
        who: int,
        act: Callable[[Wallet], list[Letter]],
        name: tuple[object, ...],
        *,
        nonce: int = 0,
    ) -> Iterator[State]:
        """The states after a device has done something, whole or cut off after any write."""
        key = (who, state.written[who], *name)
        if key not in self._acts:
            self._acts[key] = tuple(self._run(who, state.written[who], act, nonce))
        for written, said in self._acts[key]:
            yield state._replace(
                written=(*state.written[:who], written, *state.written[who + 1 :]),
                sent=state.sent | {self._letters.number(letter, letter) for letter in said},
            )

    def _run(
        self, who: int, written: int, act: Callable[[Wallet], list[Letter]], nonce: int
    ) -> Iterator[Done]:
        device, start = self.devices[who], self._written.values[written]
        writes = 0
        for cut_at in count():
            journal = MemoryJournal([start])
            wallet = Wallet(
                key=KeyCustody(device.key, lambda size: sha256(bytes([nonce]))[:size]),
                trust=copy.copy(device.trust),
                journal=CutJournal(journal, Cut.AFTER_WRITE, at=cut_at),
                rules=device.rules,
            )
            said: list[Letter] = []
            try:
                said = act(wallet)
            except PowerCut:
                pass
            except (ProtocolError, Refused):
                assert wallet.purse.checkpoint() == start, "what is refused changes nothing"
            if not cut_at:
                writes = len([*journal]) - 1
            yield Done(self._write(fold(journal)), tuple(said))
            if cut_at == writes:
                return

    def _write(self, checkpoint: Checkpoint) -> int:
        """The number of what a device has written; in which order it holds coins does not matter."""
        in_order = replace(checkpoint, coins=tuple(sorted(checkpoint.coins, key=lambda coin: coin.coin_id)))
        number = self._written.number(in_order, encode_record(in_order))
        if number == len(self._purses):
            purse = Purse()
            purse.apply(in_order)
            self._purses.append(purse)
        return number

    # --- what the operator does -----------------------------------------------------------------

    def _answer(self, state: State, number: int, now_s: int) -> State:
        """The state after the operator has answered an upload; it answers a repeat as before."""
        letter = self._letters.values[number]
        centre = self._centres.values[state.centre]
        known = centre.answers.get(sha256(letter.upload))
        key = (state.centre, number, state.late)
        if known is None and key not in self._answers:
            owner = self.devices[letter.device].key.public
            settle = partial(
                SmallCentre.answered,
                upload=letter.upload,
                owner=owner,
                trust=self.devices[0].trust,
                operator_key=self._operator_key,
                now_s=now_s,
            )
            fresh = settle(centre)
            assert settle(fresh).credited_fen == fresh.credited_fen, "an upload is paid twice"
            answer = letter._replace(upload=b"", answer=fresh.answers[sha256(letter.upload)])
            self._answers[key] = (
                self._centres.number(fresh, fresh.key()),
                self._letters.number(answer, answer),
            )
        if known is not None:
            return state
        answered, reply = self._answers[key]
        return state._replace(centre=answered, sent=state.sent | {reply})

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


def fold(journal: MemoryJournal) -> Checkpoint:
    """What a journal adds up to."""
    purse = Purse()
    for record in journal:
        purse.apply(record)
    return purse.checkpoint()


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
