"""Chains: from bytes to coins whose history holds, down to the load that minted them.

`walk` goes through a bundle once, parents before children. A load that verifies adds its coins; a
transfer that verifies turns the coins it spends into outputs. What does not verify adds nothing and
is reported in its place. The walk checks what is true at any time and place; what depends on the
place (revocation, age of lists, time left to claim) is checked by `offline.payee` and the centre.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final, NamedTuple

from shuangli.errors import ProtocolError, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import Terms
from shuangli.messages.loads import Load, read_load
from shuangli.messages.transfers import (
    CENTRE,
    CHANGE_OUTPUT,
    PAYEE_OUTPUT,
    Spend,
    Transfer,
    load_coin_ids,
    output_coin_id,
)
from shuangli.offline.spending import check_condition, check_spend
from shuangli.offline.trust import Trust

FEW_COINS: Final = 32
"""A load with more coins is always checked, and before they are named (F36): few bytes that nobody has signed
would else make a place compute ten thousand ids. Wallets order fewer coins (`wallet.choice`)."""


class Coin(NamedTuple):
    """A value with exactly one owner key: an output of a load or of a transfer.

    Attributes:
        coin_id: what names it, 32 bytes
        owner: the key that may spend it
        value_fen: what it is worth
        load: the load it descends from
        load_index: the position of its first ancestor among the load's coins
        terms: the terms of its epoch
        parent_id: the load or transfer whose output it is
        hops: changes of key since the load
        since_s: when the parent was signed; no later transfer may be dated before
        claim_by_s: the claim deadline that binds whoever receives it
        path: the transfers from the load down to this coin, as received; with the load they are its chain
    """

    coin_id: bytes
    owner: bytes
    value_fen: int
    load: Load
    load_index: int
    terms: Terms
    parent_id: bytes
    hops: int
    since_s: int
    claim_by_s: int
    path: tuple[bytes, ...]

    @property
    def expires_at_s(self) -> int:
        """When it can no longer be paid with."""
        return self.load.expires_at_s

    @property
    def depth(self) -> int:
        """Transfers since the load."""
        return len(self.path)

    @property
    def due_s(self) -> int:
        """The last second in which an operator may receive a spend of it: claim deadline and grace."""
        return self.claim_by_s + self.terms.grace_s


class Step(NamedTuple):
    """One spend of a transfer in a bundle: the coin it spends and what comes out, or why it does not hold.

    `coin` is None where the bundle does not show the coin's chain. `outputs` is the payee's output
    and, where there is any, the change; it is empty where there is a `fault`, and for a redemption. Bytes
    that are no transfer at all make one step without `transfer` and `spend`.
    """

    transfer: Transfer | None
    spend: Spend | None
    coin: Coin | None
    outputs: tuple[Coin, ...]
    fault: ProtocolError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a bundle proves, in its order: its loads, every spend, and all coins by id, spent ones too.

    `faults` says which loads and transfers do not hold as a whole; what is wrong with a single spend
    stands in its step.
    """

    loads: list[Load]
    steps: list[Step]
    coins: dict[bytes, Coin]
    faults: list[ProtocolError]


def walk(bundle: Bundle, trust: Trust) -> Walk:
    """Verify everything in `bundle` against `trust`; never raises, faults are reported in their place.

    1. Each load: minted by a trusted epoch's key, on this network, in the epoch's currency and terms.
    2. Each transfer: certified payer, certificate valid at signing, signature of the payer.
    3. Each spend: of a known coin, owned by the payer, conserved, times never decrease, coin alive,
       deadline no later than any before it, hop cap, mode.

    A transfer is judged spend by spend, so that what a bundle proves of one coin does not depend on
    which other coins it shows. Two transfers that spend one coin both hold here: that is a fork.
    """
    seen = Walk(loads=[], steps=[], coins={}, faults=[])
    for data in bundle.loads:
        try:
            load, terms = verify_load(data, trust)
        except ProtocolError as fault:
            seen.faults.append(fault)
            continue
        seen.loads.append(load)
        for coin in load_coins(load, terms):
            seen.coins[coin.coin_id] = coin
    for data in bundle.transfers:
        _walk_transfer(data, trust, seen)
    return seen


def _walk_transfer(data: bytes, trust: Trust, seen: Walk) -> None:
    try:
        transfer = Transfer.parse(data)
    except ProtocolError as fault:
        seen.faults.append(fault)
        seen.steps.append(Step(None, None, None, (), fault))
        return
    known = seen.coins
    coins = [known.get(spend.coin_id) for spend in transfer.spends]
    whole: ProtocolError | None = None
    if any(coins):
        # A transfer of unknown coins only proves nothing, and is not worth the time to verify it.
        try:
            verify_signature(transfer, trust)
        except ProtocolError as fault:
            whole = fault
            seen.faults.append(fault)
    for spend, coin in zip(transfer.spends, coins, strict=True):
        step = _step(transfer, spend, coin, whole)
        seen.steps.append(step)
        for output in step.outputs:
            known[output.coin_id] = output


