"""Settlement: what one verified bundle changes in the registration centre. Pure.

The centre keeps one *fact* per spent coin: coin id -> transfer. Same coin, same transfer is a repeat
and harmless; same coin, other transfer is a *fork*, however late. Everything below a fork's second
branch is worth nothing in the supply: what is paid for it comes out of the guarantee fund.

Facts, forks and supply totals do not depend on the order in which bundles arrive; which branch of a
fork counts as the first does, and so do payouts beyond a cap.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.offline.chain import Coin, Step, Walk


class Fact(NamedTuple):
    """How a coin was spent: the number under which the transfer is kept, and the transfer's id."""

    transfer_no: int
    transfer_id: bytes


class Known(Protocol):
    """What the centre knows before a bundle: the mint log, the facts, the forks."""

    def load_no(self, load_id: bytes) -> int | None:
        """The number of a load in the mint log; None where it was never minted."""
        ...

    def fact(self, coin_id: bytes) -> Fact | None:
        """The fact of a coin, if it is spent."""
        ...

    def fork(self, coin_id: bytes, transfer_id: bytes) -> int | None:
        """The number of a further transfer of a coin, if it is known."""
        ...


class Place(NamedTuple):
    """Where a coin came about: as output `position` of object `parent_no`, in the supply or on a fork."""

    parent_no: int
    position: int
    forked: bool


class OpenCoin(NamedTuple):
    """A coin that nobody has spent as far as the centre knows."""

    place: Place
    value_fen: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """What a redemption is paid under.

    `culprits` are the keys of proven double spenders; `fund_left_fen` is what the guarantee fund may
    still pay to the person who redeems.
    """

    culprits: Set[bytes]
    fund_left_fen: int


@dataclass(slots=True, kw_only=True)
class Settlement:
    """What a bundle changes, and the answer: one outcome per spend in the bundle's order.

    `facts` are (coin id, transfer number, fen paid for it), `forks` (coin id, transfer, its number).
    `paid_fen` comes out of circulation by epoch; `fund_fen` out of the guarantee fund.
    """

    transfers: list[tuple[int, Transfer]] = field(default_factory=list)
    facts: list[tuple[bytes, int, int]] = field(default_factory=list)
    forks: list[tuple[bytes, Transfer, int]] = field(default_factory=list)
    opened: list[OpenCoin] = field(default_factory=list)
    closed: list[OpenCoin] = field(default_factory=list)
    paid_fen: dict[int, int] = field(default_factory=dict)
    fund_fen: int = 0
    not_minted: list[bytes] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def credited_fen(self) -> int:
        """What the redemptions of the bundle are paid."""
        return sum(self.paid_fen.values()) + self.fund_fen


def settle(
    seen: Walk, *, known: Known, next_no: Callable[[], int], received_s: int, rule: ClaimRule
) -> Settlement:
    """Settle a walked bundle against what is known; `next_no` numbers transfers that are new.

    1. Loads must be in the mint log; what descends from another is refused.
    2. Each spend of a verified coin is a new fact, a repeat, or a fork.
    3. A redemption is paid, unless it is late by the operator's time, its key is a culprit's, or the
       coin lies on a fork and the guarantee fund has no more for this person.
    """
    return _Settling(known, next_no, received_s, rule).run(seen)


