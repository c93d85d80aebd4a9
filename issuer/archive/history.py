"""The history of an epoch, played again from its objects: which coins came about, and what became of each.

Pure. In memory are the coins that are not spent yet, not those of the whole epoch.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from shuangli.errors import Unverified
from shuangli.issuer.archive.gather import Spend
from shuangli.issuer.facts import DATE_BYTES, REFUSED, ObjectKind, dated_key, load_key
from shuangli.messages.certificates import Epoch
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.offline.chain import Coin, load_coins, spend_outputs, verify_load, verify_signature
from shuangli.offline.spending import check_condition, check_spend
from shuangli.offline.trust import Trust

Row = tuple[Any, ...]


class _Made(NamedTuple):
    """A coin that came about: where, and whether on a fork.

    It was `opened` unless it lies below a spend that was late; `spent` once its fact is known, `closed` once
    that is settled.
    """

    coin: Coin
    place: tuple[int, int]
    forked: bool
    opened: bool = True
    spent: bool = False
    closed: bool = False


class History:
    """Plays the objects of an epoch in their order, and adds up its supply in fen."""

    def __init__(self, epoch: Epoch, trust: Trust, *, forked: frozenset[bytes]) -> None:
        """`forked` are the keys of the coins of which a further spend is known."""
        self._epoch = epoch
        self._trust = trust
        self._forked = forked
        self._coins: dict[bytes, _Made] = {}
        self._further: set[tuple[bytes, bytes]] = set()
        self._loads: dict[int, bytes] = {}
        self._last_no = 0
        names = (
            "loaded",
            "redeemed",
            "returned",
            "outstanding",
            "forked",
            "fund_paid",
            "void",
            "forked_open",
        )
        self._totals = dict.fromkeys([f"{name}_fen" for name in names], 0)

    def add(self, number: int, kind: ObjectKind, data: bytes, spends: Sequence[Spend]) -> None:
        """The next object, with the coins of this epoch that it spends.

        Raises:
            Malformed, Unverified: it does not hold.
        """
        if number <= self._last_no:
            raise Unverified("report", "the objects are not in the order of their numbers")
        self._last_no = number
        if kind is ObjectKind.LOAD:
            self._add_load(number, data)
            return
        if not spends:
            raise Unverified("report", "the object spends no coin of this epoch")
        if kind is ObjectKind.TRANSFER:
            self._add_transfer(number, data, spends)
        else:
            self._add_refusal(data, spends)

    def _add_load(self, number: int, data: bytes) -> None:
        load, terms = verify_load(data, self._trust)
        if load.epoch != self._epoch.number:
            raise Unverified("epoch", f"a load of epoch {load.epoch}")
        self._loads[number] = load_key(load) + load.owner + load.nonce
        self._totals["loaded_fen"] += load.total_fen
        for index, coin in enumerate(load_coins(load, terms)):
            self._coins[coin.coin_id] = _Made(coin, (number, index), False)

    def _add_transfer(self, number: int, data: bytes, spends: Sequence[Spend]) -> None:
        transfer = Transfer.parse(data)
        verify_signature(transfer, self._trust)
        by_coin = {spend.coin_id: (at, spend) for at, spend in enumerate(transfer.spends)}
        for row in spends:
            made = self._made(row)
            if row.object_id != transfer.signed.id or made.coin.coin_id not in by_coin:
                raise Unverified("report", "a spend is entered under another transfer")
            at, spend = by_coin[made.coin.coin_id]
            check_spend(transfer, spend, made.coin)
            if made.coin.load.condition is not None:
                check_condition(transfer, made.coin.load.condition, hops=made.coin.hops)
            forked = made.forked or bool(row.further)
            redeemed = transfer.payee == CENTRE
            self._spend(row, made, paid_as="redeemed_fen" if redeemed else "")
            for index, output in enumerate(() if redeemed else spend_outputs(transfer, spend, made.coin)):
                opened = bool(row.settled_fen)
                self._coins[output.coin_id] = _Made(output, (number, 2 * at + index), forked, opened)

    def _add_refusal(self, data: bytes, spends: Sequence[Spend]) -> None:
        refusal = Refusal.parse(data)
        for row in spends:
            made = self._made(row)
            if row.object_id != REFUSED or made.coin.parent_id not in refusal.transfer_ids:
                raise Unverified("report", "a refusal is entered for a coin that it does not name")
            self._trust.verifier.check_once(refusal.signed, made.coin.owner, "refusal")
            self._spend(row, made, paid_as="returned_fen")

    def _made(self, row: Spend) -> _Made:
        made = self._coins.get(row.coin_key[DATE_BYTES:])
        if made is None or row.coin_key != dated_key(made.coin.since_s, made.coin.coin_id):
            raise Unverified(
                "unknown-coin", "it spends a coin that nothing before it has made, or that is spent"
            )
        return made

    def _spend(self, row: Spend, made: _Made, *, paid_as: str) -> None:
        value_fen, further = made.coin.value_fen, (row.coin_key, row.object_id)
        if row.settled_fen not in (0, value_fen) or (row.settled_fen and not made.opened):
            raise Unverified("report", "a coin is settled with another value, or was never open")
        if further in self._further or (made.spent and not row.further):
            raise Unverified("report", "a spend of a coin is entered twice")
        if row.further:
            self._further.add(further)
            self._totals["forked_fen"] += value_fen
            self._totals["void_fen"] += 0 if row.settled_fen else value_fen
        elif row.settled_fen and row.coin_key not in self._forked:
            del self._coins[made.coin.coin_id]
        else:
            # It stays known: further spends may follow, or it goes back.
            self._coins[made.coin.coin_id] = made._replace(spent=True, closed=bool(row.settled_fen))
        if row.settled_fen and paid_as:
            self._totals["fund_paid_fen" if made.forked or row.further else paid_as] += value_fen

    def check_mint_log(self, rows: Iterable[Row]) -> None:
        """Make sure that the mint log names just the loads that were played.

        Raises:
            Unverified: it does not (`not-minted`).
        """
        named = {number: key + owner + nonce for key, number, owner, nonce, _ in rows}
        if named != self._loads:
            raise Unverified("not-minted", "the mint log and the loads differ")

    def close(self, *, returns: Iterable[Row], void: Iterable[Row], taken: Iterable[Row]) -> dict[str, int]:
        """What became of the coins that nobody has spent; gives the epoch's supply in fen, by name.

        Raises:
            Unverified: one of them is not there, has another value, or has no fate (`report`).
        """
        left = {made.place: made for made in self._coins.values() if made.opened and not made.closed}
        for row in returns:
            place, from_fund, paid_fen = (row[3], row[4]), bool(row[9]), row[10]
            if from_fund and not paid_fen:
                continue
            self._end(
                left, place, paid_fen, "fund_paid_fen" if from_fund else "returned_fen", forked=from_fund
            )
        for parent_no, position, value_fen in void:
            self._end(left, (parent_no, position), value_fen, "void_fen", forked=True)
        for parent_no, position, taken_fen, _ in taken:
            made = left.get((parent_no, position))
            on_fork = made is not None and made.forked
            value_fen = made.coin.value_fen if made is not None and on_fork else taken_fen
            name = "void_fen" if on_fork else "returned_fen"
            self._end(left, (parent_no, position), value_fen, name, forked=on_fork)
        if left:
            raise Unverified("report", f"{len(left)} coins have no fate")
        return self._totals

    def _end(
        self,
        left: dict[tuple[int, int], _Made],
        place: tuple[int, int],
        value_fen: int,
        name: str,
        *,
        forked: bool,
    ) -> None:
        made = left.pop(place, None)
        if made is None or (made.coin.value_fen, made.forked) != (value_fen, forked):
            raise Unverified(
                "report", f"what is entered for output {place[1]} of object {place[0]} does not hold"
            )
        self._totals[name] += value_fen
