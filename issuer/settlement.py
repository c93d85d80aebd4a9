"""Settlement: what one verified bundle changes in the registration centre. Pure.

The centre keeps one *fact* per spent coin: coin id -> transfer. Same coin, same transfer is a repeat
and harmless; same coin, other transfer is a *fork*, however late. Everything below a fork's second
branch is worth nothing in the supply: what is paid for it comes out of the guarantee fund.

Facts, forks and totals over all branches do not depend on the order in which bundles arrive; which
branch of a fork counts as the first does, and so do payouts beyond a cap and to a culprit who comes
before the fork is found.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from shuangli.messages.loads import Load
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.offline.chain import Coin, Step, Walk


class Fact(NamedTuple):
    """How a coin was spent: the transfer's number and id, and what was paid for it if it redeems."""

    transfer_no: int
    transfer_id: bytes
    paid_fen: int


class Known(Protocol):
    """What the centre knows before a bundle: the mint log, the facts, the forks."""

    def load_numbers(self, load_ids: Sequence[bytes]) -> dict[bytes, int]:
        """The numbers of loads in the mint log, without those that were never minted."""
        ...

    def facts(self, coin_ids: Sequence[bytes]) -> dict[bytes, Fact]:
        """The facts of those of the coins that are spent."""
        ...

    def fork(self, coin_id: bytes, transfer_id: bytes) -> int | None:
        """The number of a further transfer of a coin, if it is known."""
        ...

    def is_culprit(self, key: bytes) -> bool:
        """Say whether a case names this key."""
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


@dataclass(slots=True, kw_only=True)
class SupplyChange:
    """What a settlement changes in one epoch's supply, in fen; the words are those of `issuer.supply`."""

    redeemed_fen: int = 0
    outstanding_fen: int = 0
    forked_fen: int = 0
    fund_paid_fen: int = 0
    void_fen: int = 0
    forked_open_fen: int = 0


@dataclass(slots=True, kw_only=True)
class Settlement:
    """What a bundle changes, and the answer: one outcome per spend in the bundle's order.

    `facts` are (coin id, transfer number, fen paid for it), `paid_later` (coin id, fen) of older facts,
    `forks` (coin id, transfer, its number). `supply` is by epoch: what is redeemed there comes out of
    circulation, what the fund pays out of the guarantee fund.
    """

    transfers: list[tuple[int, Transfer]] = field(default_factory=list)
    facts: list[tuple[bytes, int, int]] = field(default_factory=list)
    paid_later: list[tuple[bytes, int]] = field(default_factory=list)
    forks: list[tuple[bytes, Transfer, int]] = field(default_factory=list)
    opened: list[OpenCoin] = field(default_factory=list)
    closed: list[OpenCoin] = field(default_factory=list)
    supply: dict[int, SupplyChange] = field(default_factory=lambda: defaultdict(SupplyChange))
    not_minted: list[Load] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def fund_paid_fen(self) -> int:
        """What the guarantee fund pays."""
        return sum(change.fund_paid_fen for change in self.supply.values())

    @property
    def credited_fen(self) -> int:
        """What the redemptions of the bundle are paid, out of circulation and by the fund."""
        return self.fund_paid_fen + sum(change.redeemed_fen for change in self.supply.values())


def settle(
    seen: Walk, *, known: Known, next_no: Callable[[], int], received_s: int, fund_left_fen: int
) -> Settlement:
    """Settle a walked bundle against what is known; `next_no` numbers transfers that are new.

    1. Loads must be in the mint log; what descends from another is refused.
    2. Each spend of a verified coin is a new fact, a repeat, or a fork.
    3. A redemption is paid, unless it is late by the operator's time, its key is a culprit's, or the
       coin lies on a fork and the guarantee fund has no more than `fund_left_fen` for this person.
    4. A redemption that was late is paid when another operator shows that it was handed in on time.
    """
    return _Settling(known, next_no, received_s, fund_left_fen).run(seen)