class _Settling:
    """One run of `settle`: the bundle's own facts and places, beside what was known before."""

    def __init__(self, known: Known, next_no: Callable[[], int], received_s: int, rule: ClaimRule) -> None:
        self._known = known
        self._next_no = next_no
        self._received_s = received_s
        self._rule = rule
        self._result = Settlement()
        self._places: dict[bytes, Place] = {}
        self._facts: dict[bytes, Fact] = {}
        self._numbers: dict[bytes, int] = {}

    def run(self, seen: Walk) -> Settlement:
        for load in seen.loads:
            load_no = self._known.load_no(load.signed.id)
            if load_no is None:
                self._result.not_minted.append(load.signed.id)
                continue
            self._numbers[load.signed.id] = load_no
        position = 0
        last = None
        for step in seen.steps:
            position = position + 1 if step.transfer is not None and step.transfer is last else 0
            last = step.transfer
            self._result.outcomes.append(self._spend(step, position))
        return self._result

    def _place(self, coin: Coin) -> Place | None:
        """Where the coin came about; None for what descends from a load that was never minted."""
        place = self._places.get(coin.coin_id)
        if place is not None or coin.path:
            return place
        load_no = self._numbers.get(coin.load.signed.id)
        return None if load_no is None else Place(load_no, coin.load_index, False)

    def _spend(self, step: Step, position: int) -> Outcome:
        transfer, coin = step.transfer, step.coin
        if transfer is None or (step.fault is not None and coin is not None):
            return Outcome.INVALID
        if coin is None or step.spend is None:
            return Outcome.UNKNOWN_COIN
        place = self._place(coin)
        if place is None:
            return Outcome.NOT_MINTED
        fact = self._facts.get(coin.coin_id) or self._known.fact(coin.coin_id)
        transfer_id = transfer.signed.id
        if fact is None:
            return self._new_fact(step, transfer, coin, place, position)
        if fact.transfer_id == transfer_id:
            self._add_outputs(step, Place(fact.transfer_no, position, place.forked), opens=False)
            return Outcome.REPEAT
        fork_no = self._known.fork(coin.coin_id, transfer_id)
        if fork_no is not None:
            self._add_outputs(step, Place(fork_no, position, True), opens=False)
            return Outcome.REPEAT
        number = self._number(transfer)
        self._result.forks.append((coin.coin_id, transfer, number))
        self._add_outputs(step, Place(number, position, True), opens=True)
        return Outcome.FORKED

    def _new_fact(self, step: Step, transfer: Transfer, coin: Coin, place: Place, position: int) -> Outcome:
        redeems = transfer.payee == CENTRE
        outcome = self._judge_claim(coin, place, step.outputs[0].value_fen) if redeems else Outcome.SETTLED
        number = self._number(transfer)
        paid_fen = step.outputs[0].value_fen if redeems and outcome is Outcome.SETTLED else 0
        self._facts[coin.coin_id] = Fact(number, transfer.signed.id)
        self._result.facts.append((coin.coin_id, number, paid_fen))
        if outcome is not Outcome.SETTLED:
            # The coin stays open: its value is still owed to somebody, or frozen.
            return outcome
        self._result.closed.append(OpenCoin(place, coin.value_fen, coin.load.epoch))
        self._add_outputs(step, Place(number, position, place.forked), opens=True)
        if paid_fen and place.forked:
            self._result.fund_fen += paid_fen
        elif paid_fen:
            epoch = coin.load.epoch
            self._result.paid_fen[epoch] = self._result.paid_fen.get(epoch, 0) + paid_fen
        return outcome

    def _judge_claim(self, coin: Coin, place: Place, amount_fen: int) -> Outcome:
        if coin.owner in self._rule.culprits:
            return Outcome.FROZEN
        if self._received_s > coin.claim_by_s + coin.terms.grace_s:
            return Outcome.LATE
        if place.forked and self._result.fund_fen + amount_fen > self._rule.fund_left_fen:
            return Outcome.CAPPED
        return Outcome.SETTLED

    def _number(self, transfer: Transfer) -> int:
        number = self._numbers.get(transfer.signed.id)
        if number is None:
            number = self._numbers[transfer.signed.id] = self._next_no()
            self._result.transfers.append((number, transfer))
        return number

    def _add_outputs(self, step: Step, place: Place, *, opens: bool) -> None:
        for index, output in enumerate(step.outputs):
            at = Place(place.parent_no, 2 * place.position + index, place.forked)
            self._places[output.coin_id] = at
            if opens and output.owner != CENTRE:
                self._result.opened.append(OpenCoin(at, output.value_fen, output.load.epoch))
