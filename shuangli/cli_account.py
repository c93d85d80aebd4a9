"""`shuangli wallet …`: the commands that look at a wallet and its account, and pay online out of that."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuangli.cli_holder import Holder, asked_amount, holder_options, tell_opened
from shuangli.crypto import KEY_BYTES
from shuangli.errors import BadInput

if TYPE_CHECKING:
    from shuangli.wallet.commands.edges import Edges

MAX_NOTE = 140

last_option = click.option(
    "--last", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many lines."
)


@click.command("history")
@holder_options
@last_option
def history(
    edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool, last: int
) -> None:
    """Show what was paid and received offline, with receipts, newest first."""
    from shuangli.wallet.commands import looking

    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(holder, edges, lambda found, used: looking.history(found, most=last, edges=used))


@click.command("statement")
@holder_options
@last_option
def statement(
    edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool, last: int
) -> None:
    """Show what the account at the operator did."""
    from shuangli.wallet.commands import account

    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(holder, edges, lambda found, used: account.statement(found, most=last, edges=used))


@click.command("limits")
@holder_options
def limits(edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Show what limits leave: those of the wallet offline, and of the account if its operator is there."""
    from shuangli.wallet.commands import looking

    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(holder, edges, lambda found, used: looking.limits(found, edges=used))


@click.command("transfer")
@click.argument("yuan")
@click.argument("payee")
@holder_options
@click.option("--note", default="", help="A few words for the payee.")
@click.option("--code", default="", help="A code of the second factor, for large amounts.")
def transfer(
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
    from shuangli.wallet.commands import account

    amount_fen, key = asked_amount(yuan), _key(payee)
    if len(note) > MAX_NOTE or not note.isprintable():
        raise BadInput("bad-value", f"--note: give at most {MAX_NOTE} printable characters")
    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(
        holder,
        edges,
        lambda found, used: account.transfer(found, key, amount_fen, note=note, code=code, edges=used),
    )


@click.command("second-factor")
@holder_options
@click.option("--code", default="", help="A code of the app that has the secret: puts it into use.")
def second_factor(
    edges: "Edges | None", path: Path, passphrase_file: Path | None, as_json: bool, code: str
) -> None:
    """Get a secret for codes, which large payments online and large loads need; then show a code of it."""
    from shuangli.wallet.commands import account

    if code and not re.fullmatch("[0-9]{6}", code):
        raise BadInput("bad-value", "--code: give six digits")
    holder = Holder.ask(path, passphrase_file, as_json)
    tell_opened(holder, edges, lambda found, used: account.second_factor(found, code=code, edges=used))


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadInput("bad-value", f"PAYEE {text}: give the key of a wallet, {2 * KEY_BYTES} hex digits")
    return key
