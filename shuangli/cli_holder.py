"""Who holds a wallet on this machine: its file and passphrase, the person's word, and the machine itself.

The passphrase comes from a file, the environment or a prompt, never from the command line, which other users
can see. Who has just typed it has shown to be the holder: it stands for the PIN. A card has a PIN of its own,
which is always asked for at a prompt.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from shuangli.cli_common import answer, json_option
from shuangli.errors import BadInput, LinkError, Refused
from shuangli.extras import needs_extra
from shuangli.money import format_yuan, parse_yuan

if TYPE_CHECKING:
    from shuangli.api.operator_link import OperatorLink
    from shuangli.crypto import Signer
    from shuangli.messages.session import PaymentRequest
    from shuangli.wallet.commands.edges import Answer, Edges
    from shuangli.wallet.commands.opened import OpenWallet
    from shuangli.wallet.commands.opening import Card
    from shuangli.wallet.session import Consent

VARIABLE: Final = "SHUANGLI_PASSPHRASE"
"""The environment variable that may hold the passphrase."""
MOST_LINE: Final = 4_096
"""Characters of a passphrase or PIN in a file; there are files without an end."""


def real_edges() -> "Edges":
    """This machine: its clocks, randomness, files and network."""
    from shuangli.wallet.commands.edges import Edges
    from shuangli.wallet.wallet_file import Device

    return Edges(
        now_s=lambda: int(time.time()),
        monotonic_s=time.monotonic,
        sleep_s=time.sleep,
        device=Device(random_bytes=os.urandom),
        operator=reach_operator,
    )


@contextmanager
def reach_operator(address: str, known: Iterable[bytes], signer: "Signer | None") -> Iterator["OperatorLink"]:
    """The operator at an address, over HTTP; requests are signed by `signer`, if there is one."""
    with needs_extra("api", "to go online"):
        from shuangli.api.http_client import HttpOperator
        from shuangli.api.signing import RequestSigner
    signs = None
    if signer is not None:
        signs = RequestSigner(key=signer, random_bytes=os.urandom, now_s=lambda: int(time.time()))
    with HttpOperator(address, known=known, signer=signs) as operator:
        yield operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Which file, and the passphrase; `typed` says that somebody has just typed it."""

    path: Path
    passphrase: str
    typed: bool
    as_json: bool

    @classmethod
    def ask(cls, path: Path, passphrase_file: Path | None, as_json: bool, *, new: bool = False) -> "Holder":
        """Take the passphrase from its file, the environment or a prompt, in this order.

        Raises:
            BadInput: the file cannot be read, or there is nobody to ask.
        """
        typed = False
        if passphrase_file is not None:
            passphrase = _first_line(passphrase_file, "--passphrase-file")
        elif VARIABLE in os.environ:
            passphrase = os.environ[VARIABLE]
        elif sys.stdin.isatty():
            typed = True
            passphrase = click.prompt("passphrase", hide_input=True, confirmation_prompt=new, err=True)
        else:
            raise BadInput("bad-option", f"no passphrase: give --passphrase-file or set {VARIABLE}")
        return cls(path=path, passphrase=passphrase, typed=typed, as_json=as_json)


def _first_line(path: Path, option: str) -> str:
    """The first line of a file, also of one that was written on Windows."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            line = file.readline(MOST_LINE + 1).rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not text"
        raise BadInput("bad-file", f"{option} {path}: {why}") from error
    if len(line) > MOST_LINE:
        raise BadInput("bad-file", f"{option} {path}: its first line has more than {MOST_LINE:,} characters")
    return line


def card_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the commands that put a key on a card."""
    card = click.option(
        "--card",
        type=click.Path(path_type=Path),
        help="Keep key and coins on the simulated card in this file.",
    )
    pin = click.option(
        "--pin-file",
        type=click.Path(path_type=Path),
        help="The PIN of a card that is not there yet is its first line.  [default: a prompt]",
    )
    return card(pin(command))


