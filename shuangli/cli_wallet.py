"""`shuangli wallet …`: a wallet in a file, as a device of its own.

Exit codes: 0 done; 1 the answer is no (refused, not paid); 2 bad input, or something that is needed is not
there.
"""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuangli.cli_account import history, limits, second_factor, statement, transfer
from shuangli.cli_common import OneLineGroup, Seconds, root_key, root_option, say
from shuangli.cli_hand import Hand, check_one_way, hand_options
from shuangli.cli_holder import (
    Holder,
    asked_amount,
    asked_card,
    card_options,
    consent,
    holder_options,
    real_edges,
    tell,
    tell_opened,
)
from shuangli.cli_recovery import backup, recover
from shuangli.errors import BadInput
from shuangli.extras import needs_extra

if TYPE_CHECKING:
    from shuangli.messages.session import PaymentRequest
    from shuangli.wallet.commands.edges import Answer, Edges
    from shuangli.wallet.commands.opened import OpenWallet
    from shuangli.wallet.session import Consent


@click.group(cls=OneLineGroup)
def wallet() -> None:
    """Open a wallet, load it, pay and be paid without a network, and reconcile."""


@wallet.command("open")
@holder_options
@click.option("--operator", required=True, help="Where the operator is: http://HOST:PORT or unix:PATH.")
@root_option
@click.option("--code", default="", help="The operator's code for whom it has identified; says the tier.")
@click.option("--tier", type=click.IntRange(0, 4), default=2, show_default=True, help="0 for a company.")
@card_options
def wallet_open(
    edges: "Edges | None",
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    operator: str,
    root: str,
    code: str,
    tier: int,
    card: Path | None,
    pin_file: Path | None,
) -> None:
    """Make a wallet file, and open the wallet in it at an operator. Run it again if it was cut off."""
    from shuangli.api.addresses import parse_operator_address
    from shuangli.wallet.commands.opening import open_wallet

    address, key, on = parse_operator_address(operator), root_key(root), asked_card(card, pin_file)
    holder = Holder.ask(path, passphrase_file, as_json, new=not path.exists())
    tell(
        as_json,
        lambda: open_wallet(
            path,
            passphrase=holder.passphrase,
            operator_address=address,
            root=key,
            tier=tier,
            code=_opening_code(code),
            card=on,
            edges=edges or real_edges(),
        ),
    )


def _opening_code(text: str) -> str:
    if text and not re.fullmatch("[A-Za-z2-7 -]{1,40}", text):
        raise BadInput(
            "bad-value", f"--code {text}: give it as the operator did: 20 letters and digits, with dashes"
        )
    return text


@wallet.command("load")
@click.argument("yuan")
@holder_options
@click.option("--deposit", is_flag=True, help="Pay the money in first; the sandbox's bank always has it.")
@click.option("--code", default="", help="A code of the second factor, for large amounts.")
def wallet_load(
    edges: "Edges | None",
    yuan: str,
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    deposit: bool,
    code: str,
) -> None:
    """Load YUAN from the deposit at the operator into the purse. Run it again if it was cut off."""
    from shuangli.wallet.commands.online import load

    amount_fen = asked_amount(yuan)
    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(
        holder,
        edges,
        lambda found, used: load(found, amount_fen, deposit=deposit, code=code, edges=used),
    )


@wallet.command("show")
@holder_options
def wallet_show(edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Show what the wallet holds."""
    from shuangli.wallet.commands.show import show

    tell_opened(
        Holder.ask(path, passphrase_file, as_json), edges, lambda found, used: show(found, edges=used)
    )


@wallet.command("sync")
@holder_options
def wallet_sync(edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Hand in what was received, and fetch what is new, at the operator. Run it again if it was cut off."""
    from shuangli.wallet.commands.online import sync

    tell_opened(
        Holder.ask(path, passphrase_file, as_json), edges, lambda found, used: sync(found, edges=used)
    )


@wallet.command("receive")
@click.argument("yuan", required=False)
@holder_options
@click.option("--at", help="Listen here for the payer: tcp:HOST:PORT or unix:PATH.")
@hand_options
@click.option("--again", is_flag=True, help="Show the last request again, instead of a new one.")
@click.option("--wait", type=Seconds(), default=120, show_default=True, help="Seconds.")
@needs_extra("qr", "to show and read codes")
def wallet_receive(
    edges: "Edges | None",
    yuan: str | None,
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    at: str | None,
    by_hand: bool,
    pictures: Path | None,
    again: bool,
    wait: float,
) -> None:
    """Ask for YUAN, and wait for somebody to pay. If it was cut off, --again finishes the same payment."""
    from shuangli.offline.links.addresses import parse_address
    from shuangli.wallet.commands.offline import receive, receive_by_hand

    if again is (yuan is not None):
        raise BadInput("bad-option", "give either an amount to ask for, or --again")
    check_one_way(at, by_hand, pictures, address="--at ADDRESS to listen at")
    address = None if at is None else parse_address(at)
    amount_fen = None if yuan is None else asked_amount(yuan)
    holder = Holder.ask(path, passphrase_file, as_json)

    def announce(facts: dict[str, object], line: str) -> None:
        say(as_json, facts, line)

    def act(found: "OpenWallet", used: "Edges") -> "Answer":
        if address is not None:
            return receive(found, amount_fen, address, wait_s=wait, announce=announce, edges=used)
        hand = Hand(as_json=as_json, pictures=pictures)
        return receive_by_hand(
            found, amount_fen, show=hand.show, take=hand.take, announce=announce, edges=used
        )

    tell_opened(holder, edges, act)


@wallet.command("pay")
@click.argument("at", required=False)
@holder_options
@hand_options
@click.option("--amount", help="Agree to exactly this amount in yuan without being asked.")
@click.option("--wait", type=Seconds(), default=30, show_default=True, help="Seconds.")
@needs_extra("qr", "to show and read codes")
def wallet_pay(
    edges: "Edges | None",
    at: str | None,
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    by_hand: bool,
    pictures: Path | None,
    amount: str | None,
    wait: float,
) -> None:
    """Pay what the device AT tcp:HOST:PORT or unix:PATH asks for. Run it again if it was cut off."""
    from shuangli.offline.links.addresses import parse_address
    from shuangli.wallet.commands.offline import pay_at, pay_by_hand

    check_one_way(at, by_hand, pictures, address="the address of the other device")
    address = None if at is None else parse_address(at)
    agreed_fen = None if amount is None else asked_amount(amount)
    if agreed_fen is None and not sys.stdin.isatty():
        raise BadInput("bad-option", "there is nobody to ask here: agree with --amount")
    holder = Holder.ask(path, passphrase_file, as_json)

    def act(found: "OpenWallet", used: "Edges") -> "Answer":
        def confirm(request: "PaymentRequest", needs_pin: bool) -> "Consent":
            return consent(request, found, needs_pin, holder, agreed_fen)

        if address is not None:
            return pay_at(found, address, wait_s=wait, confirm=confirm, edges=used)
        hand = Hand(as_json=as_json, pictures=pictures)
        return pay_by_hand(found, show=hand.show, take=hand.take, confirm=confirm, edges=used)

    tell_opened(holder, edges, act)


for command in (backup, history, limits, recover, second_factor, statement, transfer):
    wallet.add_command(command)
