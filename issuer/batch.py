"""A batch: hand-ins that are settled one after the other and written down together. Pure.

Each hand-in of a batch is settled against what was known before and what the hand-ins before it have changed.
What a batch opens and closes again never reaches the database.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from shuangli.issuer.facts import (
    NEVER_S,
    Fact,
    Given,
    Known,
    NewCase,
    OpenCoin,
    Settlement,
    SupplyChange,
)
from shuangli.issuer.objects import PackRow, make_pack, read_pack
from shuangli.issuer.proven import Proven
from shuangli.messages.events import Event
from shuangli.messages.transfers import Transfer


class Batch:
    """What is known while a batch is settled (`facts.Known`), and what it changes.

    Attributes:
        packs: signed objects that are new
        facts_added: facts of coins that had none, by coin key
        facts_changed: facts that replace others, by coin key
        forks: further spends by coin key and object; None for one that has become the coin's fact
        opened: coins that have come about, by place
        closed: places of coins that were open before
        given: who gave coins under a condition that have come about, by place
        held: places of coins that are no longer returned by themselves
        supply: changes by epoch
        answers: by operator and upload: outcomes, fen credited, those for refusals, when it was received
        events: what is logged of it: an event for each hand-in; a case, and when it was found
        redeemed: what came out of circulation: fen by operator that loaded, that redeemed, time of receipt
        holders: the person who is paid, by key
        first_open_s: when at the earliest something is received that comes from an operator now
        past: epochs in which everything has its fate
        suspended: epochs in which nothing is settled until people have looked
    """

    def __init__(self, known: Known, *, load_keys: Sequence[bytes], coin_keys: Sequence[bytes]) -> None:
        """Begin a batch whose hand-ins show these loads and coins: what is known of them is looked up now."""
        self._known = known
        self._load_numbers: dict[bytes, int] = {}
        self._facts: dict[bytes, Fact] = {}
        self.look_up(load_keys=load_keys, coin_keys=coin_keys)
        self._culprits: dict[bytes, bool] = {}
        self._certified_by: dict[int, str] = {}
        self.packs: list[PackRow] = []
        self.facts_added: dict[bytes, Fact] = {}
        self.facts_changed: dict[bytes, Fact] = {}
        self.forks: dict[tuple[bytes, bytes], Fact | None] = {}
        self.opened: dict[tuple[int, int], OpenCoin] = {}
        self.given: dict[tuple[int, int], Given] = {}
        self.closed: dict[tuple[int, int], None] = {}
        self.held: dict[tuple[int, int], None] = {}
        self.supply: defaultdict[int, SupplyChange] = defaultdict(SupplyChange)
        self.answers: dict[tuple[str, bytes], tuple[bytes, int, int, int]] = {}
        self.redeemed: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self.events: list[Event | tuple[NewCase, int]] = []
        self.holders: dict[bytes, bytes] = {}
        self.first_open_s: dict[str, int] = {}
        self.past: frozenset[int] = frozenset()
        self.suspended: frozenset[int] = frozenset()

    # --- what is known (`facts.Known`) --------------------------------------------------------

    def look_up(self, *, load_keys: Sequence[bytes], coin_keys: Sequence[bytes]) -> None:
        """Look up what is known of further loads and coins; what the batch has changed stays so."""
        self._load_numbers.update(self._known.load_numbers(load_keys))
        facts = self._facts
        for key, fact in self._known.facts([key for key in coin_keys if key not in facts]).items():
            facts[key] = fact

    @property
    def loads_known(self) -> Mapping[bytes, int]:
        """The numbers of all loads that were looked up and are in the mint log."""
        return self._load_numbers

    def load_numbers(self, load_keys: Sequence[bytes]) -> dict[bytes, int]:
        """As `Known.load_numbers`, for loads that the batch has begun with."""
        known = self._load_numbers
        return {key: known[key] for key in load_keys if key in known}

    def facts(self, coin_keys: Sequence[bytes]) -> dict[bytes, Fact]:
        """As `Known.facts`, for coins that the batch has begun with."""
        known = self._facts
        return {key: known[key] for key in coin_keys if key in known}

    def fork(self, coin_key: bytes, object_id: bytes) -> Fact | None:
        """As `Known.fork`."""
        key = (coin_key, object_id)
        return self.forks[key] if key in self.forks else self._known.fork(coin_key, object_id)

    def is_culprit(self, key: bytes) -> bool:
        """As `Known.is_culprit`."""
        found = self._culprits.get(key)
        if found is None:
            found = self._culprits[key] = self._known.is_culprit(key)
        return found

    def certified_by(self, number: int, object_of: Callable[[int], bytes]) -> str:
        """Which operator certified the payer of a transfer; `object_of` gives those that were known before.

        It is read once: one transfer may fork ten thousand coins.
        """
        if number not in self._certified_by:
            data = self.object(number) or object_of(number)
            self._certified_by[number] = Transfer.parse(data).certificate.claims.issuer
        return self._certified_by[number]

    def object(self, number: int) -> bytes | None:
        """A signed object of this batch, by its number."""
        for pack in self.packs:
            if 0 <= number - pack.first_no < len(pack.kinds):
                return read_pack(pack).objects[number - pack.first_no]
        return None

    # --- what it changes ----------------------------------------------------------------------

    def holds(self, proven: Proven, *, received_s: int) -> bool:
        """Say whether what was assumed of a hand-in holds: it changes what was proven (`issuer.proven`)."""
        numbers, facts, left = self._load_numbers, self._facts, self.past | self.suspended
        return (
            received_s <= proven.due_s
            and numbers.keys() >= {*proven.load_keys}
            and facts.keys().isdisjoint(proven.root_keys)
            and left.isdisjoint(proven.epochs)
            and not any(map(self.is_culprit, proven.creditors))
        )

    def add(
        self, settlement: Settlement, *, operator: str, received_s: int, pack: PackRow | None = None
    ) -> None:
        """Take in what one hand-in changes; its new objects are in `pack`, or else packed now."""
        if pack is not None:
            self.packs.append(pack)
        elif settlement.objects:
            self.packs.append(make_pack(settlement.objects, operator=operator, received_s=received_s))
        self.facts_added.update(settlement.facts)
        for key, fact in settlement.changed_facts.items():
            (self.facts_added if key in self.facts_added else self.facts_changed)[key] = fact
        for loader, amount_fen in settlement.redeemed_by_loader.items():
            self.redeemed[loader, operator, received_s] += amount_fen
        self._facts.update(settlement.facts)
        self._facts.update(settlement.changed_facts)
        self.forks.update(settlement.forks)
        for case in settlement.cases:
            self._culprits[case.culprit] = True
        self._move(settlement)
        for epoch, change in settlement.supply.items():
            self.supply[epoch].add(change)

    def _move(self, settlement: Settlement) -> None:
        """Open, close and hold coins; within one hand-in, what is held was not closed."""
        opened = self.opened
        opened.update(settlement.opened)
        self.given.update(settlement.given)
        for at in settlement.closed:
            if opened.pop(at, None) is None:
                self.closed[at] = None
        for at in settlement.held:
            if at in opened:
                opened[at] = opened[at]._replace(due_s=NEVER_S)
            else:
                self.held[at] = None
