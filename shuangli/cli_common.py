"""What the groups of commands share: options, how an answer is told, how an error is."""

import json
import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NoReturn, TypeVar

import click

from shuangli.crypto import KEY_BYTES
from shuangli.errors import BadInput, ProtocolError, ShuangliError
from shuangli.extras import needs_extra

_MOST_KEY_TEXT: Final = 4_096
"""Characters of a file with a key that are read: there may be blanks in it."""
Command = TypeVar("Command", bound=Callable[..., Any])

root_option = click.option(
    "--root", required=True, help="The issuer's root key: 64 hex digits, or a file with them."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
host_option = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
database_option = click.option(
    "--database",
    help="Keep databases on this server: postgresql://USER@HOST/NAME. Default: files in DIRECTORY.",
)


class Seconds(click.FloatRange):
    """So many seconds, at most a day. A range alone takes in what is not a number, and waits for ever."""

    def __init__(self) -> None:
        super().__init__(0, 86_400)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, if it is one in the range."""
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return seconds


def port_option(default: int) -> Callable[[Command], Command]:
    """`--port` of a service."""
    return click.option(
        "--port", type=click.IntRange(0, 65_535), default=default, show_default=True, help="0: a free one."
    )


class OneLineGroup(click.Group):
    """Turns every error on purpose into one line and its exit code; without a command it shows help."""

    group_class = type

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; none at all is a question for help."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Exit as done:
            sys.exit(done.exit_code)
        except click.ClickException as error:
            self._fail(error.format_message())
        except click.Abort:
            self._fail("interrupted", code=130)
        except ShuangliError as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(f"{error.filename or 'a file'}: {error.strerror or error}")
        sys.exit(code if isinstance(code, int) else 0)

    @staticmethod
    def _fail(message: str, *, code: int = 2) -> None:
        click.echo(f"shuangli: {printable(' '.join(message.split()))}", err=True)
        sys.exit(code)


def answer(as_json: bool, holds: bool, facts: Mapping[str, object], text: str) -> None:
    """Print what was asked for, and leave with exit code 1 if the answer is no."""
    say(as_json, facts, text)
    if not holds:
        raise click.exceptions.Exit(1)


def say(as_json: bool, facts: Mapping[str, object], text: str) -> None:
    """Print facts for programs, or words for people."""
    click.echo(json.dumps(facts) if as_json else "\n".join(map(printable, text.split("\n"))))


def printable(text: str) -> str:
    """A line of words with all that a terminal would not print as it is, such as names of files, escaped."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def answer_no(as_json: bool, fault: ProtocolError, what: Path | None = None) -> NoReturn:
    """Say that something (`what`, where it lies in a file) does not verify, and why; exit code 1."""
    where = "" if what is None else f"{what}: "
    say(as_json, {"verified": False, "code": fault.code, "why": str(fault)}, f"no: {where}{fault}")
    raise click.exceptions.Exit(1)


def read_file(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        BadInput: it cannot be read (`bad-file`).
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput("bad-file", f"{path}: {error.strerror or error}") from error


def root_key(text: str, *, option: str = "--root") -> bytes:
    """A key from 64 hex digits, or from a file that holds them.

    Raises:
        BadInput: neither.
    """
    try:
        if len(text) != 2 * KEY_BYTES:
            with Path(text).open(encoding="ascii") as file:
                text_of_key = file.read(_MOST_KEY_TEXT).strip()
        else:
            text_of_key = text
        key = bytes.fromhex(text_of_key)
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadInput(
            "bad-value", f"{option} {text}: is neither {2 * KEY_BYTES} hex digits nor a file with them"
        )
    return key


def issuer_service() -> ModuleType:
    """The issuer's service.

    Raises:
        BadInput: what it needs is not installed (`bad-option`).
    """
    with needs_extra("api", "an issuer"):
        from shuangli.issuer.service import server
    return server
