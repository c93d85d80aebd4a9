"""What the groups of commands share: options, how an answer is told, how an error is."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from shuangli.errors import BadInput, ProtocolError, ShuangliError

KEY_HEX_DIGITS = 64

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


def port_option(default: int) -> Callable[[Command], Command]:
    """`--port` of a service."""
    return click.option(
        "--port", type=click.IntRange(0, 65_535), default=default, show_default=True, help="0: a free one."
    )


@contextmanager
def needs_extra(extra: str, what: str) -> Iterator[None]:
    """Around imports or, as a decorator, a whole command: say in one line which extra to install.

    Raises:
        BadInput: a library that comes with the extra is not installed (`bad-option`).
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "shuangli":
            raise
        raise BadInput("bad-option", f"{what} needs more: pip install 'shuangli[{extra}]'") from error


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
        sys.exit(code if isinstance(code, int) else 0)

    @staticmethod
    def _fail(message: str, *, code: int = 2) -> None:
        click.echo(f"shuangli: {' '.join(message.split())}", err=True)
        sys.exit(code)


def answer(as_json: bool, holds: bool, facts: Mapping[str, object], text: str) -> None:
    """Print what was asked for, and leave with exit code 1 if the answer is no."""
    say(as_json, facts, text)
    if not holds:
        raise click.exceptions.Exit(1)


def say(as_json: bool, facts: Mapping[str, object], text: str) -> None:
    """Print facts for programs, or words for people."""
    click.echo(json.dumps(facts) if as_json else text)


def no_answer(fault: ProtocolError) -> dict[str, object]:
    """What programs are told where something does not verify."""
    return {"verified": False, "code": fault.code, "why": str(fault)}


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
        in_file = len(text) != KEY_HEX_DIGITS
        key = bytes.fromhex(Path(text).read_text(encoding="ascii").strip() if in_file else text)
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_HEX_DIGITS // 2:
        raise BadInput(
            "bad-value", f"{option} {text}: is neither {KEY_HEX_DIGITS} hex digits nor a file with them"
        )
    return key
