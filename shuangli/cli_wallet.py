"""`shuangli wallet …`: a wallet in a file, as a device of its own.

Exit codes: 0 done; 1 the answer is no (refused, not paid); 2 bad input, or something that is needed is not
there.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuangli.cli_common import OneLineGroup, root_key, root_option, say
from shuangli.cli_holder import Holder, consent, holder_options, real_edges, tell, tell_opened
from shuangli.crypto import KEY_BYTES
from shuangli.errors import BadInput
from shuangli.money import parse_yuan

if TYPE_CHECKING:
    from shuangli.messages.session import PaymentRequest
    from shuangli.wallet.commands.edges import Answer, Edges
    from shuangli.wallet.commands.opened import OpenWallet
    from shuangli.wallet.session import Consent


MAX_NOTE = 140


@click.group(cls=OneLineGroup)
def wallet() -> None:
    """Open a wallet, load it, pay and be paid without a network, and reconcile."""


@wallet.command("open")
@holder_options
@click.option("--operator", required=True, help="Where the operator is: http://HOST:PORT or unix:PATH.")
@root_option
@click.option("--tier", type=click.IntRange(0, 4), default=2, show_default=True, help="0 for a company.")
def wallet_open(
    edges: "Edges | None",
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    operator: str,
    root: str,
    tier: int,
) -> None:
    """Make a wallet file, and open the wallet in it at an operator. Run it again if it was cut off."""
    from shuangli.api.addresses import parse_operator_address
    from shuangli.wallet.commands.online import open_wallet

    address, key = parse_operator_address(operator), root_key(root)
    holder = Holder.ask(path, passphrase_file, as_json, new=not path.exists())
    tell(
        as_json,
        lambda: open_wallet(
            path,
            passphrase=holder.passphrase,
            operator_address=address,
            root=key,
            tier=tier,
            edges=edges or real_edges(),
        ),
    )


@wallet.command("load")
@click.argument("yuan")
@holder_options
@click.option("--deposit", is_flag=True, help="Pay the money in first; the sandbox's bank always has it.")
def wallet_load(
    edges: "Edges | None",
    yuan: str,
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    deposit: bool,
) -> None:
    """Load YUAN from the deposit at the operator into the purse. Run it again if it was cut off."""
    from shuangli.wallet.commands.online import load

    amount_fen = _amount(yuan)
    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(holder, edges, lambda found, used: load(found, amount_fen, deposit=deposit, edges=used))


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
@click.option("--at", required=True, help="Where to listen for the payer: tcp:HOST:PORT or unix:PATH.")
@click.option("--again", is_flag=True, help="Show the last request again, instead of a new one.")
@click.option("--wait", type=click.FloatRange(0, 86_400), default=120, show_default=True, help="Seconds.")
def wallet_receive(
    edges: "Edges | None",
    yuan: str | None,
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    at: str,
    again: bool,
    wait: float,
) -> None:
    """Ask for YUAN, and wait for somebody to pay. If it was cut off, --again finishes the same payment."""
    from shuangli.offline.links.addresses import parse_address
    from shuangli.wallet.commands.offline import receive

    if again is (yuan is not None):
        raise BadInput("bad-option", "give either an amount to ask for, or --again")
    address, amount_fen = parse_address(at), None if yuan is None else _amount(yuan)
    holder = Holder.ask(path, passphrase_file, as_json)

    def announce(facts: dict[str, object], line: str) -> None:
        say(as_json, facts, line)

    tell_opened(
        holder,
        edges,
        lambda found, used: receive(found, amount_fen, address, wait_s=wait, announce=announce, edges=used),
    )


@wallet.command("pay")
@click.argument("at")
@holder_options
@click.option("--amount", help="Agree to exactly this amount in yuan without being asked.")
@click.option("--wait", type=click.FloatRange(0, 86_400), default=30, show_default=True, help="Seconds.")
def wallet_pay(
    edges: "Edges | None",
    at: str,
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    amount: str | None,
    wait: float,
) -> None:
    """Pay what the device AT tcp:HOST:PORT or unix:PATH asks for. Run it again if it was cut off."""
    from shuangli.offline.links.addresses import parse_address
    from shuangli.wallet.commands.offline import pay_at

    address, agreed_fen = parse_address(at), None if amount is None else _amount(amount)
    if agreed_fen is None and not sys.stdin.isatty():
        raise BadInput("bad-option", "there is nobody to ask here: agree with --amount")
    holder = Holder.ask(path, passphrase_file, as_json)

    def pay(found: "OpenWallet", used: "Edges") -> "Answer":
        def confirm(request: "PaymentRequest", needs_pin: bool) -> "Consent":
            return consent(request, found, needs_pin, holder, agreed_fen)

        return pay_at(found, address, wait_s=wait, confirm=confirm, edges=used)

    tell_opened(holder, edges, pay)


@wallet.command("statement")
@holder_options
@click.option("--last", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many lines.")
def wallet_statement(
    edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool, last: int
) -> None:
    """Show what the account at the operator did."""
    from shuangli.wallet.commands.account import statement

    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(holder, edges, lambda found, used: statement(found, most=last, edges=used))


@wallet.command("limits")
@holder_options
def wallet_limits(edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Show the limits of the account at the operator, and what is left of them."""
    from shuangli.wallet.commands.account import limits

    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(holder, edges, lambda found, used: limits(found, edges=used))


@wallet.command("transfer")
@click.argument("yuan")
@click.argument("payee")
@holder_options
@click.option("--note", default="", help="A few words for the payee.")
@click.option("--code", default="", help="A code of the second factor, for large amounts.")
def wallet_transfer(
    edges: "Edges | None",
    yuan: str,
    payee: str,
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    note: str,
    code: str,
) -> None:
    """Pay YUAN online to the wallet with key PAYEE at the same operator. Run it again if it was cut off."""
    from shuangli.wallet.commands.account import transfer

    amount_fen, key = _amount(yuan), _key(payee)
    if len(note) > MAX_NOTE or not note.isprintable():
        raise BadInput("bad-value", f"--note: give at most {MAX_NOTE} printable characters")
    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(
        holder,
        edges,
        lambda found, used: transfer(found, key, amount_fen, note=note, code=code, edges=used),
    )


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadInput("bad-value", f"PAYEE {text}: give the key of a wallet, {2 * KEY_BYTES} hex digits")
    return key


def _amount(text: str) -> int:
    amount_fen = parse_yuan(text)
    if not amount_fen:
        raise BadInput("bad-value", f"{text!r}: the least amount is 0.01")
    return amount_fen