def asked_card(path: Path | None, pin_file: Path | None) -> "Card | None":
    """The card that was named, with the PIN to make it with if it is not there yet.

    Raises:
        BadInput: there is a PIN without a card, or nobody to ask for one.
    """
    from shuangli.wallet.commands.opening import Card

    if path is None:
        if pin_file is not None:
            raise BadInput("bad-option", "--pin-file is for a card: give --card, too")
        return None
    if path.exists():
        return Card(path=path)
    if pin_file is not None:
        return Card(path=path, pin=_first_line(pin_file, "--pin-file"))
    if not sys.stdin.isatty():
        raise BadInput("bad-option", "no PIN for the new card: give --pin-file")
    pin = click.prompt(
        "a PIN for the card, 4 to 8 digits", hide_input=True, confirmation_prompt=True, err=True
    )
    return Card(path=path, pin=pin)


def asked_amount(text: str) -> int:
    """An amount in yuan as it was typed, in fen.

    Raises:
        BadInput: it is no amount, or none at all.
    """
    amount_fen = parse_yuan(text)
    if not amount_fen:
        raise BadInput("bad-value", f"{text!r}: the least amount is 0.01")
    return amount_fen


def holder_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command of a wallet."""
    for option in (
        json_option,
        click.option(
            "--passphrase-file",
            type=click.Path(path_type=Path),
            help=f"The passphrase is its first line.  [default: ${VARIABLE}, or a prompt]",
        ),
        click.option(
            "--file", "path", type=click.Path(path_type=Path), required=True, help="The wallet file."
        ),
        click.pass_obj,
    ):
        command = option(command)
    return command


def tell(as_json: bool, act: "Callable[[], Answer]") -> None:
    """Print the answer of a command; what a rule or the connection forbids is an answer, too."""
    try:
        told = act()
    except (Refused, LinkError) as no:
        facts = {"done": False, "code": no.code, "rule": no.rule, "figures": dict(no.figures), "why": str(no)}
        answer(as_json, False, facts, f"no: {no}")
        return
    answer(as_json, told.done, {"done": told.done, **told.facts}, "\n".join(told.lines))


def tell_opened(holder: Holder, edges: "Edges | None", act: "Callable[[OpenWallet, Edges], Answer]") -> None:
    """The same for a command on a wallet that is open."""
    from shuangli.wallet.commands.opened import opened
    from shuangli.wallet.wording import clearly

    used = edges or real_edges()

    def act_on_file() -> "Answer":
        wallet = None
        try:
            with opened(holder.path, passphrase=holder.passphrase, edges=used) as found:
                wallet = found.wallet
                return act(found, used)
        except Refused as refused:
            raise clearly(refused, wallet, now_s=used.now_s()) from refused

    tell(holder.as_json, act_on_file)


def consent(
    request: "PaymentRequest", found: "OpenWallet", needs_pin: bool, holder: Holder, agreed_fen: int | None
) -> "Consent":
    """The holder's word: given beforehand for one amount, or now.

    Raises:
        Refused: another amount was agreed to, or the holder would have to be here (`pin-required`).
    """
    from shuangli.offline.states import PayerState
    from shuangli.wallet.session import Consent

    if needs_pin and not (sys.stdin.isatty() if found.card else holder.typed):
        raise Refused("pin-required", "this payment needs its holder: type passphrase or PIN at the prompt")
    asked = f"{request.currency} {format_yuan(request.amount_fen)}"
    payee = f"wallet {request.payee.hex()[:16]} of {request.certificate.claims.issuer}"
    open_still = any(
        session.state is PayerState.SIGNED and session.payee == request.payee
        for session in found.wallet.purse.paying.values()
    )
    if agreed_fen is None:
        warning = "an earlier payment to it is still unanswered; " if open_still else ""
        agreed = click.confirm(f"{warning}pay {asked} to {payee}?", err=True)
    elif open_still:
        raise Refused("declined", f"an earlier payment to {payee} is unanswered: it should show that request")
    elif request.amount_fen != agreed_fen:
        raise Refused("declined", f"{payee} asks for {asked}, agreed was {format_yuan(agreed_fen)}")
    else:
        agreed = True
    if not agreed:
        return Consent.NO
    if found.card is not None and needs_pin:
        found.card.verify_pin(click.prompt("PIN of the card", hide_input=True, err=True))
        return Consent.WITH_PIN
    return Consent.WITH_PIN if holder.typed and found.card is None else Consent.YES
