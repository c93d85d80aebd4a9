"""What operators and the centre do, as moves from state to state, beside what people do.

An operator may receive any upload that was written. It passes on what it has received at any time and in any
order, or not, which is how one is cut off, and signs a watermark whenever it can. The desk gives back at any
time. Every rule is a function that runs: `settle`, `walk`, `verify_refusals`, those of `issuer.returns.due`.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from shuangli.issuer.returns.due import honest_watermark_s, taken_in_s
from tests.protocol.state import Table
from tests.search.memory import Arrival, Memory
from tests.search.people import People
from tests.search.plan import OPERATORS, TERMS
from tests.search.state import (
    OPERATORS_END_S,
    UNSIGNED,
    Bounds,
    Move,
    Receipt,
    Rules,
    State,
    Wrong,
    since_start,
)
from tests.search.story import Story


class World(People):
    """A story within bounds under rules: its states and moves."""

    def __init__(self, story: Story, bounds: Bounds, rules: Rules) -> None:
        super().__init__(story, bounds, rules)
        self.centres: Table[Memory] = Table()
        self._settled: dict[tuple[int, int, int, int], int] = {}
        self._given: dict[tuple[int, int], int] = {}
        self._first_due_s = min(coin.due_s for coin in story.coins.values())
        self._ends_s = dict.fromkeys(OPERATORS, OPERATORS_END_S)

    def first(self) -> State:
        """Everybody has loaded, and nothing has happened."""
        memory = Memory.minted(list(self.story.loads.values()), TERMS)
        return State(
            time=0,
            signed=0,
            accepted=0,
            refused=0,
            receipts=0,
            refusals=0,
            too_late=0,
            written=frozenset(),
            received=frozenset(),
            pending=frozenset(),
            marks=(UNSIGNED,) * len(OPERATORS),
            lost=0,
            centre=self._number(memory),
        )

    def memory(self, state: State) -> Memory:
        """What the centre knows."""
        return self.centres.values[state.centre]

    def _number(self, memory: Memory) -> int:
        return self.centres.number(memory, memory.key())

    def moves(self, state: State) -> Iterator[Move]:
        """All that can happen next, but for what would change nothing."""
        yield from super().moves(state)
        for who in self.bounds.may_be_lost:
            if not state.lost >> who & 1:
                yield self._lose(state, who)
        for upload in state.written:
            who = self.story.uploads[upload].who
            if not state.lost >> who & 1:
                homes = range(len(OPERATORS)) if self.bounds.anywhere else [self.story.home(who)]
                yield from self._sends(state, upload, homes)
        for receipt in state.pending:
            yield self._pass_on(state, receipt)
        for operator in range(len(OPERATORS)):
            yield from self._signs_watermark(state, operator)
        yield from self.gives_back(state)

    def _lose(self, state: State, who: int) -> Move:
        memory = self.memory(state)
        centre = self._number(memory.reported_lost(self.story.keys[who].public))
        words = f"{self.story.people[who].name} loses the device and reports it"
        return Move(words, state._replace(lost=state.lost | 1 << who, centre=centre))

    def _sends(self, state: State, upload: int, operators: Iterable[int]) -> Iterator[Move]:
        received = {receipt.operator for receipt in state.received if receipt.upload == upload}
        for operator in operators:
            if operator not in received:
                mark_s = state.marks[operator]
                received_s = taken_in_s(now_s=self.now_s(state), watermark_s=mark_s)
                receipt = Receipt(operator, upload, received_s)
                yield Move(
                    f"{OPERATORS[operator]} receives upload {upload + 1}",
                    state._replace(received=state.received | {receipt}, pending=state.pending | {receipt}),
                )

    def _pass_on(self, state: State, receipt: Receipt) -> Move:
        operator, upload, received_s = receipt
        memory = self.memory(state)
        seen, refusals = self.story.shown(upload, operator)
        words = f"{OPERATORS[operator]} passes on upload {upload + 1}"
        dated_s = self.rules.dated_s(
            received_s=received_s, mark_s=state.marks[operator], last_due_s=memory.last_due_s, seen=seen
        )
        key = (state.centre, upload, operator * self.story.redeems_at_one_operator, dated_s)
        if key not in self._settled:
            creditor = self.story.keys[self.story.uploads[upload].who].public
            arrival = Arrival(seen, refusals, dated_s, creditor)
            try:
                fresh = memory.settled([arrival], cap_fen=self.bounds.cap_fen)
            except AssertionError as error:
                raise Wrong(str(error), words) from error
            self._settled[key] = self._number(fresh)
        return Move(words, state._replace(pending=state.pending - {receipt}, centre=self._settled[key]))

    def _signs_watermark(self, state: State, operator: int) -> Iterator[Move]:
        """One that ends before anything is due decides nothing, and is left out."""
        oldest_s = min(
            (receipt.received_s for receipt in state.pending if receipt.operator == operator), default=None
        )
        up_to_s = honest_watermark_s(now_s=self.now_s(state), oldest_pending_s=oldest_s)
        if up_to_s > state.marks[operator] and up_to_s >= self._first_due_s:
            marks = (*state.marks[:operator], up_to_s, *state.marks[operator + 1 :])
            words = f"{OPERATORS[operator]} signs a watermark up to {since_start(up_to_s)}"
            yield Move(words, state._replace(marks=marks))

    def complete_up_to_s(self, state: State) -> int:
        """Up to when everything is known at the centre."""
        marks_s: Mapping[str, int] = {
            name: mark_s for name, mark_s in zip(OPERATORS, state.marks, strict=True) if mark_s != UNSIGNED
        }
        return self.rules.complete_up_to_s(self._ends_s, marks_s, now_s=self.now_s(state))

    def gives_back(self, state: State) -> Iterator[Move]:
        """What the return desk, or people, can decide now."""
        memory, up_to_s = self.memory(state), self.complete_up_to_s(state)
        words = "the centre gives back what is due"
        if up_to_s >= self._first_due_s:
            key = (state.centre, up_to_s)
            if key not in self._given:
                try:
                    fresh = memory.given_back(
                        up_to_s=up_to_s, cap_fen=self.bounds.cap_fen, most=self.bounds.most
                    )
                except AssertionError as error:
                    raise Wrong(str(error), words) from error
                self._given[key] = self._number(fresh)
            if self._given[key] != state.centre:
                yield Move(words, state._replace(centre=self._given[key]))
        if memory.disputed:
            decided = memory.decided(partial(self._has_receipt, state), cap_fen=self.bounds.cap_fen)
            yield Move("people decide disputes", state._replace(centre=self._number(decided)))

    def _has_receipt(self, state: State, transfer_id: bytes) -> bool:
        return bool(state.receipts >> self.story.offer_of[transfer_id] & 1)
