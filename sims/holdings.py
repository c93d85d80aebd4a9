"""Where the value is at the end, counted in the devices: the other side of the centre's books."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from shuangli.messages.notices import Outcome
from shuangli.offline.chain import Coin
from shuangli.offline.payer import PayerSession
from shuangli.offline.states import PayerState
from shuangli.sims.adversaries.truth import Truth, minted_spends
from shuangli.sims.device import Device
from shuangli.sims.redeemed import Spent, Unpaid
from shuangli.wallet.purse import Purse
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
    refused is in flight until it has come back. One redemption may be handed in by two hands, and only one
    of them be told that it was paid. What descends from a forged load counts nowhere: the centre has never
    minted it.
    """
    deeds, forged = truth.deeds, truth.forged
    held_fen = in_flight_fen = 0
    unpaid: dict[Spent, Unpaid] = {}
    paid: set[Spent] = set()
    common: dict[bytes, int] = {}
    given_back: set[Spent] = set()
    for device in devices:
        unpaid.update(device.unpaid)
        paid |= device.paid
        given_back |= device.given_back
        if device.number not in watched:
            in_flight_fen += sum(_unpaid_fen(session, forged) for session in device.over)
        if device.idle and device.number not in watched and not forged:
            held_fen += device.idle_fen
            continue
        if device.wallet is None:
            continue
        purse = device.wallet.purse
        if device.number in watched:
            common.update(_minted(purse.coins.values(), forged))
        else:
            held_fen += sum(_minted(purse.coins.values(), forged).values())
            in_flight_fen += _in_flight_fen(purse, forged)
        device.rest()
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
        return sum(
            value_fen
            for spent, (value_fen, load_id, outcome) in unpaid.items()
            if outcome in why and spent not in paid and load_id not in forged
        )

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


def _in_flight_fen(purse: Purse, forged: Collection[bytes]) -> int:
    """What a purse has paid without a receipt or handed in without an answer, and has not come back.

    Without what descends from forged loads: nothing of that ever does. With refused value under a condition:
    it is open at the centre until it goes back to its giver.
    """
    paying_fen = sum(
        _unpaid_fen(session, forged)
        for session in purse.paying.values()
        if session.state is not PayerState.PAID
    )
    handed_in = (_minted(upload.coins, forged) for upload in purse.uploads.values())
    return paying_fen + sum(sum(coins.values()) for coins in handed_in)


def _unpaid_fen(session: PayerSession, forged: Collection[bytes]) -> int:
    """What a payment without a receipt is worth, without what has come back of it."""
    return sum(spend.pay_fen for spend in minted_spends(session, forged)) - session.returned_fen


def sum_holdings(parts: Iterable[Holdings]) -> Holdings:
    """The holdings of several cells together."""
    parts = list(parts)
    names = [column.name for column in fields(Holdings)]
    return Holdings(**{name: sum(getattr(part, name) for part in parts) for name in names})
