"""What people do, with each other and before they are online, as moves from state to state.

*Honest* people sign a coin away once, accept what holds and leaves them time, refuse what shows a fork to
them, and hand in by its deadline (`Story.due_s`) what they would lose. Time waits for that, and for nothing
else. Others sign and claim what they like, whenever they like, dated as they like, or are silent.
"""

from collections.abc import Iterable, Iterator

from tests.search.plan import NOW, Item, Ref, named, paid
from tests.search.state import Bounds, Move, Rules, State, since_start
from tests.search.story import Story


class People:
    """The people of a story, within bounds."""

    def __init__(self, story: Story, bounds: Bounds, rules: Rules) -> None:
        self.story = story
        self.bounds = bounds
        self.rules = rules
        self._held: dict[tuple[object, ...], frozenset[Ref]] = {}
        self._unsaid: dict[tuple[object, ...], frozenset[Item]] = {}
        self._honest = [number for number, person in enumerate(story.people) if person.honest]
        self._by = [
            sum(1 << number for number, offer in enumerate(story.offers) if offer.payer == who)
            for who in range(len(story.people))
        ]
        self._to = [
            sum(1 << number for number, offer in enumerate(story.offers) if offer.payee == who)
            for who in range(len(story.people))
        ]

    def now_s(self, state: State) -> int:
        """The time."""
        return NOW + self.story.times_s[state.time]

    def moves(self, state: State) -> Iterator[Move]:
        """What people can do next, and whether time can pass."""
        for number in range(len(self.story.offers)):
            yield from self._offer_moves(state, number)
        for who in range(len(self.story.people)):
            if not state.lost >> who & 1:
                yield from self._write_moves(state, who)
        if self.time_may_pass(state):
            after_s = NOW + self.story.times_s[state.time + 1]
            yield Move(f"it is {since_start(after_s)}", state._replace(time=state.time + 1))

    # --- between two devices --------------------------------------------------------------------

    def _offer_moves(self, state: State, number: int) -> Iterator[Move]:
        story, offer, bit = self.story, self.story.offers[number], 1 << number
        payer, payee = story.people[offer.payer], story.people[offer.payee]
        names = f"payment {number + 1}"
        payer_lost, payee_lost = (bool(state.lost >> who & 1) for who in (offer.payer, offer.payee))
        if not state.signed & bit:
            if not payer_lost and self._may_sign(state, number):
                yield Move(
                    f"{payer.name} signs {names} to {payee.name}", state._replace(signed=state.signed | bit)
                )
            return
        if not payee_lost:
            accepts, refuses = self._may_answer(state, number)
            if accepts:
                yield Move(f"{payee.name} accepts {names}", state._replace(accepted=state.accepted | bit))
            if refuses:
                yield Move(f"{payee.name} refuses {names}", state._replace(refused=state.refused | bit))
        answered = (state.receipts | state.refusals) & bit
        if not payer_lost and not payee_lost and not answered and payer.honest:
            if state.accepted & bit:
                yield Move(
                    f"{payer.name} gets the receipt of {names}", state._replace(receipts=state.receipts | bit)
                )
            if state.refused & bit:
                late = bit * (self.now_s(state) > self.story.coins[paid(number)].due_s)
                heard = state._replace(refusals=state.refusals | bit, too_late=state.too_late | late)
                yield Move(f"{payer.name} gets the refusal of {names}", heard)

    def _may_sign(self, state: State, number: int) -> bool:
        offer = self.story.offers[number]
        if not self.story.people[offer.payer].honest:
            return all(self._is_known(state, offer.payer, ref) for ref, _ in offer.spends)
        held = self.held(state, offer.payer)
        return state.time == offer.slot and all(ref in held for ref, _ in offer.spends)

    def _is_known(self, state: State, who: int, ref: Ref) -> bool:
        """Say whether somebody dishonest can sign a coin away, be it another's. Who uses a payment has it."""
        if ref.kind == "loaded":
            return True
        paid_to = self.story.offers[ref.number].payee
        seen = state.accepted if ref.kind == "paid" and paid_to == who else state.signed
        return bool(seen >> ref.number & 1)

    def _may_answer(self, state: State, number: int) -> tuple[bool, bool]:
        """Whether the payee of a signed offer may accept it now, and refuse it."""
        bit, who = 1 << number, self.story.offers[number].payee
        accepted, refused = state.accepted & bit, state.refused & bit
        if not self.story.people[who].honest:
            return not accepted, not refused
        if accepted or refused or not self.story.valid[number]:
            return False, False
        parts = [paid(number, index) for index in range(len(self.story.offers[number].spends))]
        held = [ref for ref in self.held(state, who) if ref.kind != "loaded"]
        forked = any(self.story.conflict(part, ref) for part in parts for ref in held)
        accepts = self.story.is_open(number, self.now_s(state)) and not forked
        return accepts, not accepts or number in self.bounds.refusable

    def held(self, state: State, who: int) -> frozenset[Ref]:
        """The coins in an honest purse."""
        by, to = state.signed & self._by[who], state.accepted & self._to[who]
        mine = frozenset(upload for upload in state.written if self.story.uploads[upload].who == who)
        key = (who, by, to, mine)
        if key not in self._held:
            gone = {ref for number in _bits(by) for ref, _ in self.story.offers[number].spends}
            gone |= {item.ref for upload in mine for item in self.story.uploads[upload].items}
            self._held[key] = frozenset(self._owned(who, by, to) - gone)
        return self._held[key]

    def _owned(self, who: int, by: int, to: int) -> set[Ref]:
        """Every coin that was ever somebody's, once these offers are signed and those accepted."""
        return {
            ref
            for ref in self.story.coins
            if (ref.kind == "loaded" and ref.number == who)
            or (ref.kind == "change" and by >> ref.number & 1)
            or (ref.kind == "paid" and to >> ref.number & 1)
        }

    # --- handing in -----------------------------------------------------------------------------

    def unsaid(self, state: State, who: int) -> frozenset[Item]:
        """What somebody can still hand in: an honest person all at once, others one by one."""
        by, to = state.signed & self._by[who], state.accepted & self._to[who]
        mine = frozenset(upload for upload in state.written if self.story.uploads[upload].who == who)
        key = (who, by, to, state.receipts & by, state.refusals & by, state.refused & by, mine)
        if key not in self._unsaid:
            find = self._honest_items if self.story.people[who].honest else self._dishonest_items
            said = {item for upload in mine for item in self.story.uploads[upload].items}
            self._unsaid[key] = frozenset(find(state, who)) - said
        return self._unsaid[key]

    def _honest_items(self, state: State, who: int) -> Iterator[Item]:
        for ref in self.held(state, who):
            if self.story.coins[ref].hops:
                yield Item("coin", ref)
        for number in _bits(state.signed & self._by[who]):
            if state.refusals >> number & 1:
                yield Item("refusal", paid(number))
            elif self.rules.payers_hand_in and not state.receipts >> number & 1:
                yield Item("payment", paid(number))

    def _dishonest_items(self, state: State, who: int) -> Iterator[Item]:
        for ref in self._owned(who, state.signed & self._by[who], state.accepted & self._to[who]):
            if self.bounds.claims is None or ref in self.bounds.claims:
                yield Item("coin", ref)
        for number in _bits(state.signed & self._by[who]):
            if self.bounds.shows is None or number in self.bounds.shows:
                yield Item("refusal" if state.refused >> number & 1 else "payment", paid(number))

    def _write_moves(self, state: State, who: int) -> Iterator[Move]:
        items = self.unsaid(state, who)
        if items and self.story.people[who].honest:
            yield self._write(state, who, items)
        elif items:
            yield from (self._write(state, who, frozenset([item])) for item in sorted(items))

    def _write(self, state: State, who: int, items: Iterable[Item]) -> Move:
        upload = self.story.upload(who, items)
        things = ", ".join(map(_named, sorted(self.story.uploads[upload].items)))
        words = f"{self.story.people[who].name} writes upload {upload + 1}: {things}"
        return Move(words, state._replace(written=state.written | {upload}))

    # --- time -----------------------------------------------------------------------------------

    def time_may_pass(self, state: State) -> bool:
        """Say whether there is a later time, and everybody honest has handed in what is due before it."""
        if state.time + 1 == len(self.story.times_s):
            return False
        next_s = NOW + self.story.times_s[state.time + 1]
        received = {receipt.upload for receipt in state.received}
        for upload in state.written - received:
            said = self.story.uploads[upload]
            person_waits = self.story.people[said.who].honest and not state.lost >> said.who & 1
            if person_waits and any(self.now_s(state) <= due_s < next_s for due_s in said.dues_s):
                return False
        waiting = [who for who in self._honest if not state.lost >> who & 1]
        return not any(self._presses(state, who, next_s) for who in waiting)

    def _presses(self, state: State, who: int, next_s: int) -> bool:
        """Say whether somebody must hand something in before a time."""
        said = {
            item
            for upload in state.written
            if self.story.uploads[upload].who == who
            for item in self.story.uploads[upload].items
        }
        dues_s = [self.story.due_s(item) for item in self.unsaid(state, who)]
        # A refused payment that was not shown yet is still one that was passed on without a receipt.
        dues_s += [
            self.story.due_s(Item("payment", item.ref))
            for item in self.unsaid(state, who)
            if item.kind == "refusal" and Item("payment", item.ref) not in said
        ]
        now_s = self.now_s(state)
        return any(due_s is not None and now_s <= due_s < next_s for due_s in dues_s)


def _bits(numbers: int) -> Iterator[int]:
    number = 0
    while numbers >> number:
        if numbers >> number & 1:
            yield number
        number += 1


def _named(item: Item) -> str:
    if item.kind == "coin":
        return f"redeems {named(item.ref)}"
    return f"shows {'the refusal of ' * (item.kind == 'refusal')}payment {item.ref.number + 1}"
