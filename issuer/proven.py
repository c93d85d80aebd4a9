"""What an upload proves, in a form that travels: what it changes if all that it shows is new. Pure.

Whoever has read an upload and checked its signatures can settle it against an empty centre, by the same rules
(`issuer.settlement`). What comes out is right at the real centre, too, if what was assumed holds there:

    its loads are in the mint log                   its epochs are neither past nor suspended
    no coin of theirs that it spends is spent       it was received by the earliest deadline of what it spends
    nobody whom it pays is a culprit

A coin has a fact only if the coin that it was split from has one, so the coins of the loads speak for all.
Where one of these does not hold the upload is settled step by step. Nothing but numbers, bytes and text, in
tuples and lists: `marshal` carries it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shuangli.errors import ProtocolError
from shuangli.issuer.facts import Fact, Given, OpenCoin, Place, Settlement, SupplyChange, coin_key, load_key
from shuangli.issuer.findings.breaches import Breach, find_breaches
from shuangli.issuer.findings.payments import settled_payments
from shuangli.issuer.losses.creditors import creditor_of
from shuangli.issuer.objects import encode_pack
from shuangli.issuer.settlement import settle
from shuangli.messages.notices import Outcome
from shuangli.offline.chain import Coin, Walk
from shuangli.offline.refusals import VerifiedRefusal


class Proven(NamedTuple):
    """What an upload changes if what was assumed holds.

    Objects are numbered from 1 on, loads from -1 down. All values are those of `Settlement`, taken apart.

    Attributes:
        load_keys: the keys of its loads
        root_keys: the keys of the loads' coins that it spends
        epochs: the epochs of its loads
        due_s: the earliest deadline, with grace, of all that it spends
        creditors: the keys that are paid
        holder: the key that is paid, if the operator that passes it on has certified it
        spends: how many spends and refusals of coins it shows; all of them are settled
        payers: the keys that have paid somebody in it
    """

    load_keys: tuple[bytes, ...]
    root_keys: tuple[bytes, ...]
    epochs: tuple[int, ...]
    due_s: int
    creditors: tuple[bytes, ...]
    holder: bytes | None
    kinds: bytes
    objects: bytes
    facts: list[tuple[bytes, int, bytes, int]]
    opened: list[tuple[int, int, int, int, int]]
    closed: list[tuple[int, int]]
    given: list[tuple[int, int, bytes, str]]
    supply: list[tuple[int, int, int, int]]
    redeemed_by_loader: list[tuple[str, int]]
    breaches: list[tuple[int, bytes, int]]
    dated: list[tuple[tuple[int, int, int], int]]
    paid_at_s: list[int]
    spends: int
    payers: tuple[bytes, ...]


@dataclass(slots=True)
class _Nothing:
    """A centre that knows the loads it is asked for, by the order in which it is asked, and nothing else."""

    creditors: list[bytes] = field(default_factory=list)

    def load_numbers(self, load_keys: Sequence[bytes]) -> dict[bytes, int]:
        return {key: -number for number, key in enumerate(load_keys, 1)}

    def facts(self, _coin_keys: Sequence[bytes]) -> dict[bytes, Fact]:
        return {}

    def fork(self, _coin_key: bytes, _object_id: bytes) -> Fact | None:
        return None

    def is_culprit(self, key: bytes) -> bool:
        self.creditors.append(key)
        return False


def prove(seen: Walk, refusals: Sequence[VerifiedRefusal | ProtocolError], *, operator: str) -> Proven | None:
    """What a hand-in changes at a centre that knows its loads and nothing else; None unless all is settled.

    Whoever asks has checked all signatures but those of the loads; `operator` passes it on.
    """
    known = _Nothing()
    numbers = iter(range(1, 2**31))
    result = settle(
        seen,
        refusals,
        known=known,
        next_no=numbers.__next__,
        received_s=0,
        fund_left_fen=0,
        operator=operator,
    )
    if any(result.outcomes) or result.forks or result.changed_facts or not result.objects:
        return None
    coins = spent_coins(seen, refusals)
    return Proven(
        load_keys=tuple(dict.fromkeys(map(load_key, seen.loads))),
        root_keys=tuple([coin_key(coin) for coin in coins if not coin.path]),
        epochs=tuple({load.epoch for load in seen.loads}),
        due_s=min([coin.due_s for coin in coins]),
        creditors=tuple(known.creditors),
        holder=creditor_of(seen, operator=operator),
        kinds=bytes([kind for _, kind, _ in result.objects]),
        objects=encode_pack([signed.data for _, _, signed in result.objects]),
        facts=[(key, number, object_id, fen) for key, (number, object_id, fen) in result.facts.items()],
        opened=[(*at, coin[1], coin[2], coin[3]) for at, coin in result.opened.items()],
        closed=result.closed,
        given=[(*at, *giver) for at, giver in result.given.items()],
        supply=[
            (epoch, change.redeemed_fen, change.returned_fen, change.outstanding_fen)
            for epoch, change in result.supply.items()
        ],
        redeemed_by_loader=[*result.redeemed_by_loader.items()],
        breaches=[(number, payer, over_fen) for number, payer, over_fen in find_breaches(seen, result)],
        dated=[*result.dated.items()],
        paid_at_s=settled_payments(seen, result.outcomes),
        spends=len(result.outcomes),
        payers=tuple({step.transfer.payer for step in seen.steps if step.transfer and step.outputs}),
    )


def spent_coins(seen: Walk, refusals: Sequence[VerifiedRefusal | ProtocolError]) -> list[Coin]:
    """The coins that a hand-in spends, each as often as it does."""
    coins = [step.coin for step in seen.steps if step.coin is not None]
    return coins + [verdict.coin for verdict in refusals if isinstance(verdict, VerifiedRefusal)]


def settlement_of(
    proven: Proven, *, first_no: int, load_numbers: Mapping[bytes, int]
) -> tuple[Settlement, list[Breach]]:
    """What a hand-in changes, its objects numbered from `first_no` on; what broke a limit.

    The objects themselves are in the pack.
    """
    before = first_no - 1
    loads = [load_numbers[key] for key in proven.load_keys]
    result = Settlement(outcomes=[Outcome.SETTLED] * proven.spends)
    result.facts = {
        key: Fact(before + number, object_id, fen) for key, number, object_id, fen in proven.facts
    }
    for number, position, value_fen, epoch, due_s in proven.opened:
        place = Place(before + number, position, False)
        result.opened[place[:2]] = OpenCoin(place, value_fen, epoch, due_s)
    for number, position in proven.closed:
        result.closed.append((before + number if number > 0 else loads[-number - 1], position))
    for number, position, giver, operator in proven.given:
        result.given[before + number, position] = Given(giver, operator)
    for epoch, redeemed_fen, returned_fen, outstanding_fen in proven.supply:
        result.supply[epoch] = SupplyChange(
            redeemed_fen=redeemed_fen, returned_fen=returned_fen, outstanding_fen=outstanding_fen
        )
    result.redeemed_by_loader.update(proven.redeemed_by_loader)
    result.dated.update(proven.dated)
    result.paid_at_s, result.over_fen = proven.paid_at_s, [over_fen for _, _, over_fen in proven.breaches]
    return result, [Breach(before + number, payer, over_fen) for number, payer, over_fen in proven.breaches]