def _step(transfer: Transfer, spend: Spend, coin: Coin | None, whole: ProtocolError | None) -> Step:
    try:
        if coin is None or whole is not None:
            raise whole or Unverified("unknown-coin", "the bundle does not show the chain of the coin")
        check_spend(transfer, spend, coin)
        if coin.load.condition is not None:
            check_condition(transfer, coin.load.condition, hops=coin.hops)
    except ProtocolError as fault:
        return Step(transfer, spend, coin, (), fault)
    # Nobody spends what has been redeemed: its chain ends here.
    outputs = () if transfer.payee == CENTRE else spend_outputs(transfer, spend, coin)
    return Step(transfer, spend, coin, outputs, None)


def verify_load(data: bytes, trust: Trust) -> tuple[Load, Terms]:
    """Return the load and the terms of its epoch, once both have been verified.

    Raises:
        Malformed, Unverified: it does not hold.
    """
    load = read_load(data)
    if load.network != trust.network:
        raise Unverified("wrong-network", f"the load is for network {load.network}, not {trust.network}")
    epoch = trust.epoch(load.epoch)
    terms = epoch.terms
    if load.currency != terms.currency:
        raise Unverified("wrong-network", f"the load is in {load.currency}, not {terms.currency}")
    outlives_terms = load.expires_at_s - load.issued_at_s > terms.coin_life_s
    if not epoch.claims.valid_at(load.issued_at_s) or outlives_terms:
        raise Unverified("epoch", f"the load is outside the terms of epoch {load.epoch}")
    many = len(load.values_fen) > FEW_COINS
    if many or trust.minted_here is None or not trust.minted_here(load):
        trust.verifier.check(load.signed, epoch.claims.key, "load", at_once=many)
    return load, terms


def load_coins(load: Load, terms: Terms) -> list[Coin]:
    """The coins of a verified load, in its order."""
    load_id, owner, since_s, until_s = load.signed.id, load.owner, load.issued_at_s, load.expires_at_s
    ids = load_coin_ids(load_id, len(load.values_fen))
    return [
        Coin(coin_id, owner, value_fen, load, i, terms, load_id, 0, since_s, until_s, ())
        for i, (coin_id, value_fen) in enumerate(zip(ids, load.values_fen, strict=True))
    ]


def verify_signature(transfer: Transfer, trust: Trust) -> None:
    """Make sure that a certified wallet signed the transfer while its certificate was valid.

    A redemption may be signed after the certificate has expired: a coin is spent offline only while
    its owner's certificate is valid, and may be handed in afterwards.

    Raises:
        Unverified: it does not hold.
    """
    certificate = trust.wallet_certificate(transfer.certificate)
    claims = certificate.claims
    at_s = transfer.signed_at_s
    if at_s < claims.not_before_s or (at_s >= claims.expires_at_s and transfer.payee != CENTRE):
        raise Unverified("certificate-time", "the payer's certificate was not valid at the time of signing")
    trust.verifier.check(transfer.signed, claims.key, "transfer")


def spend_outputs(transfer: Transfer, spend: Spend, coin: Coin) -> tuple[Coin, ...]:
    """The outputs of one conserved spend: the payee's and, where there is any, the change.

    The payee's output is bound by the transfer's claim deadline; change keeps its own coin's bound.
    """
    transfer_id = transfer.signed.id
    path = (*coin.path, transfer.signed.data)
    coin_id, owner, _, load, load_index, terms, _, hops, _, claim_by_s, _ = coin
    signed_at_s = transfer.signed_at_s
    payee_output = Coin(
        output_coin_id(transfer_id, coin_id, PAYEE_OUTPUT),
        transfer.payee,
        spend.pay_fen,
        load,
        load_index,
        terms,
        transfer_id,
        hops + 1,
        signed_at_s,
        transfer.claim_by_s,
        path,
    )
    if not spend.change_fen:
        return (payee_output,)
    change = Coin(
        output_coin_id(transfer_id, coin_id, CHANGE_OUTPUT),
        owner,
        spend.change_fen,
        load,
        load_index,
        terms,
        transfer_id,
        hops,
        signed_at_s,
        claim_by_s,
        path,
    )
    return payee_output, change


def chains(coins: Sequence[Coin]) -> Bundle:
    """The chains of `coins` as one bundle: each object once, parents before children."""
    loads = dict.fromkeys(coin.load.signed.data for coin in coins)
    paths = dict.fromkeys(coin.path for coin in coins)
    if len(paths) == 1:
        transfers = next(iter(paths))
    else:
        order: TopologicalSorter[bytes] = TopologicalSorter()
        for path in paths:
            for index, transfer in enumerate(path):
                order.add(transfer, *path[index - 1 : index])
        transfers = tuple(order.static_order())
    return Bundle(loads=tuple(loads), transfers=transfers)
