"""Settlement: what one verified hand-in changes in the registration centre. Pure.

The centre keeps one *fact* per spent coin: coin id -> what spends it. Same coin, same spend is a repeat
and harmless; same coin, another spend is a *fork*, however late. Everything below a fork's further
branch is worth nothing in the supply: what is paid for it comes out of the guarantee fund.

A spend is on time if an operator received it by the coin's claim deadline and grace. What is late is
recorded and changes nothing else: the coin stays open for whoever it goes back to, and what it was split
into is not opened. Below what is late all is late, since no deadline is later than one before it. If
another operator shows that it was handed in on time, the spend is settled then; and a further spend that
is on time takes the coin from a first one that is not.

Facts, forks and totals over all branches do not depend on the order in which hand-ins arrive; which
branch of a fork counts as the first does, and so do payouts beyond a cap and to a culprit who comes
before the fork is found.
"""

from collections.abc import Callable, Sequence

from shuangli.errors import ProtocolError
from shuangli.issuer.facts import (
    REFUSED,
    Fact,
    Frozen,
    Known,
    NewCase,
    ObjectKind,
    Place,
    Settlement,
    Spending,
    coin_key,
    load_key,
)
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CENTRE
from shuangli.offline.chain import Coin, Step, Walk
from shuangli.offline.conditions import creditor_of, is_given, refusal_pays
from shuangli.offline.refusals import VerifiedRefusal, sources_of

NextNo = Callable[[], int]


def settle(
    seen: Walk,
    refusals: Sequence[VerifiedRefusal | ProtocolError],
    *,
    known: Known,
    next_no: NextNo,
    received_s: int,
    fund_left_fen: int,
    past: frozenset[int] = frozenset(),
    operator: str | None = None,
) -> Settlement:
    """Settle a walked hand-in against what is known; `next_no` numbers objects that are new.

    `operator` passes it on; None where nobody else does.

    1. Loads must be in the mint log; what descends from others is refused, or late if of a `past` epoch.
    2. Each spend of a verified coin is a new fact, a repeat, or a fork.
    3. It is settled if it is on time by the operator's time. A redemption or a refusal is paid then, unless
       who is paid is a culprit, or has not signed it and is a customer of another operator, or the coin
       lies on a fork and the guarantee fund has no more than `fund_left_fen` for this person.
    4. What was not settled is settled when it can be: another operator shows that it was on time.
    """
    return _Settling(known, next_no, received_s, fund_left_fen, past, operator).run(seen, refusals)