class _Settling:
    """One run of `settle`: the bundle's own facts, forks and places, beside what was known before."""

    def __init__(self, known: Known, next_no: Callable[[], int], received_s: int, fund_left_fen: int) -> None:
        self._known = known
        self._next_no = next_no
        self._received_s = received_s
        self._fund_left_fen = fund_left_fen
        self._result = Settlement()
        self._places: dict[bytes, Place] = {}
        self._facts: dict[bytes, Fact] = {}
        self._forks: dict[tuple[bytes, bytes], int] = {}
        self._culprits: dict[bytes, bool] = {}
        self._numbers: dict[bytes, int] = {}

    def run(self, seen: Walk) -> Settlement:
        minted = self._known.load_numbers([load.signed.id for load in seen.loads])
        self._numbers.update(minted)
        self._result.not_minted += [load for load in seen.loads if load.signed.id not in minted]
        self._facts = self._known.facts([step.coin.coin_id for step in seen.steps if step.coin is not None])
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
        if transfer is None:
            return Outcome.INVALID
        if coin is None or step.fault is not None:
            unknown = step.fault is not None and step.fault.code == "unknown-coin"
            return Outcome.UNKNOWN_COIN if unknown else Outcome.INVALID
        place = self._place(coin)
        if place is None:
            return Outcome.NOT_MINTED
        fact = self._facts.get(coin.coin_id)
        if fact is None:
            return self._new_fact(step, transfer, coin, place, position)
        transfer_id = transfer.signed.id
        if fact.transfer_id == transfer_id:
            self._place_outputs(step, Place(fact.transfer_no, position, place.forked))
            return self._repeat(transfer, coin, place, fact)
        key = (coin.coin_id, transfer_id)
        fork_no = self._forks.get(key) or self._known.fork(*key)
        if fork_no is None:
            return self._new_fork(step, transfer, coin, position)
        self._place_outputs(step, Place(fork_no, position, True))
        return Outcome.REPEAT

    def _new_fact(self, step: Step, transfer: Transfer, coin: Coin, place: Place, position: int) -> Outcome:
        outcome = self._judge_claim(coin, place) if transfer.payee == CENTRE else Outcome.SETTLED
        number = self._number(transfer)
        paid_fen = coin.value_fen if transfer.payee == CENTRE and outcome is Outcome.SETTLED else 0
        self._facts[coin.coin_id] = Fact(number, transfer.signed.id, paid_fen)
        self._result.facts.append((coin.coin_id, number, paid_fen))
        if outcome is not Outcome.SETTLED:
            # The coin stays open: its value is still owed to somebody, or frozen.
            return outcome
        self._close(coin, place)
        if paid_fen:
            self._pay(coin, place)
        else:
            at = Place(number, position, place.forked)
            self._place_outputs(step, at)
            self._open_outputs(step)
        return outcome

    def _repeat(self, transfer: Transfer, coin: Coin, place: Place, fact: Fact) -> Outcome:
        paid_before = transfer.payee != CENTRE or fact.paid_fen > 0
        if paid_before or self._judge_claim(coin, place) is not Outcome.SETTLED:
            return Outcome.REPEAT
        self._facts[coin.coin_id] = fact._replace(paid_fen=coin.value_fen)
        self._result.paid_later.append((coin.coin_id, coin.value_fen))
        self._close(coin, place)
        self._pay(coin, place)
        return Outcome.SETTLED

    def _new_fork(self, step: Step, transfer: Transfer, coin: Coin, position: int) -> Outcome:
        number = self._number(transfer)
        self._forks[(coin.coin_id, transfer.signed.id)] = number
        self._culprits[transfer.payer] = True
        self._result.forks.append((coin.coin_id, transfer, number))
        change = self._result.supply[coin.load.epoch]
        change.forked_fen += coin.value_fen
        if transfer.payee == CENTRE:
            change.void_fen += coin.value_fen
            return Outcome.FORKED
        self._place_outputs(step, Place(number, position, True))
        self._open_outputs(step)
        return Outcome.FORKED

    def _judge_claim(self, coin: Coin, place: Place) -> Outcome:
        if self._is_culprit(coin.owner):
            return Outcome.FROZEN
        if self._received_s > coin.claim_by_s + coin.terms.grace_s:
            return Outcome.LATE
        if place.forked and self._result.fund_paid_fen + coin.value_fen > self._fund_left_fen:
            return Outcome.CAPPED
        return Outcome.SETTLED

    def _is_culprit(self, key: bytes) -> bool:
        found = self._culprits.get(key)
        if found is None:
            found = self._culprits[key] = self._known.is_culprit(key)
        return found

    def _number(self, transfer: Transfer) -> int:
        number = self._numbers.get(transfer.signed.id)
        if number is None:
            number = self._numbers[transfer.signed.id] = self._next_no()
            self._result.transfers.append((number, transfer))
        return number

    def _pay(self, coin: Coin, place: Place) -> None:
        change = self._result.supply[coin.load.epoch]
        if place.forked:
            change.fund_paid_fen += coin.value_fen
        else:
            change.redeemed_fen += coin.value_fen

    def _close(self, coin: Coin, place: Place) -> None:
        self._result.closed.append(OpenCoin(place, coin.value_fen, coin.load.epoch))
        self._add_open(coin, place.forked, -coin.value_fen)

    def _place_outputs(self, step: Step, place: Place) -> None:
        for index, output in enumerate(step.outputs):
            self._places[output.coin_id] = Place(place.parent_no, 2 * place.position + index, place.forked)

    def _open_outputs(self, step: Step) -> None:
        for output in step.outputs:
            place = self._places[output.coin_id]
            self._result.opened.append(OpenCoin(place, output.value_fen, output.load.epoch))
            self._add_open(output, place.forked, output.value_fen)

    def _add_open(self, coin: Coin, forked: bool, amount_fen: int) -> None:
        change = self._result.supply[coin.load.epoch]
        if forked:
            change.forked_open_fen += amount_fen
        else:
            change.outstanding_fen += amount_fen
