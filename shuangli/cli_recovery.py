"""`shuangli wallet backup` and `recover`: a phrase or a file, kept apart from the device until it is gone."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from shuangli.cli_common import read_file, root_key
from shuangli.cli_holder import (
    Holder,
    asked_card,
    card_options,
    holder_options,
    real_edges,
    tell,
    tell_opened,
)
from shuangli.errors import BadInput, Refused, StoreError
from shuangli.extras import needs_extra

if TYPE_CHECKING:
    from shuangli.wallet.commands.edges import Answer, Edges
    from shuangli.wallet.commands.opened import OpenWallet
    from shuangli.wallet.recovery import RecoveryFile

OWNER_ONLY: Final = 0o600


@click.command("backup")
@holder_options
@click.option(
    "--to", type=click.Path(path_type=Path), help="Write a file sealed with the passphrase instead."
)
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--code", default="", help="A code of the second factor, if the wallet has one.")
@needs_extra("recovery", "a recovery phrase")
def backup(
    edges: "Edges | None",
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    to: Path | None,
    language: str,
    code: str,
) -> None:
    """Make twelve words that recover the wallet when the device is lost; those made before stop working."""
    from shuangli.wallet.commands import opening
    from shuangli.wallet.commands.edges import Answer

    if to is not None and to.exists():
        raise BadInput("bad-output", f"--to {to}: there is a file already")
    holder = Holder.ask(path, passphrase_file, as_json)

    def act(found: "OpenWallet", used: "Edges") -> "Answer":
        if to is not None:
            _back_up(to, found, used, passphrase=holder.passphrase, code=code)
            line = f"written to {to}: keep it elsewhere than this device, and remember its passphrase"
            return Answer(facts={"file": str(to)}, lines=(line,))
        from shuangli.wallet.phrase import words_of

        phrase = words_of(opening.backup(found, edges=used, code=code), language)
        lines = (phrase, "write these words down, and keep them elsewhere than this device")
        return Answer(facts={"phrase": phrase}, lines=lines)

    tell_opened(holder, edges, act)


def _back_up(to: Path, found: "OpenWallet", edges: "Edges", *, passphrase: str, code: str) -> None:
    """Write a recovery file, and then name its key; one whose key the operator refuses does not stay.

    Raises:
        BadInput: the file cannot be written; what was made before still works.
        Refused: the operator does not take it.
        StoreError: the operator has not answered, so nobody knows which file works (`unavailable`).
    """
    from shuangli.wallet.commands import opening

    def keep(secret: bytes) -> None:
        _write(to, opening.recovery_file(found, secret, passphrase=passphrase, edges=edges))

    try:
        opening.backup(found, edges=edges, code=code, keep=keep)
    except Refused:
        to.unlink(missing_ok=True)
        raise
    except StoreError as error:
        doubt = f"it is not known whether {to} works, or the one before it: make another one later"
        raise StoreError(error.code, f"{error}; {doubt}") from error


def _write(path: Path, data: bytes) -> None:
    """Make a file that nobody else may read; on the disk when it returns, or not there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except OSError as error:
        raise BadInput("bad-output", f"--to {path}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise BadInput("bad-output", f"--to {path}: {error.strerror or error}") from error


@click.command("recover")
@holder_options
@click.option(
    "--phrase-file", type=click.Path(path_type=Path), help="The twelve words are in it.  [default: a prompt]"
)
@click.option("--from", "source", type=click.Path(path_type=Path), help="A file of `backup --to`, instead.")
@click.option("--operator", help="Where the operator is; with a phrase.")
@click.option("--root", help="The issuer's root key, 64 hex digits, or a file with them; with a phrase.")
@card_options
@needs_extra("recovery", "a recovery phrase")
def recover(
    edges: "Edges | None",
    path: Path,
    passphrase_file: Path | None,
    as_json: bool,
    phrase_file: Path | None,
    source: Path | None,
    operator: str | None,
    root: str | None,
    card: Path | None,
    pin_file: Path | None,
) -> None:
    """Open a new wallet in place of a lost one. Run it again if it was cut off.

    The deposit is there at once; what was on the lost device comes back when nobody can claim it any more.
    """
    from shuangli.wallet.commands import opening
    from shuangli.wallet.recovery import RecoveryFile

    if source is not None and (phrase_file or operator or root):
        raise BadInput("bad-option", "--from FILE knows the operator and the root: give nothing else")
    held = None if source is not None else _held(phrase_file, operator, root)
    on = asked_card(card, pin_file)
    holder, used = Holder.ask(path, passphrase_file, as_json, new=not path.exists()), edges or real_edges()
    if held is None:
        held = RecoveryFile.decode(
            read_file(source or Path()), holder.passphrase, least_cost=used.device.guard.least_cost
        )
    tell(
        as_json,
        lambda: opening.recover(
            path,
            passphrase=holder.passphrase,
            operator_address=held.operator,
            root=held.root,
            secret=held.secret,
            card=on,
            edges=used,
        ),
    )


def _held(phrase_file: Path | None, operator: str | None, root: str | None) -> "RecoveryFile":
    """What a recovery file would hold, from a phrase and options.

    Raises:
        BadInput: something is missing or wrong.
    """
    from shuangli.api.addresses import parse_operator_address
    from shuangli.wallet.recovery import RecoveryFile

    if operator is None or root is None:
        raise BadInput("bad-option", "with a phrase, give --operator and --root; or --from FILE")
    address, key = parse_operator_address(operator), root_key(root)
    return RecoveryFile(secret=_phrase(phrase_file), operator=address, root=key)


def _phrase(path: Path | None) -> bytes:
    """The secret of the phrase in a file, or of the one that is typed.

    Raises:
        BadInput: it is none, or there is nobody to ask.
    """
    from shuangli.wallet.phrase import secret_of

    if path is not None:
        return secret_of(read_file(path).decode("utf-8", "replace"))
    if not sys.stdin.isatty():
        raise BadInput("bad-option", "there is nobody to ask for the phrase here: give --phrase-file")
    return secret_of(click.prompt("the twelve words of the recovery phrase", err=True))