class _Settling:
    """One run of `settle`: the hand-in's own facts, forks and places, beside what was known before."""

    def __init__(
        self,
        known: Known,
        next_no: NextNo,
        received_s: int,
        fund_left_fen: int,
        past: frozenset[int],
        operator: str | None,
    ) -> None:
        self._past = past
        self._operator = operator
        self._known = known
        self._next_no = next_no
        self._received_s = received_s
        self._fund_left_fen = fund_left_fen
        self._result = Settlement()
        self._opened: dict[Place, Coin] = {}
        self._closed: list[tuple[Place, Coin]] = []
        self._places: dict[bytes, Place] = {}
        self._facts: dict[bytes, Fact] = {}
        self._culprits: dict[bytes, bool] = {}
        self._numbers: dict[bytes, int] = {}
        self._steps: Sequence[Step] = ()
        self._sources: dict[bytes, bytes] = {}

    def run(self, seen: Walk, refusals: Sequence[VerifiedRefusal | ProtocolError]) -> Settlement:
        self._steps = seen.steps
        keys = {load_key(load): load for load in seen.loads if load.epoch not in self._past}
        minted = self._known.load_numbers(list(keys))
        self._numbers.update({keys[key].signed.id: number for key, number in minted.items()})
        self._result.not_minted += [load for key, load in keys.items() if key not in minted]
        coin_keys = [coin_key(step.coin) if step.coin is not None else b"" for step in seen.steps]
        refused = [coin_key(verdict.coin) for verdict in refusals if isinstance(verdict, VerifiedRefusal)]
        self._facts = self._known.facts(coin_keys + refused)
        position = 0
        last = None
        for step, key in zip(seen.steps, coin_keys, strict=True):
            position = position + 1 if step.transfer is not None and step.transfer is last else 0
            last = step.transfer
            self._result.outcomes.append(self._transfer(step, key, position))
        for verdict in refusals:
            self._result.outcomes.append(self._refusal(verdict))
        # What came and went within the hand-in changes nothing that is open.
        for place, coin in self._opened.items():
            self._result.open(place, coin)
        for place, coin in self._closed:
            self._result.close(place, coin)
        return self._result

    def _place(self, coin: Coin) -> Place | None:
        """Where the coin came about; None for what descends from a load that was never minted."""
        if coin.path:
            return self._places.get(coin.coin_id)
        load_no = self._numbers.get(coin.load.signed.id)
        return None if load_no is None else Place(load_no, coin.load_index, False)

    def _placeless(self, coin: Coin) -> Outcome:
        """What becomes of a coin without a place: its load was never minted, or its epoch is past."""
        return Outcome.LATE if coin.load.epoch in self._past else Outcome.NOT_MINTED

    def _transfer(self, step: Step, key: bytes, position: int) -> Outcome:
        transfer, _, coin, outputs, fault = step
        if transfer is None:
            return Outcome.INVALID
        if coin is None or fault is not None:
            unknown = fault is not None and fault.code == "unknown-coin"
            return Outcome.UNKNOWN_COIN if unknown else Outcome.INVALID
        place = self._place(coin)
        if place is None:
            return self._placeless(coin)
        signed, creditor = transfer.signed, creditor_of(coin) if transfer.payee == CENTRE else None
        bank = coin.load.operator if creditor is not None and is_given(coin) else ""
        return self._record(
            Spending(
                ObjectKind.TRANSFER, signed, signed.id, coin, key, place, position, outputs, creditor, bank
            )
        )

    def _refusal(self, verdict: VerifiedRefusal | ProtocolError) -> Outcome:
        """What became of a coin that a refusal gives back; why not, if it does not hold."""
        if not isinstance(verdict, VerifiedRefusal):
            return Outcome.UNKNOWN_COIN if verdict.code == "unknown-coin" else Outcome.INVALID
        coin, place = verdict.coin, self._place(verdict.coin)
        if place is None:
            return self._placeless(coin)
        signed, key, creditor = verdict.refusal.signed, coin_key(coin), verdict.creditor
        bank = verdict.transfer.certificate.claims.issuer if creditor is not None else ""
        return self._record(
            Spending(ObjectKind.REFUSAL, signed, REFUSED, coin, key, place, 0, (), creditor, bank)
        )

    def _record(self, spend: Spending) -> Outcome:
        first = self._facts.get(spend.coin_key)
        if first is None or first.object_id == spend.object_id:
            return self._record_first(spend, first)
        return self._record_further(spend, first)

    def _record_first(self, spend: Spending, known: Fact | None) -> Outcome:
        number = known.number if known is not None else self._number(spend)
        forked = spend.place.forked
        self._place_outputs(spend, number, forked)
        if known is not None and known.settled_fen:
            return Outcome.REPEAT
        outcome = self._judge(spend, forked)
        settled_fen = 0
        if outcome is Outcome.SETTLED:
            settled_fen = spend.coin.value_fen
            self._close(spend)
            self._carry_out(spend, forked)
        elif known is not None:
            return self._again(spend, outcome)
        self._set_fact(spend.coin_key, Fact(number, spend.object_id, settled_fen))
        return outcome

    def _record_further(self, spend: Spending, first: Fact) -> Outcome:
        """A further spend of a coin: its owner is a culprit, whichever of the two came first."""
        coin = spend.coin
        key = (spend.coin_key, spend.object_id)
        known = self._result.forks[key] if key in self._result.forks else self._known.fork(*key)
        fork = known or Fact(self._number(spend), spend.object_id, 0)
        takes_coin = not first.settled_fen
        change = self._result.supply[coin.load.epoch]
        if known is None:
            self._culprits[coin.owner] = True
            signed_no = fork.number if spend.kind is ObjectKind.TRANSFER else first.number
            self._sources = self._sources or sources_of(self._steps)
            source_id, epoch = self._sources.get(coin.coin_id, b""), coin.load.epoch
            case = (spend.coin_key, coin.owner, coin.value_fen, spend.place, source_id, signed_no, epoch)
            self._result.cases.append(NewCase(*case))
            self._result.forks[key] = fork
            change.forked_fen += coin.value_fen
            change.void_fen += coin.value_fen
        outcome = (
            Outcome.REPEAT if fork.settled_fen else self._judge(spend, spend.place.forked or not takes_coin)
        )
        if outcome is Outcome.SETTLED:
            fork = fork._replace(settled_fen=coin.value_fen)
            if takes_coin:
                self._set_fact(spend.coin_key, fork)
                self._result.forks[key] = None
                self._result.forks[(spend.coin_key, first.object_id)] = first
                self._close(spend)
            else:
                self._result.forks[key] = fork
                change.void_fen -= coin.value_fen
        forked = spend.place.forked or not (outcome is Outcome.SETTLED and takes_coin)
        self._place_outputs(spend, fork.number, forked)
        if outcome is Outcome.SETTLED:
            self._carry_out(spend, forked)
        if known is None:
            return outcome if spend.kind is ObjectKind.REFUSAL else Outcome.FORKED
        return outcome if outcome is Outcome.SETTLED else self._again(spend, outcome)

    def _again(self, spend: Spending, outcome: Outcome) -> Outcome:
        """What is said of a known spend: for a refusal, a repeat means that its coin has gone back."""
        return outcome if spend.kind is ObjectKind.REFUSAL else Outcome.REPEAT

    def _judge(self, spend: Spending, forked: bool) -> Outcome:
        if not refusal_pays(spend.coin) and self._is_refused(spend):
            # It pays nobody, and goes back to its giver when it is due.
            return Outcome.CONDITION
        if spend.bank and self._operator not in (None, spend.bank):
            # Another operator would keep it. It is paid once the right one comes, or goes back when due.
            return Outcome.CONDITION
        if self._received_s > spend.coin.due_s:
            return Outcome.LATE
        outcome = self._judge_payout(spend, spend.creditor, forked) if spend.creditor else Outcome.SETTLED
        if outcome is not Outcome.SETTLED:
            self._result.held.append(spend.place[:2])
        return outcome

    def _is_refused(self, spend: Spending) -> bool:
        """Say whether a spend is a refusal, or redeems what its payee has refused before."""
        first = self._facts.get(spend.coin_key)
        redeemed = spend.creditor is not None and first is not None and first.object_id == REFUSED
        return redeemed or spend.kind is ObjectKind.REFUSAL

    def _judge_payout(self, spend: Spending, creditor: bytes, forked: bool) -> Outcome:
        if forked and is_given(spend.coin):
            # Who gives back what it has spent as well has cost its giver nothing.
            creditor = spend.coin.owner
        if self._is_culprit(creditor):
            place, coin = spend.place, spend.coin
            self._result.frozen.append(Frozen(place, creditor, coin.due_s, coin.coin_id, coin.value_fen))
            return Outcome.FROZEN
        if forked and self._result.fund_paid_fen + spend.coin.value_fen > self._fund_left_fen:
            return Outcome.CAPPED
        return Outcome.SETTLED

    def _is_culprit(self, key: bytes) -> bool:
        found = self._culprits.get(key)
        if found is None:
            found = self._culprits[key] = self._known.is_culprit(key)
        return found

    def _number(self, spend: Spending) -> int:
        number = self._numbers.get(spend.signed.id)
        if number is None:
            number = self._numbers[spend.signed.id] = self._next_no()
            self._result.objects.append((number, spend.kind, spend.signed))
        return number

    def _set_fact(self, key: bytes, fact: Fact) -> None:
        is_new = key not in self._facts or key in self._result.facts
        self._facts[key] = fact
        (self._result.facts if is_new else self._result.changed_facts)[key] = fact

    def _carry_out(self, spend: Spending, forked: bool) -> None:
        """Open what a settled spend splits its coin into, or pay for it."""
        change = self._result.supply[spend.coin.load.epoch]
        if spend.creditor is None:
            for output in spend.outputs:
                self._opened[self._places[output.coin_id]] = output
        elif forked:
            change.fund_paid_fen += spend.coin.value_fen
        else:
            if spend.kind is ObjectKind.REFUSAL:
                change.returned_fen += spend.coin.value_fen
            else:
                change.redeemed_fen += spend.coin.value_fen
            self._result.redeemed_by_loader[spend.coin.load.operator] += spend.coin.value_fen

    def _close(self, spend: Spending) -> None:
        if self._opened.pop(spend.place, None) is None:
            self._closed.append((spend.place, spend.coin))

    def _place_outputs(self, spend: Spending, number: int, forked: bool) -> None:
        for index, output in enumerate(spend.outputs):
            self._places[output.coin_id] = Place(number, 2 * spend.position + index, forked)
