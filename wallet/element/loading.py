"""Coins come in from the issuer: enrolment, order, load. Pure.

An order opens a nonce, and only a load that answers it is taken in; then the nonce is closed for ever.
"""

from dataclasses import replace

from shuangli.cose import Domain
from shuangli.errors import OutOfTurn, Unverified
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.loads import LoadOrder
from shuangli.offline.chain import load_coins, verify_load
from shuangli.offline.limits import limits_of
from shuangli.offline.policy import check_balance
from shuangli.wallet.element.running import (
    Outcome,
    Running,
    blank_object,
    changed,
    nonce_of,
    own_certificate,
    take_number,
    with_coins,
    with_value,
)
from shuangli.wallet.element.state import OpenOrder


def sign_enrolment(running: Running, structure: bytes) -> Outcome:
    """Sign that this key is to be opened: as what it is, on its own network."""
    enrolment = Enrolment.parse(blank_object(structure, Domain.ENROLMENT).data)
    issued = running.state.issued
    said = (enrolment.key, enrolment.kind, enrolment.network)
    if said != (running.key.public, issued.kind, issued.network):
        raise Unverified("not-bound", "the enrolment is for another key, kind or network")
    return Outcome(running, running.key.sign(structure))


def initialize_load(running: Running, structure: bytes) -> Outcome:
    """Sign a load order and open its nonce. Where all places are taken, the oldest order is given up."""
    signed = blank_object(structure, Domain.LOAD_ORDER)
    order = LoadOrder.parse(signed.data)
    state = running.state
    if order.owner != running.key.public:
        raise Unverified("not-bound", "the order is for another key")
    known = any(open_order is not None and open_order.order_id == signed.id for open_order in state.orders)
    if not known:
        check_balance(
            state.held_fen(order.ordered_at_s),
            sum(order.values_fen),
            limits=limits_of(own_certificate(state)),
        )
        number = take_number(state, order.nonce)
        ages = [-1 if open_order is None else open_order.number for open_order in state.orders]
        running = changed(
            running,
            counters=replace(state.counters, nonces=number + 1),
            orders=with_value(state.orders, ages.index(min(ages)), OpenOrder(number, signed.id)),
        )
    return Outcome(running, running.key.sign(structure))


def complete_load(running: Running, data: bytes) -> Outcome:
    """Take in the coins of a load that answers an open nonce; the nonce is closed for ever.

    Raises:
        OutOfTurn: no nonce is open for it; the repeat of a load whose coins are here is in order.
    """
    state = running.state
    load, terms = verify_load(data, running.trust)
    if (load.owner, load.currency) != (running.key.public, state.issued.currency):
        raise Unverified("not-bound", "the load is for another key or currency")
    coins = load_coins(load, terms)
    for place, order in enumerate(state.orders):
        if order is not None and nonce_of(state, order.number) == load.nonce:
            usage = state.counters.usage.after_sync(load.issued_at_s)
            running = changed(
                running,
                coins=with_coins(state, coins, load.issued_at_s),
                counters=replace(state.counters, usage=usage),
                orders=with_value(state.orders, place, None),
            )
            return Outcome(running)
    held = {coin.coin_id for coin in state.coins if coin is not None}
    if not any(coin.coin_id in held for coin in coins):
        raise OutOfTurn("out-of-turn", "no order of this element is open for the load")
    return Outcome(running)
