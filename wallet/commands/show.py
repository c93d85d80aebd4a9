"""`show`: what a wallet file holds, without any network."""

from shuangli.money import format_yuan
from shuangli.offline.limits import limits_of
from shuangli.offline.states import PayeeState, PayerState
from shuangli.wallet.apart import apart_of, balance_of, held_coins
from shuangli.wallet.come_back import is_refused_too_late
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.opened import OpenWallet
from shuangli.wallet.wording import when


def show(opened: OpenWallet, *, edges: Edges) -> Answer:
    """The purse, what is under way, the certificate, and what limits leave."""
    wallet, purse, now_s = opened.wallet, opened.wallet.purse, edges.now_s()
    claims = wallet.certificate.claims
    apart = apart_of(purse, now_s=now_s)
    facts: dict[str, object] = {
        "wallet": claims.key.hex(),
        "network": opened.network.network,
        "operator": opened.network.operator,
        "sandbox": opened.network.sandbox,
        "currency": opened.network.currency,
        "tier": wallet.certificate.tier,
        "custody": "file" if opened.card is None else "card",
        "certificate_expires_at_s": claims.expires_at_s,
        "balance_fen": balance_of(purse, now_s=now_s),
        **apart._asdict(),
        "balance_limit_fen": limits_of(wallet.certificate).balance_fen,
        "in_flight_fen": purse.in_flight_fen,
        "coins_fen": sorted((coin.value_fen for coin in held_coins(purse, now_s=now_s)), reverse=True),
        "ordered_fen": [sum(order.values_fen) for order in purse.orders.values()],
        "requests": [
            {
                "request": request_id.hex(),
                "amount_fen": session.request.amount_fen,
                "expires_at_s": session.request.expires_at_s,
            }
            for request_id, session in purse.asking.items()
            if session.state is PayeeState.REQUESTED
        ],
        "unanswered": [
            {
                "request": session.request_id.hex(),
                "amount_fen": session.amount_fen,
                "payee": session.payee.hex(),
            }
            for session in purse.paying.values()
            if session.state is PayerState.SIGNED
        ],
        "to_hand_in": len(purse.uploads)
        + len(purse.to_show)
        + sum(coin.hops > 0 for coin in purse.coins.values()),
        "double_spends_seen": len(purse.evidence),
        "list_age_s": wallet.trust.list_age_s(now_s),
        "synced_at_s": purse.usage.synced_at_s,
    }
    return Answer(facts=facts, lines=tuple(_lines(opened, facts, now_s)))


def _lines(opened: OpenWallet, facts: dict[str, object], now_s: int) -> list[str]:
    purse, claims = opened.wallet.purse, opened.wallet.certificate.claims
    network = opened.network
    play = " (play money)" if network.sandbox else ""
    lines = [
        f"wallet    {claims.key.hex()}",
        f"operator  {network.operator} on {network.network}, tier {opened.wallet.certificate.tier}"
        f"{'' if opened.card is None else ', on a card'}",
        f"purse     {network.currency} {format_yuan(balance_of(purse, now_s=now_s))}"
        f" in {len(held_coins(purse, now_s=now_s))} coins{play}",
    ]
    apart = apart_of(purse, now_s=now_s)
    lines += [
        f"{name:<9} {format_yuan(amount_fen)} {what}"
        for name, amount_fen, what in (
            ("late", apart.late_fen, "more, received and not handed in in time: it has gone back"),
            ("expired", apart.expired_fen, "more: it goes back by itself to where it came from"),
            ("stopped", apart.stopped_fen, "of it, in coins of a stopped epoch: sync exchanges them"),
        )
        if amount_fen
    ]
    if purse.in_flight_fen:
        lines.append(f"in flight {format_yuan(purse.in_flight_fen)}")
    for session in purse.paying.values():
        if session.state is PayerState.SIGNED:
            payee = session.payee.hex()[:16]
            lines.append(f"unanswered payment of {format_yuan(session.amount_fen)} to wallet {payee}")
    ordered_fen = [sum(order.values_fen) for order in purse.orders.values()]
    lines += [f"ordered, not loaded: {format_yuan(amount_fen)}" for amount_fen in ordered_fen]
    if facts["to_hand_in"]:
        lines.append("there is something to hand in: run `shuangli wallet sync`")
    for session in purse.paying.values():
        if session.state is PayerState.REFUSED and is_refused_too_late(
            session, opened.wallet.trust, now_s=now_s
        ):
            amount = format_yuan(session.amount_fen)
            lines.append(f"refused too late to be handed in: {amount} come back by themselves")
    if purse.evidence:
        lines.append(f"holds evidence of {len(purse.evidence)} double spends")
    lines.append(
        f"valid     until {when(claims.expires_at_s)}{'' if claims.valid_at(now_s) else ', not now'}"
    )
    return lines
