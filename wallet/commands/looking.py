"""The commands that look back and ahead: what was paid and received, and what may still be."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from shuangli.errors import StoreError
from shuangli.messages.session import RefusalReason
from shuangli.money import format_yuan
from shuangli.naming import word_for
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.opened import OpenWallet
from shuangli.wallet.history import Entry
from shuangli.wallet.left import Left, left_of
from shuangli.wallet.wording import how_long, when, yuan

if TYPE_CHECKING:  # pydantic comes with the extra `api`
    from shuangli.api.told import LimitsView


def history(opened: OpenWallet, *, most: int, edges: Edges) -> Answer:
    """The last `most` payments offline, newest first, each with its receipt or refusal if there is one."""
    entries = opened.history(now_s=edges.now_s())[:most]
    facts: dict[str, object] = {"payments": [_entry_facts(entry) for entry in entries]}
    lines = [_entry_line(entry) for entry in entries] or ["no payments yet"]
    return Answer(facts=facts, lines=tuple(lines))


def _entry_facts(entry: Entry) -> dict[str, object]:
    receipt = entry.receipt
    return {
        "direction": "out" if entry.paying else "in",
        "request": entry.request_id.hex(),
        "transfer": entry.transfer_id.hex(),
        "other": entry.other.hex(),
        "amount_fen": entry.amount_fen,
        "at_s": entry.at_s,
        "state": entry.state,
        "open": entry.is_open,
        "returned_fen": entry.returned_fen,
        "answered_at_s": entry.answered_at_s,
        "refused": reason_name(entry.refused),
        "receipt": "" if receipt is None else receipt.signed.id.hex(),
        "answer": entry.answer.hex(),
    }


def reason_name(reason: RefusalReason | None) -> str:
    """A payee's reason as it is written for programs; empty where there is none."""
    return "" if reason is None else word_for(reason)


def _entry_line(entry: Entry) -> str:
    way = "to  " if entry.paying else "from"
    other = entry.other.hex()[:16] or "nobody"
    line = f"{when(entry.at_s)}  {format_yuan(entry.amount_fen):>12}  {way} {other:<16}  {entry.state}"
    receipt = entry.receipt
    if receipt is not None:
        line += f"  receipt {receipt.signed.id.hex()[:16]}"
    if entry.refused is not None:
        line += f"  refused: {reason_name(entry.refused)}"
    if entry.returned_fen:
        line += f"  {format_yuan(entry.returned_fen)} came back"
    return line


def limits(opened: OpenWallet, *, edges: Edges) -> Answer:
    """What the wallet's limits leave offline, and if its operator can be reached, those of its account."""
    now_s = edges.now_s()
    left = left_of(opened.wallet, now_s=now_s)
    expiring = [{"expires_at_s": at_s, "amount_fen": amount_fen} for at_s, amount_fen in left.expiring]
    facts: dict[str, object] = {"offline": asdict(left) | {"expiring": expiring}, "reached": False}
    lines = _left_lines(left, now_s)
    try:
        with opened.operator(edges) as operator:
            found = operator.limits(opened.wallet.key.public)
    except StoreError as error:
        if error.code != "unavailable":
            raise
        lines.append("the operator cannot be reached: its limits of the account are not shown")
    else:
        facts |= {"reached": True, **found.model_dump()}
        lines += _account_lines(found)
    return Answer(facts=facts, lines=tuple(lines))


def _left_lines(left: Left, now_s: int) -> list[str]:
    lines = [
        "offline",
        f"pay at once      {format_yuan(left.payable_fen)} (limit {yuan(left.payment_limit_fen)})",
        f"pay today        {yuan(left.day_left_fen)} left of {yuan(left.day_limit_fen)}"
        f" until {when(left.day_ends_s)}",
        f"take in          {yuan(left.receivable_fen)} left",
        f"before a sync    {left.payments_left} payments, until {when(left.sync_by_s)}",
        f"without the PIN  {left.payments_until_pin} payments of up to {yuan(left.pin_above_fen)}",
        f"certificate      valid until {when(left.certificate_until_s)}",
    ]
    if left.list_until_s is None:
        lines.append("revocation list  none yet: sync first")
    else:
        fresh = left.list_until_s >= now_s
        ago = "" if fresh else f", {how_long(now_s - left.list_until_s)} ago: sync first"
        lines.append(f"revocation list  fresh until {when(left.list_until_s)}{ago}")
    for expires_at_s, amount_fen in left.expiring:
        verb = "expires" if expires_at_s > now_s else "expired"
        lines.append(f"{verb:<15}  {yuan(amount_fen)} at {when(expires_at_s)}")
    return lines


def _account_lines(found: "LimitsView") -> list[str]:
    return [
        f"at the operator: tier {found.tier}, limits of {found.since}",
        f"pay at once      {yuan(found.payment_fen)}",
        f"pay today        {yuan(found.left_today_fen)} left of {yuan(found.day_fen)}",
        f"load today       {yuan(found.load_left_today_fen)} left",
        f"take in          {yuan(found.balance_left_fen)} left",
        f"with a code from {yuan(found.second_factor_from_fen)}",
    ]
