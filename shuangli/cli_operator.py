"""`shuangli operator …`: run an operator."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shuangli.cli_common import (
    OneLineGroup,
    database_option,
    host_option,
    json_option,
    port_option,
    say,
)
from shuangli.errors import BadInput

if TYPE_CHECKING:
    from shuangli.operator.service.server import Serving


@click.group(cls=OneLineGroup)
def operator() -> None:
    """Run an operator bank that wallets are opened at."""


@operator.command("serve")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("sandbox"))
@host_option
@port_option(8000)
@click.option("--socket", type=click.Path(path_type=Path), help="Listen at this Unix socket instead.")
@click.option("--issuer", help="The issuer is another process, at this address: https://HOST:PORT.")
@database_option
@json_option
def operator_serve(
    directory: Path,
    host: str,
    port: int,
    socket: Path | None,
    issuer: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Serve a sandbox operator until interrupted. Its money is play money.

    Its keys and databases lie in DIRECTORY, `sandbox` if none is given. Without --issuer, it runs an issuer
    of its own; the first time, it makes a network with both. With --issuer, DIRECTORY is what `shuangli
    issuer admit` has made.
    """
    try:
        from shuangli.operator.service.server import serve
    except ModuleNotFoundError as error:
        raise BadInput("bad-option", "an operator needs more: pip install 'shuangli[api]'") from error

    def announce(serving: "Serving") -> None:
        facts = {
            "network": serving.network,
            "operator": serving.operator,
            "root": serving.root.hex(),
            "address": serving.address,
        }
        say(as_json, facts, "\n".join(f"{name:<9}{value}" for name, value in facts.items()))

    serve(
        directory,
        host=host,
        port=port,
        socket_path=socket,
        issuer=issuer,
        database=database,
        announce=announce,
    )
