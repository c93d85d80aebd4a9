"""Where the value is at the end, counted in the devices: the other side of the centre's books."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shuangli.messages.notices import Outcome
from shuangli.offline.chain import Coin
from shuangli.sims.adversaries.truth import Truth
from shuangli.sims.device import Device
from shuangli.wallet.wallet import Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Value in fen as the devices hold it.

    `held_fen` can be spent; `in_flight_fen` is paid or handed in without an answer, or was refused. What
    was redeemed and not paid is `late_fen`, `capped_fen` (beyond what the guarantee fund pays a person),
    `frozen_fen` (a culprit's) or `disowned_fen` (nothing that holds for the centre, such as a payment under a
    revoked operator's key). Coins that wallets with one key have in common count once, and not at all once
    one of them has spent them.
    """

    held_fen: int
    in_flight_fen: int
    late_fen: int
    capped_fen: int
    frozen_fen: int
    disowned_fen: int

    @property
    def unpaid_fen(self) -> int:
        """What was redeemed and not paid, for whatever reason."""
        return self.late_fen + self.capped_fen + self.frozen_fen + self.disowned_fen

    @property
    def total_fen(self) -> int:
        """All of it: what the centre must see open, in the supply and on forks."""
        return self.held_fen + self.in_flight_fen + self.unpaid_fen


def holdings(
    devices: Iterable[Device], watched: Collection[int], past: Iterable[Wallet], truth: Truth
) -> Holdings:
    """Count what `devices` hold; `watched` are the numbers of those that may spend twice.

    `past` are wallets that were put back to what they had been, as they were before that. What a payee has
    refused is in flight until it has come back. What descends from a forged load counts nowhere: the centre
    has never minted it.
    """
    deeds, forged = truth.deeds, truth.forged
    held_fen = in_flight_fen = 0
    unpaid: dict[bytes, tuple[int, Outcome]] = {}
    common: dict[bytes, int] = {}
    given_back: set[tuple[bytes, bytes]] = set()
    for device in devices:
        unpaid.update(device.unpaid)
        given_back |= device.given_back
        if device.wallet is None:
            continue
        purse = device.wallet.purse
        if device.number in watched:
            common.update(_minted(purse.coins.values(), forged))
        else:
            held_fen += sum(_minted(purse.coins.values(), forged).values())
            in_flight_fen += purse.in_flight_fen
    for wallet in past:
        common.update(_minted(wallet.purse.coins.values(), forged))
    # One coin may be refused twice in two transfers; each transfer's output is open at the centre.
    refused = {
        (deed.transfer_id, deed.coin_id): deed.pay_fen
        for deed in deeds
        if not deed.accepted and (deed.transfer_id, deed.coin_id) not in given_back
    }
    for deed in deeds:
        common.pop(deed.coin_id, None)

    def unpaid_fen(*why: Outcome) -> int:
        return sum(value_fen for value_fen, outcome in unpaid.values() if outcome in why)

    return Holdings(
        held_fen=held_fen + sum(common.values()),
        in_flight_fen=in_flight_fen + sum(refused.values()),
        late_fen=unpaid_fen(Outcome.LATE),
        capped_fen=unpaid_fen(Outcome.CAPPED),
        frozen_fen=unpaid_fen(Outcome.FROZEN),
        disowned_fen=unpaid_fen(Outcome.INVALID, Outcome.UNKNOWN_COIN),
    )


def _minted(coins: Iterable[Coin], forged: Collection[bytes]) -> dict[bytes, int]:
    """Coins by id with their values, without those of forged loads."""
    return {coin.coin_id: coin.value_fen for coin in coins if coin.load.signed.id not in forged}


def sum_holdings(parts: Iterable[Holdings]) -> Holdings:
    """The holdings of several cells together."""
    parts = list(parts)
    return Holdings(
        held_fen=sum(part.held_fen for part in parts),
        in_flight_fen=sum(part.in_flight_fen for part in parts),
        late_fen=sum(part.late_fen for part in parts),
        capped_fen=sum(part.capped_fen for part in parts),
        frozen_fen=sum(part.frozen_fen for part in parts),
        disowned_fen=sum(part.disowned_fen for part in parts),
    )
